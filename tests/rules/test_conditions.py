"""Every condition: not met by itself alone, met by the green claim, and as heavy as table and policy say."""

import datetime as dt

import pytest
from builders import AS_OF, green_address, green_claim, green_creditor, green_debtor, green_facts, green_person
from rules.cases import CASES, Case, at, day, held, reminded, who

from inkasso_core.model.claim import Charge, ChargeKind, Claim, ClaimKind, Credit, Dispute, DueDateOrigin, Payment
from inkasso_core.model.diagnosis import Level
from inkasso_core.model.party import Address, Capacity, Organization
from inkasso_core.rules.diagnose import diagnose
from inkasso_core.rules.policy import Policy
from inkasso_core.rules.table import BY_CODE, all_conditions


def codes(claim: Claim, **policy: object) -> list[str]:
    return [finding.code for finding in diagnose(claim, green_facts(), Policy(**policy), AS_OF).findings]


def test_every_condition_has_a_case() -> None:
    assert {case.code for case in CASES} == {row.code for row in all_conditions()}


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
    assert result.is_ready is (row.level is not Level.BLOCK)
    assert result.expected_on == (AS_OF if result.is_ready else finding.expected_on)
    assert result.groups == (("reminded_invoice", () if result.is_ready else (finding,)),)


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


COMPANY = green_debtor(
    capacity=Capacity.BUSINESS,
    organization=Organization(name="Nordlicht & Söhne KG"),
    person=green_person(first_name=None, birth_date=None),
)

GREEN = {
    "a dispute that is resolved": green_claim(dispute=Dispute(resolved_on=AS_OF)),
    "payment in advance, delivered": green_claim(kind=ClaimKind.PREPAID_GOODS, performed=True),
    "payment in advance, due before its invoice": green_claim(kind=ClaimKind.PREPAID_GOODS, due_date="2026-03-01"),
    "due by contract before the invoice": green_claim(due_date="2026-03-01", due_date_origin=DueDateOrigin.CONTRACT),
    "partly paid": green_claim(payments=(Payment(amount="50"),), credits=(Credit(amount="10"),)),
    "the least amount": green_claim(principal=20),
    "a flat fee from a business": green_claim(debtor=COMPANY, charges=(Charge(kind=ChargeKind.FLAT_FEE, amount=40),)),
    "a flat fee of nothing": green_claim(charges=(Charge(kind=ChargeKind.FLAT_FEE, amount=0),)),
    "a dunning fee": green_claim(charges=(Charge(kind=ChargeKind.DUNNING_FEE, amount="2.50"),)),
    "a company and its contact person": green_claim(debtor=COMPANY),
    "a friendly reminder before the due date": green_claim(**reminded("2026-03-10", "2026-04-01", "2026-04-20")),
    "the last deadline and the bank days over": green_claim(**reminded("2026-04-01", "2026-05-10", deadline="2026-05-26")),
    "a reminder due at once": green_claim(**reminded("2026-04-01", "2026-04-20", deadline="2026-04-20")),
    "the last reminder not too old": green_claim(due_date="2026-03-02", **reminded("2026-03-03", "2026-03-03")),
    "eighteen on the day of the contract": green_claim(**who(birth_date="2008-02-26")),
    "an unknown date of birth": green_claim(**who(birth_date=None)),
    "very old": green_claim(**who(birth_date="1916-01-02")),
    "a subject of several lines": green_claim(subject="Stuhl\n2 Kissen\tblau"),
    "names with signs": green_claim(**who(first_name="Anna-Łucja", last_name="d'Ørsted von der Höh")),
    "the house number inside the street": green_claim(**at(street="Straße des 17. Juni 135", house_number=None)),
    "a short name": green_claim(**who(first_name="Bo", last_name="Xx")),
}


@pytest.mark.parametrize("claim", GREEN.values(), ids=GREEN.keys())
def test_near_misses_are_green(claim: Claim) -> None:
    assert codes(claim) == []


@pytest.mark.parametrize(("country", "code"), [("AT", "1010"), ("CH", "8001"), ("LI", "9490"), ("FR", "75 001")])
def test_postal_codes_of_other_countries(country: str, code: str) -> None:
    claim = green_claim(**at(postal_code=code, country=country))
    assert codes(claim, countries=[country]) == []


def test_the_shops_creditor_counts_where_the_claim_names_none() -> None:
    claim, facts = green_claim(creditor=None), green_facts(creditor=green_creditor())
    assert diagnose(claim, facts, Policy(), AS_OF).findings == ()


def test_the_creditor_of_the_claim_wins() -> None:
    facts = green_facts(creditor=green_creditor(city=None))
    assert diagnose(green_claim(), facts, Policy(), AS_OF).findings == ()


def test_a_reminder_counts_from_the_day_of_its_sending() -> None:
    claim = green_claim(**reminded("2026-04-01", "2026-06-01"))
    assert codes(claim) == ["GRACE_RUNNING"]
    assert codes(green_claim(**reminded("2026-04-01", "2026-06-01", "2026-06-05"))) == ["GRACE_RUNNING"]
    assert "REMINDER_MISSING" in [f.code for f in diagnose(claim, green_facts(), Policy(), day("2026-05-31")).findings]


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
    assert field(**reminded("2026-04-01", "2026-04-20", deadline="2026-04-19")) == "reminders"


def test_the_greatest_amount_itself_goes() -> None:
    assert codes(green_claim(principal=1000), maximum=1000) == []


def test_other_claims_of_the_order_in_the_same_currency_are_no_matter() -> None:
    assert diagnose(green_claim(), green_facts(currency_of_others=("EUR", "EUR")), Policy(), AS_OF).findings == ()


def test_the_billing_address_counts() -> None:
    packstation = Address(kind="delivery", street="Packstation 145", postal_code="01067", city="Dresden", country="DE")
    debtor = green_debtor(addresses=(packstation, green_address()))
    assert codes(green_claim(debtor=debtor)) == []


def test_a_hold_that_is_over_stops_nothing() -> None:
    facts = green_facts(**held("2026-05-31"))
    assert diagnose(green_claim(), facts, Policy(), AS_OF).findings == ()


def test_where_nobody_can_be_served_street_and_number_are_not_asked_for_besides() -> None:
    claim = green_claim(**at(street=None, house_number=None, care_of="Bergmann", postal_code=None))
    first, second = diagnose(claim, green_facts(), Policy(), AS_OF).findings
    assert (first.code, second.code) == ("ADDRESS_INCOMPLETE", "ADDRESS_NOT_SERVICEABLE")
    assert first.message.en.endswith("Missing: postal code.")


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
