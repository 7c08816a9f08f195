"""What no configuration can switch off: a thousand generated orders through groups, profiles and settings, against plain words of law."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from builders import AS_OF, green_claim, green_facts
from hypothesis import given, settings
from hypothesis import strategies as st
from rules.cases import CASES, Case
from rules.near_misses import NEAR_MISSES
from strategies import claims, law, law_of_claims

from inkasso_core.lifecycle import Profile
from inkasso_core.model.claim import ChargeKind, Claim, DueDateOrigin, OrderEnd
from inkasso_core.model.diagnosis import Level
from inkasso_core.model.party import age_on
from inkasso_core.rules.diagnose import diagnose
from inkasso_core.rules.facts import Facts
from inkasso_core.rules.labels import GROUPS
from inkasso_core.rules.policy import Policy
from inkasso_core.rules.table import all_conditions, conditions_of

BY_DESIGN: Mapping[str, tuple[str, ...]] = {
    "paid": ("FULLY_PAID",),
    "cancelled": ("ORDER_CANCELLED", "ORDER_REFUNDED"),
    "revoked": ("REVOKED",),
    "time-barred": ("TIME_BARRED",),
    "already handed over": ("ALREADY_HANDED_OVER",),
    "disputed": ("DISPUTED",),
    "not in default": ("NOT_IN_DEFAULT", "NOT_DUE", "DUE_DATE_MISSING", "PAYMENT_PLAN_ACTIVE"),
    "minor": ("MINOR",),
    "insolvent": ("INSOLVENCY",),
    "deceased": ("DECEASED",),
    "legal hold": ("HELD", "DSR_OPEN"),
    "flat fee against a consumer": ("FLAT_FEE_CONSUMER",),
    "currency or amount that does not add up": ("CURRENCY_UNSUPPORTED", "CURRENCY_MIXED", "AMOUNT_INCONSISTENT"),
}
"""What the design names as fixed, written down once more by hand, and the codes that say it."""

FIXED = {code for codes in BY_DESIGN.values() for code in codes}


def test_just_what_the_design_names_is_fixed() -> None:
    assert {row.code for row in all_conditions() if row.fixed} == FIXED


@pytest.mark.parametrize("own", [{}, {"mine": ()}, {"mine": ("REMINDER_MISSING",)}])
def test_every_group_asks_every_fixed_condition(own: Mapping[str, tuple[str, ...]]) -> None:
    for group in (*GROUPS, *own):
        assert {row.code for row in conditions_of(group, own)} >= FIXED


# --- The same in plain words, apart from the code under test ---


def _minor(claim: Claim) -> bool:
    person, contract = claim.debtor.person, claim.contract
    if person is None or person.birth_date is None or claim.debtor.organization or claim.debtor.guardian_consent:
        return False
    return contract is not None and contract.concluded_on is not None and 0 <= age_on(person.birth_date, contract.concluded_on) < 18


def _never_put_in_default(claim: Claim) -> bool:
    """Nothing at all that could put a debtor in default: no date in the contract, no reminder after the due date, no refusal."""
    if claim.due_date is None or claim.due_date_origin in (DueDateOrigin.CONTRACT, DueDateOrigin.CONTRACT_EVENT):
        return False
    by_itself = claim.invoice is not None and (claim.invoice.thirty_day_notice or not claim.debtor.is_consumer)
    reminded = any(reminder.sent_on and reminder.sent_on > claim.due_date for reminder in claim.reminders)
    return not (by_itself or reminded or claim.refused_on or claim.declared_default)


FORBIDDEN: Mapping[str, Callable[[Claim, Facts, dt.date], bool]] = {
    "ORDER_CANCELLED": lambda claim, *_: claim.ended is OrderEnd.CANCELLED,
    "ORDER_REFUNDED": lambda claim, *_: claim.ended is OrderEnd.REFUNDED,
    "REVOKED": lambda claim, *_: claim.ended is OrderEnd.REVOKED,
    "FULLY_PAID": lambda claim, *_: claim.principal_open == 0,
    "AMOUNT_INCONSISTENT": lambda claim, *_: claim.principal_open < 0,
    "FLAT_FEE_CONSUMER": lambda claim, *_: (
        claim.debtor.is_consumer and any(charge.kind is ChargeKind.FLAT_FEE and charge.amount for charge in claim.charges)
    ),
    "CURRENCY_UNSUPPORTED": lambda claim, *_: claim.currency != "EUR",
    "CURRENCY_MIXED": lambda claim, facts, _: bool({*facts.currency_of_others} - {claim.currency}),
    "DISPUTED": lambda claim, _, day: claim.dispute is not None and (claim.dispute.resolved_on is None or claim.dispute.resolved_on > day),
    "ALREADY_HANDED_OVER": lambda _, facts, __: facts.placed_at is not None,
    "HELD": lambda _, facts, day: any(hold.until is None or hold.until >= day for hold in facts.holds),
    "DUE_DATE_MISSING": lambda claim, *_: claim.due_date is None,
    "NOT_DUE": lambda claim, _, day: (
        (claim.due_date is not None and claim.due_date >= day) or (claim.deferral is not None and claim.deferral.until >= day)
    ),
    "NOT_IN_DEFAULT": lambda claim, *_: _never_put_in_default(claim),
    "TIME_BARRED": lambda claim, _, day: claim.due_date is not None and not claim.judged_on and day.year > claim.due_date.year + 3,
    "MINOR": lambda claim, *_: _minor(claim),
    "INSOLVENCY": lambda claim, *_: bool(claim.debtor.insolvent),
    "DECEASED": lambda claim, *_: bool(claim.debtor.deceased) or any(entry.code == "MD07" for entry in claim.returns),
    "DSR_OPEN": lambda claim, *_: bool(claim.debtor.restricted),
    "PAYMENT_PLAN_ACTIVE": lambda claim, *_: claim.payment_plan is not None and claim.payment_plan.kept,
}
"""Code -> whether the claim must not go, whatever anybody sets."""


def test_every_fixed_condition_is_told_in_plain_words() -> None:
    assert FORBIDDEN.keys() == FIXED


# --- Generated orders and settings ---

_PARTS = [case for case in (*CASES, *NEAR_MISSES) if case.on == AS_OF.isoformat() and not {"laws"} & case.facts.keys()]
_ADJUSTABLE = [row.code for row in all_conditions() if not row.fixed]
_OF_GROUPS = [row.code for row in all_conditions() if row.only_in]
_ALL_OFF = dict.fromkeys((row.code for row in all_conditions()), "off")


def _order(parts: list[Case], profile: Profile) -> tuple[Claim, Facts]:
    """What several cases say of one order; where two say something of the same field, the later one counts."""
    claim: dict[str, Any] = {name: value for part in parts for name, value in part.claim.items()}
    facts: dict[str, Any] = {name: value for part in parts for name, value in part.facts.items()}
    return green_claim(**claim), green_facts(**facts, profile=profile.value)


_FORBIDDEN_PARTS = st.sampled_from(sorted(FIXED)).flatmap(lambda code: st.sampled_from([part for part in _PARTS if part.code == code]))
orders = st.builds(_order, st.lists(st.sampled_from(_PARTS) | _FORBIDDEN_PARTS, max_size=3), st.sampled_from(Profile))
days = st.just(AS_OF) | st.dates(AS_OF - dt.timedelta(days=90), AS_OF + dt.timedelta(days=1500))
policies = st.builds(
    Policy,
    currencies=st.just(("EUR",)),
    countries=st.lists(st.sampled_from(["DE", "AT", "CH"]), min_size=1, max_size=3).map(tuple),
    minimum=st.integers(0, 200),
    maximum=st.none() | st.integers(0, 10_000),
    reminders=st.integers(0, 4),
    reminder_channels=st.lists(st.sampled_from(["email", "letter"]), max_size=2).map(tuple),
    reminder_deadline_days=st.integers(0, 60),
    grace_days=st.integers(0, 20),
    reminder_max_age_days=st.integers(0, 400),
    delivery_days=st.integers(0, 30),
    dunning_fee_limit=st.integers(0, 10),
    limitation_warning_days=st.integers(0, 1000),
    levels=st.just(_ALL_OFF)
    | st.dictionaries(st.sampled_from([*_ALL_OFF, "UNKNOWN"]), st.sampled_from(["block", "warn", "info", "off"]), max_size=9),
    own_groups=st.fixed_dictionaries(
        {"mine": st.lists(st.sampled_from([*_OF_GROUPS, *sorted(FIXED), "SUBJECT_MISSING"]), max_size=4).map(tuple)}
    ),
    groups=st.none() | st.lists(st.sampled_from([*GROUPS, "mine"]), max_size=3).map(tuple),
)


def forbidden(claim: Claim, facts: Facts, day: dt.date) -> set[str]:
    return {code for code, holds in FORBIDDEN.items() if holds(claim, facts, day)}


def _unasked(claim: Claim, facts: Facts) -> set[str]:
    """Where not both parties are in Germany the law is not known: default and limitation are not asked, and a warning says so."""
    creditor, address = claim.creditor or facts.creditor, claim.debtor.address
    home = creditor.country if creditor is not None else "DE"
    lives_in = address.country if address is not None and address.country is not None else home
    return set() if home == lives_in == "DE" else {"NOT_IN_DEFAULT", "TIME_BARRED"}


def _orders_of(code: str) -> st.SearchStrategy[tuple[Claim, Facts]]:
    """Orders of which a case of this condition is the last to say something."""
    last = st.sampled_from([part for part in _PARTS if part.code == code])
    parts = st.tuples(st.lists(st.sampled_from(_PARTS), max_size=2), last).map(lambda both: [*both[0], both[1]])
    return st.builds(_order, parts, st.sampled_from(Profile))


def test_a_thousand_orders_under_any_configuration() -> None:
    """Never ready while one fixed condition is red; and what must not go by plain words is red."""
    seen: Counter[str] = Counter()

    def check(order: tuple[Claim, Facts], policy: Policy, day: dt.date) -> None:
        result, wrong = diagnose(*order, policy, day), forbidden(*order, day) - _unasked(*order)
        red = {finding.code for finding in result.findings if finding.fixed}
        assert not (wrong and result.is_ready)
        assert not (red and result.is_ready)
        assert red <= FIXED
        assert all(finding.level is Level.BLOCK for finding in result.findings if finding.fixed)
        # Of a claim that is not due, default is not asked: that it is not due says it.
        assert wrong - {"NOT_IN_DEFAULT"} <= red
        assert "NOT_IN_DEFAULT" not in wrong or red & {"NOT_IN_DEFAULT", "NOT_DUE"}
        for _, block in result.groups:
            assert red <= {finding.code for finding in block}
        seen.update([*red, "ready" if result.is_ready else "waiting"])

    settings(law, max_examples=1000)(given(order=orders, policy=policies, day=days)(check))()
    for code in sorted(FIXED):  # of a thousand, chance may leave out one or another
        settings(law, max_examples=20)(given(order=_orders_of(code), policy=policies, day=days)(check))()
    assert seen["ready"] > 50, seen
    assert FIXED - seen.keys() == set(), "every fixed condition stood in the way of some order"


@law_of_claims
@given(claim=claims(), policy=policies, day=days)
def test_any_claim_at_all_under_any_configuration(claim: Claim, policy: Policy, day: dt.date) -> None:
    """Also one from anywhere."""
    result, wrong = diagnose(claim, green_facts(), policy, day), forbidden(claim, green_facts(), day)
    assert not result.is_ready or wrong <= _unasked(claim, green_facts())


@pytest.mark.parametrize("case", [case for case in CASES if case.code in FIXED], ids=str)
def test_with_every_adjustable_condition_off_the_fixed_ones_stand(case: Case) -> None:
    for groups in (("reminded_invoice",), ("chargeback_or_returned_debit",), ("mine",), ("mine", *GROUPS)):
        result = case.diagnose(levels=_ALL_OFF, groups=groups, own_groups={"mine": ()})
        assert [finding.code for finding in result.findings] == [case.code]
        assert all([finding.code for finding in block] == [case.code] for _, block in result.groups)
