"""For every condition at least one claim that differs from the green one by it alone."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from builders import AS_OF, green_address, green_claim, green_creditor, green_debtor, green_facts, green_person

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
from inkasso_core.rules.policy import Policy


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@dataclass(frozen=True)
class Case:
    """A claim and what is known of it, with the one condition that is not met."""

    code: str
    claim: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)
    expected_on: str | None = None
    says: str = ""
    """What the German message says, at least."""

    def parts(self) -> tuple[Claim, Facts]:
        return green_claim(**self.claim), green_facts(**self.facts)

    def diagnose(self, as_of: dt.date = AS_OF, **policy: Any) -> Diagnosis:
        return diagnose(*self.parts(), Policy(**{**self.policy, **policy}), as_of)

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
    scopes = ("debtor", "order", "claim")
    return {"holds": tuple(HoldFact(scopes[n], "called us", day(end) if end else None) for n, end in enumerate(ends))}  # type: ignore[arg-type]


INVOICE = Invoice(number="RE-2026-0815", issued_on="2026-03-02")

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
    Case("NOT_DUE", {"due_date": "2026-06-01", "reminders": ()}, policy={"reminders": 0}, expected_on="2026-06-02"),
    Case("NOT_DUE", {"due_date": "2026-06-30", "reminders": ()}, policy={"reminders": 0}, expected_on="2026-07-01"),
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
    Case("REMINDER_MISSING", {"reminders": ()}, says="gemeldet 0, davon nachweislich versandt 0, verlangt 2"),
    Case("REMINDER_MISSING", reminded("2026-04-20"), says="gemeldet 1, davon nachweislich versandt 1, verlangt 2"),
    Case("REMINDER_MISSING", {"reminders": (Reminder(level=1), Reminder(level=2))}, says="gemeldet 2, davon nachweislich versandt 0"),
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
    Case("POSTAL_CODE_INVALID", at(postal_code="10670", country="AT"), policy={"countries": ("AT",)}, says="In AT hat sie 4 Ziffern"),
    Case("POSTAL_CODE_INVALID", at(postal_code="00000")),
    Case("COUNTRY_UNSUPPORTED", at(postal_code="1010", country="AT"), says="nimmt AT nicht, nur DE"),
    Case("ADDRESS_UNKNOWN_MOVED", at(undeliverable=True)),
)
