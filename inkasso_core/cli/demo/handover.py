"""The acts of the hand-over by file: rehearsal, mandate and limit, the file itself, never twice, confirmation."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from inkasso_core.cli import words
from inkasso_core.cli.demo.before import SHOPS, TAKEN, count
from inkasso_core.cli.demo.cases import FILE_ACCOUNT, LIMIT
from inkasso_core.cli.demo.material import ORDERS
from inkasso_core.cli.demo.play import ANNA, Act, Facts, Play, counted
from inkasso_core.cli.output import Cell, Head, money
from inkasso_core.lifecycle import State
from inkasso_core.model.party import ContactKind
from inkasso_core.model.words import Text

_TRIGGERS = ("=", "+", "-", "@")

# Rehearsal


def rehearse(play: Play) -> Facts:
    """Rehearse: the very file that would leave, without anything leaving."""
    (report,) = play.ink.transmit()
    total = report.totals["EUR"]
    play.stage.tell(report.reason)
    play.stage.tell(_REHEARSED, "bold yellow", rows=report.rows, total=money(total, "EUR"))
    play.stage.gap()
    rows = {row["Rechnungsnr"]: row for row in play.read_rows(report.file or "")}
    filled = [(name, value) for name, value in rows["RE-7421"].items() if value]
    half = (len(filled) + 1) // 2
    left, right = filled[:half], [*filled[half:], *([("", "")] * (2 * half - len(filled)))]
    pairs = [(Cell(a, words.PALE), b, Cell(c, words.PALE), d) for (a, b), (c, d) in zip(left, right, strict=True)]
    play.stage.tell(_ROW)
    play.stage.table((COLUMN, VALUE, COLUMN, VALUE), pairs)
    guarded = _compare(play, rows["CP-5513"])
    return {
        "mode": report.mode,
        "counts": dict(report.counts),
        "rows": report.rows,
        "total": total,
        "running": len(play.refs(State.RUNNING)),
        "formulas": [name for name, value in guarded.items() if value.startswith(_TRIGGERS)],
        "transliterated": [rows["RE-7421"]["Vorname"], rows["RE-7421"]["Nachname"]],
    }


def _compare(play: Play, row: Mapping[str, str]) -> dict[str, str]:
    """Show what became of the cells that a spreadsheet would run; return them as they stand in the file."""
    claim = play.ink.show("cp:20313", actor=ANNA).claim
    before = {
        "Vorname": (claim.debtor.person.first_name if claim.debtor.person else None) or "",
        "Telefon 1": claim.debtor.values(ContactKind.PHONE)[0],
        "Forderungsgrund": claim.subject or "",
    }
    play.stage.tell(_GUARDED)
    play.stage.table((COLUMN, IN_SHOP, IN_FILE), [(Cell(name, words.PALE), text, row[name]) for name, text in before.items()])
    return {name: row[name] for name in before}


# Live, with a limit


def go_live(play: Play) -> Facts:
    """Confirm the mandate, let the account go live with a limit, transmit, and show the file."""
    dated = play.ink.today() - dt.timedelta(days=400)
    play.ink.mandate(FILE_ACCOUNT, dated=dated, note="demo", actor=ANNA)
    play.ink.go_live(FILE_ACCOUNT, nothing_to_adopt=True, first=LIMIT, actor=ANNA)
    play.stage.tell(_LIVE, account=FILE_ACCOUNT, limit=LIMIT)
    (report,) = play.ink.transmit(FILE_ACCOUNT)
    total = report.totals["EUR"]
    left = report.counts.get("postponed", 0)
    play.stage.tell(_LEFT, "bold green", rows=report.rows, total=money(total, "EUR"), left=left)
    play.stage.gap()
    play.stage.tell(_FILE, file=Path(report.file or "").name)
    play.stage.lines(play.read_file(report.file or ""))
    return {"mode": report.mode, "counts": dict(report.counts), "rows": report.rows, "total": total, "states": counted(play.states())}


# Never twice


def transmit_again(play: Play) -> Facts:
    """Lift the limit, transmit the rest, and once more: nothing leaves a second time."""
    play.ink.go_live(FILE_ACCOUNT, nothing_to_adopt=True, actor=ANNA)
    (rest,) = play.ink.transmit(FILE_ACCOUNT)
    (more,) = play.ink.transmit(FILE_ACCOUNT)
    files = play.exported_files()
    play.stage.table(
        (FILE, ROWS),
        [(Cell(path.name, "bold"), str(len(play.read_rows(path)))) for path in files],
    )
    play.stage.tell(_SECOND, more=more.total)
    found = Counter(row["Rechnungsnr"] for path in files for row in play.read_rows(path))
    gone = {s.invoice_number for s in play.ink.claims(actor=ANNA) if s.state is State.EXPORTED}
    once = set(found.values()) == {1} and set(found) == gone
    play.stage.tell(_ONCE if once else _NOT_ONCE, "" if once else "bold red", number=len(found))
    return {"rest": dict(rest.counts), "more": dict(more.counts), "files": len(files), "each_claim_once": once}


# The same files again


def take_in_again(play: Play) -> Facts:
    """Take in the very same files once more: nothing is new."""
    before, facts, rows = play.states(), Facts(), []
    for shop in SHOPS:
        done, _ = play.ingest(shop)
        facts[shop] = {name: number for name, number in done.counts.items() if number}
        rows.append((Cell(ORDERS[shop][0], "bold"), *(count(done.counts[name]) for name in TAKEN)))
    play.stage.table((FILE, *(Head(words.OUTCOMES[name], "number") for name in TAKEN)), rows)
    unchanged = play.states() == before
    reports = len(play.ink.failed_events())
    play.stage.tell(_UNCHANGED, number=len(before), failed=reports)
    return {**facts, "states_unchanged": unchanged, "claims": len(before), "failed_reports": reports}


# Confirmation


def confirm(play: Play) -> Facts:
    """Confirm the first file: its claims are handed over."""
    first = play.exported_files()[0]
    done = play.ink.confirm(file=first.name, actor=ANNA)
    play.stage.tell(_CONFIRMED, file=first.name)
    play.stage.table((CLAIM, STATE), [(stored.ref, words.state(stored.state)) for stored, _ in done])
    waiting = play.refs(State.EXPORTED)
    play.stage.tell(_SILENT, number=len(waiting), days=play.ink.settings.accounts[FILE_ACCOUNT].confirm_after_days)
    return {
        "confirmed": sorted(stored.ref for stored, problem in done if problem is None),
        "refused": sum(problem is not None for _, problem in done),
        "unconfirmed": len(waiting),
    }


COLUMN = Head(Text("Spalte", "Column"), "ref")
VALUE = Head(Text("Wert", "Value"))
IN_SHOP = Head(Text("gemeldet", "reported"))
IN_FILE = Head(Text("in der Datei", "in the file"))
FILE = Head(Text("Datei", "File"), "ref")
ROWS = Head(Text("Zeilen", "Rows"), "number")
CLAIM = Head(Text("Forderung", "Claim"), "ref")
STATE = Head(Text("Status", "State"))

_REHEARSED = Text("PROBE: {rows} Zeilen, {total}. Nichts ging hinaus.", "REHEARSAL: {rows} rows, {total}. Nothing went out.")
_ROW = Text(
    "Eine Zeile, wie die Agentur sie bekäme. Windows-1252 kennt kein Ł: es wird umgeschrieben, und der Umlaut bleibt.",
    "One row as the agency would get it. Windows-1252 has no Ł: it is transliterated, and the umlaut stays.",
)
_GUARDED = Text(
    "Was eine Tabellenkalkulation als Formel ausführen würde, wird entschärft; die Telefonnummer bleibt eine Telefonnummer.",
    "What a spreadsheet would run as a formula is disarmed; the telephone number stays a telephone number.",
)
_LIVE = Text(
    "Anna bestätigt den Vertrag mit der Agentur und schaltet das Konto {account} scharf, zunächst für {limit} Forderungen.",
    "Anna confirms the contract with the agency and lets the account {account} go live, for {limit} claims at first.",
)
_LEFT = Text(
    "ECHT: {rows} Zeilen, {total}. {left} weitere warten auf ein größeres Limit.",
    "LIVE: {rows} rows, {total}. {left} more wait for a greater limit.",
)
_FILE = Text("{file}, Zeile für Zeile:", "{file}, line by line:")
_SECOND = Text(
    "Anna hebt das Limit auf, der Rest geht hinaus. Ein weiterer Lauf sendet {more} Forderungen.",
    "Anna lifts the limit, the rest goes out. One more run sends {more} claims.",
)
_ONCE = Text(
    "Jede der {number} Forderungen steht in genau einer Datei und dort genau einmal.",
    "Each of the {number} claims stands in exactly one file, and there exactly once.",
)
_NOT_ONCE = Text("Die Dateien und der Bestand stimmen nicht überein.", "The files and the record do not agree.")
_UNCHANGED = Text(
    "{number} Forderungen wie zuvor, in denselben Zuständen. Die gescheiterte Zeile ist weiterhin {failed} Meldung.",
    "{number} claims as before, in the same states. The failed row still is {failed} report.",
)
_CONFIRMED = Text("Das Portal hat {file} angenommen; Anna trägt das ein.", "The portal has accepted {file}; Anna enters that.")
_SILENT = Text(
    "{number} stehen noch auf „Übermittelt“: bestätigt sie {days} Tage lang niemand, wird daraus eine Aufgabe.",
    '{number} are still "exported": if nobody confirms them for {days} days, that becomes a task.',
)

ACTS = (
    Act(
        "rehearsal",
        Text("Probe", "Rehearsal"),
        Text(
            "Solange das Konto nicht scharf ist, zeigt die Übermittlung nur, was hinausginge.",
            "As long as the account is not live, transmitting only shows what would go out.",
        ),
        rehearse,
    ),
    Act(
        "live",
        Text("Auftrag, Limit, Übermittlung", "Mandate, limit, transmission"),
        Text(
            "Scharf schalten ist eine gespeicherte Entscheidung, und der Anfang ist klein: vier Fälle, die man nachprüfen kann.",
            "Going live is a stored decision, and the start is small: four cases that somebody can check.",
        ),
        go_live,
    ),
    Act(
        "never_twice",
        Text("Nie zweimal", "Never twice"),
        Text(
            "Zwei Agenturen oder zwei Schreiben für dieselbe Rechnung kosten den Schuldner Geld und den Händler seinen Ruf.",
            "Two agencies or two letters for one invoice cost the debtor money and the merchant his name.",
        ),
        transmit_again,
    ),
    Act(
        "same_files",
        Text("Dieselben Dateien noch einmal", "The same files once more"),
        Text(
            "Exporte laufen jede Nacht: dieselbe Meldung ist dieselbe Forderung, auch wenn sie schon bei der Agentur liegt.",
            "Exports run every night: the same report is the same claim, also when it is at the agency already.",
        ),
        take_in_again,
    ),
    Act(
        "confirmation",
        Text("Bestätigung", "Confirmation"),
        Text(
            "Eine Datei ist noch keine Übergabe: erst wenn die Agentur sie hat, gilt die Forderung als übergeben.",
            "A file is no hand-over yet: only when the agency has it does the claim count as handed over.",
        ),
        confirm,
    ),
)
