"""The names of Core1: methods, properties and document types, each a setting with the known name as its default.

Methods and attributes differ between instances (``reference: shop-actindo.md`` section 3.1), so nothing of this is fixed. What was never
seen in public (the link from a notice to its invoice, dunning level, open amount, due date) has no default: the merchant looks it up in
the API text of the own instance ("Dev Tools > API").
"""

from __future__ import annotations

from pydantic import Field, model_validator

from inkasso_core import ShopSettings

PREFIX = "Actindo.Modules."


class Methods(ShopSettings):
    """`[shops.NAME.settings.methods]`: the names of the API methods that are called."""

    authorize: str = "Actindo.CoreModules.Auth.OAuth2.authorize"
    """Where a person lets `inkasso` in."""
    grant: str = "Actindo.CoreModules.Auth.OAuth2Token.getAccessToken"
    """Where tokens are issued and renewed."""
    ping: str = "Actindo.CoreModules.Tools.TenantTest.ping"
    """What `inkasso doctor --online` calls to see that calls are answered."""
    documents: str = f"{PREFIX}RetailSuite.RetailSuiteFaktBase.BusinessDocuments.getList"
    """What lists business documents."""
    customers: str | None = None
    """What lists customers with their locks, filtered by `id`. No such method is public; without it, locks are not seen."""


class DocumentFields(ShopSettings):
    """`[shops.NAME.settings.fields]`: the property paths of a business document.

    A dot leads into an object, such as `legacyProperties.mahnstufe`."""

    id: str = "id"
    """The document's id: never changes, and is the claim's key."""
    number: str = "documentNumber"
    """The number that people read."""
    type: str = "type"
    """The document type, `RE`, `MA`, …"""
    date: str = "documentDate"
    """The date of the document."""
    created: str = "created"
    """When it was created: the poll filters and sorts by it."""
    invoice: str | None = None
    """In a notice, credit or reversal: the id of the invoice that it belongs to. Has to be set for Core1."""
    level: str | None = None
    """In a notice: the dunning level. Has to be set for Core1."""
    fee: str | None = None
    """In a notice: the dunning fee. Left out, no fee is claimed."""
    open_amount: str | None = None
    """In an invoice: what is still open of it, payments and credits deducted. Left out, payments are not seen."""
    due_date: str | None = None
    """In an invoice: the day of payment. Left out, see `assertion.due_days`."""
    deadline: str | None = None
    """In a notice: the last day to pay that it names."""
    gross: str = "brutto"
    """The gross amount."""
    currency: str = "currency"
    """The currency (ISO 4217)."""
    payment_type: str = "paymentType"
    """The code of the payment method."""
    payment_label: str = "paymentTypeLabel"
    """The payment method as people read it."""
    customer: str = "customerSupplierId"
    """The id of the customer."""
    first_name: str = "customerSupplierFirstName"
    """The debtor's first name."""
    last_name: str = "customerSupplierLastName"
    """The debtor's last name."""
    company: str | None = None
    """The debtor's company, where documents have it."""
    street: str = "customerSupplierAddress"
    """Street and house number."""
    postal_code: str = "customerSupplierZip"
    """The postal code."""
    city: str = "customerSupplierCity"
    """The town."""
    country: str = "customerSupplierCountry2Digit"
    """The country."""
    email: str = "customerSupplierEmail"
    """The debtor's e-mail address."""
    positions: str = "positions"
    """The list of positions: what was sold."""
    position_name: str = "artName"
    """In a position: the article's name."""
    position_quantity: str = "menge"
    """In a position: how many."""


class CustomerFields(ShopSettings):
    """`[shops.NAME.settings.customer_fields]`: the property paths of a customer, for `methods.customers`."""

    id: str = "id"
    """The customer's id."""
    reminder_lock: str = "reminderLock"
    """The dunning block: while it is set, the claim waits."""
    reminder_automatic_lock: str = "reminderAutomaticLock"
    """The automatic dunning block: while it is set, the claim waits."""
    language: str = "languageCode"
    """The customer's language."""
    company: str = "company"
    """The company, as in the address."""
    salutation: str = "salutation"
    """How the person is addressed; see `salutations`."""
    address_extra: str = "address2"
    """What else stands in the address."""
    vat_id: str = "vatId"
    """The VAT number."""
    phone: str = "phone"
    """A telephone number."""
    phone2: str = "phone2"
    """Another one."""
    mobile: str = "mobile"
    """A mobile number."""
    fax: str = "fax"
    """A fax number."""
    birth_date: str | None = None
    """The birth date, where customers have one."""


class Types(ShopSettings):
    """`[shops.NAME.settings.types]`: what the document types mean."""

    invoice: tuple[str, ...] = Field(default=("RE",), min_length=1)
    """Invoices that a notice may belong to."""
    notice: tuple[str, ...] = Field(default=("MA",), min_length=1)
    """Dunning notices."""
    credit: tuple[str, ...] = ("GU", "WG")
    """What reduces the claim by its own gross amount."""
    reversal: tuple[str, ...] = ("ST",)
    """What ends the claim."""

    @model_validator(mode="after")
    def _one_meaning(self) -> Types:
        kinds = [*self.invoice, *self.notice, *self.credit, *self.reversal]
        if len(set(kinds)) != len(kinds):
            raise ValueError("a document type has one meaning")
        return self

    @property
    def streamed(self) -> tuple[str, ...]:
        """The types that a poll asks for: invoices are read where a notice names them."""
        return (*self.notice, *self.credit, *self.reversal)
