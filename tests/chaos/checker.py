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
from chaos.scenario import FAILED_EVENTS, Expected, Installation, expected

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


def complaints(installation: Installation) -> list[str]:
    """Return everything that is not as it must be; an empty list when all is well."""
    wanted = expected(installation.shops)
    database = Database(load(installation.config).database_url)
    try:
        with database.read() as connection:
            return [
                *_claims(connection, installation, wanted),
                *_files(installation, wanted),
                *_ledger(connection, installation, wanted),
                *_trails(connection),
                *_work(connection),
                *_told(connection, installation),
            ]
    finally:
        database.close()


def _claims(connection: sa.Connection, installation: Installation, wanted: dict[str, Expected]) -> Iterator[str]:
    """Every claim once, none lost, each where it truly stands."""
    found = {f"{row.shop}:{row.record}": row for row in connection.execute(sa.select(t.claim))}
    yield from _differs("claims", set(found), set(wanted))
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


def _files(installation: Installation, wanted: dict[str, Expected]) -> Iterator[str]:
    """All files together hold every invoice once, each agrees with its manifest, and nothing half-done lies about."""
    exported = read_files(installation)
    invoices = Counter(row["Rechnungsnr"] for file in exported for row in file.rows)
    sent = {ref.replace("file:", "RE-"): one.amount for ref, one in wanted.items() if ref.startswith("file:") and one.arrives}
    yield from _differs("invoices in files", set(invoices), set(sent))
    yield from (f"{number} was exported {count} times" for number, count in sorted(invoices.items()) if count > 1)
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
    """What really arrived at the agency arrived once, and is what the claims say."""
    lines = [json.loads(line) for line in installation.ledger.read_text("utf-8").splitlines()] if installation.ledger.exists() else []
    query = sa.select(t.placement.c.our_reference, t.claim.c.shop, t.claim.c.record).where(
        t.placement.c.id == t.placement_claim.c.placement_id, t.claim.c.id == t.placement_claim.c.claim_id
    )
    refs = {row.our_reference: f"{row.shop}:{row.record}" for row in connection.execute(query)}
    arrived = Counter(refs.get(line["our_reference"], "nobody's") for line in lines)
    yield from _differs("arrived at the agency", set(arrived), {r for r, one in wanted.items() if r.startswith("wire:") and one.arrives})
    yield from (f"{ref} arrived {count} times" for ref, count in sorted(arrived.items()) if count > 1)
    if sum(Decimal(line["amount"]) for line in lines) != sum(wanted[ref].amount for ref in arrived if ref in wanted):
        yield "the sum of what arrived is another"


def _trails(connection: sa.Connection) -> Iterator[str]:
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


def _work(connection: sa.Connection) -> Iterator[str]:
    """Nothing is left under way: no instruction, try, file or ingest; and no claim has two open placements."""
    query = sa.select(t.claim.c.shop, t.claim.c.record, t.claim.c.state, t.instruction.c.state.label("todo")).where(
        t.instruction.c.placement_id == t.placement_claim.c.placement_id, t.claim.c.id == t.placement_claim.c.claim_id
    )
    for row in connection.execute(query):
        if row.todo in ("in_flight", "unclear") or (row.todo == "pending") != (row.state == State.RUNNING):
            yield f"{row.shop}:{row.record}: is {row.state}, its instruction is {row.todo}"
    for table in (t.attempt, t.batch):
        open_ones = connection.scalar(sa.select(sa.func.count()).select_from(table).where(table.c.ended_at.is_(None)))
        if open_ones:
            yield f"{open_ones} rows of {table.name} did not end"
    left = connection.scalar(sa.select(sa.func.count()).select_from(t.ingest).where(t.ingest.c.finished_at.is_(None)))
    if left:
        yield f"{left} ingests did not end"
    placed = Counter(connection.scalars(sa.select(t.placement_claim.c.claim_id)))
    if any(count > 1 for count in placed.values()):
        yield "a claim was placed twice"


def _told(connection: sa.Connection, installation: Installation) -> Iterator[str]:
    """The observer heard of everything, at least once."""
    heard = set(installation.told.read_text("utf-8").split()) if installation.told.exists() else set()
    yield from _differs("told", heard, set(connection.scalars(sa.select(t.history.c.id))))
    if connection.scalar(sa.select(sa.func.count()).select_from(t.notice).where(t.notice.c.told_at.is_(None))):
        yield "notices are left"


def _differs(what: str, found: set[str], wanted: set[str]) -> Iterator[str]:
    if found - wanted:
        yield f"{what}: too many: {sorted(found - wanted)}"
    if wanted - found:
        yield f"{what}: missing: {sorted(wanted - found)}"
