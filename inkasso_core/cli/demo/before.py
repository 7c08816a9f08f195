"""The acts before anything is handed over: setting up, intake, queue, diagnosis, release."""

from __future__ import annotations

from inkasso_core.app import Stored
from inkasso_core.cli import words
from inkasso_core.cli.demo.cases import CASES
from inkasso_core.cli.demo.material import ORDERS
from inkasso_core.cli.demo.play import ANNA, Act, Facts, Play
from inkasso_core.cli.language import say
from inkasso_core.cli.output import Cell, Head, day, money
from inkasso_core.cli.picture import EXPECTED
from inkasso_core.lifecycle import State
from inkasso_core.model.diagnosis import Diagnosis, Level
from inkasso_core.model.words import Text

SHOPS = ("plenty", "cp")
"""The shops of the first part; the merchant's own system comes later."""

TAKEN = ("registered", "revised", "repeated", "ignored", "failed")
"""What may become of a record."""

_NO_MANDATE = "MANDATE_MISSING"
"""Stands on every claim until the mandate is confirmed; told once, not in each line."""


# Setting up


def set_up(play: Play) -> Facts:
    """Show the installation, and ask its doctor."""
    settings = play.ink.settings
    rows = []
    for name, shop in settings.shops.items():
        account = shop.account or ""
        files = ", ".join(ORDERS[name])
        rows.append((Cell(name, "bold"), shop.plugin, account, settings.accounts[account].agency, Cell(files, words.PALE)))
    play.stage.table((SHOP, PLUGIN, ACCOUNT, AGENCY, FILES), rows)
    errors = [check.subject for check in play.ink.doctor() if check.health == "error"]
    play.stage.tell(_WELL if not errors else Text(", ".join(errors), ", ".join(errors)))
    return {"shops": {name: shop.plugin for name, shop in settings.shops.items()}, "errors": errors}


# Intake


def take_in(play: Play) -> Facts:
    """Take in the files of both shops, and show what became of each record."""
    rows, counts, failed = [], {}, []
    for shop in SHOPS:
        done, problems = play.ingest(shop)
        counts[shop] = {name: number for name, number in done.counts.items() if number}
        failed += problems
        rows.append((Cell(ORDERS[shop][0], "bold"), *(count(done.counts[name]) for name in TAKEN)))
    play.stage.table((FILE, *(Head(words.OUTCOMES[name], "number") for name in TAKEN)), rows)
    for place, text in failed:
        play.stage.tell(Text(f"{place}: {text.de}", f"{place}: {text.en}"), "red")
    twice = play.ink.find("cp:20312", actor=ANNA)
    play.stage.tell(_TWICE, ref=twice.ref, number=twice.revision_no, amount=money(twice.principal_open, twice.currency))
    play.stage.tell(_IGNORED)
    return {
        **counts,
        "failed": [place for place, _ in failed],
        "cp:20312": {"revision": twice.revision_no, "principal_open": twice.principal_open},
    }


def count(number: int) -> Cell:
    """Return a number; nought is pale."""
    return Cell(str(number), "" if number else words.PALE)


# Queue


def look_at_queue(play: Play) -> Facts:
    """Show every claim with its case, its state, and what stands in its way."""
    rows, states, red = [], {}, {}
    for stored in play.ink.claims(actor=ANNA):
        states[stored.ref], red[stored.ref] = stored.state.value, list(stored.red)
        amount = money(stored.principal_open, stored.currency)
        rows.append((Cell(stored.ref, "bold"), words.state(stored.state), amount, _case_of(stored)))
    play.stage.table((CLAIM, STATE, OPEN, CASE), rows)
    play.stage.tell(_QUEUE_NOTE)
    return {"states": states, "red": red}


def _case_of(stored: Stored) -> list[Cell]:
    """The case in words; below it the points, and the day from which the claim may go."""
    lines = [Cell(say(CASES[stored.ref].label) if stored.ref in CASES else "")]
    warnings = [code for code in stored.warnings if code != _NO_MANDATE]
    lines += [Cell(code, words.RED) for code in stored.red] or [Cell(code, words.YELLOW) for code in warnings]
    if stored.state is State.WAITING and stored.expected_on is not None:
        lines.append(Cell(say(EXPECTED.fill(day=day(stored.expected_on))), words.YELLOW))
    return lines


# Diagnosis

EXAMINED = ("plenty:10422", "plenty:10425", "cp:20313", "cp:20311")


def diagnose(play: Play) -> Facts:
    """Show for some claims why they may or may not go, what helps, and from when."""
    facts: Facts = {}
    for ref in EXAMINED:
        found = play.ink.diagnose(ref, actor=ANNA)
        points = [finding for finding in found.findings if finding.code != _NO_MANDATE]
        facts[ref] = {point.code: point.level.value for point in points}
        play.stage.tell(_ABOUT, "bold", ref=ref, case=say(CASES[ref].label), verdict=say(_verdict(found)))
        serious = [point for point in points if point.level is not Level.INFO]
        for point in serious or points:
            play.stage.point(point)
        play.stage.gap()
    play.stage.tell(_ASSERTED)
    young = play.ink.diagnose("plenty:10425", actor=ANNA)
    facts["expected_later"] = young.expected_on is not None and young.expected_on > young.as_of
    facts["asserted"] = sorted(play.ink.show("cp:20311", actor=ANNA).claim.asserted)
    return facts


def _verdict(found: Diagnosis) -> Text:
    if found.is_ready:
        return _MAY_GO
    return _MAY_NOT if found.expected_on is None else _LATER.fill(day=day(found.expected_on))


# Release


def release(play: Play) -> Facts:
    """Release everything that is ready."""
    handled = play.ink.release(play.refs(State.READY), actor=ANNA)
    released = [one.ref for one in handled if one.ok]
    play.stage.tell(_RELEASED, number=len(released), running=len(play.refs(State.RUNNING)))
    play.stage.tell(_WARNED)
    return {"released": len(released), "refused": len(handled) - len(released), "running": len(play.refs(State.RUNNING))}


SHOP = Head(Text("Shop", "Shop"), "ref")
PLUGIN = Head(Text("Plugin", "Plugin"), "ref")
ACCOUNT = Head(Text("Konto", "Account"), "ref")
AGENCY = Head(Text("Agentur", "Agency"), "ref")
FILES = Head(Text("Dateien", "Files"))
FILE = Head(Text("Datei", "File"), "ref")
CLAIM = Head(Text("Forderung", "Claim"), "ref")
CASE = Head(Text("Fall", "Case"))
STATE = Head(Text("Status", "State"))
OPEN = Head(Text("offen", "open"), "number")

_WELL = Text("`inkasso doctor` findet keinen Fehler.", "`inkasso doctor` finds no error.")
_TWICE = Text(
    "{ref} steht zweimal in der Datei, mit anderem Betrag: eine Forderung, Fassung {number}, offen {amount}.",
    "{ref} stands in the file twice, with another amount: one claim, revision {number}, open {amount}.",
)
_IGNORED = Text(
    "„Ohne Auslöser“ sind Aufträge, deren Status im Shop kein Inkasso verlangt.",
    '"Ignored" are orders whose status in the shop asks for no collection.',
)
_QUEUE_NOTE = Text(
    "Rot sperrt, Gelb will einen Menschen. Dass für das Konto noch kein Auftrag bestätigt ist, warnt überall und steht darum nicht in "
    "jeder Zeile.",
    "Red blocks, yellow wants a person. That no mandate is confirmed for the account yet warns everywhere and so is not in every line.",
)
_ABOUT = Text("{ref} ({case}): {verdict}", "{ref} ({case}): {verdict}")
_MAY_GO = Text("darf übergeben werden", "may be handed over")
_MAY_NOT = Text("darf nicht übergeben werden", "may not be handed over")
_LATER = Text("darf noch nicht übergeben werden, voraussichtlich ab {day}", "may not be handed over yet, expected from {day}")
_ASSERTED = Text(
    "CP::Shop exportiert weder Fälligkeit noch Mahnungen. Was der Status bedeutet, sichert der Händler in inkasso.toml zu "
    "([shops.cp.settings.assertion]); jedes so gefüllte Feld bleibt als zugesichert sichtbar.",
    "CP::Shop exports neither due date nor reminders. What the status means, the merchant asserts in inkasso.toml "
    "([shops.cp.settings.assertion]); every field filled that way stays visible as asserted.",
)
_RELEASED = Text(
    "Anna gibt {number} Forderungen frei; {running} sind jetzt „Laufend“; was rot ist, wartet weiter.",
    'Anna releases {number} claims; {running} are "running" now; what is red goes on waiting.',
)
_WARNED = Text(
    "Dabei sind zwei mit einer Warnung (Formeln, Kleinbetrag): im Modus „automatic“ hätten sie auf einen Menschen gewartet.",
    'Two of them bear a warning (formulas, a small amount): in the mode "automatic" they would have waited for a person.',
)

ACTS = (
    Act(
        "set_up",
        Text("Einrichten", "Setting up"),
        Text(
            "Drei Systeme melden Aufträge, zwei Agenturen nehmen sie: was wohin geht, steht in einer Datei, inkasso.toml.",
            "Three systems report orders, two agencies take them: what goes where stands in one file, inkasso.toml.",
        ),
        set_up,
    ),
    Act(
        "intake",
        Text("Annahme: aus Aufträgen werden Forderungen", "Intake: orders become claims"),
        Text(
            "Jeder Datensatz wird eine Forderung oder ein sichtbarer Grund, warum nicht; ein kaputter hält niemanden auf.",
            "Every record becomes a claim or a visible reason why not; a broken one stops nobody.",
        ),
        take_in,
    ),
    Act(
        "queue",
        Text("Die Warteschlange", "The queue"),
        Text(
            "Jede Forderung ist bereit oder wartet, und sagt warum: so fragt niemand mehr, wo ein Auftrag bleibt.",
            "Every claim is ready or waits, and says why: nobody has to ask any more where an order is.",
        ),
        look_at_queue,
    ),
    Act(
        "diagnosis",
        Text("Die Diagnose", "The diagnosis"),
        Text(
            "Sie nennt jeden Punkt, was ihm abhilft, und den Tag, von dem an die Zeit allein hilft.",
            "It names each point, what mends it, and the day from which time alone mends it.",
        ),
        diagnose,
    ),
    Act(
        "release",
        Text("Freigabe", "Release"),
        Text(
            "Nichts verlässt das Haus, bevor ein Mensch oder eine Regel es freigibt.",
            "Nothing leaves the house before a person or a rule releases it.",
        ),
        release,
    ),
)
