"""Setting up: a first configuration, its health, shops, the database, the schema of a claim."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.configurable import print_settings, settings_of
from inkasso_core.cli.exits import Exit
from inkasso_core.cli.language import both, say, spoken
from inkasso_core.cli.options import AsJson, MaybeName, read_count
from inkasso_core.cli.output import Cell, Head
from inkasso_core.cli.session import opened, unopened
from inkasso_core.errors import NotPermitted
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import DatabaseStatus, Inkasso

app = typer.Typer()
PANEL = both("Einrichten", "Setting up")


@app.command(
    "init",
    rich_help_panel=PANEL,
    help=both("Schreibt eine kommentierte inkasso.toml; überschreibt nie.", "Writes a commented inkasso.toml; never overwrites one."),
)
def init(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help=both("Wohin.", "Where."))] = Path(),
    shop_plugin: Annotated[
        str | None,
        typer.Option(
            "--shop-plugin", metavar="NAME", help=both("Richtet einen Shop dieses Plugins ein.", "Sets up a shop of this plugin.")
        ),
    ] = None,
    agency: Annotated[
        str | None,
        typer.Option(
            "--agency",
            metavar="NAME",
            help=both("Die Agentur des Kontos; sonst eine, die Dateien annimmt.", "The account's agency; left out, one that takes files."),
        ),
    ] = None,
    transport: Annotated[
        str | None,
        typer.Option(
            "--transport",
            metavar="NAME",
            help=both("Wie es übertragen wird, wo die Agentur mehrere Wege hat.", "By which transport, where the agency has several."),
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    from inkasso_core.cli.template import write

    with unopened(ctx) as ink:
        path = write(ink, folder, agency=agency, transport=transport, shop_plugin=shop_plugin, language=spoken())
    if as_json:
        output.document({"file": path})
    else:
        output.tell(_WRITTEN, path=path)


@app.command(
    "doctor",
    rich_help_panel=PANEL,
    help=both(
        "Prüft Einstellungen, Datenbank, Plugins und Konten; nennt die Abhilfe.",
        "Checks settings, database, plugins and accounts; names the remedy.",
    ),
)
def doctor(
    ctx: typer.Context,
    online: Annotated[
        bool,
        typer.Option(
            "--online", help=both("Fragt auch die Shops selbst, und nennt, was wartet.", "Asks the shops, too, and says what waits.")
        ),
    ] = False,
    max_wait: Annotated[
        int | None,
        typer.Option(
            "--max-wait",
            metavar="SECONDS",
            parser=read_count,
            help=both(
                "Für die Überwachung: ein Fehler, wenn etwas länger als das ungesendet wartet.",
                "For monitoring: an error where something has waited unsent for longer than that.",
            ),
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    with opened(ctx) as ink:
        checks = ink.doctor(online=online, max_wait=dt.timedelta(seconds=max_wait) if max_wait else None)
        figures = _figures(ink) if as_json else {}
    if as_json:
        output.document({"well": all(check.health != "error" for check in checks), "checks": checks, **figures})
    else:
        output.table(
            (Head(_SUBJECT), Head(Text("", "")), Head(_FINDING)),
            [[check.subject, _HEALTH[check.health], say(check.text)] for check in checks],
        )
    raise typer.Exit(Exit.REFUSED if any(check.health == "error" for check in checks) else Exit.DONE)


def _figures(ink: Inkasso) -> dict[str, Any]:
    """How each account does; not for vendors."""
    try:
        return ink.health()._asdict()
    except NotPermitted:
        return {}


# What is installed


@app.command(
    "shops",
    rich_help_panel=PANEL,
    help=both(
        "Listet Shop-Plugins und eingerichtete Shops; mit dem Namen eines Plugins: seine Einstellungen.",
        "Lists shop plugins and configured shops; with a plugin's name: its settings.",
    ),
)
def shops(ctx: typer.Context, name: MaybeName = None, as_json: AsJson = False) -> None:
    with unopened(ctx) as ink:
        if name is not None:
            configured = ink.settings.shops.get(name)
            _shop_plugin(ink, configured.plugin if configured else name, as_json)
            return
        _all_shops(ink, as_json)


def _shop_plugin(ink: Inkasso, name: str, as_json: bool) -> None:
    plugin = ink.plugins.shop_plugin(name)
    settings = settings_of(plugin.Settings)
    if as_json:
        facts = {"verified": plugin.verified or None, "documentation": plugin.documentation or None}
        output.document({"name": name, "label": plugin.label, **facts, "settings": settings})
        return
    output.pairs(
        [
            (_NAME, Cell(name, "bold")),
            (_LABEL, plugin.label),
            (_VERIFIED, plugin.verified or say(_NOT_STATED)),
            (_DOCUMENTATION, plugin.documentation or say(_NOT_STATED)),
        ]
    )
    print_settings(settings, "shops")


def _all_shops(ink: Inkasso, as_json: bool) -> None:
    plugins = [{"name": name, "label": ink.plugins.shop_plugin(name).label} for name in ink.plugins.shop_plugin_names]
    configured = [
        {"name": name, "plugin": s.plugin, "account": s.account, "tenant": s.tenant, "profile": s.profile.value}
        for name, s in sorted(ink.settings.shops.items())
    ]
    if as_json:
        output.document({"plugins": plugins, "policies": ink.plugins.policy_names, "broken": ink.plugins.broken, "shops": configured})
        return
    output.table((Head(_PLUGIN, "ref"), Head(_LABEL)), [[p["name"], p["label"]] for p in plugins])
    for broken in ink.plugins.broken:
        output.line(Cell(f"{words.POINT} ", words.RED), Cell(broken.name, "bold"), f"  {say(broken.text)}")
    output.line("")
    if configured:
        heads = (Head(_SHOP, "ref"), Head(_PLUGIN), Head(_ACCOUNT), Head(_PROFILE))
        output.table(heads, [[s["name"] or "", s["plugin"] or "", s["account"] or "", s["profile"] or ""] for s in configured])
    else:
        output.tell(_NO_SHOP)


# Database and schema

db_app = typer.Typer(no_args_is_help=True)
app.add_typer(
    db_app,
    name="db",
    rich_help_panel=PANEL,
    help=both("Die Datenbank: ihr Stand, und sie anheben.", "The database: its level, and raising it."),
)


@db_app.command(
    "status",
    help=both(
        "Sagt, welche Datenbank benutzt wird und ob sie auf dem Stand ist.",
        "Says which database is used and whether it is at this version's level.",
    ),
)
def status(ctx: typer.Context, as_json: AsJson = False) -> None:
    with opened(ctx, upgrade=False) as ink:
        found = ink.database_status()
    _print_status(found, as_json)
    raise typer.Exit(Exit.DONE if found.found == found.newest else Exit.DATABASE)


@db_app.command("upgrade", help=both("Hebt die Datenbank auf den Stand dieser Version.", "Brings the database to this version's level."))
def upgrade(ctx: typer.Context, as_json: AsJson = False) -> None:
    with opened(ctx, upgrade=False) as ink:
        ink.upgrade_database()
        _print_status(ink.database_status(), as_json)


def _print_status(found: DatabaseStatus, as_json: bool) -> None:
    current = found.found == found.newest
    if as_json:
        output.document({**found._asdict(), "current": current})
        return
    output.line(Cell(found.address, "bold"), f"  ({found.kind})")
    if current:
        output.line(Cell(f"{words.POINT} ", words.GREEN), say(_CURRENT.fill(level=found.newest)))
    else:
        output.line(Cell(f"{words.POINT} ", words.YELLOW), say(_NOT_CURRENT.fill(found=found.found or "–", newest=found.newest)))


@app.command(
    "schema",
    rich_help_panel=PANEL,
    help=both("Gibt das JSON-Schema einer Forderung aus.", "Prints the JSON Schema of a claim."),
)
def schema() -> None:
    from inkasso_core.model.schema import claim_schema

    sys.stdout.write(json.dumps(claim_schema(), ensure_ascii=False, indent=2) + "\n")


@app.command(
    "demo",
    rich_help_panel=PANEL,
    help=both("Spielt den ganzen Weg mit erfundenen Aufträgen vor.", "Plays the whole way on invented orders."),
)
def demo(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help=both(
                "Neuer Ordner, der bleibt; sonst bleibt nichts zurück.", "New folder that is kept; left out, nothing is left behind."
            ),
        ),
    ] = None,
    pause: Annotated[
        bool, typer.Option("--pause", help=both("Wartet nach jedem Akt auf die Eingabetaste.", "Waits for the Enter key after each act."))
    ] = False,
    as_json: AsJson = False,
) -> None:
    from inkasso_core.cli.demo import demo as play  # it brings its orders along, for this command alone

    raise typer.Exit(play(folder, spoken(), pause, as_json))


_WRITTEN = Text(
    "{path} ist geschrieben. Bitte ausfüllen, dann: inkasso doctor", "{path} is written. Please fill it in, then: inkasso doctor"
)
_HEALTH = {"ok": Cell("✔", words.GREEN), "warn": Cell("!", words.YELLOW), "error": Cell("✘", words.RED)}
_SUBJECT, _FINDING = Text("Was", "What"), Text("Befund", "Finding")
_NAME, _LABEL, _VERIFIED = Text("Name", "Name"), Text("Bezeichnung", "Label"), Text("Geprüft durch", "Verified by")
_DOCUMENTATION, _NOT_STATED = Text("Beschrieben in", "Described in"), Text("keine Angabe", "not stated")
_PLUGIN, _SHOP, _ACCOUNT, _PROFILE = Text("Plugin", "Plugin"), Text("Shop", "Shop"), Text("Konto", "Account"), Text("Profil", "Profile")
_NO_SHOP = Text("Kein Shop eingerichtet: [shops.NAME].", "No shop is configured: [shops.NAME].")
_CURRENT = Text("auf dem Stand dieser Version ({level})", "at this version's level ({level})")
_NOT_CURRENT = Text(
    "Stand {found}, diese Version braucht {newest}: `inkasso db upgrade`",
    "level {found}, this version needs {newest}: `inkasso db upgrade`",
)
