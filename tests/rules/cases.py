"""For every condition at least one claim that differs from the green one by it alone: red ones here, green ones in ``near_misses``."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from builders import AS_OF, green_address, green_claim, green_creditor, green_debtor, green_facts, green_person

from inkasso_core.model.circumstances import (
    AgreedInterest,
    Deferral,
    PaymentPlan,
    PaymentReturn,
    ReturnKind,
)
from inkasso_core.model.claim import (
    Charge,
    ChargeKind,
    Claim,
    ClaimKind,
    Contract,
    Credit,
    Dispute,
    DueDateOrigin,
    Invoice,
    OrderEnd,
    Payment,
    Reminder,
    Source,
)
from inkasso_core.model.diagnosis import Diagnosis
from inkasso_core.model.party import Capacity, Contact, ContactKind, Debtor, Organization, Station
from inkasso_core.rules.diagnose import diagnose
from inkasso_core.rules.facts import Facts, HoldFact
from inkasso_core.rules.labels import CHARGEBACK, REMINDED_INVOICE
from inkasso_core.rules.law.germany import GERMANY
from inkasso_core.rules.law.laws import LAWS
from inkasso_core.rules.policy import Policy


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@dataclass(frozen=True)
class Case:
    """A claim and what is known of it, with the one condition that is not met, or that only just is."""

    code: str
    claim: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)
    expected_on: str | None = None
    says: str = ""
    """What the German message says, at least."""
    on: str = AS_OF.isoformat()
    """The day that is asked about."""

    @property
    def as_of(self) -> dt.date:
        return day(self.on)

    @property
    def group(self) -> str:
        """The one group that is asked."""
        return str(self.policy.get("groups", [REMINDED_INVOICE])[0])

    def parts(self) -> tuple[Claim, Facts]:
        return green_claim(**self.claim), green_facts(**self.facts)

    def diagnose(self, **policy: Any) -> Diagnosis:
        return diagnose(*self.parts(), Policy(**{**self.policy, **policy}), self.as_of)

    def __str__(self) -> str:
        return f"{self.code}-{self.says}" if self.says else self.code


def at(**changes: Any) -> dict[str, Debtor]:
    """The green debtor at another address."""
    return {"debtor": green_debtor(addresses=(green_address(**changes),))}


def who(**changes: Any) -> dict[str, Debtor]:
    """The green debtor with another person."""
    return {"debtor": green_debtor(person=green_person(**changes))}


def reminded(*sent: str, deadline: str | None = None, channel: str | None = None) -> dict[str, tuple[Reminder, ...]]:
    """Reminders sent on these days; the last has a deadline where one is given."""
    last = len(sent) - 1
    return {
        "reminders": tuple(
            Reminder(level=n + 1, sent_on=day(on), deadline=deadline if n == last else None, channel=channel) for n, on in enumerate(sent)
        )
    }


def held(*ends: str | None) -> dict[str, tuple[HoldFact, ...]]:
    scopes = ("debtor", "order", "invoice", "claim")
    return {"holds": tuple(HoldFact(scopes[n], "called us", day(end) if end else None) for n, end in enumerate(ends))}  # type: ignore[arg-type]


def fees(*amounts: str, on: str | None = None) -> dict[str, tuple[Charge, ...]]:
    """Dunning fees, all of one day where one is given."""
    return {"charges": tuple(Charge(kind=ChargeKind.DUNNING_FEE, amount=amount, on=on) for amount in amounts)}


def returned(code: str | None = None, kind: ReturnKind = ReturnKind.RETURNED_DEBIT, **changes: Any) -> dict[str, tuple[PaymentReturn, ...]]:
    """One payment that went back."""
    return {"returns": (PaymentReturn(**{"kind": kind, "on": "2026-03-20", "code": code, **changes}),)}


def lives_in(country: str) -> dict[str, Any]:
    """What is known where the law of another country is: Germany's, in that country's place."""
    return {"laws": {**LAWS, country: GERMANY._replace(country=country)}}


def old(due: str) -> dict[str, Any]:
    """An order whose claim has been due since ``due``."""
    return {"due_date": due, "contract": Contract(concluded_on=due), "invoice": Invoice(number="RE-1", issued_on=due)}


CONTRACT = {"due_date_origin": DueDateOrigin.CONTRACT}
"""The contract names the day of payment: default begins without a reminder."""
BUSINESS = {"debtor": green_debtor(capacity=Capacity.BUSINESS)}
ONLY_RETURNS = {"groups": [CHARGEBACK]}

CASES_OF_LAW = (
    Case("NOT_IN_DEFAULT", {"reminders": ()}, policy={"reminders": 0}, says="seit der Fälligkeit (16.03.2026) ging keine Mahnung hinaus"),
    Case(
        "NOT_IN_DEFAULT",
        {"reminders": (Reminder(level=1),)},
        policy={"reminders": 0},
        says="keine Mahnung nach der Fälligkeit (16.03.2026)",
    ),
    Case("NOT_IN_DEFAULT", reminded("2026-03-10"), policy={"reminders": 0}, says="belegt ihn"),
    Case(
        "NOT_IN_DEFAULT",  # sent on Friday, three days under way
        reminded("2026-05-29", deadline="2026-05-29"),
        policy={"reminders": 1, "grace_days": 0},
        expected_on="2026-06-02",
        says="erst am 02.06.2026 in Verzug, durch die Mahnung",
    ),
    Case(
        "NOT_IN_DEFAULT",
        {
            **BUSINESS,
            "reminders": (),
            "due_date": "2026-05-04",
            "invoice": Invoice(number="RE-1", issued_on="2026-05-04", received_on="2026-05-05"),
        },
        policy={"reminders": 0},
        expected_on="2026-06-06",  # 4 June is Corpus Christi in some states, and his is not known
        says="30 Tage nach Fälligkeit und Rechnung",
    ),
    Case("LAW_NOT_KNOWN", at(postal_code="1010", country="AT"), policy={"countries": ("AT",)}),
    Case("TIME_BARRED", old("2022-05-10"), says="seit Ablauf des 31.12.2025 verjährt"),
    Case("TIME_BARRED", {**old("2022-05-10"), "acknowledged_on": "2020-01-01"}, says="31.12.2025"),
    Case("LIMITATION_NEAR", old("2023-05-10"), policy={"limitation_warning_days": 214}, says="31.12.2026 ein; Tage bis dahin: 213"),
    Case("LIMITATION_NEAR", {**old("2023-05-10"), **reminded("2026-11-01", "2026-11-20")}, on="2026-12-31", says="Tage bis dahin: 0"),
    Case(
        "LIMITATION_UNSURE",
        {**old("2023-05-10"), "acknowledged_on": "2025-03-01"},
        policy={"limitation_warning_days": 214},
        says="bis 31.12.2026",
    ),
    Case("LIMITATION_UNSURE", {"negotiating": True}, says="bis 31.12.2029"),
    Case("INTEREST_NOT_COMPUTED", reminded("2026-11-20", "2027-01-04"), on="2027-02-01", says="1. Halbjahr 2027"),
    Case("RATE_ABOVE_STATUTORY", {"agreed_interest": AgreedInterest(percent="6.28")}, says="6,28 %, mehr als der gesetzliche (6,27 %)"),
    Case(
        "RATE_ABOVE_STATUTORY",
        {"agreed_interest": AgreedInterest(percent="6.28"), **reminded("2027-01-04", "2027-01-04")},
        on="2027-02-01",
        says="(unbekannt)",
    ),
)
CASES_OF_CIRCUMSTANCES = (
    Case("INSOLVENCY", {"debtor": green_debtor(insolvent=True)}),
    Case("DECEASED", {"debtor": green_debtor(deceased=True)}),
    Case("DECEASED", returned("md07")),
    Case("DSR_OPEN", {"debtor": green_debtor(restricted=True)}),
    Case("SANCTIONED_PARTY", {"debtor": green_debtor(sanctioned=True)}),
    Case("REVOCATION_PERIOD_OPEN", {"revocation_ends_on": "2026-06-01"}, expected_on="2026-06-02", says="bis zum 01.06.2026"),
    Case("REVOCATION_PERIOD_OPEN", {"delivered_on": "2026-05-18"}, expected_on="2026-06-02", says="bis zum 01.06.2026"),
    # The fourteenth day is a Saturday; the first working day after it counts.
    Case("REVOCATION_PERIOD_OPEN", {"delivered_on": "2026-05-23"}, expected_on="2026-06-09", says="bis zum 08.06.2026"),
    Case("PAYMENT_PLAN_ACTIVE", {"payment_plan": PaymentPlan(agreed_on="2026-05-02")}),
    Case("PAYMENT_PLAN_BROKEN", {"payment_plan": PaymentPlan(kept=False)}),
    Case("PAYMENT_PENDING", {"payment_pending": True}, says="unterwegs"),
    Case("PAYMENT_PENDING", returned(kind=ReturnKind.CHARGEBACK, decided=False), says="noch nicht entschieden"),
    Case("PSP_OWNS_CLAIM", {"assigned_to": "Ratenbank"}),
    Case("CONSUMER_CREDIT", {"deferral": Deferral(until="2026-03-20", against_fee=True)}),
    Case("SUBJECT_SENSITIVE", {"sensitive_subject": True}),
    Case("DUNNING_FEE_HIGH", fees("2.51", on="2026-04-20"), says="2,51 EUR, mehr als 2,50 EUR"),
    Case("DUNNING_FEE_HIGH", fees("2", "2", "2", on="2026-04-20"), says="6,00 EUR, mehr als 2,50 EUR"),
    Case("FEE_ON_FIRST_REMINDER", fees("1", on="2026-04-01")),
    Case("FEE_ON_FIRST_REMINDER", fees("1", "1")),
    Case("FEE_ON_FIRST_REMINDER", {**reminded("2026-04-01"), **fees("1")}, policy={"reminders": 1}),
    Case("CHARGEBACK_MISSING", policy=ONLY_RETURNS),
    Case("CHARGEBACK_MISSING", returned(on="2026-06-04"), policy=ONLY_RETURNS, expected_on="2026-06-04"),
    Case("RETURN_CONTESTED", returned("MD06"), says="(MD06)"),
    Case("RETURN_CONTESTED", returned(" ms02 "), says="(MS02)"),
    Case("RETURN_CONTESTED", returned("MD01"), policy=ONLY_RETURNS, says="(MD01)"),
    Case("RETURN_OWN_ERROR", returned("AM05"), says="(AM05)"),
)
CASES = (
    Case("ORDER_CANCELLED", {"ended": OrderEnd.CANCELLED}),
    Case("ORDER_REFUNDED", {"ended": OrderEnd.REFUNDED}),
    Case("REVOKED", {"ended": OrderEnd.REVOKED}),
    Case("DISPUTED", {"dispute": Dispute(reason="defect")}),
    Case("DISPUTED", {"dispute": Dispute(resolved_on="2026-06-09")}, expected_on="2026-06-09"),
    Case("NOT_PERFORMED", {"performed": False}),
    Case("PERFORMANCE_UNKNOWN", {"performed": None}),
    Case("PREPAYMENT_UNDELIVERED", {"kind": ClaimKind.PREPAID_GOODS, "performed": False}),
    Case("PREPAYMENT_UNDELIVERED", {"kind": ClaimKind.PREPAID_GOODS, "performed": None}),
    Case("NOT_TRIGGERED", {"source": Source(order="4711", triggered=False)}),
    Case("ALREADY_HANDED_OVER", facts={"placed_at": "acme"}, says="bei acme"),
    Case("ALREADY_HANDED_OVER", facts={"placed_at": ""}, says="bei einer Agentur"),
    Case("DUPLICATE_INVOICE", facts={"same_invoice": ("4709",)}, says="4709."),
    Case("DUPLICATE_INVOICE", facts={"same_invoice": ("1", "2", "3")}, says="1, 2, 3."),
    Case("DUPLICATE_INVOICE", facts={"same_invoice": ("1", "2", "3", "4")}, says="1, 2, 3, …"),
    Case("HELD", facts=held(None), says="den Schuldner, ohne Enddatum"),
    Case("HELD", facts=held("2026-06-01"), expected_on="2026-06-02", says="bis einschließlich 01.06.2026"),
    Case("HELD", facts=held("2026-06-05", "2026-06-03", "2026-05-31"), expected_on="2026-06-06", says="Auftrag, bis"),
    Case("HELD", facts=held("2026-06-05", None), says="den Schuldner, den Auftrag, ohne Enddatum"),
    Case("HELD", facts=held("2026-06-05", "2026-06-03", "2026-06-05"), expected_on="2026-06-06", says="den Auftrag, die Rechnung, bis"),
    Case("MANDATE_MISSING", facts={"mandate": False}),
    Case("FULLY_PAID", {"payments": (Payment(amount="153.99"),)}),
    Case("FULLY_PAID", {"payments": (Payment(amount="100"),), "credits": (Credit(amount="53.99"),)}),
    Case("FULLY_PAID", {"principal": 0}),
    Case("AMOUNT_INCONSISTENT", {"payments": (Payment(amount="1160"),)}, says="um 1006,01 EUR"),
    Case("AMOUNT_INCONSISTENT", {"credits": (Credit(amount="154"),)}, says="um 0,01 EUR"),
    Case("CURRENCY_UNSUPPORTED", {"currency": "CHF"}, says="nimmt CHF nicht, nur EUR"),
    Case("CURRENCY_MIXED", facts={"currency_of_others": ("EUR", "CHF")}, says="lauten auf CHF"),
    Case("FLAT_FEE_CONSUMER", {"charges": (Charge(kind=ChargeKind.FLAT_FEE, amount=40),)}),
    Case(
        "FLAT_FEE_CONSUMER",
        {
            "charges": (Charge(kind=ChargeKind.FLAT_FEE, amount=40),),
            "debtor": green_debtor(capacity=Capacity.UNKNOWN),
        },
    ),
    Case("BELOW_MINIMUM", {"principal": "19.99"}, says="19,99 EUR, das Minimum ist 20,00 EUR"),
    Case("BELOW_MINIMUM", {"payments": (Payment(amount="133.99"),)}, policy={"minimum": "20.01"}, says="20,00 EUR"),
    Case("ABOVE_MAXIMUM", {"principal": "1000.01"}, policy={"maximum": 1000}, says="1000,01 EUR"),
    Case("CREDIT_UNALLOCATED", {"credits": (Credit(amount="30", allocated=False),)}, says="30,00 EUR"),
    Case("DUE_DATE_MISSING", {"due_date": None}),
    Case("NOT_DUE", {"due_date": "2026-06-01", "reminders": (), **CONTRACT}, policy={"reminders": 0}, expected_on="2026-06-02"),
    Case("NOT_DUE", {"due_date": "2026-06-30", "reminders": (), **CONTRACT}, policy={"reminders": 0}, expected_on="2026-07-01"),
    # Saturday 30 May: who pays on Monday pays in time.
    Case("NOT_DUE", {"due_date": "2026-05-30", "reminders": (), **CONTRACT}, policy={"reminders": 0}, expected_on="2026-06-02"),
    Case("NOT_DUE", {"deferral": Deferral(until="2026-06-30"), **CONTRACT}, expected_on="2026-07-01", says="Stundung bis 30.06.2026"),
    Case("DATES_INCONSISTENT", {"due_date": "2026-03-01"}, says="(01.03.2026, 02.03.2026)"),
    Case("DATES_INCONSISTENT", reminded("2026-04-01", "2026-04-20", deadline="2026-04-19"), says="Die Frist einer"),
    Case(
        "DATE_IN_FUTURE",
        {"invoice": Invoice(number="RE-1", issued_on="2026-06-03"), "due_date_origin": DueDateOrigin.CONTRACT},
        expected_on="2026-06-03",
        says="Rechnungsdatum (03.06.2026)",
    ),
    Case(
        "DATE_IN_FUTURE",
        {"contract": Contract(concluded_on="2026-06-02")},
        expected_on="2026-06-02",
        says="Vertragsdatum (02.06.2026)",
    ),
    *CASES_OF_LAW,
    *CASES_OF_CIRCUMSTANCES,
    Case("REMINDER_MISSING", {"reminders": (), **CONTRACT}, says="gemeldet 0, davon nachweislich versandt 0, verlangt 2"),
    Case("REMINDER_MISSING", reminded("2026-04-20"), says="gemeldet 1, davon nachweislich versandt 1, verlangt 2"),
    Case(
        "REMINDER_MISSING",
        {"reminders": (Reminder(level=1), Reminder(level=2)), **CONTRACT},
        says="gemeldet 2, davon nachweislich versandt 0",
    ),
    Case(
        "REMINDER_MISSING",
        reminded("2026-04-01", "2026-04-20", channel="email"),
        policy={"reminder_channels": ("Letter",)},
        says="versandt 0",
    ),
    Case("REMINDER_BEFORE_DUE", reminded("2026-03-16", "2026-04-20"), says="1 nicht nach der Fälligkeit (16.03.2026)"),
    Case(
        "REMINDERS_OVERLAP",
        {"reminders": (Reminder(sent_on="2026-04-01", deadline="2026-04-15"), Reminder(sent_on="2026-04-15"))},
        says="am 15.04.2026",
    ),
    # Friday 29 May, then three bank days: Monday, Tuesday, Wednesday 3 June
    Case("GRACE_RUNNING", reminded("2026-04-01", "2026-05-15", deadline="2026-05-29"), expected_on="2026-06-04", says="29.05.2026"),
    Case("GRACE_RUNNING", reminded("2026-04-01", "2026-05-15"), expected_on="2026-06-04", says="29.05.2026"),
    Case(
        "GRACE_RUNNING",
        reminded("2026-04-01", "2026-05-15", deadline="2026-06-01"),
        policy={"grace_days": 0},
        expected_on="2026-06-02",
    ),
    Case("GRACE_RUNNING", reminded("2026-04-01", "2026-04-20", "2026-06-02"), expected_on="2026-06-20", says="16.06.2026"),
    Case("LAST_REMINDER_OLD", {"due_date": "2026-03-02", **reminded("2026-03-03", "2026-03-03")}, policy={"reminder_max_age_days": 89}),
    Case("CREDITOR_MISSING", {"creditor": None}),
    Case("CREDITOR_INCOMPLETE", {"creditor": green_creditor(street=None, city=None)}, says="Straße, Ort."),
    Case("CREDITOR_INCOMPLETE", {"creditor": None}, {"creditor": green_creditor(postal_code=None)}, says="fehlt: Postleitzahl."),
    Case("SUBJECT_MISSING", {"subject": None}),
    Case("SUBJECT_MISSING", {"subject": "--"}),
    Case("CONTRACT_DATE_MISSING", {"contract": None}),
    Case("CONTRACT_DATE_MISSING", {"contract": Contract(number="4711")}),
    Case("INVOICE_NUMBER_MISSING", {"invoice": Invoice(issued_on="2026-03-02")}),
    Case("INVOICE_DATE_MISSING", {"invoice": Invoice(number="RE-1")}),
    Case("TEXT_UNSAFE", {"subject": "=HYPERLINK(1)"}, says="subject."),
    Case("TEXT_UNSAFE", {"subject": "＝1+1"}, says="subject."),
    Case("TEXT_UNSAFE", who(last_name="\u202eMöller"), says="debtor.person.last_name."),
    Case("TEXT_UNSAFE", who(first_name="Jör\x07dis"), says="debtor.person.first_name."),
    Case("TEXT_UNSAFE", who(first_name="Jör\ndis"), says="debtor.person.first_name."),
    Case("TEXT_UNSAFE", {"invoice": Invoice(number="@SUM(1)", issued_on="2026-03-02")}, says="invoice.number."),
    Case("TEXT_UNSAFE", at(extra="+cmd"), says="debtor.address.extra."),
    Case("MOJIBAKE_SUSPECT", who(first_name="KÃ¤the"), says="debtor.person.first_name."),
    Case("MOJIBAKE_SUSPECT", who(last_name="GroÃŸ"), says="debtor.person.last_name."),
    Case("MOJIBAKE_SUSPECT", who(last_name="M”ller"), says="debtor.person.last_name."),
    Case("MOJIBAKE_SUSPECT", who(last_name="M├╝ller"), says="debtor.person.last_name."),
    Case("MOJIBAKE_SUSPECT", at(street="Hauptstra§e"), says="debtor.address.street."),
    Case("MOJIBAKE_SUSPECT", at(city="Lâ€™Haÿ"), says="debtor.address.city."),
    Case("MOJIBAKE_SUSPECT", at(city="K\ufffdln"), says="debtor.address.city."),
    Case("MOJIBAKE_SUSPECT", {"debtor": green_debtor(organization=Organization(name="B„cker KG"))}, says="debtor.organization.name."),
    Case("ASSERTED", {"asserted": ("due_date", "reminders")}, says="due_date, reminders."),
    Case("NAME_INCOMPLETE", {"debtor": green_debtor(person=None)}, says="fehlt: Name."),
    Case("NAME_INCOMPLETE", who(first_name=None), says="fehlt: Vorname."),
    Case("NAME_INCOMPLETE", who(first_name="-", last_name=None), says="fehlt: Vorname, Nachname."),
    Case("NAME_INCOMPLETE", {"debtor": green_debtor(organization=Organization(legal_form="GmbH"))}, says="fehlt: Firmenname."),
    Case("NAME_SUSPECT", who(last_name="ASDF")),
    Case("NAME_SUSPECT", who(first_name="xxx")),
    Case("NAME_SUSPECT", {"debtor": green_debtor(organization=Organization(name="Musterfirma"))}),
    Case("MINOR", who(birth_date="2008-02-27")),
    Case("MINOR", who(birth_date="2026-06-01")),
    Case("BIRTHDATE_IMPLAUSIBLE", who(birth_date="1970-01-01")),
    Case("BIRTHDATE_IMPLAUSIBLE", who(birth_date="1900-01-01")),
    Case("BIRTHDATE_IMPLAUSIBLE", who(birth_date="1915-05-31")),
    Case("BIRTHDATE_IMPLAUSIBLE", who(birth_date="2026-06-02")),
    Case("CONTACT_SUSPECT", {"debtor": green_debtor(contacts=(Contact(kind=ContactKind.EMAIL, value="joerdis"),))}, says="1."),
    Case("ADDRESS_INCOMPLETE", {"debtor": green_debtor(addresses=())}, says="Straße, Hausnummer, Postleitzahl, Ort, Land."),
    Case("ADDRESS_INCOMPLETE", at(house_number=None), says="fehlt: Hausnummer."),
    Case("ADDRESS_INCOMPLETE", at(street=None), says="fehlt: Straße."),
    Case("ADDRESS_INCOMPLETE", at(street=".", house_number="-"), says="fehlt: Straße, Hausnummer."),
    Case("ADDRESS_INCOMPLETE", at(postal_code=None, city=None), says="fehlt: Postleitzahl, Ort."),
    Case("ADDRESS_INCOMPLETE", at(country=None), says="fehlt: Land."),
    Case("ADDRESS_NOT_SERVICEABLE", at(street="Packstation", house_number="145"), says=": Packstation;"),
    Case("ADDRESS_NOT_SERVICEABLE", at(station=Station.POST_OFFICE), says=": Postfiliale;"),
    Case("ADDRESS_NOT_SERVICEABLE", at(street="c/o Bergmann"), says=": nur eine c/o-Angabe;"),
    Case("POSTAL_CODE_INVALID", at(postal_code="1067"), says="In DE hat sie 5 Ziffern"),
    Case(
        "POSTAL_CODE_INVALID",
        {**at(postal_code="10670", country="AT"), "creditor": green_creditor(country="AT")},
        lives_in("AT"),
        policy={"countries": ("AT",)},
        says="In AT hat sie 4 Ziffern",
    ),
    Case("POSTAL_CODE_INVALID", at(postal_code="00000")),
    Case(
        "COUNTRY_UNSUPPORTED",
        {**at(postal_code="1010", country="AT"), "creditor": green_creditor(country="AT")},
        lives_in("AT"),
        says="nimmt AT nicht, nur DE",
    ),
    Case("ADDRESS_UNKNOWN_MOVED", at(undeliverable=True)),
)
