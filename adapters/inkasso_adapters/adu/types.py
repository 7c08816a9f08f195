"""The calls of the bridge with their records, as one table: the WSDL and every answer are written from it.

Call names, records and members are those of ``reference: shop-plentymarkets.md`` sections 12.3 and 12.4, as far as the bridge fills them;
how the original WSDL declared them is reconstructed by section 12.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

Members = Mapping[str, str]
"""Member -> its type: a simple type of XML Schema, a record, or ``RECORD[]`` for a list."""


class CallTypes(NamedTuple):
    """The records of a call."""

    request: str
    response: str


_MESSAGES = {"Success": "boolean", "ResponseMessages": "ResponseMessage[]"}

RECORDS: Mapping[str, Members] = MappingProxyType(
    {
        "Request_GetAuthentificationToken": {"Username": "string", "Userpass": "string"},
        "Response_GetAuthentificationToken": {**_MESSAGES, "UserID": "int", "Token": "string"},
        "Request_GetOrderStatusList": {"Lang": "string"},
        "Response_GetOrderStatusList": {**_MESSAGES, "OrderStatus": "GetOrderStatusList[]"},
        "GetOrderStatusList": {"OrderStatus": "float", "OrderStatusName": "string"},
        "Request_SearchOrders": {
            "OrderID": "int",
            "ExternalOrderID": "string",
            "InvoiceNumber": "string",
            "OrderStatus": "float",
            "OrderStatusFrom": "float",
            "OrderStatusTo": "float",
            "OrderType": "string",
            "StoreID": "int",
            "LastUpdateFrom": "int",
            "LastUpdateTill": "int",
            "OrderCreatedFrom": "int",
            "OrderCreatedTill": "int",
            "GetOrderCustomerAddress": "boolean",
            "GetOrderDeliveryAddress": "boolean",
            "GetOrderDocumentNumbers": "boolean",
            "GetIncomingPayments": "boolean",
            "Page": "int",
            "CallItemsLimit": "int",
        },
        "Response_SearchOrders": {**_MESSAGES, "Orders": "SearchOrders[]", "Pages": "int"},
        "SearchOrders": {
            "OrderHead": "OrderHead",
            "OrderCustomerAddress": "OrderCustomerAddress",
            "OrderDeliveryAddress": "OrderDeliveryAddress",
            "OrderItems": "OrderItem[]",
        },
        "OrderHead": {
            "OrderID": "int",
            "ExternalOrderID": "string",
            "OrderType": "string",
            "OrderStatus": "float",
            "OrderTimestamp": "int",
            "LastUpdate": "int",
            "DoneTimestamp": "int",
            "PaymentStatus": "int",
            "DunningLevel": "int",
            "CustomerID": "int",
            "CustomerReference": "string",
            "Currency": "string",
            "ExchangeRatio": "float",
            "IsNetto": "boolean",
            "TotalBrutto": "float",
            "TotalInvoice": "float",
            "InitialCurrencyTotalInvoice": "float",
            "Invoice": "string",
            "OrderDocumentNumbers": "OrderDocumentNumbers",
            "IncomingPayments": "OrderIncomingPayment[]",
        },
        "OrderDocumentNumbers": {"InvoiceNumber": "string", "DunningLetterNumber": "String[]"},
        "OrderIncomingPayment": {"ID": "int", "ReferenceID": "string"},
        "String": {"Value": "string"},
        "Integer": {"intValue": "int"},
        "OrderCustomerAddress": {
            "CustomerID": "int",
            "CustomerNo": "string",
            "FormOfAddress": "int",
            "Title": "string",
            "Company": "string",
            "FirstName": "string",
            "Surname": "string",
            "AdditionalName": "string",
            "Street": "string",
            "HouseNumber": "string",
            "ZIP": "string",
            "City": "string",
            "State": "string",
            "CountryISO2": "string",
            "Email": "string",
            "Telephone": "string",
            "Fax": "string",
            "CustomerVATNumber": "string",
        },
        "OrderDeliveryAddress": {
            "FormOfAddress": "int",
            "Title": "string",
            "Company": "string",
            "FirstName": "string",
            "Surname": "string",
            "AdditionalName": "string",
            "Street": "string",
            "HouseNumber": "string",
            "ZIP": "string",
            "City": "string",
            "State": "string",
            "CountryISO2": "string",
        },
        "OrderItem": {"OrderRowID": "int", "ItemText": "string", "Quantity": "float", "Price": "float", "Currency": "string"},
        "Request_GetOrdersInvoiceDocumentURLs": {"OrderIDs": "Integer[]", "GetDocumentAsBinaryData": "boolean"},
        "Response_GetOrdersInvoiceDocumentURLs": {**_MESSAGES, "OrderInvoiceDocumentURL": "OrderInvoiceDocumentURL[]"},
        "OrderInvoiceDocumentURL": {"OrderID": "int", "InvoiceDocumentURL": "string", "FileData": "base64Binary"},
        "Request_GetIncomingPayments": {"OrderID": "int", "CustomerID": "int", "DateFrom": "int", "DateTill": "int", "Page": "int"},
        "Response_GetIncomingPayments": {**_MESSAGES, "IncomingPayments": "IncomingPayment[]", "Pages": "int"},
        "IncomingPayment": {
            "IncomingPaymentID": "int",
            "OrderID": "int",
            "Amount": "float",
            "Currency": "string",
            "Date": "int",
            "InvoiceNumber": "string",
            "ReasonForPayment": "string",
        },
        "Request_AddCustomerNote": {"CustomerNote": "CustomerNote"},
        "Response_AddCustomerNote": _MESSAGES,
        "CustomerNote": {"CustomerID": "int", "Note": "string", "Inserted": "int", "UserID": "int"},
        "ResponseMessage": {
            "Code": "int",
            "IdentificationKey": "string",
            "IdentificationValue": "string",
            "ErrorMessages": "ResponseSubMessage[]",
            "SuccessMessages": "ResponseSubMessage[]",
        },
        "ResponseSubMessage": {"Key": "string", "Value": "string"},
    }
)

CALLS: Mapping[str, CallTypes] = MappingProxyType(
    {
        name: CallTypes(f"Request_{name}", f"Response_{name}")
        for name in (
            "GetAuthentificationToken",
            "GetOrderStatusList",
            "SearchOrders",
            "GetOrdersInvoiceDocumentURLs",
            "GetIncomingPayments",
            "AddCustomerNote",
        )
    }
)
LOGIN = "GetAuthentificationToken"
"""The only call that needs no token."""


def soap_name(record: str) -> str:
    """Return the name of a record in the WSDL."""
    return f"PlentySoap{record}" if record.startswith(("Request_", "Response")) else f"PlentySoapObject_{record}"


def array_name(record: str) -> str:
    """Return the name of the list of a record in the WSDL."""
    return f"ArrayOf{soap_name(record).lower().capitalize()}"


def lists() -> list[str]:
    """Return the records of which there are lists."""
    return sorted({kind.removesuffix("[]") for members in RECORDS.values() for kind in members.values() if kind.endswith("[]")})
