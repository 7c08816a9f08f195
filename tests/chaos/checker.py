"""What must hold after any crash, asked of everything that lies outside of the core: files, ledger, observer, and the tables themselves."""

import csv
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from chaos.agencies import ENTRIES, JOINT
from chaos.scenario import FAILED_EVENTS, TOGETHER, Expected, Installation, expected

from inkasso_core import State
from inkasso_core.settings import load
from inkasso_core.store import schema as t
from inkasso_core.store.engine import Database


class ExportFile(NamedTuple):
    """One exported file, read as its receiver would."""

    path: Path
    rows: list[dict[str, str]]
    manifest: dict[str, Any] | None
    """None only where the file was taken away before its manifest was published."""

    @property
    def amounts(self) -> list[Decimal]:
        """The amount of each row."""
        return [Decimal(row["Forderungsbetrag"].replace(",", ".")) for row in self.rows]

    @property
    def invoices(self) -> list[list[str]]:
        """The invoices of each row."""
        return [row["Rechnungsnr"].split(JOINT) for row in self.rows]

    @property
    def claims(self) -> list[tuple[str, Decimal]]:
        """Every invoice with its own amount."""
        each = [row.get("Einzelbetrag", row["Forderungsbetrag"]).replace(",", ".").split(JOINT) for row in self.rows]
        pairs = zip(self.invoices, each, strict=True)
        return [(number, Decimal(amount)) for numbers, amounts in pairs for number, amount in zip(numbers, amounts, strict=True)]


def complaints(installation: Installation) -> list[str]:
    """Return everything that is not as it must be; an empty list when all is well."""
    wanted = expected(installation.shops)
    database = Database(load(installation.config).database_url)
    try:
        with database.read() as connection:
            return [
                *_claims(connection, installation, wanted),
                *files(installation, wanted),
                *_ledger(connection, installation, wanted),
                *_feed(connection, installation),
                *_heard(installation, wanted),
                *trails(connection),
                *work(connection),
                *observed(connection, installation),
            ]
    finally:
        database.close()


def torn(installation: Installation) -> list[str]:
    """Return which claims did not arrive with those they belong to. Two that release at once may part them rightly."""
    orders = {ref.partition(":")[2] for ref in expected(installation.shops)}
    wanted = {one for one in TOGETHER if one <= orders}
    known = {order for one in TOGETHER for order in one}
    rows = [{number.removeprefix("RE-") for number in numbers} for file in read_files(installation) for numbers in file.invoices]
    found = {frozenset(one) for one in (*rows, *(set(line["claims"]) for line in _lines(installation))) if known & set(one)}
    return [f"together: {sorted(one)}" for one in found ^ wanted]


def _claims(connection: sa.Connection, installation: Installation, wanted: dict[str, Expected]) -> Iterator[str]:
    """Every claim once, none lost, each where it truly stands."""
    found = {f"{row.shop}:{row.record}": row for row in connection.execute(sa.select(t.claim))}
    yield from differs("claims", set(found), set(wanted))
    for ref in sorted(found.keys() & wanted.keys()):
        if (found[ref].state, found[ref].principal_open) != (wanted[ref].state, wanted[ref].amount):
            yield f"{ref}: is {found[ref].state} with {found[ref].principal_open}, should be {wanted[ref].state} with {wanted[ref].amount}"
    if sum(row.principal_open for row in found.values()) != sum(one.amount for one in wanted.values()):
        yield "the sum of all open principals is another"
    broken = list(connection.scalars(sa.select(t.event.c.place).where(t.event.c.status == "failed")))
    if len(broken) != sum(FAILED_EVENTS[shop] for shop in installation.shops):
        yield f"failed events: {sorted(broken)}"
    kept = connection.scalar(sa.select(sa.func.count()).where(t.event.c.status == "done"))
    if kept != connection.scalar(sa.select(sa.func.count()).select_from(t.revision)):
        yield "events and revisions do not belong together"


def files(installation: Installation, wanted: dict[str, Expected]) -> Iterator[str]:
    """All files together hold every invoice once, each agrees with its manifest, and nothing half-done lies about."""
    exported = read_files(installation)
    invoices = Counter(number for file in exported for numbers in file.invoices for number in numbers)
    sent = {f"RE-{_order(ref)}": one.amount for ref, one in wanted.items() if ref.startswith(("file:", "rows:")) and one.arrives}
    yield from differs("invoices in files", set(invoices), set(sent))
    yield from (f"{number} was exported {count} times" for number, count in sorted(invoices.items()) if count > 1)
    yield from (f"{n} was exported with {amount}" for file in exported for n, amount in file.claims if sent.get(n, amount) != amount)
    if sum(amount for file in exported for amount in file.amounts) != sum(sent.values()):
        yield "the sum of all exported amounts is another"
    for file in exported:
        content, told = file.path.read_bytes(), file.manifest
        if not file.rows:
            yield f"{file.path.name} is empty"
        if told is None:
            if file.path.parent != installation.collected:
                yield f"{file.path.name} has no manifest"
            continue
        total = {"EUR": format(sum(file.amounts), "f")}
        mine = {"rows": len(file.rows), "totals": total, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        yield from (f"{file.path.name}: {key} is {mine[key]}, its manifest says {told[key]}" for key in mine if mine[key] != told[key])
    known = {name for file in exported for name in (file.path.name, f"{file.path.name}.manifest.json")}
    yield from (f"{path.name} is left over" for path in installation.outgoing.glob("*") if path.name not in known)


def read_files(installation: Installation) -> list[ExportFile]:
    """Read all files that were exported, those that were taken away included."""
    paths = [path for folder in (installation.outgoing, installation.collected) for path in sorted(folder.glob("*.csv"))]
    return [_file(path, installation) for path in paths]


def _file(path: Path, installation: Installation) -> ExportFile:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    beside = [folder / f"{path.name}.manifest.json" for folder in (installation.outgoing, installation.collected)]
    manifest = next((json.loads(found.read_text("utf-8")) for found in beside if found.exists()), None)
    return ExportFile(path, rows, manifest)


def _ledger(connection: sa.Connection, installation: Installation, wanted: dict[str, Expected]) -> Iterator[str]:
    """What really arrived at the agency arrived once, each claim with its own amount, and in the placement that our books say."""
    lines = _lines(installation)
    sent = {_order(ref): ref for ref in wanted if ref.startswith(("wire:", "cases:", "bulk:", "events:", "told:"))}
    arrived = Counter(sent.get(order, "nobody's") for line in lines for order in line["claims"])
    yield from differs("arrived at the agency", set(arrived), {ref for ref in sent.values() if wanted[ref].arrives})
    yield from (f"{ref} arrived {count} times" for ref, count in sorted(arrived.items()) if count > 1)
    carried = _carried(connection)
    for line in lines:
        yield from differs(f"in {line['our_reference']}", set(line["claims"]), carried.get(line["our_reference"], set()))
        for order, amount in line["claims"].items():
            if order in sent and Decimal(amount) != wanted[sent[order]].handed_over:
                yield f"{sent[order]} arrived with {amount}"
        if Decimal(line["amount"]) != sum(Decimal(amount) for amount in line["claims"].values()):
            yield f"the sum of {line['our_reference']} is another"


def _heard(installation: Installation, wanted: dict[str, Expected]) -> Iterator[str]:
    """What the agency was told of its cases, it was told once, by its own count; nothing is lost, and nothing is told back to it."""
    order_of = {line["our_reference"]: order for line in _lines(installation) for order in line["claims"]}
    path = installation.heard
    told = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    heard = Counter((order_of[line["our_reference"]], line["payment_reference"] or line["verb"]) for line in told)
    expected = {(_order(ref), what) for ref, one in wanted.items() for what in one.told}
    yield from differs("told", {f"{order} {what}" for order, what in heard}, {f"{order} {what}" for order, what in expected})
    yield from (f"{order} {what} was told {count} times" for (order, what), count in heard.items() if count > 1)


def _feed(connection: sa.Connection, installation: Installation) -> Iterator[str]:
    """All that the agency told arrived once, was acknowledged, and was applied once; what nobody knows waits for a person."""
    if "events" not in installation.shops:
        return
    cases = [line["our_reference"] for line in _lines(installation) if line["account"] == "events"]
    told = {"nobody", *(f"{case}-{number}" for case in cases for number in range(ENTRIES))}
    rows = list(connection.execute(sa.select(t.feed_entry)))
    yield from differs("entries of the feed", {row.entry_id for row in rows}, told)
    yield from (
        f"{row.entry_id} is {row.status} ({row.reason})" for row in rows if row.status != ("applied", "review")[row.entry_id == "nobody"]
    )
    if int(installation.ledger.with_suffix(".acknowledged").read_text("utf-8").split()[-1].strip('"')) != len(told):
        yield "not everything was acknowledged"
    for what, kind in (("payment", "payment"), ("message", "question")):
        noted = sa.select(t.claim.c.record, t.history.c.details).where(t.history.c.claim_id == t.claim.c.id, t.history.c.what == what)
        entries = Counter(row.details["entry"] for row in connection.execute(noted))
        yield from differs(f"noted {kind}s", set(entries), {row.id for row in rows if row.kind == kind})
        yield from (f"noted {count} times: {entry}" for entry, count in entries.items() if count > 1)


def _lines(installation: Installation) -> list[dict[str, Any]]:
    """The agency's own books."""
    return [json.loads(line) for line in installation.ledger.read_text("utf-8").splitlines()] if installation.ledger.exists() else []


def _carried(connection: sa.Connection) -> dict[str, set[str]]:
    """Return, by our reference, the orders that the last try carried."""
    query = sa.select(t.placement.c.our_reference, t.claim.c.record).where(
        t.placement.c.id == t.placement_claim.c.placement_id,
        t.claim.c.id == t.placement_claim.c.claim_id,
        t.instruction.c.placement_id == t.placement.c.id,
        t.instruction.c.verb == "submit",
        t.instruction.c.attempts == t.placement_claim.c.attempt_no,
    )
    found: dict[str, set[str]] = defaultdict(set)
    for row in connection.execute(query):
        found[row.our_reference].add(row.record)
    return found


def _order(ref: str) -> str:
    return ref.partition(":")[2]


def trails(connection: sa.Connection) -> Iterator[str]:
    """The history of each claim is one unbroken chain, and no step of it was made twice."""
    trails: dict[str, list[Any]] = defaultdict(list)
    for entry in connection.execute(sa.select(t.history).order_by(t.history.c.id)):
        trails[entry.claim_id].append(entry)
    for claim in connection.execute(sa.select(t.claim)):
        trail, ref = trails[claim.id], f"{claim.shop}:{claim.record}"
        if not trail or trail[0].from_state is not None or [e.what for e in trail].count("registered") != 1:
            yield f"{ref}: was not registered exactly once"
            continue
        path = [trail[0].to_state, *(e.to_state for e in trail[1:] if e.to_state != e.from_state)]
        if any(after.from_state != before.to_state for before, after in pairwise(trail)) or path[-1] != claim.state:
            yield f"{ref}: its history is no chain that ends in {claim.state}: {path}"
        again = path.count(State.RUNNING) - sum(step == (State.UNCLEAR, State.RUNNING) for step in pairwise(path))
        if again > 1 or path.count(State.EXPORTED) > 1 or path.count(State.HANDED_OVER) > 1 or path.count(State.PAID) > 1:
            yield f"{ref}: a step was made twice: {path}"
        revised = [(e.details or {}).get("revision") for e in trail if e.what == "revised"]
        if len(revised) != len(set(revised)):
            yield f"{ref}: a revision was noted twice: {revised}"


def work(connection: sa.Connection) -> Iterator[str]:
    """Nothing is left under way: no instruction, try, file or ingest; and no claim has two open placements."""
    query = sa.select(
        t.claim.c.shop, t.claim.c.record, t.claim.c.state, t.instruction.c.state.label("todo"), t.placement_claim.c.open
    ).where(
        t.instruction.c.placement_id == t.placement_claim.c.placement_id,
        t.instruction.c.verb == "submit",
        t.claim.c.id == t.placement_claim.c.claim_id,
    )
    for row in connection.execute(query):
        if row.todo in ("in_flight", "unclear") or (row.open and row.todo == "pending") != (row.state == State.RUNNING):
            yield f"{row.shop}:{row.record}: is {row.state}, its instruction is {row.todo}"
    for table in (t.attempt, t.batch):
        open_ones = connection.scalar(sa.select(sa.func.count()).select_from(table).where(table.c.ended_at.is_(None)))
        if open_ones:
            yield f"{open_ones} rows of {table.name} did not end"
    # the same file again, when it was taken in already, may be given up
    done = sa.select(t.ingest.c.fingerprint).where(t.ingest.c.finished_at.is_not(None))
    left = sa.select(sa.func.count()).select_from(t.ingest).where(t.ingest.c.finished_at.is_(None), t.ingest.c.fingerprint.not_in(done))
    if (count := connection.scalar(left)) != 0:
        yield f"{count} ingests did not end"
    mixed = sa.select(t.placement_claim.c.placement_id).join(t.claim, t.claim.c.id == t.placement_claim.c.claim_id)
    several = sa.func.count(t.claim.c.debtor_id.distinct()) + sa.func.count(t.claim.c.currency.distinct()) > 2
    yield from (f"{found} is mixed" for found in connection.scalars(mixed.group_by(t.placement_claim.c.placement_id).having(several)))
    placed = Counter(connection.scalars(sa.select(t.placement_claim.c.claim_id)))
    if any(count > 1 for count in placed.values()):
        yield "a claim was placed twice"


def observed(connection: sa.Connection, installation: Installation) -> Iterator[str]:
    """The observer heard of everything, at least once."""
    heard = set(installation.told.read_text("utf-8").split()) if installation.told.exists() else set()
    yield from differs("told", heard, set(connection.scalars(sa.select(t.history.c.id))))
    if connection.scalar(sa.select(sa.func.count()).select_from(t.notice).where(t.notice.c.told_at.is_(None))):
        yield "notices are left"


def differs(what: str, found: set[str], wanted: set[str]) -> Iterator[str]:
    if found - wanted:
        yield f"{what}: too many: {sorted(found - wanted)}"
    if wanted - found:
        yield f"{what}: missing: {sorted(wanted - found)}"
