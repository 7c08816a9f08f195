"""The acts after the hand-over: an agency that answers, a payment, the history of a claim, and the end."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter

from inkasso_core.app import Entry, Item
from inkasso_core.cli import words
from inkasso_core.cli.demo.cases import CASES, WIRE_ACCOUNT
from inkasso_core.cli.demo.material import LEDGER, NEXT_DAY
from inkasso_core.cli.demo.play import ANNA, Act, Facts, Play, counted
from inkasso_core.cli.language import say
from inkasso_core.cli.output import Cell, Head, money
from inkasso_core.lifecycle import State, state_label
from inkasso_core.model.words import Text

# An agency that answers


def ask_agency(play: Play) -> Facts:
    """Hand over three claims to an agency that answers at once: yes, no, and an answer that is lost."""
    play.ingest("own")
    play.ink.release([ref for ref in play.refs(State.READY) if ref.startswith("own:")], actor=ANNA)
    play.ink.mandate(WIRE_ACCOUNT, dated=play.ink.today() - dt.timedelta(days=400), note="demo", actor=ANNA)
    play.ink.go_live(WIRE_ACCOUNT, nothing_to_adopt=True, actor=ANNA)
    items: list[Item] = []
    (report,) = play.ink.transmit(WIRE_ACCOUNT, on_item=items.append)
    play.stage.table(
        (CLAIM, CASE, STATE, WHY),
        [(i.ref, say(CASES[i.ref].label), words.state(State(i.result)), say(i.text) if i.text else "") for i in items],
    )
    lost = "own:30003"
    ran = play.ink.run_due()
    after = play.ink.find(lost, actor=ANNA).state
    arrived = _arrived(play)
    play.stage.tell(_LOOKED_UP, ref=lost, state=say(state_label(after)), number=arrived[lost])
    return {
        "answers": dict(report.counts),
        "looked_up": ran.followed.looked_up,
        "sent_again": sum(report.total for report in ran.reports),
        lost: after.value,
        "cases_at_agency": arrived,
    }


def _arrived(play: Play) -> dict[str, int]:
    """Return, from the agency's own ledger, how often each of the three claims arrived there."""
    ledger = Counter(json.loads(line)["our_reference"] for line in (play.folder / LEDGER).read_text("utf-8").splitlines())
    ours = {
        ref: [placement.our_reference for placement in play.ink.show(ref, actor=ANNA).placements] for ref in CASES if ref.startswith("own:")
    }
    return {ref: sum(ledger[reference] for reference in references) for ref, references in ours.items()}


# The shop's next report


def take_in_next_day(play: Play) -> Facts:
    """Take in the shop's next export: one customer has paid, of another the address is known now."""
    paid, mended = "plenty:10421", "plenty:10422"
    before = play.states()
    done = play.ink.ingest(play.folder / NEXT_DAY, shop="plenty")
    after = play.states()
    tasks = play.ink.tasks(actor=ANNA)
    play.stage.table(
        (CLAIM, WHAT, BEFORE, AFTER),
        [(ref, say(what), words.state(before[ref]), words.state(after[ref])) for ref, what in ((paid, _PAID), (mended, _MENDED))],
    )
    for task in tasks:
        play.stage.tell(_TASK, "yellow", message=say(task.message))
    open_now = play.ink.find(paid, actor=ANNA)
    play.stage.tell(_STAYS, ref=paid, amount=money(open_now.principal_open, open_now.currency))
    return {
        "counts": {name: number for name, number in done.counts.items() if number},
        "tasks": [task.kind for task in tasks],
        paid: after[paid].value,
        mended: after[mended].value,
    }


# History


def tell_history(play: Play) -> Facts:
    """Show the whole way of one claim."""
    entries = play.ink.history("plenty:10421", actor=ANNA)
    zone = play.ink.settings.zone
    rows = [(f"{entry.at.astimezone(zone):%H:%M:%S}", entry.actor, _state(entry), _told(entry)) for entry in entries]
    play.stage.table((WHEN, WHO, STATE, WHAT), rows)
    return {"steps": [entry.what for entry in entries], "actors": [entry.actor for entry in entries]}


def _state(entry: Entry) -> Cell:
    state = entry.to_state or entry.from_state
    return words.state(State(state)) if state else Cell("")


def _told(entry: Entry) -> list[Cell]:
    """What happened; below it why, and the details: a file, a revision, what changed."""
    details = {name: ", ".join(value) if isinstance(value, list) else str(value) for name, value in (entry.details or {}).items()}
    below = [*([entry.reason] if entry.reason else []), *(f"{name}: {value}" for name, value in details.items())]
    return [Cell(words.event(entry.what)), *(Cell(text, words.PALE) for text in below)]


# The end


def count_up(play: Play) -> Facts:
    """Count the claims per state."""
    states = play.states()
    counts = counted(states)
    there = {name: ", ".join(ref for ref, state in states.items() if state == name) for name in counts}
    play.stage.table((STATE, COUNT, CLAIMS), [(words.state(State(name)), str(number), there[name]) for name, number in counts.items()])
    return {"counts": counts, "states": {ref: state.value for ref, state in states.items()}}


CLAIM = Head(Text("Forderung", "Claim"), "ref")
CLAIMS = Head(Text("Forderungen", "Claims"))
CASE = Head(Text("Fall", "Case"))
STATE = Head(Text("Status", "State"))
WHY = Head(Text("Antwort", "Answer"))
WHAT = Head(Text("Was", "What"))
BEFORE = Head(Text("vorher", "before"))
AFTER = Head(Text("nachher", "after"))
WHEN = Head(Text("Wann", "When"), "short")
COUNT = Head(Text("Anzahl", "Count"), "number")
WHO = Head(Text("Wer", "Who"), "ref")
DETAILS = Head(Text("Einzelheiten", "Details"))

_LOOKED_UP = Text(
    "Ungeklärt heißt: nicht noch einmal senden, sondern nachsehen. `inkasso run` fragt die Agentur nach unserem Zeichen; {ref} ist jetzt "
    "„{state}“, und im Register der Agentur steht der Fall {number}-mal.",
    'Unclear means: do not send again, look it up. `inkasso run` asks the agency for our reference; {ref} now is "{state}", and the '
    "agency's ledger holds the case {number} time(s).",
)
_PAID = Text("Kunde hat an den Shop gezahlt", "the customer paid the shop")
_MENDED = Text("Anschrift ergänzt", "address completed")
_TASK = Text("Aufgabe: {message}", "Task: {message}")
_STAYS = Text(
    "{ref}: offen {amount}. Der Fall liegt bei der Agentur, also schließt ihn erst ihre Antwort.",
    "{ref}: open {amount}. The case is at the agency, so only the agency's answer closes it.",
)

ACTS = (
    Act(
        "agency",
        Text("Eine Agentur, die antwortet", "An agency that answers"),
        Text(
            "Über eine Schnittstelle kommt die Antwort sofort: ja, nein, oder sie geht verloren, und dann darf nichts geraten werden.",
            "Over an interface the answer comes at once: yes, no, or it is lost, and then nothing may be guessed.",
        ),
        ask_agency,
    ),
    Act(
        "next_day",
        Text("Der nächste Export des Shops", "The shop's next export"),
        Text(
            "Eine neue Meldung ist eine neue Fassung derselben Forderung; was die Agentur wissen muss, wird eine Aufgabe.",
            "A new report is a new revision of the same claim; what the agency must know becomes a task.",
        ),
        take_in_next_day,
    ),
    Act(
        "history",
        Text("Die Geschichte einer Forderung", "The history of one claim"),
        Text(
            "Wer, wann, was, warum: nichts davon wird je geändert oder gelöscht.",
            "Who, when, what, why: none of it is ever changed or deleted.",
        ),
        tell_history,
    ),
    Act(
        "end",
        Text("Wo alles steht", "Where everything stands"),
        Text(
            "Keine Forderung ging verloren, keine ging zweimal.",
            "No claim was lost, none went twice.",
        ),
        count_up,
    ),
)
