"""What must be true after a storm, asked of the agency's own books, the files, the observer and the tables: none twice, none lost."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa
from chaos.checker import differs, files, observed, trails, work
from chaos.scenario import Expected, Installation
from chaos.storm_life import books
from chaos.storm_plan import Fate, Order

from inkasso_core import State
from inkasso_core.settings import load
from inkasso_core.store import schema as t
from inkasso_core.store.engine import Database

_ENDS: dict[Fate, State] = {
    Fate.KEPT: State.HANDED_OVER,
    Fate.PART_PAID: State.HANDED_OVER,
    Fate.PAID: State.PAID,
    Fate.ENDED: State.CANCELLED,
    Fate.CREDITED: State.HANDED_OVER,
    Fate.REFUSED: State.FAILED,
    Fate.PAYS_THERE: State.PAID,
}
"""Fate -> the state in which its claim must end."""
_EITHER_WAY = frozenset({Fate.PAID, Fate.ENDED})
"""Where it depends on the moment whether the agency ever has it."""


class Counted(NamedTuple):
    """What the agency counts."""

    cases: int
    told: int
    """Payments, changes, recalls."""


class _Case(NamedTuple):
    """What the agency has of one order: each line as often as it was accepted."""

    given: list[dict[str, Any]]
    told: list[dict[str, Any]]

    def money(self) -> Decimal:
        """What is open by the agency's own reckoning."""
        (amount,) = self.given[0]["claims"].values()
        open_ = Decimal(amount)
        for line in self.told:
            open_ = Decimal(line["open"]) if line["verb"] == "amend" else open_ - Decimal(line.get("amount", 0))
        return open_


class Tally:
    """The agency's count while it goes on."""

    def __init__(self, place: Installation) -> None:
        self._path, self._read = place.ledger, 0
        self._counts: Counter[str] = Counter()

    def count(self) -> Counted:
        """Ask the agency."""
        with self._path.open("rb") as file:
            file.seek(self._read)
            whole, end, _ = file.read().rpartition(b"\n")
        self._read += len(whole + end)
        self._counts.update(json.loads(line)["what"] for line in whole.splitlines())
        return Counted(self._counts["case"], self._counts["told"])


def complaints(place: Installation, orders: list[Order]) -> list[str]:
    """Return everything that is not as it must be; an empty list when all is well."""
    database = Database(load(place.config).database_url)
    wanted = {one.ref: Expected(State.HANDED_OVER, one.principal) for one in orders if one.shop == "file"}
    try:
        with database.read() as connection:
            return [
                *_cases(connection, orders, place),
                *_known(connection, place),
                *_feed(connection, place),
                *files(place, wanted),
                *trails(connection),
                *work(connection),
                *observed(connection, place),
                *(_sound(connection) if database.is_sqlite else ()),
            ]
    finally:
        database.close()


def evidence(place: Installation, wrong: Sequence[str]) -> str:
    """Return, as JSON, what the tables and the agency know of the claims that complaints name: the server is gone afterwards."""
    database = Database(load(place.config).database_url)
    try:
        with database.read() as connection:
            rows = [row for row in connection.execute(sa.select(t.claim)) if any(row.record in one for one in wrong)]
            found = {row.record: _of_claim(connection, row) for row in rows}
    finally:
        database.close()
    for line in books(place):
        for number in {*line.get("claims", ()), *(n for n, one in found.items() if line.get("our_reference") in one["our_reference"])}:
            if number in found:
                found[number]["agency"].append(line)
    return json.dumps({"complaints": [*wrong], "claims": found}, indent=1, default=str)


def _of_claim(connection: sa.Connection, claim: sa.Row[Any]) -> dict[str, Any]:
    placed = connection.scalars(sa.select(t.placement_claim.c.placement_id).where(t.placement_claim.c.claim_id == claim.id)).all()
    instructed = connection.scalars(sa.select(t.instruction.c.id).where(t.instruction.c.placement_id.in_(placed))).all()
    asked = {
        "history": sa.select(t.history).where(t.history.c.claim_id == claim.id).order_by(t.history.c.id),
        "task": sa.select(t.task).where(t.task.c.claim_id == claim.id),
        "revision": sa.select(t.revision).where(t.revision.c.claim_id == claim.id),
        "placement_claim": sa.select(t.placement_claim).where(t.placement_claim.c.claim_id == claim.id),
        "placement": sa.select(t.placement).where(t.placement.c.id.in_(placed)),
        "instruction": sa.select(t.instruction).where(t.instruction.c.id.in_(instructed)),
        "attempt": sa.select(t.attempt).where(t.attempt.c.instruction_id.in_(instructed)).order_by(t.attempt.c.id),
        "batch": sa.select(t.batch).where(
            t.batch.c.id.in_(sa.select(t.attempt.c.batch_id).where(t.attempt.c.instruction_id.in_(instructed)))
        ),
    }
    found: dict[str, Any] = {name: [dict(row._mapping) for row in connection.execute(query)] for name, query in asked.items()}
    return {"claim": dict(claim._mapping), **found, "our_reference": [one["our_reference"] for one in found["placement"]], "agency": []}


def _cases(connection: sa.Connection, orders: list[Order], place: Installation) -> Iterator[str]:
    """Every order is one claim, in a state that is true; the agency has each at most once, and knows its money to the cent."""
    stored = {f"{row.shop}:{row.record}": row for row in connection.execute(sa.select(t.claim))}
    yield from differs("claims", set(stored), {one.ref for one in orders})
    at_agency, strangers = _at_agency(place)
    yield from (f"the agency has {number}, which no shop has" for number in at_agency.keys() - {one.number for one in orders})
    yield from (f"the agency was told of {reference}, which it does not have" for reference in strangers)
    for one in orders:
        row, case = stored.get(one.ref), at_agency.get(one.number, _Case([], []))
        if len(case.given) > 1:
            yield f"{one.ref}: arrived {len(case.given)} times"
        if row is None:
            continue
        if row.state != _ENDS[one.fate]:
            yield f"{one.ref} ({one.fate}): is {row.state}, should be {_ENDS[one.fate]}"
        if row.principal_open != one.open_in_the_end:
            yield f"{one.ref} ({one.fate}): {row.principal_open} are open, should be {one.open_in_the_end}"
        if one.shop != "file":
            yield from _case(one, case)


def _at_agency(place: Installation) -> tuple[dict[str, _Case], set[str]]:
    """Return by order what the agency has, and references that it was told of without having them."""
    found: dict[str, _Case] = defaultdict(lambda: _Case([], []))
    order_of: dict[str, str] = {}
    strangers = set()
    for line in books(place):
        if line["what"] == "case":
            for number in line["claims"]:
                order_of[line["our_reference"]] = number
                found[number].given.append(line)
        elif line["what"] == "told" and line["our_reference"] in order_of:
            found[order_of[line["our_reference"]]].told.append(line)
        elif line["what"] == "told":
            strangers.add(line["our_reference"])
    return dict(found), strangers


def _case(one: Order, case: _Case) -> Iterator[str]:
    """One order as the agency knows it."""
    if not case.given:
        if one.fate not in _EITHER_WAY | {Fate.REFUSED}:
            yield f"{one.ref} ({one.fate}): never arrived"
        return
    if one.fate is Fate.REFUSED:
        yield f"{one.ref}: arrived, though it was refused"
    told = Counter(line.get("payment_reference") or line["verb"] for line in case.told)
    yield from (f"{one.ref}: {what} was told {times} times" for what, times in told.items() if times > 1)
    meant = {*one.payments, *({"recall"} if one.fate is Fate.ENDED else ()), *({"amend"} if one.fate is Fate.CREDITED else ())}
    yield from (f"{one.ref} ({one.fate}): {what} was told" for what in told.keys() - meant)
    for line in case.told:
        if line["verb"] == "report_payment" and Decimal(line["amount"]) != one.payments.get(line["payment_reference"]):
            yield f"{one.ref}: {line['payment_reference']} was told as {line['amount']}"
    if one.fate is Fate.ENDED and not told["recall"]:
        yield f"{one.ref}: was not recalled"
    if one.fate is not Fate.PAYS_THERE and case.money() != one.open_in_the_end:
        yield f"{one.ref} ({one.fate}): the agency reckons with {case.money()}, the shop with {one.open_in_the_end}"


def _known(connection: sa.Connection, place: Installation) -> Iterator[str]:
    """Whatever the agency accepted was stored, with its key and its whole request, before it was sent."""
    kept = {row.key: row for row in connection.execute(sa.select(t.attempt.c.key, t.attempt.c.request_id).order_by(t.attempt.c.id))}
    for line in books(place):
        if line["what"] in ("case", "told") and (line["key"] not in kept or kept[line["key"]].request_id is None):
            yield f"{line['our_reference']}: was sent under a key that is stored nowhere, or without its request"


def _feed(connection: sa.Connection, place: Installation) -> Iterator[str]:
    """All that the agency said arrived once, was acknowledged, and was applied once."""
    lines = books(place)
    said = {line["id"]: line for line in lines if line["what"] == "entry"}
    rows = list(connection.execute(sa.select(t.feed_entry)))
    yield from differs("entries of the feed", {row.entry_id for row in rows}, set(said))
    yield from (f"entry {row.entry_id} is {row.status} ({row.reason})" for row in rows if row.status != "applied")
    acknowledged = {line["account"]: line["count"] for line in lines if line["what"] == "acknowledged" and line["count"]}
    if acknowledged != Counter(line["account"] for line in said.values()):
        yield f"not everything was acknowledged: {acknowledged}"
    noted = Counter(row.details["entry"] for row in connection.execute(sa.select(t.history.c.details).where(t.history.c.what == "payment")))
    yield from differs("noted payments", set(noted), {row.id for row in rows if row.kind == "payment"})
    yield from (f"noted {times} times: {entry}" for entry, times in noted.items() if times > 1)


def _sound(connection: sa.Connection) -> Iterator[str]:
    """The file itself, by SQLite's own check."""
    for pragma, well in (("integrity_check", [("ok",)]), ("foreign_key_check", [])):
        if (found := [tuple(row) for row in connection.exec_driver_sql(f"PRAGMA {pragma}")]) != well:
            yield f"{pragma}: {found[:3]}"
