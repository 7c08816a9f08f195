"""Why a claim may or may not go, in colour: red blocks, yellow wants a person, green is met. Also why an order never became a claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.language import both, say
from inkasso_core.cli.missing import no_claim
from inkasso_core.cli.options import AsJson, AsOf, Ref, Shop
from inkasso_core.cli.output import Cell
from inkasso_core.cli.picture import ASSERTED, EXPECTED, READY, is_asserted
from inkasso_core.cli.session import opened, profile_of
from inkasso_core.errors import NotFound
from inkasso_core.lifecycle import Profile
from inkasso_core.model.diagnosis import Diagnosis, Finding, Level
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Condition, Fault, Inkasso, Stored

app = typer.Typer()
PANEL = both("Bearbeiten", "Working")
_ASSERTED = "ASSERTED"
AllConditions = Annotated[
    bool, typer.Option("--all-conditions", help=both("Auch die erfüllten Bedingungen.", "The conditions that are met, too."))
]


@app.command(
    "diagnose",
    rich_help_panel=PANEL,
    help=both(
        "Sagt, warum eine Forderung gehen darf oder nicht, heute oder zu einem Stichtag. Ändert nichts.",
        "Says why a claim may or may not go, today or as of a date. Changes nothing.",
    ),
)
def diagnose(
    ctx: typer.Context, ref: Ref, shop: Shop = None, as_of: AsOf = None, all_conditions: AllConditions = False, as_json: AsJson = False
) -> None:
    with opened(ctx) as ink:
        try:
            stored = ink.find(ref, shop=shop)
        except NotFound:
            no_claim(ink, ref, shop, as_json)
            raise
        diagnosis = ink.diagnose(stored.id, as_of=as_of)
        fault = ink.fault(stored.id) if as_of in (None, ink.today()) else None
        asserted = ink.show(stored.id).claim.asserted
        met = _met(ink, stored, diagnosis) if all_conditions else None
        if as_json:
            output.document(_document(ink, stored, diagnosis, fault, asserted, met))
        else:
            _print(ink, stored, diagnosis, fault, asserted, met or {})


def _print(
    ink: Inkasso, stored: Stored, diagnosis: Diagnosis, fault: Fault | None, asserted: Sequence[str], met: Mapping[str, Sequence[_Met]]
) -> None:
    profile = profile_of(ink, stored.shop)
    amount = output.money(stored.total_open, stored.currency)
    label = words.state(stored.state, profile)
    output.line(Cell(stored.ref, "bold"), "  ", label, f"  {amount}  ", say(_AS_OF.fill(day=output.day(diagnosis.as_of))))
    if diagnosis.expected_on is not None and not diagnosis.is_ready:
        output.tell(_APPEARS if profile is Profile.MARKETPLACE else EXPECTED, day=output.day(diagnosis.expected_on))
    if fault is not None:
        _print_fault(ink, fault)
    for name, blocks in diagnosis.groups:
        output.heading(_GROUP, name=say(_label(name)), count=say(_points(len(blocks))))
        if not blocks:
            output.line(Cell(f"{words.POINT} ", words.GREEN), say(READY))
        _points_of(blocks, asserted)
        _print_met(met.get(name, ()))
    inside = {finding.code for _, blocks in diagnosis.groups for finding in blocks}
    others = [finding for finding in diagnosis.findings if finding.code not in inside]
    if others:
        output.heading(_BESIDES)
        _points_of(others, asserted)
    if asserted and _ASSERTED not in {finding.code for finding in diagnosis.findings}:  # the account's policy may switch that note off
        output.line("")
        output.line(f"{say(ASSERTED)}: ", ", ".join(asserted))
    if section := _assertion(ink, stored, diagnosis, asserted):
        page = ink.plugins.shop_plugin(ink.settings.shops[stored.shop].plugin).documentation
        output.line("")
        output.tell(_CAN_BE_ASSERTED, section=", ".join(filter(None, (section, page))))


def _assertion(ink: Inkasso, stored: Stored, diagnosis: Diagnosis, asserted: Sequence[str]) -> str | None:
    """Return where the merchant can assert what his shop does not export, if a point that only he can mend is about such a field."""
    config = ink.settings.shops.get(stored.shop)
    if config is None or config.plugin not in ink.plugins.shop_plugin_names:
        return None
    plugin = ink.plugins.shop_plugin(config.plugin)
    his = [f for f in diagnosis.findings if f.level is not Level.INFO and f.expected_on is None and not is_asserted(asserted, f.field)]
    if plugin.assertion is None or {f.field for f in his}.isdisjoint(plugin.assertable):
        return None
    return f"[shops.{stored.shop}.settings.{plugin.assertion}]"


def _print_fault(ink: Inkasso, fault: Fault) -> None:
    """Met but missing: red where the installation is at fault, yellow where the next run will do."""
    style = words.RED if fault.to_report else words.YELLOW
    ran = output.moment(fault.last_run, ink.settings.zone) or say(_NEVER)
    output.line(Cell(f"{words.POINT} ", style), Cell(fault.code, style), Cell(f"  {say(_LAST_RUN)}: {ran}", words.PALE))
    output.indented(say(fault.message), style if fault.to_report else "")
    output.indented(f"→ {say(fault.remedy)}", words.PALE)


def _label(group: str) -> Text:
    from inkasso_core.app import group_label

    return group_label(group)


def _points_of(findings: Iterable[Finding], asserted: Sequence[str]) -> None:
    for finding in findings:
        style = words.LEVEL_STYLES[finding.level]
        field = f"  {finding.field}" if finding.field else ""
        mark = f" ({say(ASSERTED)})" if is_asserted(asserted, finding.field) else ""
        output.line(Cell(f"{words.POINT} ", style), Cell(finding.code, style), Cell(field + mark, words.PALE))
        output.indented(say(finding.message))
        output.indented(f"→ {say(finding.remedy)}", words.PALE)
        if finding.expected_on is not None:
            output.indented(say(_MENDED.fill(day=output.day(finding.expected_on))), words.PALE)


def _points(count: int) -> Text:
    return _NO_POINT if count == 0 else _ONE_POINT if count == 1 else _POINTS.fill(count=count)


# The conditions that are met


class _Met(NamedTuple):
    """A condition that is met, or that the account's policy has switched off."""

    condition: Condition
    asked: bool


def _met(ink: Inkasso, stored: Stored, diagnosis: Diagnosis) -> dict[str, list[_Met]]:
    """Return, for each group, the conditions that are met, each with whether it was asked."""
    found = {finding.code for finding in diagnosis.findings}
    account = ink.settings.accounts.get(stored.account or "")
    levels = account.policy.levels if account else {}
    return {
        name: [_Met(c, c.level_in(levels) is not None) for c in ink.conditions(name, account=stored.account) if c.code not in found]
        for name, _ in diagnosis.groups
    }


def _print_met(met: Iterable[_Met]) -> None:
    for condition, asked in met:
        subject = say(condition.message).partition(":")[0]
        style = words.GREEN if asked else words.PALE
        output.line(Cell(f"{words.POINT} ", style), Cell(condition.code, style), f"  {subject}", f"  {say(_MET if asked else _OFF)}")


def _document(
    ink: Inkasso,
    stored: Stored,
    diagnosis: Diagnosis,
    fault: Fault | None,
    asserted: Sequence[str],
    met: Mapping[str, Sequence[_Met]] | None,
) -> dict[str, Any]:
    groups = [
        {"group": name, "label": _label(name), "ready": not blocks, "red": [f.code for f in blocks]} for name, blocks in diagnosis.groups
    ]
    body = {
        "ref": stored.ref,
        "state": stored.state,
        "account": stored.account,
        "as_of": diagnosis.as_of,
        "ready": diagnosis.is_ready,
        "group": diagnosis.group,
        "expected_on": diagnosis.expected_on,
        "fault": fault,
        "last_run": ink.last_run(),
        "red": diagnosis.red,
        "warnings": diagnosis.warnings,
        "findings": [{**f._asdict(), "asserted": is_asserted(asserted, f.field)} for f in diagnosis.findings],
        "groups": groups,
        "asserted": asserted,
        "can_be_asserted": _assertion(ink, stored, diagnosis, asserted),
    }
    if met is not None:
        for group in groups:
            group["met"] = [c.code for c, asked in met[str(group["group"])] if asked]
        every = {one.condition.code: one for some in met.values() for one in some}
        body["met"] = [{"code": c.code, "field": c.field, "fixed": c.fixed, "asked": asked} for c, asked in every.values()]
    return body


_AS_OF = Text("Stichtag {day}", "as of {day}")
_GROUP = Text("Gruppe „{name}“: {count}", 'Group "{name}": {count}')
_NO_POINT = Text("bereit", "ready")
_ONE_POINT = Text("1 roter Punkt", "1 red point")
_POINTS = Text("{count} rote Punkte", "{count} red points")
_BESIDES = Text("Warnungen und Hinweise", "Warnings and notes")
_MENDED = Text("von selbst erledigt ab {day}", "mends itself by {day}")
_MET, _OFF = Text("erfüllt", "met"), Text("(abgeschaltet)", "(switched off)")
_APPEARS = Text("Fälligkeitsdatum: erscheint voraussichtlich am {day}.", "Due date: expected to appear on {day}.")
_CAN_BE_ASSERTED = Text(
    "Was der Shop nicht exportieren kann, lässt sich in inkasso.toml erklären: {section}. Danach die Datei noch einmal einlesen.",
    "What the shop cannot export can be asserted in inkasso.toml: {section}. Then ingest the file again.",
)
_LAST_RUN, _NEVER = Text("letzter Lauf", "last run"), Text("nie", "never")
