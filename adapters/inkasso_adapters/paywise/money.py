"""The money of a case as the agency keeps it: its legal balance, and its statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from inkasso_adapters.paywise.http import PaywiseHttp, segment
from inkasso_adapters.paywise.reading import CURRENCY, amount, day, instant, obj, ref, rows, total
from inkasso_adapters.paywise.status import Case, statement_rows
from inkasso_core import Ledger, Payout, entry_digest

_INTEREST = ("legal_claim_of_interest_on_principal_claim", "legal_claim_of_interest_on_costs")
_COLLECTIVE, _SINGLE = "v2/statements/", "v2/single-mandate-statements/"


def ledger(http: PaywiseHttp, case: Case) -> Ledger:
    """Return what the debtor owes and paid, what the creditor was charged, and what he was paid out.

    The agency's charges stand in the statements on the single case, where there are any, else in the collective ones.
    """
    balance = obj(case.mandate.get("legal_balance"))
    updated = instant(balance.get("updated"))
    own = list(_statements(http, _SINGLE, {"mandate": ref(case.mandate.get("id")) or case.reference})) if case.is_accepted else []
    paid = tuple(payout for payout in map(_payout, own) if payout is not None)
    return Ledger(
        currency=CURRENCY,
        claimed=amount(balance.get("total_legal_claim")),
        collected=amount(balance.get("total_payment")),
        outstanding=amount(balance.get("total_balance")),
        interest=total([amount(balance.get(name)) for name in _INTEREST]),
        fees=total([amount(obj(burden).get("total_amount")) for burden in _burdens(http, case, own)]),
        paid_out=total([payout.amount for payout in paid]),
        as_of=updated.date() if updated else None,
        payouts=paid,
        raw={"legal_balance": balance, "statements": own},
    )


def _burdens(http: PaywiseHttp, case: Case, own: list[dict[str, Any]]) -> Iterator[Any]:
    if own:
        yield from (obj(statement.get("financials")).get("cost_burden") for statement in own)
    elif case.file_number:
        for row in statement_rows(http, case.file_number):
            yield from rows(row.get("cost_burden"))


def payouts(http: PaywiseHttp, since: dt.date) -> tuple[Payout, ...]:
    """Return the payouts of published statements that were booked since a day; one settled in both kinds counts once."""
    params = {"booking_date_from": since.isoformat()}
    found: dict[str, Payout] = {}
    for path in (_COLLECTIVE, _SINGLE):
        for statement in _statements(http, path, params):
            payout = _payout(statement)
            if payout is not None:
                found.setdefault(payout.number or ref(statement.get("id")) or entry_digest(statement), payout)
    return tuple(sorted(found.values(), key=lambda payout: payout.on or since))


def _statements(http: PaywiseHttp, path: str, params: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The lists name statements only: the amounts stand in each one."""
    for row in http.pages(path, {**params, "status": "published", "ordering": "booking_date"}):
        if (statement_id := ref(row.get("id"))) is not None:
            yield obj(http.get(f"{path}{segment(statement_id)}/", absent=(404,)))


def _payout(statement: dict[str, Any]) -> Payout | None:
    """A balance above zero is paid out, unless the statement says that it is collected from the creditor."""
    balance = amount(obj(statement.get("financials")).get("total_balance"))
    if not balance or statement.get("payout_method") == "direct_debit":
        return None
    return Payout(
        amount=balance, currency=CURRENCY, on=day(statement.get("booking_date")), number=ref(statement.get("clearing_no")), raw=statement
    )
