"""Every condition: not met by itself alone, met by the green claim, and as heavy as table and policy say."""

import datetime as dt
from decimal import Decimal

import pytest
from builders import AS_OF, green_claim, green_debtor, green_facts
from rules.cases import BUSINESS, CASES, Case, at, day, old, reminded, returned, who
from rules.near_misses import NEAR_MISSES

from inkasso_core.model.circumstances import AgreedInterest, Deferral
from inkasso_core.model.claim import Claim, Invoice, Reminder
from inkasso_core.model.diagnosis import Level
from inkasso_core.rules.diagnose import diagnose
from inkasso_core.rules.law.laws import laws_with
from inkasso_core.rules.policy import Policy
from inkasso_core.rules.table import BY_CODE, all_conditions


def codes(claim: Claim, **policy: object) -> list[str]:
    return [finding.code for finding in diagnose(claim, green_facts(), Policy(**policy), AS_OF).findings]


def test_every_condition_has_a_case_that_fails_it_and_one_that_only_just_meets_it() -> None:
    assert {case.code for case in CASES} == {case.code for case in NEAR_MISSES} == {row.code for row in all_conditions()}


def test_the_green_claim_meets_all() -> None:
    result = diagnose(green_claim(), green_facts(), Policy(), AS_OF)
    assert result.findings == ()
    assert result.groups == (("reminded_invoice", ()),)
    assert (result.is_ready, result.group, result.expected_on) == (True, "reminded_invoice", AS_OF)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_claim_fails_by_one_condition_alone(case: Case) -> None:
    result = case.diagnose()
    assert [finding.code for finding in result.findings] == [case.code]
    (finding,) = result.findings
    row = BY_CODE[case.code]
    assert finding.level is row.level
    assert finding.fixed is row.fixed
    assert finding.expected_on == (dt.date.fromisoformat(case.expected_on) if case.expected_on else None)
    assert case.says in finding.message.de
    assert finding.field or row.field is None
    assert result.is_ready is (row.level is not Level.BLOCK)
    assert result.expected_on == (case.as_of if result.is_ready else finding.expected_on)
    assert result.groups == ((case.group, () if result.is_ready else (finding,)),)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("level", ["block", "warn", "info", "off"])
def test_a_policy_changes_the_level_of_an_adjustable_condition_only(case: Case, level: str) -> None:
    result = case.diagnose(levels={case.code: level})
    if BY_CODE[case.code].fixed:
        assert [(f.code, f.level) for f in result.findings] == [(case.code, Level.BLOCK)]
    elif level == "off":
        assert result.findings == ()
    else:
        assert [(f.code, f.level.value) for f in result.findings] == [(case.code, level)]
        assert result.is_ready is (level != "block")


@pytest.mark.parametrize("case", NEAR_MISSES, ids=str)
def test_near_misses_are_green(case: Case) -> None:
    result = case.diagnose()
    assert result.findings == ()
    assert (result.is_ready, result.group, result.expected_on) == (True, case.group, case.as_of)


@pytest.mark.parametrize(("country", "code"), [("AT", "1010"), ("CH", "8001"), ("LI", "9490"), ("FR", "75 001")])
def test_postal_codes_of_other_countries(country: str, code: str) -> None:
    claim = green_claim(**at(postal_code=code, country=country))
    assert codes(claim, countries=[country]) == ["LAW_NOT_KNOWN"]


def test_a_reminder_counts_from_the_day_of_its_sending() -> None:
    claim = green_claim(**reminded("2026-04-01", "2026-06-01"))
    assert codes(claim) == ["GRACE_RUNNING"]
    assert codes(green_claim(**reminded("2026-04-01", "2026-06-01", "2026-06-05"))) == ["GRACE_RUNNING"]
    assert "REMINDER_MISSING" in [f.code for f in diagnose(claim, green_facts(), Policy(), day("2026-05-31")).findings]


def test_reminders_dated_ahead_say_from_when_they_are_enough() -> None:
    def few(*sent: str, **policy: object) -> tuple[dt.date | None, bool]:
        claim = green_claim(**reminded(*sent, channel="letter"))
        found = diagnose(claim, green_facts(), Policy(**policy), AS_OF).findings
        finding = next(finding for finding in found if finding.code == "REMINDER_MISSING")
        return finding.expected_on, finding.remedy.en.startswith("Wait: ")

    assert few("2026-04-01", "2026-06-10") == (day("2026-06-10"), True)
    assert few("2026-06-03", "2026-06-10", "2026-06-20") == (day("2026-06-10"), True)
    assert few("2026-06-10") == (None, False)
    assert few("2026-04-01", "2026-06-10", reminder_channels=["email"]) == (None, False)


def test_only_reminders_by_an_accepted_channel_count() -> None:
    claim = green_claim(**reminded("2026-04-01", "2026-04-20", channel="Letter"))
    assert codes(claim, reminder_channels=["email", "letter"]) == []
    assert codes(claim, reminder_channels=["email"]) == ["REMINDER_MISSING"]
    assert codes(green_claim(**reminded("2026-04-01", "2026-04-20")), reminder_channels=["letter"]) == ["REMINDER_MISSING"]


def test_without_a_contract_date_today_decides_who_is_a_minor() -> None:
    def found(birth_date: str) -> list[str]:
        return codes(green_claim(contract=None, **who(birth_date=birth_date)))

    assert found("2008-06-02") == ["CONTRACT_DATE_MISSING", "MINOR"]
    assert found("2008-06-01") == ["CONTRACT_DATE_MISSING"]


def test_a_finding_names_the_field_that_is_meant() -> None:
    def field(**changes: object) -> str | None:
        return diagnose(green_claim(**changes), green_facts(), Policy(), AS_OF).findings[0].field

    assert field(subject=None) == "subject"
    assert field(**who(last_name="=Möller")) == "debtor.person.last_name"
    assert field(**who(last_name=None)) == "debtor.person"
    assert field(due_date="2026-03-01") == "due_date"
    assert field(delivered_on="2026-05-30") == "delivered_on"
    assert field(revocation_ends_on="2026-06-30") == "revocation_ends_on"
    assert field(deferral=Deferral(until="2026-06-30")) == "deferral.until"
    assert field(**returned("MD07")) == "returns"
    assert field(**reminded("2026-04-01", "2026-04-20", deadline="2026-04-19")) == "reminders"


def test_where_nobody_can_be_served_street_and_number_are_not_asked_for_besides() -> None:
    claim = green_claim(**at(street=None, house_number=None, care_of="Bergmann", postal_code=None))
    first, second = diagnose(claim, green_facts(), Policy(), AS_OF).findings
    assert (first.code, second.code) == ("ADDRESS_INCOMPLETE", "ADDRESS_NOT_SERVICEABLE")
    assert first.message.en.endswith("Missing: postal code.")


def test_default_is_not_asked_of_a_claim_that_is_not_due() -> None:
    """NOT_DUE says all there is to say, and both are fixed; what is missing on the due date is said on the due date."""
    claim = green_claim(due_date="2026-06-30", reminders=())
    assert codes(claim, reminders=0) == ["NOT_DUE"]
    assert diagnose(claim, green_facts(), Policy(reminders=0), AS_OF).expected_on is None
    assert [f.code for f in diagnose(claim, green_facts(), Policy(reminders=0), day("2026-07-01")).findings] == ["NOT_IN_DEFAULT"]


def test_what_would_prove_default_is_named_as_far_as_it_is_not_reported() -> None:
    def remedy(**changes: object) -> str:
        found = diagnose(green_claim(reminders=(), **changes), green_facts(), Policy(reminders=0), AS_OF).findings
        return next(finding.remedy.en for finding in found if finding.code == "NOT_IN_DEFAULT")

    assert remedy() == (
        "Send a reminder now and book it in the shop with its date. Where one of these is true, enter it in the shop, for it brings "
        "default, too: a day of payment agreed in the contract, the invoice's notice of the 30-day rule, a final refusal to pay."
    )
    business = remedy(**BUSINESS, invoice=Invoice(number="RE-1"))
    assert "the date of the invoice" in business
    assert "30-day rule" not in business


def test_where_the_law_is_not_known_nothing_is_computed() -> None:
    """Neither default nor limitation nor interest nor days off: only what the shop itself says counts."""
    old_claim = {**old("2015-05-10"), "reminders": (), "delivered_on": "2026-05-30", "agreed_interest": AgreedInterest(percent=20)}
    claim = green_claim(**old_claim, **at(postal_code="1010", country="AT"))
    assert codes(claim, countries=["AT"], reminders=0) == ["LAW_NOT_KNOWN"]
    assert codes(claim.model_copy(update={"revocation_ends_on": day("2026-06-01")}), countries=["AT"], reminders=0) == [
        "LAW_NOT_KNOWN",
        "REVOCATION_PERIOD_OPEN",
    ]
    saturday = claim.model_copy(update={"due_date": day("2026-05-30")})
    assert codes(saturday, countries=["AT"], reminders=0, levels={"DATES_INCONSISTENT": "off"}) == ["LAW_NOT_KNOWN"]


def test_the_merchants_own_base_rate_counts() -> None:
    claim = green_claim(**reminded("2026-11-20", "2027-01-04"))
    laws = laws_with({"DE": {day("2027-01-01"): Decimal("1.77")}})
    assert diagnose(claim, green_facts(laws=laws), Policy(), day("2027-02-01")).findings == ()


def test_a_claim_may_fail_on_whom_it_is_against_and_on_what_it_is_for_at_once() -> None:
    debtor = green_debtor(insolvent=True, deceased=True, restricted=True, sanctioned=True)
    result = diagnose(green_claim(debtor=debtor, sensitive_subject=True), green_facts(), Policy(), AS_OF)
    assert result.red == ("INSOLVENCY", "DECEASED", "DSR_OPEN")
    assert result.warnings == ("SANCTIONED_PARTY", "SUBJECT_SENSITIVE")


# --- Catching up: conditions look at the state, never at "exactly today" ---


@pytest.mark.parametrize("weeks", [0, 1, 3, 7])
def test_what_became_green_while_nobody_looked_is_ready_at_the_next_look(weeks: int) -> None:
    """The deadline's last bank day was 7 May; after 90 days the last reminder is old, which warns and blocks nothing."""
    looked = day("2026-05-08") + dt.timedelta(weeks=weeks)
    result = diagnose(green_claim(), green_facts(), Policy(), looked)
    assert (result.is_ready, result.findings) == (True, ())
    assert diagnose(green_claim(), green_facts(), Policy(), day("2026-05-07")).expected_on == day("2026-05-08")
    later = diagnose(green_claim(), green_facts(), Policy(), looked + dt.timedelta(weeks=12))
    assert (later.is_ready, later.warnings) == (True, ("LAST_REMINDER_OLD",))


def test_levels_that_were_skipped_are_not_waited_for() -> None:
    """What counts is how many reminders went out, not how the shop numbers them."""
    for levels in ((1, 3), (2, 3), (3, 3), (None, None), (2, 1)):
        sent = [(levels[0], "2026-04-01"), (levels[1], "2026-04-20")]
        claim = green_claim(reminders=tuple(Reminder(level=level, sent_on=on) for level, on in sent))
        assert codes(claim) == []
    assert codes(green_claim(reminders=(Reminder(level=3, sent_on="2026-04-20"),))) == ["REMINDER_MISSING"]


def test_nothing_is_known_of_a_claim_and_nothing_is_green() -> None:
    claim = Claim(source={"order": "1"}, currency="EUR", principal=100, debtor={})
    result = diagnose(claim, green_facts(mandate=False), Policy(), AS_OF)
    assert result.red == (
        "DUE_DATE_MISSING",
        "REMINDER_MISSING",
        "CREDITOR_MISSING",
        "SUBJECT_MISSING",
        "CONTRACT_DATE_MISSING",
        "INVOICE_NUMBER_MISSING",
        "INVOICE_DATE_MISSING",
        "NAME_INCOMPLETE",
        "ADDRESS_INCOMPLETE",
    )
    assert result.warnings == ("PERFORMANCE_UNKNOWN", "MANDATE_MISSING")
    assert result.expected_on is None
