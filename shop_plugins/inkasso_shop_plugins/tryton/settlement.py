"""How a receivable was settled: by payments, credit notes, write-offs, a cancellation, or by being carried on to other lines.

Tryton balances lines of one account and one party (``account.move.reconciliation``), several of them at once if need be. What reached
one receivable of such a group is what is left to it when the credits are used up in order of their dates, the oldest receivable first:
the sums are exact, and the group as a whole always comes out even.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

ZERO = Decimal(0)


class Part(NamedTuple):
    """Some of the receivable that is not owed any more, in the receivable's own currency."""

    kind: str
    """payment, credit, write_off or cancelled."""
    amount: Decimal
    date: dt.date | None
    number: str | None
    """The credit note's, else the booking's."""
    journal: str | None

    def written(self) -> dict[str, Any]:
        """Return it as the report writes it."""
        day = self.date.isoformat() if self.date else None
        return {**self._asdict(), "amount": str(self.amount), "date": day}


def amount_of(line: Any, currency: Any) -> Decimal:
    """Return what a line adds to the receivables, in ``currency``; zero where the line is in another one. Negative is a credit."""
    if line.second_currency == currency and line.amount_second_currency is not None:
        return Decimal(line.amount_second_currency)
    if line.account.company.currency == currency:
        return Decimal(line.debit - line.credit)
    return ZERO


def currency_of(line: Any) -> Any:
    """Return the currency in which a receivable is owed."""
    return line.second_currency if line.second_currency and line.amount_second_currency else line.account.company.currency


def settled(line: Any) -> list[Part]:
    """Return the parts by which a receivable is settled, the oldest first. Together they are never more than it."""
    return _settled(line, currency_of(line), set())


def carried_on(line: Any) -> list[Any]:
    """Return the lines that carry the debt on, where it was rescheduled, grouped or delegated: only the last ones, that are owed now."""
    found: dict[int, Any] = {}
    waiting, seen = list(_next(line)), {line.id}
    while waiting:
        one = waiting.pop(0)
        if one.id in seen:
            continue
        seen.add(one.id)
        further = list(_next(one))
        waiting.extend(further)
        if not further:
            found[one.id] = one
    return list(found.values())


def came_from(line: Any) -> list[Any]:
    """Return the receivables whose debt a line carries on: none for one of its own."""
    groups = {group.id: group for group in line.reconciliations_delegated}
    if owes(line) and _only_moves_debts(line.move):
        groups |= {one.reconciliation.id: one.reconciliation for one in line.move.lines if one.reconciliation and not owes(one)}
    return [one for group in groups.values() for one in group.lines if one.id != line.id and owes(one)]


def is_receivable(line: Any) -> bool:
    """Whether a line stands on an account of receivables."""
    return bool(line.account.type and line.account.type.receivable)


def owes(line: Any) -> bool:
    """Whether a line is a debt of its party, and no credit."""
    return bool(line.debit - line.credit > 0)


def _settled(line: Any, currency: Any, seen: set[int]) -> list[Part]:
    seen.add(line.id)
    if not line.reconciliation:
        return _share(line, _open_debts(line), _payments_beside(line, currency), currency)
    debts = sorted((one for one in line.reconciliation.lines if owes(one)), key=_age)
    parts, carried = [], False
    for source in sorted((one for one in line.reconciliation.lines if not owes(one)), key=_age):
        further = [one for one in _successors(source) if one.id not in seen]
        carried = carried or bool(further)
        if further:
            for one in further:
                parts.extend(_settled(one, currency, seen))
        elif _successors(source):
            continue  # several lines were carried on together: what reached the new ones is counted once
        else:
            parts.append(_part(source, line, -amount_of(source, currency)))
    parts = _share(line, debts, parts, currency)
    rest = amount_of(line, currency) - sum((part.amount for part in parts), ZERO)
    if rest > 0 and not carried:  # settled in another currency: balanced all the same
        last = max((part for part in parts), key=lambda part: part.date or dt.date.min, default=None)
        parts.append(Part("payment", rest, line.reconciliation.date, line.reconciliation.number, last.journal if last else None))
    return parts


def _share(line: Any, debts: Iterable[Any], parts: Iterable[Part], currency: Any) -> list[Part]:
    """Use the parts up on the debts in their order, and return those that fall on ``line``."""
    found = []
    left = [part for part in sorted(parts, key=lambda part: part.date or dt.date.min) if part.amount > 0]
    for debt in debts:
        wanted = amount_of(debt, currency)
        while left and wanted > 0:
            part = left.pop(0)
            used = min(part.amount, wanted)
            wanted -= used
            if part.amount > used:
                left.insert(0, part._replace(amount=part.amount - used))
            if debt.id == line.id:
                found.append(part._replace(amount=used))
        if debt.id == line.id:
            break
    return found


def _part(source: Any, line: Any, amount: Decimal) -> Part:
    """Say what a credit line is."""
    move = source.move
    origin = move.origin
    journal = move.journal.code if move.journal else None
    if _cancels(move, line):
        return Part("cancelled", amount, move.date, move.number, journal)
    if origin is not None and origin.__name__ == "account.invoice" and origin.move == move:
        return Part("credit", amount, origin.invoice_date or move.date, origin.number or move.number, journal)
    if move.journal and move.journal.type == "write-off":
        return Part("write_off", amount, move.date, move.number, journal)
    return Part("payment", amount, move.date, move.number, journal)


def _cancels(move: Any, line: Any) -> bool:
    invoice = invoice_of(line)
    return bool(move.origin == line.move or (invoice and invoice.cancel_move == move))


def invoice_of(line: Any) -> Any:
    """Return the customer's invoice that a receivable belongs to, also where it was rescheduled; None for a booking of its own."""
    origin = line.move.origin
    if origin is not None and origin.__name__ == "account.invoice":
        return origin
    for one in came_from(line):
        if (found := invoice_of(one)) is not None:
            return found
    return None


def _payments_beside(line: Any, currency: Any) -> list[Part]:
    """Payments that were assigned to the line's invoice and are not balanced with it yet: parts of the whole sum."""
    invoice = invoice_of(line)
    if invoice is None:
        return []
    return [_part(one, line, -amount_of(one, currency)) for one in invoice.payment_lines if not one.reconciliation]


def _open_debts(line: Any) -> list[Any]:
    invoice = invoice_of(line)
    found = {one.id: one for one in (invoice.lines_to_pay if invoice else ()) if not one.reconciliation and owes(one)}
    return sorted({**found, line.id: line}.values(), key=_age)


def _next(line: Any) -> Iterator[Any]:
    for source in line.reconciliation.lines if line.reconciliation else ():
        if not owes(source):
            yield from _successors(source)


def _successors(source: Any) -> list[Any]:
    """Return the debts that a credit line's booking opens anew: such a booking pays nothing.

    Grouping and delegating name the new line; rescheduling is a booking between receivables alone. A bank statement, which may hold
    one party's payment beside another's returned debit, is none of these.
    """
    delegate = source.reconciliation.delegate_to if source.reconciliation else None
    if delegate:
        return [delegate] if owes(delegate) else []
    if not _only_moves_debts(source.move):
        return []
    return [one for one in source.move.lines if one.id != source.id and owes(one)]


def _only_moves_debts(move: Any) -> bool:
    return all(is_receivable(one) for one in move.lines)


def _age(line: Any) -> tuple[dt.date, int]:
    return line.maturity_date or line.date or dt.date.min, line.id
