"""What the numbers and words of the REST API mean.

From ``reference: shop-plentymarkets.md`` sections 4.1, 5.1, 5.2, 7.1 and 8.
"""

from __future__ import annotations

from enum import IntEnum

from inkasso_core import AddressKind, ContactKind, Salutation, Station


class OrderType(IntEnum):
    """``typeId`` of an order."""

    SALES_ORDER = 1
    DELIVERY = 2
    RETURN = 3
    CREDIT_NOTE = 4
    WARRANTY = 5
    REPAIR = 6
    OFFER = 7
    ADVANCE_ORDER = 8
    MULTI_ORDER = 9
    MULTI_CREDIT_NOTE = 10
    MULTI_DELIVERY = 11
    REORDER = 12
    PARTIAL_DELIVERY = 13
    SUBSCRIPTION = 14
    REDISTRIBUTION = 15


COLLECTED = frozenset({OrderType.SALES_ORDER, OrderType.WARRANTY, OrderType.REPAIR, OrderType.MULTI_ORDER})
"""The order types for which the shop makes dunning letters."""


REDUCING = frozenset({OrderType.RETURN, OrderType.CREDIT_NOTE})
"""The order types that take something off the order that they refer to."""


class ItemType(IntEnum):
    """``typeId`` of an order item."""

    VARIATION = 1
    BUNDLE = 2
    BUNDLE_COMPONENT = 3
    PROMOTIONAL_COUPON = 4
    GIFT_CARD = 5
    SHIPPING_COSTS = 6
    PAYMENT_SURCHARGE = 7
    GIFT_WRAP = 8
    UNASSIGNED_VARIATION = 9
    DEPOSIT = 10
    ORDER = 11
    DUNNING_CHARGE = 12
    SET = 13
    SET_COMPONENT = 14
    ORDER_PROPERTY = 15


NAMED_ITEMS = frozenset({ItemType.VARIATION, ItemType.BUNDLE, ItemType.UNASSIGNED_VARIATION, ItemType.SET})
"""The items that tell what was sold; components are named by their bundle or set."""


class DateType(IntEnum):
    """``typeId`` of an order's date."""

    DELETED = 1
    CREATED = 2
    PAID = 3
    UPDATED = 4
    COMPLETED = 5
    """Outgoing items booked (Warenausgang gebucht)."""
    RETURNED = 6
    PAYMENT_DUE = 7
    ESTIMATED_SHIPPING = 8
    START = 9
    END = 10
    ESTIMATED_DELIVERY = 11
    MARKET_TRANSFER = 12
    SUBSCRIPTION_CANCELLED = 13
    LAST_RUN = 14
    NEXT_RUN = 15
    PURCHASED = 16
    FINISHED = 17
    LATEST_SHIPPING = 18
    CONFIRMATION_LINK_VALID_UNTIL = 19
    OFFER_VALID_UNTIL = 20


class Property(IntEnum):
    """``typeId`` of an order's property, as far as a claim needs it. The value is always a text."""

    PAYMENT_METHOD = 3
    PAYMENT_STATUS = 4
    DOCUMENT_LANGUAGE = 6
    EXTERNAL_ORDER_ID = 7
    DUNNING_LEVEL = 9
    DISPUTE_STATUS = 25
    MAIN_DOCUMENT_NUMBER = 33
    VAT_NUMBER = 34


NOTHING_OPEN = frozenset({"fullypaid", "overpaid"})
"""Values of ``Property.PAYMENT_STATUS``, folded, with which the shop says that nothing is open any more."""


class AddressRole(IntEnum):
    """``typeId`` of the relation between an order and an address."""

    BILLING = 1
    DELIVERY = 2
    SENDER = 3
    RETURN = 4
    CLIENT = 5
    CONTRACTOR = 6
    WAREHOUSE = 7


ADDRESS_KINDS = {AddressRole.BILLING: AddressKind.BILLING, AddressRole.DELIVERY: AddressKind.DELIVERY}
"""The addresses of the debtor; the others are the merchant's."""

ADDRESS_FIELDS = {"billingAddress": AddressRole.BILLING, "deliveryAddress": AddressRole.DELIVERY}
"""Fields of the order model that hold one address each."""


class AddressOption(IntEnum):
    """``typeId`` of an address option."""

    VAT_NUMBER = 1
    EXTERNAL_ADDRESS_ID = 2
    ENTRY_CERTIFICATE = 3
    TELEPHONE = 4
    EMAIL = 5
    POST_NUMBER = 6
    PERSONAL_NUMBER = 7
    AGE_RATING = 8
    BIRTHDAY = 9
    SESSION_ID = 10
    TITLE = 11
    CONTACT_PERSON = 12
    EXTERNAL_CUSTOMER_ID = 13
    BUYER_REFERENCE = 100
    GLN = 101


OPTION_ALIASES = {
    AddressOption.VAT_NUMBER: "taxIdNumber",
    AddressOption.TELEPHONE: "phone",
    AddressOption.EMAIL: "email",
    AddressOption.BIRTHDAY: "birthday",
    AddressOption.TITLE: "title",
    AddressOption.CONTACT_PERSON: "contactPerson",
}
"""The read-only fields in which an address repeats its options."""

ADDRESS_CONTACTS = {AddressOption.TELEPHONE: ContactKind.PHONE, AddressOption.EMAIL: ContactKind.EMAIL}

CONTACT_FIELDS = {"email": ContactKind.EMAIL, "privatePhone": ContactKind.PHONE, "privateMobile": ContactKind.MOBILE}
"""Fields of a contact that hold an e-mail address or a number."""

CONTACT_OPTIONS = {1: ContactKind.PHONE, 2: ContactKind.EMAIL, 3: ContactKind.FAX}
"""``typeId`` of a contact option."""

MOBILE_SUBTYPES = frozenset({2, 3})
"""``subTypeId`` of a contact's telephone option: mobile private, mobile work."""

SALUTATIONS = {"male": Salutation.MR, "female": Salutation.MS, "diverse": Salutation.DIVERSE}
"""``gender`` of an address or a contact."""

STATIONS = {"PACKSTATION": Station.PACKSTATION, "POSTFILIALE": Station.POST_OFFICE}
"""The first word of ``address1``."""

STATION_FLAGS = {"isPackstation": Station.PACKSTATION, "isPostfiliale": Station.POST_OFFICE}

INVOICES = ("invoice", "invoice_external", "multi_invoice")
"""Document types that are the invoice; an earlier one wins over a later one."""

DUNNING_LETTER = "dunning_letter"
CREDIT_NOTE = "credit_note"

PARENT = "parent"
"""``referenceType`` of an order's reference to the one that it came of."""


class PaymentProperty(IntEnum):
    """``typeId`` of a payment's property, as far as it is written."""

    TRANSACTION_ID = 1
    BOOKING_TEXT = 3


MONEY_IN = "credit"
MONEY_OUT = "debit"

BOOKED = frozenset({2, 3, 4})
"""``status`` of a payment that counts: approved, captured, partially captured."""

COMMERCIAL_FORMS = frozenset({"gmbh", "ggmbh", "mbh", "ug", "ag", "se", "kgaa", "kg", "ohg", "eg"})
"""Legal forms, folded, that can be no consumer: no natural person (§ 13 BGB), always in trade (§§ 6, 105, 161 HGB, §
13(3) GmbHG, § 3 AktG, § 17(2) GenG). A sole trader (e.K.) may buy privately and an association (e.V.) may not trade:
both are left out."""

COUNTRIES = {
    1: "DE",
    2: "AT",
    3: "BE",
    4: "CH",
    5: "CY",
    6: "CZ",
    7: "DK",
    8: "ES",
    9: "EE",
    10: "FR",
    11: "FI",
    12: "GB",
    13: "GR",
    14: "HU",
    15: "IT",
    16: "IE",
    17: "LU",
    18: "LV",
    19: "MT",
    20: "NO",
    21: "NL",
    22: "PT",
    23: "PL",
    24: "SE",
    25: "SG",
    26: "SK",
    27: "SI",
    28: "US",
    33: "LT",
    34: "LI",
    35: "MC",
    41: "RO",
    44: "BG",
    54: "HR",
    255: "DE",  # Helgoland
    256: "DE",  # Büsingen
}
"""``countryId`` to ISO 3166-1 alpha-2."""
