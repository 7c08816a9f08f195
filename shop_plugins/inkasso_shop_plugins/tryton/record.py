"""What the Tryton module reports of a receivable: the whole of it as it stands now, as JSON can hold it. :mod:`mapping` reads it.

Other Tryton modules may add to it: it is made by ``account.move.line.inkasso_report``, which a class of theirs can extend.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from trytond.pool import Pool
from trytond.transaction import Transaction

from inkasso_shop_plugins.tryton.dunning import dunnings_of
from inkasso_shop_plugins.tryton.mapping import FORM, day
from inkasso_shop_plugins.tryton.settlement import amount_of, carried_on, currency_of, invoice_of, is_receivable, owes, settled

_MOST_DESCRIPTIONS = 50
_MOST_UNALLOCATED = 50


def key_of(line: Any) -> str:
    """Return the claim's key for good: the ids of the company and of the receivable line."""
    return f"{line.account.company.id}-{line.id}"


def report_of(line: Any, at: dt.datetime) -> dict[str, Any]:
    """Return the report of a receivable, read as of ``at``: the instant to which the reading transaction looks."""
    company = line.account.company
    with Transaction().set_context(company=company.id, language=_language(line.party) or _language(company.party) or "de"):
        return _report(line, at)


def _report(line: Any, at: dt.datetime) -> dict[str, Any]:
    currency, invoice = currency_of(line), invoice_of(line)
    now_owed = carried_on(line)
    dunning = _dunning_of([line, *now_owed])
    fees = _fees([line, *now_owed])
    parts = settled(line)
    return {
        "form": FORM,
        "key": key_of(line),
        "reported_at": at.isoformat(),
        "move": line.move.number,
        "currency": currency.code,
        "amount": str(amount_of(line, currency)),
        "maturity_date": day(line.maturity_date),
        "descriptions": _descriptions(line, invoice),
        "invoice": {"number": invoice.number, "date": day(invoice.invoice_date)} if invoice else None,
        "orders": _orders(invoice) if invoice else [],
        "party": _party(line.party, invoice),
        "dunning": _level(dunning) if dunning else None,
        "notices": [_notice(notice) for notice in Pool().get("inkasso.notice").of([line, *now_owed])],
        "fees": [_fee(fee) for fee in fees if fee.currency == currency],
        "other_fees": [{"amount": str(fee.amount), "currency": fee.currency.code} for fee in fees if fee.currency != currency],
        "settled": [part.written() for part in parts if part.kind != "cancelled"],
        "fees_settled": [part.written() for fee in fees if fee.currency == currency for one in _debts(fee) for part in settled(one)],
        "cancelled": any(part.kind == "cancelled" for part in parts),
        "unallocated": list(_unallocated(line, currency)),
        "rescheduled": _rescheduled(now_owed),
    }


# Dunning


def _dunning_of(lines: list[Any]) -> Any:
    """Return the dunning that got furthest, of the receivable and of the lines that carry it on."""
    return max(dunnings_of(lines), key=lambda dunning: (dunning.inkasso_hands_over, dunning.inkasso_reached, dunning.id), default=None)


def _level(dunning: Any) -> dict[str, Any]:
    return {
        "level": dunning.inkasso_reached,
        "level_name": f"{dunning.procedure.name} {dunning.inkasso_reached}",
        "hands_over": dunning.inkasso_hands_over,
        "account": dunning.inkasso_account,
    }


def _notice(notice: Any) -> dict[str, Any]:
    return {"level": notice.number, "date": day(notice.date), "deadline": day(notice.deadline), "sent": bool(notice.sent)}


def _fees(lines: list[Any]) -> list[Any]:
    """Return the fees that ``account_dunning_fee`` booked, where it is activated; those of a level that was not processed are none."""
    return [fee for dunning in dunnings_of(lines) for fee in getattr(dunning, "fees", ()) if fee.amount]


def _fee(fee: Any) -> dict[str, Any]:
    dates = [move.date for move in fee.moves]
    return {"amount": str(fee.amount), "date": day(min(dates)) if dates else None, "name": fee.level.fee.name if fee.level.fee else None}


def _debts(fee: Any) -> Iterator[Any]:
    for move in fee.moves:
        yield from (line for line in move.lines if is_receivable(line) and owes(line))


# Invoice and order


def _descriptions(line: Any, invoice: Any) -> list[str]:
    """Return what was sold, in the words of the invoice: the product's name, else the line's own text."""
    if invoice is None:
        return [text for text in (line.description, line.move.description) if text][:1]
    goods = [one for one in invoice.lines if one.type == "line"]
    named = [one.product.name if one.product else (one.description or "").strip() for one in goods]
    return [name for name in named if name][:_MOST_DESCRIPTIONS] or [text for text in (invoice.description,) if text]


def _orders(invoice: Any) -> list[dict[str, Any]]:
    """Return the sales that the invoice came from, where the module ``sale`` is activated."""
    sales = {one.origin.sale.id: one.origin.sale for one in invoice.lines if one.origin is not None and one.origin.__name__ == "sale.line"}
    return [{"number": sale.number, "date": day(sale.sale_date)} for _, sale in sorted(sales.items())]


# Party


def _party(party: Any, invoice: Any) -> dict[str, Any]:
    identifier = party.tax_identifier
    return {
        "code": party.code,
        "name": party.name,
        "language": _language(party),
        "categories": [category.name for category in party.categories],
        "tax_identifier": identifier.code if identifier else None,
        "identifiers": [{"type": one.type, "code": one.code} for one in party.identifiers],
        "addresses": [_address(one, is_first=index == 0) for index, one in enumerate(_addresses(party, invoice))],
        "contacts": [{"type": one.type, "value": one.value} for one in party.contact_mechanisms],
    }


def _addresses(party: Any, invoice: Any) -> list[Any]:
    """Return the addresses, that of the invoice first; without an invoice, the one that Tryton itself would write an invoice to."""
    first = invoice.invoice_address if invoice else party.address_get(type="invoice")
    others = [one for one in party.addresses if one != first]
    return [first, *others] if first else others


def _address(one: Any, *, is_first: bool) -> dict[str, Any]:
    return {
        "invoice": is_first,
        "delivery": bool(getattr(one, "delivery", False)) and not is_first,
        "attention": one.attn,
        "street": one.street,
        "street_name": one.street_name,
        "building_number": one.building_number,
        "post_box": one.post_box,
        "postal_code": one.postal_code,
        "city": one.city,
        "subdivision": one.subdivision.name if one.subdivision else None,
        "country": one.country.code if one.country else None,
    }


def _language(party: Any) -> str | None:
    return party.lang.code if party and party.lang else None


# What else the party's account says


def _unallocated(line: Any, currency: Any) -> Iterator[dict[str, Any]]:
    """Yield credits of the same party that nobody has allocated yet: to no invoice, and to no other line."""
    lines = Pool().get("account.move.line")
    found = lines.search(
        [
            ("account.type.receivable", "=", True),
            ("account.company", "=", line.account.company.id),
            ("party", "=", line.party.id),
            ("reconciliation", "=", None),
            ["OR", ("credit", ">", 0), ("debit", "<", 0)],
        ],
        order=[("id", "ASC")],
    )
    free = [one for one in found if not one.invoice_payments and amount_of(one, currency) < 0]
    for one in free[:_MOST_UNALLOCATED]:
        yield {"amount": str(-amount_of(one, currency)), "date": day(one.date), "number": one.move.number}


def _rescheduled(now_owed: list[Any]) -> dict[str, Any] | None:
    """Return the days to which the debt was put off; ``broken`` once one of the new lines was dunned up to a level that hands over."""
    put_off = [one for one in now_owed if one.maturity_date]
    if not put_off:
        return None
    return {
        "agreed_on": day(min(one.move.date for one in put_off)),
        "terms": [day(term) for term in sorted({one.maturity_date for one in put_off})],
        "broken": any(dunning.inkasso_hands_over for dunning in dunnings_of(put_off)),
    }
