"""For every condition at least one claim that only just meets it: nothing at all is found in any of these."""

from builders import green_address, green_creditor, green_debtor, green_person
from rules.cases import (
    BUSINESS,
    CONTRACT,
    ONLY_RETURNS,
    Case,
    at,
    fees,
    held,
    lives_in,
    old,
    reminded,
    returned,
    who,
)

from inkasso_core.model.circumstances import AgreedInterest, DeclaredDefault, Deferral, ReturnKind
from inkasso_core.model.claim import Charge, ChargeKind, ClaimKind, Contract, Credit, Dispute, Invoice, Payment, Reminder, Source
from inkasso_core.model.party import Address, Capacity, Contact, ContactKind, Organization

COMPANY = {
    "debtor": green_debtor(
        capacity=Capacity.BUSINESS,
        organization=Organization(name="Nordlicht & Söhne KG"),
        person=green_person(first_name=None, birth_date=None),
    )
}
AUSTRIAN = {**at(postal_code="1010", country="AT"), "creditor": green_creditor(country="AT")}
PARCEL_LOCKER = Address(kind="delivery", street="Packstation 145", postal_code="01067", city="Dresden", country="DE")

ORDER_AND_RECORD = (
    Case("ORDER_CANCELLED", {"source": Source(order="4711", status="storniert?")}),
    Case("ORDER_REFUNDED", {"credits": (Credit(amount="10"),)}),
    Case("REVOKED", {"delivered_on": "2026-03-03", "revocation_ends_on": "2026-03-17"}),
    Case("DISPUTED", {"dispute": Dispute(since="2026-04-01", resolved_on="2026-06-01")}),
    Case("NOT_PERFORMED", {"performed": True}),
    Case("PERFORMANCE_UNKNOWN", {"performed": True, "service_date": None}),
    Case("PREPAYMENT_UNDELIVERED", {"kind": ClaimKind.PREPAID_GOODS, "performed": True}),
    Case("NOT_TRIGGERED", {"source": Source(order="4711", triggered=True)}),
    Case("ALREADY_HANDED_OVER", facts={"placed_at": None}),
    Case("DUPLICATE_INVOICE", facts={"same_invoice": ()}),
    Case("HELD", facts=held("2026-05-31", "2026-05-31", "2026-05-31", "2026-05-31")),
    Case("MANDATE_MISSING", facts={"mandate": True}),
)
MONEY = (
    Case("FULLY_PAID", {"payments": (Payment(amount="133.99"),)}),
    Case("AMOUNT_INCONSISTENT", {"payments": (Payment(amount="50"),), "credits": (Credit(amount="10"),)}),
    Case("CURRENCY_UNSUPPORTED", {"currency": "CHF"}, policy={"currencies": ["EUR", "CHF"]}),
    Case("CURRENCY_MIXED", facts={"currency_of_others": ("EUR", "EUR")}),
    Case("FLAT_FEE_CONSUMER", {**COMPANY, "charges": (Charge(kind=ChargeKind.FLAT_FEE, amount=40),)}),
    Case("FLAT_FEE_CONSUMER", {"charges": (Charge(kind=ChargeKind.FLAT_FEE, amount=0),)}),
    Case("BELOW_MINIMUM", {"principal": 20}),
    Case("ABOVE_MAXIMUM", {"principal": 1000}, policy={"maximum": 1000}),
    Case("CREDIT_UNALLOCATED", {"credits": (Credit(amount=0, allocated=False), Credit(amount=30))}),
    Case("DUNNING_FEE_HIGH", fees("2.50")),
    Case("DUNNING_FEE_HIGH", fees("4", on="2026-04-20"), policy={"dunning_fee_limit": 4}),
    Case("DUNNING_FEE_HIGH", {"charges": (Charge(kind=ChargeKind.BANK_RETURN_FEE, amount="6"),)}),
    Case("FEE_ON_FIRST_REMINDER", fees("1", on="2026-04-20")),
    Case("FEE_ON_FIRST_REMINDER", {**fees("1", "1"), **CONTRACT}),
    Case("FEE_ON_FIRST_REMINDER", {**fees("1", "1"), "refused_on": "2026-03-20"}),
    Case("FEE_ON_FIRST_REMINDER", fees("0", "0")),
)
DATES = (
    Case("DUE_DATE_MISSING", {"due_date": "2026-03-16"}),
    Case("NOT_DUE", {"due_date": "2026-05-29", "reminders": (), **CONTRACT}, policy={"reminders": 0}),
    Case("NOT_DUE", {"deferral": Deferral(until="2026-05-29"), **CONTRACT}),
    Case("DATES_INCONSISTENT", {"due_date": "2026-03-01", **CONTRACT}),
    Case("DATES_INCONSISTENT", {"kind": ClaimKind.PREPAID_GOODS, "due_date": "2026-03-01"}),
    Case("DATES_INCONSISTENT", reminded("2026-04-01", "2026-04-20", deadline="2026-04-20")),
    Case(
        "DATE_IN_FUTURE",
        {"invoice": Invoice(number="RE-1", issued_on="2026-06-01"), "contract": Contract(concluded_on="2026-06-01"), **CONTRACT},
    ),
    Case("NOT_IN_DEFAULT", {"reminders": (), **CONTRACT}, policy={"reminders": 0}),
    Case("NOT_IN_DEFAULT", {"reminders": (), "refused_on": "2026-05-31"}, policy={"reminders": 0}),
    Case(
        "NOT_IN_DEFAULT",
        {"reminders": (), "declared_default": DeclaredDefault(since="2026-06-01", reason="Selbstmahnung")},
        policy={"reminders": 0},
    ),
    Case(
        "NOT_IN_DEFAULT",
        {"reminders": (Reminder(sent_on="2026-05-29", received_on="2026-05-31", deadline="2026-05-29"),)},
        policy={"reminders": 1, "grace_days": 0},
    ),
    Case("NOT_IN_DEFAULT", reminded("2026-05-29", deadline="2026-05-29"), policy={"reminders": 1, "grace_days": 0, "delivery_days": 2}),
    Case("NOT_IN_DEFAULT", {**BUSINESS, "reminders": ()}, policy={"reminders": 0}),
    Case(
        "NOT_IN_DEFAULT",
        {"reminders": (), "invoice": Invoice(number="RE-1", issued_on="2026-03-02", thirty_day_notice=True)},
        policy={"reminders": 0},
    ),
    Case("LAW_NOT_KNOWN", AUSTRIAN, lives_in("AT"), policy={"countries": ["AT"]}),
    Case("TIME_BARRED", {**old("2022-05-10"), "judged_on": "2023-03-01"}),
    Case(
        "TIME_BARRED", {**old("2022-05-10"), **reminded("2025-11-01", "2025-11-20")}, on="2025-12-31", policy={"limitation_warning_days": 0}
    ),
    Case("LIMITATION_NEAR", old("2023-05-10"), policy={"limitation_warning_days": 213}),
    Case("LIMITATION_NEAR", {**old("2023-05-10"), "payments": (Payment(amount="5", on="2024-02-01"),)}),
    Case("LIMITATION_UNSURE", {"acknowledged_on": "2026-05-01", "payments": (Payment(amount="5", on="2026-05-01"),)}),
    Case("LIMITATION_UNSURE", {"negotiating": False}),
    Case("INTEREST_NOT_COMPUTED", reminded("2026-11-20", "2026-12-01"), on="2026-12-31"),
    Case(
        "INTEREST_NOT_COMPUTED", {"agreed_interest": AgreedInterest(percent="4"), **reminded("2026-12-01", "2027-01-04")}, on="2027-02-01"
    ),
    Case("RATE_ABOVE_STATUTORY", {"agreed_interest": AgreedInterest(percent="6.27")}),
    Case("RATE_ABOVE_STATUTORY", {"agreed_interest": AgreedInterest(percent="12", reason="§ 7 des Vertrags")}),
    Case("RATE_ABOVE_STATUTORY", {**BUSINESS, "agreed_interest": AgreedInterest(percent="10.27")}),
)
CIRCUMSTANCES = (
    Case("INSOLVENCY", {"debtor": green_debtor(insolvent=False)}),
    Case("DECEASED", {"debtor": green_debtor(deceased=False), **returned("AC04")}),
    Case("DSR_OPEN", {"debtor": green_debtor(restricted=False)}),
    Case("SANCTIONED_PARTY", {"debtor": green_debtor(sanctioned=False)}),
    Case("REVOCATION_PERIOD_OPEN", {"revocation_ends_on": "2026-05-31", "delivered_on": "2026-05-31"}),
    Case("REVOCATION_PERIOD_OPEN", {"delivered_on": "2026-05-15"}),
    Case("REVOCATION_PERIOD_OPEN", {**BUSINESS, "delivered_on": "2026-05-31"}),
    Case("PAYMENT_PLAN_ACTIVE", {"payment_plan": None}),
    Case("PAYMENT_PLAN_BROKEN", {"payment_plan": None}),
    Case("PAYMENT_PENDING", {"payment_pending": False, **returned(kind=ReturnKind.CHARGEBACK, decided=True)}),
    Case("PSP_OWNS_CLAIM", {"assigned_to": None, "original_creditor": "Vorbesitzer AG"}),
    Case("CONSUMER_CREDIT", {"deferral": Deferral(until="2026-03-20", against_fee=False)}),
    Case("CONSUMER_CREDIT", {**BUSINESS, "deferral": Deferral(until="2026-03-20", against_fee=True)}),
    Case("SUBJECT_SENSITIVE", {"sensitive_subject": False}),
    Case("CHARGEBACK_MISSING", {**returned(on="2026-06-01"), "reminders": (), **CONTRACT}, policy=ONLY_RETURNS),
    Case("CHARGEBACK_MISSING", {**returned(on=None, kind=ReturnKind.CHARGEBACK)}, policy=ONLY_RETURNS),
    Case("RETURN_CONTESTED", returned("AM04")),
    Case("RETURN_OWN_ERROR", returned("AC01")),
)
REMINDERS = (
    Case("REMINDER_MISSING", {"reminders": (), **CONTRACT}, policy={"reminders": 0}),
    Case("REMINDER_MISSING", reminded("2026-04-01", "2026-04-20", channel="Letter"), policy={"reminder_channels": ["email", "letter"]}),
    Case("REMINDER_BEFORE_DUE", reminded("2026-03-10", "2026-04-01", "2026-04-20")),
    Case("REMINDERS_OVERLAP", {"reminders": (Reminder(sent_on="2026-04-01", deadline="2026-04-15"), Reminder(sent_on="2026-04-16"))}),
    Case("GRACE_RUNNING", reminded("2026-04-01", "2026-05-10", deadline="2026-05-26")),
    Case("LAST_REMINDER_OLD", {"due_date": "2026-03-02", **reminded("2026-03-03", "2026-03-03")}),
)
BASIS_AND_PARTIES = (
    Case("CREDITOR_MISSING", {"creditor": None}, {"creditor": green_creditor()}),
    Case("CREDITOR_INCOMPLETE", facts={"creditor": green_creditor(city=None)}),
    Case("SUBJECT_MISSING", {"subject": "1"}),
    Case("CONTRACT_DATE_MISSING", {"contract": Contract(concluded_on="2026-02-26")}),
    Case("INVOICE_NUMBER_MISSING", {"invoice": Invoice(number="7", issued_on="2026-03-02")}),
    Case("INVOICE_DATE_MISSING", {"invoice": Invoice(number="RE-1", issued_on="2026-03-16")}),
    Case("TEXT_UNSAFE", {"subject": "Stuhl\n2 Kissen\tblau"}),
    Case("TEXT_UNSAFE", who(first_name="Anna-Łucja", last_name="d'Ørsted von der Höh")),
    Case("MOJIBAKE_SUSPECT", who(first_name="Åsa", last_name="Ängström-Škoda O’Neill")),
    Case("MOJIBAKE_SUSPECT", who(first_name="João", last_name="Château ÂNE")),
    Case("MOJIBAKE_SUSPECT", at(street="Straße des 17. Juni – Haus „Zur Linde“, 3. OG §", city="Køge")),
    Case("MOJIBAKE_SUSPECT", {"debtor": green_debtor(organization=Organization(name="Gasthof „Öse“ & 1€ Shop™"))}),
    Case("MOJIBAKE_SUSPECT", {"subject": "Schild „N°Cinq“: 20°C, 3€Stück"}),
    Case("ASSERTED", {"asserted": ()}),
    Case("NAME_INCOMPLETE", COMPANY),
    Case("NAME_SUSPECT", who(first_name="Bo", last_name="Xx")),
    Case("MINOR", who(birth_date="2008-02-26")),
    Case("MINOR", who(birth_date=None)),
    Case("MINOR", {"debtor": green_debtor(person=green_person(birth_date="2010-01-01"), guardian_consent=True)}),
    Case("BIRTHDATE_IMPLAUSIBLE", who(birth_date="1916-01-02")),
    Case("CONTACT_SUSPECT", {"debtor": green_debtor(contacts=(Contact(kind=ContactKind.EMAIL, value="j@example.org"),))}),
    Case("ADDRESS_INCOMPLETE", at(street="Straße des 17. Juni 135", house_number=None)),
    Case("ADDRESS_NOT_SERVICEABLE", {"debtor": green_debtor(addresses=(PARCEL_LOCKER, green_address()))}),
    Case("ADDRESS_NOT_SERVICEABLE", at(street="Packhofstraße", station=None)),
    Case("POSTAL_CODE_INVALID", AUSTRIAN, lives_in("AT"), policy={"countries": ["AT"]}),
    Case("COUNTRY_UNSUPPORTED", AUSTRIAN, lives_in("AT"), policy={"countries": ["DE", "AT"]}),
    Case("ADDRESS_UNKNOWN_MOVED", at(undeliverable=False)),
)
NEAR_MISSES = (*ORDER_AND_RECORD, *MONEY, *DATES, *CIRCUMSTANCES, *REMINDERS, *BASIS_AND_PARTIES)
