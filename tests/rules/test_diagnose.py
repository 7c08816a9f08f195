"""How findings become a diagnosis: groups, order, what plugins found, and the day from which time alone mends all."""

import datetime as dt

import pytest
from builders import AS_OF, green_claim, green_debtor, green_facts
from hypothesis import given
from hypothesis import strategies as st
from rules.cases import day, held, reminded, returned

from inkasso_core.lifecycle import Profile
from inkasso_core.model.circumstances import Deferral, PaymentReturn
from inkasso_core.model.claim import Claim, Contract, Dispute, DueDateOrigin, Invoice, Payment, Reminder
from inkasso_core.model.diagnosis import Diagnosis, Finding, Level
from inkasso_core.model.party import Capacity
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import NOT_MET, Condition
from inkasso_core.rules.diagnose import diagnose
from inkasso_core.rules.facts import Facts, HoldFact
from inkasso_core.rules.labels import CHARGEBACK, GROUPS, GROUPS_OF, REMINDED_INVOICE, group_label
from inkasso_core.rules.policy import Policy
from inkasso_core.rules.table import all_conditions, conditions_of


def review(code: str = "FRAUD", level: Level = Level.BLOCK, expected_on: dt.date | None = None) -> Finding:
    return Finding(code, level, False, None, Text("Betrug?", "Fraud?"), Text("Ansehen.", "Look at it."), expected_on)


def test_findings_stand_in_the_order_of_the_table() -> None:
    claim = green_claim(payments=(Payment(amount="140"),), reminders=(), performed=None, debtor=green_debtor(addresses=()))
    found = [f.code for f in diagnose(claim, green_facts(mandate=False), Policy(), AS_OF).findings]
    assert found == [
        "PERFORMANCE_UNKNOWN",
        "MANDATE_MISSING",
        "BELOW_MINIMUM",
        "NOT_IN_DEFAULT",
        "REMINDER_MISSING",
        "ADDRESS_INCOMPLETE",
    ]
    assert found == [row.code for row in all_conditions() if row.code in found]


def test_codes_are_unique() -> None:
    codes = [row.code for row in all_conditions()]
    assert len(codes) == len(set(codes))


def test_a_fixed_condition_can_neither_weigh_less_nor_stand_in_one_group_only() -> None:
    text = Text("Feld: so.", "Field: so.")
    for level, only_in in ((Level.WARN, frozenset[str]()), (Level.BLOCK, frozenset({"reminded_invoice"}))):
        with pytest.raises(ValueError, match="X: a fixed condition"):
            Condition("X", level, None, text, text, "test", lambda _: NOT_MET, fixed=True, only_in=only_in)


# --- What plugins found ---


def test_a_red_review_stops_the_claim_in_every_group() -> None:
    finding = review()
    result = diagnose(green_claim(), green_facts(reviews=(finding, finding)), Policy(), AS_OF)
    assert (result.is_ready, result.red, result.findings) == (False, ("FRAUD",), (finding,))
    assert result.groups == (("reminded_invoice", (finding,)),)
    assert result.expected_on is None


def test_a_review_that_warns_stops_nothing() -> None:
    result = diagnose(green_claim(), green_facts(reviews=(review(level=Level.WARN),)), Policy(), AS_OF)
    assert (result.is_ready, result.warnings) == (True, ("FRAUD",))


def test_a_review_with_our_code_neither_hides_nor_softens_ours() -> None:
    claim = green_claim(dispute=Dispute())
    result = diagnose(claim, green_facts(reviews=(review("DISPUTED", Level.INFO),)), Policy(), AS_OF)
    assert result.red == ("DISPUTED",)
    assert [f.level for f in result.findings] == [Level.BLOCK, Level.INFO]


def test_the_day_of_a_review_counts() -> None:
    facts = green_facts(reviews=(review(expected_on=day("2026-06-10")),), **held("2026-06-04"))
    assert diagnose(green_claim(), facts, Policy(), AS_OF).expected_on == day("2026-06-10")
    facts = green_facts(reviews=(review(expected_on=day("2026-06-03")),), **held("2026-06-04"))
    assert diagnose(green_claim(), facts, Policy(), AS_OF).expected_on == day("2026-06-05")


def test_a_review_whose_day_is_past_and_who_stays_red_promises_nothing() -> None:
    facts = green_facts(reviews=(review(expected_on=AS_OF),))
    result = diagnose(green_claim(), facts, Policy(), AS_OF)
    assert (result.red, result.expected_on) == (("FRAUD",), None)


# --- Several groups ---


BOTH = Policy(groups=(REMINDED_INVOICE, CHARGEBACK))


def blocks(result: Diagnosis) -> dict[str, list[str]]:
    return {name: [finding.code for finding in block] for name, block in result.groups}


def test_one_group_that_is_met_is_enough() -> None:
    claim = green_claim(**reminded("2026-04-20"), **returned())
    result = diagnose(claim, green_facts(), BOTH, AS_OF)
    assert (result.group, result.expected_on) == (CHARGEBACK, AS_OF)
    assert blocks(result) == {REMINDED_INVOICE: ["REMINDER_MISSING"], CHARGEBACK: []}
    result = diagnose(green_claim(), green_facts(), BOTH, AS_OF)
    assert (result.group, blocks(result)) == (REMINDED_INVOICE, {REMINDED_INVOICE: [], CHARGEBACK: ["CHARGEBACK_MISSING"]})


def test_what_two_groups_ask_is_found_once_and_stands_in_both() -> None:
    claim = green_claim(ended="cancelled", subject=None, **reminded("2026-04-20"), **returned())
    result = diagnose(claim, green_facts(), BOTH, AS_OF)
    assert result.red == ("ORDER_CANCELLED", "REMINDER_MISSING", "SUBJECT_MISSING")
    assert blocks(result) == {
        REMINDED_INVOICE: ["ORDER_CANCELLED", "REMINDER_MISSING", "SUBJECT_MISSING"],
        CHARGEBACK: ["ORDER_CANCELLED", "SUBJECT_MISSING"],
    }


def test_the_group_that_is_met_first_says_the_day() -> None:
    claim = green_claim(**reminded("2026-04-01", "2026-05-25", deadline="2026-06-15"), **returned())
    facts = green_facts(**held("2026-06-09"))
    assert diagnose(claim, facts, Policy(), AS_OF).expected_on == day("2026-06-19")
    assert diagnose(claim, facts, BOTH, AS_OF).expected_on == day("2026-06-10")
    assert diagnose(green_claim(**reminded("2026-04-20"), **returned()), facts, BOTH, AS_OF).expected_on == day("2026-06-10")


def test_two_groups_red_and_green_mixed_with_a_due_date_ahead() -> None:
    """As a marketplace's staff asks: what stands in the way of each group, and from which day does it not?"""
    claim = green_claim(
        due_date="2026-06-12", due_date_origin="contract", reminders=(), sensitive_subject=True, **returned(on="2026-05-28")
    )
    facts = green_facts(profile="marketplace")
    result = diagnose(claim, facts, Policy(), AS_OF)
    assert blocks(result) == {REMINDED_INVOICE: ["NOT_DUE", "REMINDER_MISSING"], CHARGEBACK: ["NOT_DUE"]}
    assert (result.group, result.warnings) == (None, ("SUBJECT_SENSITIVE",))
    assert result.expected_on == day("2026-06-13")
    result = diagnose(claim, facts, Policy(), day("2026-06-13"))
    assert blocks(result) == {REMINDED_INVOICE: ["REMINDER_MISSING"], CHARGEBACK: []}
    assert (result.group, result.expected_on) == (CHARGEBACK, day("2026-06-13"))
    assert diagnose(claim, green_facts(), Policy(), AS_OF).expected_on is None, "in a shop, nothing happens without reminders"


@pytest.mark.parametrize("profile", Profile)
def test_a_profile_has_groups_of_its_own(profile: Profile) -> None:
    result = diagnose(green_claim(), green_facts(profile=profile.value), Policy(), AS_OF)
    assert tuple(name for name, _ in result.groups) == GROUPS_OF[profile]
    chosen = diagnose(green_claim(), green_facts(profile=profile.value), Policy(groups=(CHARGEBACK,)), AS_OF)
    assert tuple(name for name, _ in chosen.groups) == (CHARGEBACK,), "an account that names its groups means these"


def test_every_profile_has_groups() -> None:
    assert GROUPS_OF.keys() == {profile.value for profile in Profile}
    assert {name for names in GROUPS_OF.values() for name in names} == GROUPS.keys()


def test_a_group_of_the_merchants_own_asks_what_he_chose_and_what_all_ask() -> None:
    policy = Policy(own_groups={"by_phone": ("GRACE_RUNNING",), "free": ()}, groups=("by_phone", CHARGEBACK))
    claim = green_claim(subject=None, **reminded("2026-05-25"))
    result = diagnose(claim, green_facts(), policy, AS_OF)
    assert blocks(result) == {"by_phone": ["GRACE_RUNNING", "SUBJECT_MISSING"], CHARGEBACK: ["CHARGEBACK_MISSING", "SUBJECT_MISSING"]}
    assert diagnose(green_claim(**reminded("2026-04-20")), green_facts(), policy, AS_OF).group == "by_phone"
    free = diagnose(green_claim(**reminded("2026-05-25")), green_facts(), policy.model_copy(update={"groups": ("free",)}), AS_OF)
    assert (free.group, free.findings) == ("free", ())
    assert [row.code for row in conditions_of("by_phone", policy.own_groups) if row.only_in] == ["GRACE_RUNNING"]
    assert group_label("by_phone") == Text("by_phone", "by_phone")


# --- The expected day ---


def test_the_latest_day_counts() -> None:
    claim = green_claim(dispute=Dispute(resolved_on="2026-07-01"), **reminded("2026-04-01", "2026-05-25"))
    assert diagnose(claim, green_facts(**held("2026-06-30")), Policy(), AS_OF).expected_on == day("2026-07-01")


def test_one_point_that_somebody_must_mend_leaves_no_day() -> None:
    claim = green_claim(subject=None)
    assert diagnose(claim, green_facts(**held("2026-06-30")), Policy(), AS_OF).expected_on is None


def test_what_time_brings_counts_besides_what_it_mends() -> None:
    """The hold ends when the last reminder has grown too old, which blocks here."""
    policy = Policy(levels={"LAST_REMINDER_OLD": "block"})
    assert diagnose(green_claim(), green_facts(**held("2026-06-30")), policy, AS_OF).expected_on == day("2026-07-01")
    assert diagnose(green_claim(), green_facts(**held("2026-07-20")), policy, AS_OF).expected_on is None


@pytest.mark.parametrize("last", ["9999-12-30", "9999-12-31"])
def test_for_good_is_a_date_like_any_other(last: str) -> None:
    """Shops write the last day of the calendar where they mean: never."""
    claim = green_claim(due_date=last, **reminded("2026-04-01", "2026-05-01", deadline=last))
    result = diagnose(claim, green_facts(**held(last)), Policy(), AS_OF)
    assert result.red == ("HELD", "NOT_DUE", "REMINDER_BEFORE_DUE", "GRACE_RUNNING")
    assert not diagnose(claim, green_facts(**held(last)), Policy(), dt.date.max).is_ready


def test_a_hold_to_the_end_of_the_calendar_never_ends() -> None:
    facts = green_facts(**held("9999-12-31"))
    assert diagnose(green_claim(), facts, Policy(), AS_OF).expected_on is None


def near(days: int = 40) -> st.SearchStrategy[dt.date]:
    return st.dates(AS_OF - dt.timedelta(days=days), AS_OF + dt.timedelta(days=days))


claims = st.builds(
    green_claim,
    due_date=near(60),
    contract=st.builds(Contract, concluded_on=near()),
    invoice=st.builds(Invoice, number=st.just("RE-1"), issued_on=near(60)),
    reminders=st.lists(st.builds(Reminder, sent_on=near(), deadline=st.none() | near()), max_size=4).map(tuple),
    dispute=st.none() | st.builds(Dispute, resolved_on=st.none() | near()),
    due_date_origin=st.none() | st.sampled_from(DueDateOrigin),
    deferral=st.none() | st.builds(Deferral, until=near()),
    refused_on=st.none() | near(),
    delivered_on=st.none() | near(),
    returns=st.lists(st.builds(PaymentReturn, kind=st.just("chargeback"), on=st.none() | near(), decided=st.booleans()), max_size=2).map(
        tuple
    ),
    debtor=st.builds(green_debtor, capacity=st.sampled_from(Capacity)),
)
facts = st.builds(
    green_facts,
    profile=st.sampled_from(Profile),
    holds=st.lists(st.builds(HoldFact, scope=st.just("order"), reason=st.just("-"), until=st.none() | near()), max_size=2).map(tuple),
)
policies = st.builds(
    Policy,
    reminders=st.integers(0, 2),
    grace_days=st.integers(0, 9),
    reminder_max_age_days=st.integers(10, 90),
    levels=st.dictionaries(
        st.sampled_from(["REMINDER_MISSING", "REMINDER_BEFORE_DUE", "DATES_INCONSISTENT", "GRACE_RUNNING", "LAST_REMINDER_OLD"]),
        st.sampled_from(["block", "warn", "off"]),
    ),
)


@given(claim=claims, known=facts, policy=policies)
def test_a_finding_is_gone_on_its_day_and_not_before(claim: Claim, known: Facts, policy: Policy) -> None:
    for finding in diagnose(claim, known, policy, AS_OF).findings:
        if finding.expected_on is not None:
            assert finding.expected_on > AS_OF
            assert finding.code not in codes_on(claim, known, policy, finding.expected_on)
            assert finding.code in codes_on(claim, known, policy, finding.expected_on - dt.timedelta(days=1))


@given(claim=claims, known=facts, policy=policies)
def test_the_expected_day_is_the_first_on_which_the_claim_is_ready(claim: Claim, known: Facts, policy: Policy) -> None:
    result = diagnose(claim, known, policy, AS_OF)
    if result.expected_on is None:
        assert not result.is_ready
        return
    assert diagnose(claim, known, policy, result.expected_on).is_ready
    for ahead in range((result.expected_on - AS_OF).days):
        assert not diagnose(claim, known, policy, AS_OF + dt.timedelta(days=ahead)).is_ready


def codes_on(claim: Claim, known: Facts, policy: Policy, as_of: dt.date) -> set[str]:
    return {finding.code for finding in diagnose(claim, known, policy, as_of).findings}
