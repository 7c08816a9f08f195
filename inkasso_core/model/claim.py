"""The claim (Forderung): one due item with its charges, payments, credits and reminders.

Fields follow ``reference: agency-apis.md`` section 3 and ``domain.md`` section 3.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from inkasso_core.model._base import Amount, Day, Instant, Model, Name, Prose, Reference, json_like
from inkasso_core.model.allocation import ZERO, Open, divide
from inkasso_core.model.circumstances import AgreedInterest, DeclaredDefault, Deferral, PaymentPlan, PaymentReturn
from inkasso_core.model.codes import Currency, decimals, smallest_unit
from inkasso_core.model.party import Creditor, Debtor


class ClaimKind(StrEnum):
    """What was owed for."""

    GOODS = "goods"
    PREPAID_GOODS = "prepaid_goods"
    SERVICE = "service"


class DueDateOrigin(StrEnum):
    """Who fixed the due date. A date that only the invoice names puts no consumer in default (BGH III ZR 91/07)."""

    CONTRACT = "contract"
    """A calendar date that the contract names (§ 286(2) no. 1 BGB)."""
    CONTRACT_EVENT = "contract_event"
    """Agreed in the contract as so many days after an event, for example after delivery (§ 286(2) no. 2 BGB)."""
    INVOICE = "invoice"


class ChargeKind(StrEnum):
    """An ancillary claim (Nebenforderung) of the creditor's own."""

    DUNNING_FEE = "dunning_fee"
    BANK_RETURN_FEE = "bank_return_fee"
    BANK_FEE = "bank_fee"
    ADDRESS_RESEARCH = "address_research"
    INFORMATION_COST = "information_cost"
    FLAT_FEE = "flat_fee"
    OTHER = "other"


class PaymentOrigin(StrEnum):
    """Who first knew of the payment. What the agency told us is never reported back to it."""

    SHOP = "shop"
    AGENCY = "agency"
    US = "us"


class AppliesTo(StrEnum):
    """What the shop booked the payment on; ``auto`` leaves the order of § 367 BGB."""

    AUTO = "auto"
    PRINCIPAL = "principal"
    CHARGES = "charges"


class OrderEnd(StrEnum):
    """Why nothing is owed any more: cancelled (storniert), refunded (erstattet), revoked (widerrufen, § 355 BGB)."""

    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    REVOKED = "revoked"


class Source(Model):
    """Where the claim comes from, in the shop's own immutable ids. The amount is never part of it."""

    shown: ClassVar[frozenset[str]] = frozenset({"order", "product", "instalment"})

    order: Reference
    """The shop's immutable id of the order."""
    product: Name = None
    instalment: int | None = Field(default=None, ge=0, lt=10**12, strict=True)
    order_number: Name = None
    """What people call the order, where it differs from the id."""
    vendor: Name = None
    """The seller inside a marketplace."""
    status: Name = None
    """The order status or dunning level that the shop reported."""
    triggered: bool = True
    """False where the record is no (or no longer a) trigger for collection: it revises a known claim and starts none."""
    version: int | None = Field(default=None, ge=0, lt=10**20, strict=True)
    """The shop's own counter of changes, where it has one."""
    reported_at: Instant | None = None
    """When the shop last changed the record; decides which of two reports is newer, where there is no ``version``."""

    @property
    def key(self) -> str:
        """The claim's key inside its shop: order, product and instalment, as far as they exist."""
        parts = [self.order, self.product, None if self.instalment is None else str(self.instalment)]
        while parts[-1] is None:
            parts.pop()
        return "/".join([part.replace("%", "%25").replace("/", "%2F") if part else "" for part in parts])


class Contract(Model):
    """The contract behind the claim: its date must be told to the debtor (RDG § 13a(1) no. 2)."""

    shown: ClassVar[frozenset[str]] = frozenset({"concluded_on"})

    number: Name = None
    concluded_on: Day | None = None
    channel: Name = None


class Invoice(Model):
    """The invoice (Rechnung). Its number may arrive later than the claim."""

    shown: ClassVar[frozenset[str]] = frozenset({"number", "issued_on"})

    number: Name = None
    issued_on: Day | None = None
    received_on: Day | None = None
    thirty_day_notice: bool | None = None
    """Whether the invoice told a consumer of the 30-day rule (§ 286(3) BGB)."""


class Charge(Model):
    """An ancillary claim: kind, amount, date and reason (RDG § 13a(1) no. 5)."""

    shown: ClassVar[frozenset[str]] = frozenset({"kind", "amount", "on"})

    kind: ChargeKind
    amount: Amount
    on: Day | None = None
    reason: Prose = None


class Payment(Model):
    """Money that came in (Zahlungseingang)."""

    shown: ClassVar[frozenset[str]] = frozenset({"amount", "on", "origin", "applies_to"})

    amount: Amount
    on: Day | None = None
    origin: PaymentOrigin = PaymentOrigin.SHOP
    applies_to: AppliesTo = AppliesTo.AUTO
    reference: Name = None


class Credit(Model):
    """A credit note (Gutschrift). Only one that the shop allocated to this claim reduces it."""

    shown: ClassVar[frozenset[str]] = frozenset({"amount", "on", "allocated"})

    amount: Amount
    on: Day | None = None
    allocated: bool = True
    reference: Name = None


class Reminder(Model):
    """A dunning notice or payment reminder (Mahnung, Zahlungserinnerung)."""

    shown: ClassVar[frozenset[str]] = frozenset({"level", "sent_on", "received_on", "deadline"})

    level: int | None = Field(default=None, ge=0, le=9, strict=True)
    sent_on: Day | None = None
    received_on: Day | None = None
    """When the debtor received it (Zugang), where that is proved; else some days after sending count."""
    deadline: Day | None = None
    channel: Name = None
    number: Name = None


class Dispute(Model):
    """The debtor contests ground or amount (Bestreiten)."""

    shown: ClassVar[frozenset[str]] = frozenset({"since", "resolved_on"})

    since: Day | None = None
    reason: Prose = None
    resolved_on: Day | None = None

    @property
    def is_open(self) -> bool:
        """True until the dispute was resolved."""
        return self.resolved_on is None


class Document(Model):
    """A voucher by name and digest; its content lies with the shop."""

    shown: ClassVar[frozenset[str]] = frozenset({"kind", "media_type"})

    kind: Reference
    name: Name = None
    media_type: Name = None
    url: Name = None
    sha256: Name = None


_Paths = Annotated[tuple[Reference, ...], Field(max_length=50)]
_Extra = Annotated[dict[str, dict[str, Any]], BeforeValidator(json_like)]


class Written(NamedTuple):
    """A claim as it is stored, and the digest of all that was reported, but for the time of the report."""

    body: str
    digest: str

    def __repr__(self) -> str:
        return f"Written({self.digest})"


class Claim(Model):
    """One due item: one invoice or one instalment. Amounts are in ``currency``, gross.

    Raises ``pydantic.ValidationError`` for a value of the wrong form, naming the field and never the value. What is merely *missing* is
    no error: the diagnosis says what is missing and how to mend it.
    """

    shown: ClassVar[frozenset[str]] = frozenset({"source", "currency", "principal", "due_date"})

    source: Source
    currency: Currency
    principal: Amount
    """The principal (Hauptforderung) as invoiced, before payments and credits."""
    debtor: Debtor
    creditor: Creditor | None = None
    """Left out, the shop's configured creditor counts."""
    original_creditor: Name = None
    """Whose claim it was before it was assigned (Abtretung): the agency names him on request (RDG § 13a(2))."""
    kind: ClaimKind = ClaimKind.GOODS
    subject: Prose = None
    """What was sold or done, in words that the debtor understands (Forderungsgrund)."""
    contract: Contract | None = None
    invoice: Invoice | None = None
    service_date: Day | None = None
    performed: bool | None = None
    """Whether goods were sent or the service rendered."""
    delivered_on: Day | None = None
    """When the debtor received the goods: his right to revoke runs from there (§ 356(2) BGB)."""
    revocation_ends_on: Day | None = None
    """The last day of the right to revoke (Widerrufsfrist), where the shop knows it."""
    sensitive_subject: bool | None = None
    """Whether the subject reveals health, sex life, belief or the like (GDPR art. 9)."""
    due_date: Day | None = None
    due_date_origin: DueDateOrigin | None = None
    deferral: Deferral | None = None
    refused_on: Day | None = None
    """When the debtor refused payment seriously and for good (§ 286(2) no. 3 BGB)."""
    declared_default: DeclaredDefault | None = None
    agreed_interest: AgreedInterest | None = None
    acknowledged_on: Day | None = None
    """When the debtor acknowledged the claim (Anerkenntnis, § 212 BGB)."""
    negotiating: bool | None = None
    """Whether creditor and debtor negotiate about the claim (§ 203 BGB)."""
    judged_on: Day | None = None
    """Since when the claim is established by a judgment or another title (§ 197(1) BGB)."""
    charges: tuple[Charge, ...] = Field(default=(), max_length=200)
    payments: tuple[Payment, ...] = Field(default=(), max_length=1000)
    credits: tuple[Credit, ...] = Field(default=(), max_length=200)
    reminders: tuple[Reminder, ...] = Field(default=(), max_length=100)
    dispute: Dispute | None = None
    ended: OrderEnd | None = None
    payment_method: Name = None
    payment_pending: bool | None = None
    """Whether a payment is on its way: authorised, a direct debit not yet settled."""
    payment_plan: PaymentPlan | None = None
    returns: tuple[PaymentReturn, ...] = Field(default=(), max_length=100)
    """Payments that went back: chargebacks and returned direct debits."""
    assigned_to: Name = None
    """To whom the shop has assigned the claim (Klarna, factoring): then it is not the shop's to hand over."""
    documents: tuple[Document, ...] = Field(default=(), max_length=100)
    note: Prose = None
    """A remark for the agency's clerk, not for the debtor."""
    asserted: _Paths = ()
    """Fields that no record of the shop holds: the merchant's configuration asserted them."""
    extra: _Extra = Field(default_factory=dict)
    """Per agency: what only its interface knows, as JSON. A number with decimals is kept as text, so that it stays exact."""

    @model_validator(mode="after")
    def _decimals(self) -> Claim:
        unit = smallest_unit(self.currency)
        parts: tuple[Charge | Payment | Credit, ...] = (*self.charges, *self.payments, *self.credits)
        if self.principal % unit or any(part.amount % unit for part in parts):
            raise self._finer_than(unit)
        return self

    def _finer_than(self, unit: Decimal) -> PydanticCustomError:
        amounts = [("principal", self.principal)]
        for name in ("charges", "payments", "credits"):
            amounts += [(f"{name}.{number}.amount", item.amount) for number, item in enumerate(getattr(self, name))]
        return PydanticCustomError(
            "amount_decimals",
            "{path} has more decimals than {currency} allows ({places}): send the rounded amount that the invoice shows",
            {
                "path": next(path for path, amount in amounts if amount % unit),
                "currency": self.currency,
                "places": decimals(self.currency),
            },
        )

    @property
    def open(self) -> Open:
        """What is still owed, divided into principal and charges (§ 367 BGB for what the shop did not allocate)."""
        return divide(
            principal=sum((-c.amount for c in self.credits if c.allocated), self.principal),
            charges=sum((c.amount for c in self.charges), ZERO),
            payments=[(p.applies_to, p.amount) for p in self.payments],
        )

    @property
    def principal_open(self) -> Decimal:
        """The open principal (offene Hauptforderung); below zero when more was paid than owed."""
        return self.open.principal

    @property
    def total_open(self) -> Decimal:
        """Open principal and open charges together."""
        return self.open.total

    @property
    def last_reminder(self) -> Reminder | None:
        """The reminder sent last, or None."""
        dated = [r for r in self.reminders if r.sent_on]
        return max(dated, key=lambda r: r.sent_on) if dated else None  # type: ignore[arg-type, return-value]

    def written(self) -> Written:
        """Return the claim as JSON, without what is merely default, and its digest.

        A value of a wrong type, which only a copy or a construction without validation can hold, is written without the usual warning:
        that would show it.
        """
        content = self.model_dump_json(exclude={"source"}, exclude_defaults=True, warnings=False)[1:]
        source = self.source.model_dump_json(exclude_defaults=True, warnings=False)
        undated = self.source.model_dump_json(exclude={"version", "reported_at"}, exclude_defaults=True, warnings=False)
        return Written(f'{{"source":{source},{content}', hashlib.sha256(f"{undated},{content}".encode()).hexdigest())

    def digest(self) -> str:
        """Return a digest of all that was reported, but for the time of the report: equal content, equal digest."""
        return self.written().digest
