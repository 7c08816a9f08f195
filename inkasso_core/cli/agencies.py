"""Agencies: which adapters are installed, what each can do by which transport, and the beginning of a new one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.configurable import print_settings, settings_of
from inkasso_core.cli.language import both, say
from inkasso_core.cli.options import AsJson, MaybeName, read_one_of
from inkasso_core.cli.output import Cell, Head
from inkasso_core.cli.scaffold import TRANSPORTS, Scaffold, write
from inkasso_core.cli.session import unopened
from inkasso_core.errors import PluginError
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Inkasso

app = typer.Typer()

# What is installed


@app.command(
    "agencies",
    rich_help_panel=both("Einrichten", "Setting up"),
    help=both(
        "Listet Agenturen; mit Namen: ihre Übertragungswege, was jeder kann, was ihm fehlt, seine Einstellungen.",
        "Lists agencies; with a name: its transports, what each can do, what it lacks, its settings.",
    ),
)
def agencies(ctx: typer.Context, name: MaybeName = None, as_json: AsJson = False) -> None:
    with unopened(ctx) as ink:
        if name is not None:
            _agency(ink, name, as_json)
        else:
            _all_agencies(ink, as_json)


def _all_agencies(ink: Inkasso, as_json: bool) -> None:
    rows = [{**row._asdict(), **_loaded(ink, row.name)} for row in ink.agencies.installed()]
    if as_json:
        output.document({"agencies": rows})
        return
    output.table(
        (Head(_NAME, "ref"), Head(_LABEL), Head(_TRANSPORTS), Head(_VERIFIED), Head(_PACKAGE), Head(_REMARK)),
        [
            [
                row["name"],
                row["label"] or "",
                ", ".join(row["transports"]),
                row["verified"] or "",
                f"{row['distribution']} {row['version']}".strip(),
                Cell(say(row["broken"]), words.RED) if row["broken"] else "",
            ]
            for row in rows
        ],
    )


def _loaded(ink: Inkasso, name: str) -> dict[str, Any]:
    """Return what is known once it is imported; one that is broken says why, and hides no other."""
    try:
        found = ink.agencies.family(name)
    except PluginError as exc:
        return {"label": None, "transports": [], "verified": None, "broken": exc.text}
    return {
        "label": found.label,
        "transports": [transport for transport in found.by_transport if transport],
        "verified": ", ".join(dict.fromkeys(kind.verified for kind in found.by_transport.values() if kind.verified)) or None,
        "broken": None,
    }


def _agency(ink: Inkasso, name: str, as_json: bool) -> None:
    found = ink.agencies.family(name)
    by_transport = {transport: _facts(kind) for transport, kind in found.by_transport.items()}
    if set(by_transport) != {""}:
        _several(name, found.label, found.default, by_transport, as_json)
    elif as_json:
        output.document({"name": name, "label": found.label, **by_transport[""]})
    else:
        output.pairs([(_NAME, Cell(name, "bold")), (_LABEL, found.label), *_told(by_transport[""])])
        print_settings(by_transport[""]["settings"], "accounts")


def _several(name: str, label: str, default: str | None, by_transport: Mapping[str, dict[str, Any]], as_json: bool) -> None:
    """Show an agency with several transports: each with all that it is."""
    if as_json:
        transports = [{"transport": transport, **facts} for transport, facts in by_transport.items()]
        output.document({"name": name, "label": label, "default_transport": default, "transports": transports})
        return
    chosen = _CHOSEN.fill(known=", ".join(by_transport), default=default or say(_NONE_BY_DEFAULT))
    output.pairs([(_NAME, Cell(name, "bold")), (_LABEL, label), (_TRANSPORTS, say(chosen))])
    for transport, facts in by_transport.items():
        output.heading(_BY_TRANSPORT, transport=transport)
        output.pairs(_told(facts))
        print_settings(facts["settings"], "accounts")


def _facts(adapter: Any) -> dict[str, Any]:
    """Return what a class says of itself."""
    return {
        "verified": adapter.verified or None,
        "documentation": adapter.documentation or None,
        "operations": adapter.operations,
        "only_from_python": adapter.operations - adapter.called,
        "lacks": adapter.unoffered(),
        "settings": settings_of(adapter.Settings),
    }


def _told(facts: dict[str, Any]) -> list[tuple[Text, str]]:
    return [
        (_VERIFIED, facts["verified"] or say(_NOT_STATED)),
        (_OPERATIONS, ", ".join(sorted(facts["operations"] - facts["only_from_python"]))),
        (_FROM_PYTHON, ", ".join(sorted(facts["only_from_python"])) or "–"),
        (_LACKS, _lacking(facts["lacks"]) or "–"),
        (_DOCUMENTATION, facts["documentation"] or say(_NOT_STATED)),
    ]


def _lacking(unoffered: Mapping[str, Text]) -> str:
    """Name what is not offered; what lacks for the same reason stands together."""
    reasons: dict[str, list[str]] = {}
    for operation, why in sorted(unoffered.items()):
        reasons.setdefault(say(why), []).append(operation)
    return "; ".join(f"{', '.join(operations)} ({why})" for why, operations in reasons.items())


# A new one


@app.command(
    "new-adapter",
    rich_help_panel=both("Erweitern", "Extending"),
    help=both(
        "Schreibt ein Paket mit einer neuen Anbindung: es lässt sich installieren, wird gefunden und besteht seine Tests.",
        "Writes a distribution with a new adapter: it installs, is found, and passes its tests.",
    ),
)
def new_adapter(
    ctx: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help=both("Name der Agentur: Kleinbuchstaben, Ziffern, Bindestriche.", "Name of the agency: small letters, digits, hyphens."),
        ),
    ],
    transport: Annotated[
        str,
        typer.Option(
            "--transport",
            metavar="|".join(TRANSPORTS),
            parser=read_one_of(TRANSPORTS),
            help=both("Wie die Agentur Forderungen annimmt.", "How the agency takes claims."),
        ),
    ],
    directory: Annotated[
        Path | None,
        typer.Option(
            "--directory", metavar="DIR", help=both("Neuer Ordner; sonst inkasso-NAME, hier.", "New folder; left out, inkasso-NAME, here.")
        ),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            "--label", metavar="TEXT", help=both("Bezeichnung für Menschen; sonst vom Namen.", "What people read; left out, from the name.")
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    with unopened(ctx) as ink:
        made = write(ink, name, transport=transport, folder=directory, label=label)
    if as_json:
        output.document({**vars(made), "distribution": made.distribution, "package": made.package, "next": _steps(made)})
        return
    output.tell(_WRITTEN, folder=made.folder, label=made.label, transport=made.transport)
    output.heading(_NEXT)
    for step in _steps(made):
        output.indented(step)
    output.heading(_THEN)
    output.indented(say(_REPLACE.fill(file=made.folder / "src" / made.package / "agency.py")))


def _steps(made: Scaffold) -> list[str]:
    """The commands that come next."""
    return [
        f"cd {shlex.quote(str(made.folder))}",
        "python -m pip install --editable '.[test]'",
        "python -m pytest",
        f"inkasso agencies {made.name}",
        f"inkasso init --agency {made.name}",
    ]


_NAME, _PACKAGE, _REMARK = Text("Name", "Name"), Text("Paket", "Distribution"), Text("Bemerkung", "Remark")
_LABEL, _VERIFIED = Text("Bezeichnung", "Label"), Text("Geprüft durch", "Verified by")
_TRANSPORTS = Text("Übertragung", "Transports")
_CHOSEN = Text("{known} (Einstellung transport; ohne sie: {default})", "{known} (setting transport; left out: {default})")
_NONE_BY_DEFAULT = Text("keiner, sie ist erforderlich", "none, it is required")
_BY_TRANSPORT = Text('transport = "{transport}"', 'transport = "{transport}"')
_OPERATIONS, _LACKS = Text("Kann", "Can"), Text("Kann nicht", "Cannot")
_FROM_PYTHON = Text("Nur aus Python", "From Python only")
_DOCUMENTATION, _NOT_STATED = Text("Beschrieben in", "Described in"), Text("keine Angabe", "not stated")
_WRITTEN = Text(
    "{folder} ist geschrieben: {label}, Übertragung {transport}. Die Schnittstelle darin ist erfunden und läuft schon.",
    "{folder} is written: {label}, transport {transport}. The interface in it is invented, and works already.",
)
_NEXT = Text("Als Nächstes", "Next")
_THEN = Text("Dann", "Then")
_REPLACE = Text(
    "In {file} die erfundene Schnittstelle durch die der Agentur ersetzen; docs/writing-an-adapter.md erklärt jeden Schritt.",
    "Replace the invented interface in {file} by that of the agency; docs/writing-an-adapter.md explains each step.",
)
