"""Recording what was handed over by hand before, so that nothing of it is ever handed over again: also what no shop has reported yet.

The lines are stored first: from then on no claim that one of them names can become ready, whoever reports or releases it, on whichever
machine. Then the claims that are known already are taken as handed over, page by page. Killed anywhere, it is simply repeated.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from inkasso_core import adopt, gate
from inkasso_core.adopted import matched, numbered
from inkasso_core.adoption_list import Refused, Row, read
from inkasso_core.assess import Subject, prepare
from inkasso_core.change import Changes
from inkasso_core.context import Context
from inkasso_core.errors import InkassoError, InvalidInput, NotFound
from inkasso_core.lifecycle import AT_AGENCY, Actor, State
from inkasso_core.logs import say
from inkasso_core.model.events import ClaimEventKind
from inkasso_core.model.words import Text
from inkasso_core.store import adopted, claims, leases, placements, records, vault
from inkasso_core.store.adopted import Adopted, folded
from inkasso_core.store.claims import Filter, Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.ids import new_id
from inkasso_core.store.placements import Open

PAGE = 500
BY_HAND = "by hand"
Fate = Literal["adopted", "repeated", "awaited", "ended", "under_way", "elsewhere", "refused"]
FATES: tuple[Fate, ...] = ("adopted", "repeated", "awaited", "ended", "under_way", "elsewhere", "refused")
TROUBLE = frozenset({"under_way", "elsewhere", "refused"})
"""Fates that a person must look at."""
OnProgress = Callable[[str, int, int | None], None]
"""What is being done, how far it is, and of how many, where that is known."""


class AdoptedRow(NamedTuple):
    """What became of one row of the list."""

    place: str | None
    """File and row."""
    shop: str | None
    order: str | None
    invoice: str | None
    case_reference: str | None
    day: dt.date | None
    fate: Fate
    """``adopted`` (now), ``repeated`` (was recorded before), ``awaited`` (no shop has reported it yet: it counts when one does), ``ended``
    (paid, cancelled or closed already), ``under_way`` (a transmission is), ``elsewhere`` (inkasso handed it over), ``refused``."""
    refs: tuple[str, ...] = ()
    problem: InkassoError | None = None


class Adoption(NamedTuple):
    """What a list brought."""

    account: str
    rows: list[AdoptedRow]
    claims: int
    """How many claims were taken as handed over now."""
    is_complete: bool
    """Whether every row was understood: only then the account may go live for this list."""

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each fate."""
        found = Counter(row.fate for row in self.rows)
        return {fate: found[fate] for fate in FATES if found[fate]}


class _Line(NamedTuple):
    row: Row
    line: Adopted
    is_new: bool


def shops_of(context: Context, account: str) -> list[str]:
    """Return the shops whose claims an account may take."""
    routes = [route for route in context.settings.routes if route.account == account]
    mine = (name for name, shop in context.settings.shops.items() if shop.account == account or any(r.shop in (None, name) for r in routes))
    return sorted(mine)


def adopt_list(
    context: Context, account: str, path: str, actor: Actor, *, shop: str | None, channel: str | None, on_progress: OnProgress
) -> Adoption:
    """Record a list, and take the claims that it names as handed over; returns what became of every row.

    Raises :class:`FileRefused` where it cannot be read at all. A row that makes no sense is refused, the others count.
    """
    known = _meant(context, account, shop, actor)
    named = {shop} if shop is not None else _his(context, actor)
    understood: list[_Line] = []
    result: list[AdoptedRow | None] = []
    places: dict[int, int] = {}
    for chunk in _chunks(read(path, shops=named, shop=known[0] if len(known) == 1 else None, today=context.today())):
        with context.database.write() as connection:
            if not result:  # until its last row is recorded, the account does not go live for this list: it may be killed half-way
                half = {"rows": 0, "list": Path(path).name, "complete": False}
                records.decide(connection, account, gate.ADOPTED, half, by=actor.id, at=context.now())
            for one in _record(context, connection, account, actor, channel or BY_HAND, chunk):
                if isinstance(one, _Line):
                    places[len(understood)] = len(result)
                    understood.append(one)
                result.append(None if isinstance(one, _Line) else one)
        on_progress("list", len(result), None)
    taken, fates = _walk(context, sorted({one.line.shop for one in understood}), {one.line.id for one in understood}, on_progress)
    with context.database.read() as connection:
        refs = adopted.claims_of(connection, {one.line.id for one in understood})
    for number, one in enumerate(understood):
        result[places[number]] = _told(one, refs.get(one.line.id, []), fates.get(one.line.id, {}))
    rows = [row for row in result if row is not None]
    is_complete = bool(understood) and len(understood) == len(rows)
    if rows:
        _decide(context, account, actor, {"rows": len(rows), "list": Path(path).name, "complete": is_complete})
    say("adopt.list", account=account, rows=len(rows), understood=len(understood), claims=len(taken))
    return Adoption(account, rows, len(taken), is_complete)


def adopt_before(
    context: Context, account: str, before: dt.date, actor: Actor, *, shop: str | None, channel: str | None, on_progress: OnProgress
) -> Adoption:
    """Record that all that was due before a day was handed over by hand; raises :class:`InvalidInput` for a day to come."""
    if before > context.today():
        raise InvalidInput(_NOT_YET, field="before", reason="NOT_YET")
    known = _meant(context, account, shop, actor)
    lines = []
    with context.database.write() as connection:
        there = {(one.line.shop, one.line.due_before): one.line for one in adopted.listed(connection, account, known)}
        for name in known:
            line = there.get((name, before))
            lines.append((line or _dated(context, name, account, before, actor, channel or BY_HAND), line is None))
        adopted.add(connection, [line for line, is_new in lines if is_new])
    taken, _ = _walk(context, known, {line.id for line, _ in lines}, on_progress)
    with context.database.read() as connection:
        refs = adopted.claims_of(connection, {line.id for line, _ in lines})
    rows = [
        AdoptedRow(None, line.shop, None, None, None, before, "adopted" if is_new else "repeated", tuple(refs.get(line.id, ())))
        for line, is_new in lines
    ]
    _decide(context, account, actor, {"before": before.isoformat(), "shops": known})
    say("adopt.before", account=account, shops=len(known), claims=len(taken))
    return Adoption(account, rows, len(taken), True)


def _meant(context: Context, account: str, shop: str | None, actor: Actor) -> list[str]:
    """The shops that are meant where a row names none: the one that was given, else those whose claims the account takes by the routes."""
    context.account(account)
    if shop is None:
        return shops_of(context, account)
    his = _his(context, actor)
    if shop not in his:
        raise NotFound(_NO_SHOP.fill(name=shop, known=", ".join(sorted(his)) or "-"), field="shop")
    return [shop]


def _his(context: Context, actor: Actor) -> set[str]:
    """The shops that the actor may name."""
    return {name for name, config in context.settings.shops.items() if actor.tenants is None or config.tenant in actor.tenants}


def _decide(context: Context, account: str, actor: Actor, value: dict[str, object]) -> None:
    with context.database.write() as connection:
        records.decide(connection, account, gate.ADOPTED, value, by=actor.id, at=context.now())


# The lines


def _chunks(rows: Iterable[Row | Refused]) -> Iterable[list[Row | Refused]]:
    chunk: list[Row | Refused] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == PAGE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _record(
    context: Context, connection: Connection, account: str, actor: Actor, channel: str, chunk: Sequence[Row | Refused]
) -> list[_Line | AdoptedRow]:
    """Store the rows that are not there yet; one that contradicts the record is refused."""
    sound = [row for row in chunk if isinstance(row, Row)]
    known: dict[tuple[str, str | None, str | None], Adopted] = {}
    for shop in {row.shop for row in sound}:
        mine = [row for row in sound if row.shop == shop]
        orders, invoices = {folded(row.order) for row in mine if row.order}, {folded(row.invoice) for row in mine if row.invoice}
        for line in adopted.fitting(connection, shop, orders, invoices):
            known.setdefault((shop, line.order_key, line.invoice_key), line)
    found: list[_Line | AdoptedRow] = []
    new: list[Adopted] = []
    for row in chunk:
        if isinstance(row, Refused):
            found.append(AdoptedRow(row.place, None, None, None, None, None, "refused", problem=row.problem))
            continue
        key = (row.shop, folded(row.order) if row.order else None, folded(row.invoice) if row.invoice else None)
        there = known.get(key)
        if there is None:
            line = Adopted(new_id(), row.shop, account, key[1], key[2], None, row.case_reference, row.day, channel, actor.id, context.now())
            known[key] = line
            new.append(line)
            found.append(_Line(row, line, True))
        elif (there.account, there.case_reference, there.placed_on) == (account, row.case_reference, row.day):
            found.append(_Line(row, there, False))
        else:
            problem = InvalidInput(_CONTRADICTS.fill(id=there.id), field="case/day", where=row.place, reason="CONTRADICTS")
            found.append(AdoptedRow(row.place, row.shop, row.order, row.invoice, row.case_reference, row.day, "refused", problem=problem))
    adopted.add(connection, new)
    return found


def _dated(context: Context, shop: str, account: str, before: dt.date, actor: Actor, channel: str) -> Adopted:
    return Adopted(new_id(), shop, account, None, None, before, None, None, channel, actor.id, context.now())


# The claims that are known already


def _walk(
    context: Context, shops: Sequence[str], line_ids: set[str], on_progress: OnProgress
) -> tuple[set[str], dict[str, dict[str, Fate]]]:
    """Take the known claims of these shops that a line names; returns those taken now, and by line what became of the others."""
    taken: set[str] = set()
    others: dict[str, dict[str, Fate]] = {}
    done = 0
    for shop in shops:
        after = ""
        while True:
            with context.database.read() as connection:
                page = claims.page(connection, Filter(shop=shop), after=after, size=PAGE)
                bodies = vault.take_claims(connection, [stored.body_id for stored in page])
                named = [numbered(bodies[s.body_id], s, s.account) for s in page if s.body_id in bodies]
                found = {claim_id: line for claim_id, line in matched(connection, named).items() if line.id in line_ids}
            if not page:
                break
            after, done = page[-1].id, done + len(page)
            if found:
                moved, left = _take(context, found)
                taken |= moved
                for line_id, fates in left.items():
                    others.setdefault(line_id, {}).update(fates)
            on_progress("claims", done, None)
    return taken, others


def _take(context: Context, found: dict[str, Adopted]) -> tuple[set[str], dict[str, dict[str, Fate]]]:
    with context.database.read() as connection:
        prepared = prepare(context, claims.by_ids(connection, sorted(found)))
    with context.database.write() as connection:
        changes = Changes(context)
        stored = claims.by_ids(connection, sorted(found), lock=True)
        leases.take_back(connection, [one.id for one in stored if one.state is State.RUNNING], changes.at)
        placed = placements.open_placements(connection, sorted(found))
        same = [s for s in stored if s.id in prepared and prepared[s.id].revision_no == s.revision_no]
        subjects = [Subject(prepared[s.id].claim, s, prepared[s.id].routing) for s in same]
        moved = adopt.take(connection, changes, subjects, placed)
        done, dropped = adopted.taken(connection, found), adopted.taken_once(connection, found)
        left: dict[str, dict[str, Fate]] = {}
        recorded = []
        for one in stored:
            line, case = found[one.id], placed.get(one.id)
            if one.id in moved or one.id in done:
                continue
            if case is not None and case.is_outside and case.case_reference == line.case_reference:
                recorded.append((one.id, line.id))  # somebody recorded that hand-over before
            elif case is not None and one.id in dropped and _is_alone(connection, case, one):
                _correct(connection, changes, one, case, line)
                recorded.append((one.id, line.id))
            else:
                left.setdefault(line.id, {})[one.ref] = _left(one)
        adopted.link(connection, recorded, changes.at)
        changes.flush(connection)
    return set(moved), left


def _is_alone(connection: Connection, case: Open, stored: Stored) -> bool:
    return case.is_outside and placements.in_case(connection, case.placement_id) == [stored.id]


def _correct(connection: Connection, changes: Changes, stored: Stored, case: Open, line: Adopted) -> None:
    """The line by which it was taken was wrong, and taken back: the case is what the new one says."""
    values = {"case_reference": line.case_reference, "placed_on": line.placed_on, "channel": line.channel, "account": line.account}
    said_of_another = {"agency_status": None, "agency_code": None, "status_at": None, "portal_url": None, "asked_at": None}
    placements.update_placement(connection, case.placement_id, **values, **said_of_another)
    details = {"case_reference": line.case_reference, "before": case.case_reference, "adopted": line.id}
    stored = changes.refresh(stored, account=line.account)
    changes.note(stored, ClaimEventKind.STATUS, reason="the record of the hand-over was corrected", details=details)


def _left(stored: Stored) -> Fate:
    if stored.state in AT_AGENCY or stored.former_state in AT_AGENCY:
        return "elsewhere"
    return "ended" if stored.state in (State.PAID, State.CANCELLED, State.CLOSED) else "under_way"


def _told(one: _Line, refs: Sequence[str], others: dict[str, Fate]) -> AdoptedRow:
    """Say what became of a row: the worst of what became of its claims."""
    fates: set[Fate] = {*others.values()}
    if refs:
        fates.add("adopted" if one.is_new else "repeated")
    order: tuple[Fate, ...] = ("elsewhere", "under_way", "adopted", "repeated", "ended")
    fate: Fate = next((fate for fate in order if fate in fates), "awaited")
    row = one.row
    return AdoptedRow(row.place, row.shop, row.order, row.invoice, row.case_reference, row.day, fate, (*refs, *sorted(others)))


_NO_SHOP = Text("Es ist kein Shop „{name}“ eingerichtet; eingerichtet: {known}.", 'No shop "{name}" is configured; configured: {known}.')
_NOT_YET = Text(
    "Das liegt in der Zukunft: bitte den Tag angeben, vor dem alles von Hand übergeben wurde.",
    "That lies in the future: give the day before which all was handed over by hand.",
)
_CONTRADICTS = Text(
    "Diese Nummer ist schon mit anderem Aktenzeichen, Tag oder Konto eingetragen: bitte berichtigen, oder den alten Eintrag mit "
    "`inkasso adopted drop {id}` zurücknehmen.",
    "This number is recorded already with another case, day or account: please correct it, or take the old line back with "
    "`inkasso adopted drop {id}`.",
)
