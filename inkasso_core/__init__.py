"""inkasso: hands overdue orders of shop systems to collection agencies, once, with a diagnosis, and with the way back.

These are the public names; everything else is private. They are loaded when first used (PEP 562), so ``import inkasso_core`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from inkasso_core._version import __version__

if TYPE_CHECKING:
    from inkasso_core.agencies.attachments import Attachment as Attachment
    from inkasso_core.agencies.attachments import read_documents as read_documents
    from inkasso_core.agencies.base import AGENCY_HAS_NONE as AGENCY_HAS_NONE
    from inkasso_core.agencies.base import NOT_BUILT_YET as NOT_BUILT_YET
    from inkasso_core.agencies.base import NOT_CONFIGURED as NOT_CONFIGURED
    from inkasso_core.agencies.base import NOT_PUBLISHED as NOT_PUBLISHED
    from inkasso_core.agencies.base import Agency as Agency
    from inkasso_core.agencies.base import AgencySettings as AgencySettings
    from inkasso_core.agencies.digest import entry_digest as entry_digest
    from inkasso_core.agencies.family import Transports as Transports
    from inkasso_core.agencies.file import FileAgency as FileAgency
    from inkasso_core.agencies.file import FileSettings as FileSettings
    from inkasso_core.agencies.http import HttpAgency as HttpAgency
    from inkasso_core.agencies.http import HttpSettings as HttpSettings
    from inkasso_core.agencies.http import Refusal as Refusal
    from inkasso_core.agencies.http import from_json as from_json
    from inkasso_core.agencies.http import to_json as to_json
    from inkasso_core.agencies.inbox import Inbox as Inbox
    from inkasso_core.agencies.inbox import LocalInbox as LocalInbox
    from inkasso_core.agencies.inbox import Paper as Paper
    from inkasso_core.agencies.inbox import SftpInbox as SftpInbox
    from inkasso_core.agencies.mail import MailAgency as MailAgency
    from inkasso_core.agencies.mail import MailSettings as MailSettings
    from inkasso_core.agencies.mail import Sent as Sent
    from inkasso_core.agencies.sftp import SftpFolder as SftpFolder
    from inkasso_core.agencies.sftp import SftpSettings as SftpSettings
    from inkasso_core.agencies.sftp_drop import SftpFileAgency as SftpFileAgency
    from inkasso_core.agencies.soap import Envelope as Envelope
    from inkasso_core.agencies.soap import SoapAgency as SoapAgency
    from inkasso_core.agencies.soap import SoapSettings as SoapSettings
    from inkasso_core.agencies.soap_answer import Fault as Fault
    from inkasso_core.agencies.soap_answer import SoapAnswer as SoapAnswer
    from inkasso_core.agencies.soap_answer import as_list as as_list
    from inkasso_core.agencies.table import Cell as Cell
    from inkasso_core.agencies.table import Column as Column
    from inkasso_core.agencies.table import Kind as Kind
    from inkasso_core.agencies.table import TableDialect as TableDialect
    from inkasso_core.agencies.table import TableWriter as TableWriter
    from inkasso_core.agencies.webhooks import check_signature as check_signature
    from inkasso_core.agencies.webhooks import check_time as check_time
    from inkasso_core.agencies.wire import Answer as Answer
    from inkasso_core.agencies.wire import Times as Times
    from inkasso_core.agencies.wire import Wire as Wire
    from inkasso_core.app import Filter as Filter
    from inkasso_core.app import Handled as Handled
    from inkasso_core.app import Inkasso as Inkasso
    from inkasso_core.app import Result as Result
    from inkasso_core.app import Stored as Stored
    from inkasso_core.errors import AgencyError as AgencyError
    from inkasso_core.errors import AuthenticationFailed as AuthenticationFailed
    from inkasso_core.errors import ClaimInvalid as ClaimInvalid
    from inkasso_core.errors import ClaimRejected as ClaimRejected
    from inkasso_core.errors import ConfigurationError as ConfigurationError
    from inkasso_core.errors import DeliveryRefused as DeliveryRefused
    from inkasso_core.errors import InkassoError as InkassoError
    from inkasso_core.errors import InvalidInput as InvalidInput
    from inkasso_core.errors import LegalDataMissing as LegalDataMissing
    from inkasso_core.errors import NotFound as NotFound
    from inkasso_core.errors import NotPermitted as NotPermitted
    from inkasso_core.errors import OutcomeUnknown as OutcomeUnknown
    from inkasso_core.errors import PluginError as PluginError
    from inkasso_core.errors import StoreError as StoreError
    from inkasso_core.errors import TemporarilyUnavailable as TemporarilyUnavailable
    from inkasso_core.errors import TransitionRefused as TransitionRefused
    from inkasso_core.errors import UnsupportedOperation as UnsupportedOperation
    from inkasso_core.lifecycle import Actor as Actor
    from inkasso_core.lifecycle import Profile as Profile
    from inkasso_core.lifecycle import Role as Role
    from inkasso_core.lifecycle import State as State
    from inkasso_core.lifecycle import state_label as state_label
    from inkasso_core.model.agency import AgencyStatus as AgencyStatus
    from inkasso_core.model.agency import Outcome as Outcome
    from inkasso_core.model.agency import Placement as Placement
    from inkasso_core.model.agency import StatusReport as StatusReport
    from inkasso_core.model.agency import Submission as Submission
    from inkasso_core.model.circumstances import AgreedInterest as AgreedInterest
    from inkasso_core.model.circumstances import DeclaredDefault as DeclaredDefault
    from inkasso_core.model.circumstances import Deferral as Deferral
    from inkasso_core.model.circumstances import PaymentPlan as PaymentPlan
    from inkasso_core.model.circumstances import PaymentReturn as PaymentReturn
    from inkasso_core.model.circumstances import ReturnKind as ReturnKind
    from inkasso_core.model.claim import AppliesTo as AppliesTo
    from inkasso_core.model.claim import Charge as Charge
    from inkasso_core.model.claim import ChargeKind as ChargeKind
    from inkasso_core.model.claim import Claim as Claim
    from inkasso_core.model.claim import ClaimKind as ClaimKind
    from inkasso_core.model.claim import Contract as Contract
    from inkasso_core.model.claim import Credit as Credit
    from inkasso_core.model.claim import Dispute as Dispute
    from inkasso_core.model.claim import Document as Document
    from inkasso_core.model.claim import DueDateOrigin as DueDateOrigin
    from inkasso_core.model.claim import Invoice as Invoice
    from inkasso_core.model.claim import OrderEnd as OrderEnd
    from inkasso_core.model.claim import Payment as Payment
    from inkasso_core.model.claim import PaymentOrigin as PaymentOrigin
    from inkasso_core.model.claim import Reminder as Reminder
    from inkasso_core.model.claim import Source as Source
    from inkasso_core.model.codes import country_code as country_code
    from inkasso_core.model.diagnosis import Diagnosis as Diagnosis
    from inkasso_core.model.diagnosis import Finding as Finding
    from inkasso_core.model.diagnosis import Level as Level
    from inkasso_core.model.events import ClaimEvent as ClaimEvent
    from inkasso_core.model.events import ClaimEventKind as ClaimEventKind
    from inkasso_core.model.events import ShopEvent as ShopEvent
    from inkasso_core.model.events import ShopEventKind as ShopEventKind
    from inkasso_core.model.feed import Collected as Collected
    from inkasso_core.model.feed import Delivery as Delivery
    from inkasso_core.model.feed import Feed as Feed
    from inkasso_core.model.feed import FeedEntry as FeedEntry
    from inkasso_core.model.feed import FeedKind as FeedKind
    from inkasso_core.model.feed import Ledger as Ledger
    from inkasso_core.model.feed import Message as Message
    from inkasso_core.model.feed import Payout as Payout
    from inkasso_core.model.feed import Sender as Sender
    from inkasso_core.model.instructions import Acknowledgement as Acknowledgement
    from inkasso_core.model.instructions import Amend as Amend
    from inkasso_core.model.instructions import Instruction as Instruction
    from inkasso_core.model.instructions import Pause as Pause
    from inkasso_core.model.instructions import Recall as Recall
    from inkasso_core.model.instructions import ReportPayment as ReportPayment
    from inkasso_core.model.instructions import Resume as Resume
    from inkasso_core.model.instructions import SendDocument as SendDocument
    from inkasso_core.model.instructions import SendMessage as SendMessage
    from inkasso_core.model.party import Address as Address
    from inkasso_core.model.party import AddressKind as AddressKind
    from inkasso_core.model.party import Capacity as Capacity
    from inkasso_core.model.party import Contact as Contact
    from inkasso_core.model.party import ContactKind as ContactKind
    from inkasso_core.model.party import Creditor as Creditor
    from inkasso_core.model.party import Debtor as Debtor
    from inkasso_core.model.party import Organization as Organization
    from inkasso_core.model.party import Person as Person
    from inkasso_core.model.party import Salutation as Salutation
    from inkasso_core.model.party import Station as Station
    from inkasso_core.model.shop import Asked as Asked
    from inkasso_core.model.shop import Case as Case
    from inkasso_core.model.shop import Page as Page
    from inkasso_core.model.shop import Part as Part
    from inkasso_core.model.shop import Received as Received
    from inkasso_core.model.shop import Reported as Reported
    from inkasso_core.model.shop import ShopRequest as ShopRequest
    from inkasso_core.model.statement import Booking as Booking
    from inkasso_core.model.statement import Default as Default
    from inkasso_core.model.statement import DefaultCause as DefaultCause
    from inkasso_core.model.statement import Limitation as Limitation
    from inkasso_core.model.statement import Segment as Segment
    from inkasso_core.model.statement import Statement as Statement
    from inkasso_core.model.words import Language as Language
    from inkasso_core.model.words import Text as Text
    from inkasso_core.plugins.base import ShopPlugin as ShopPlugin
    from inkasso_core.plugins.base import ShopSettings as ShopSettings
    from inkasso_core.plugins.context import Book as Book
    from inkasso_core.plugins.context import Desk as Desk
    from inkasso_core.plugins.context import Kept as Kept
    from inkasso_core.plugins.context import Shelf as Shelf
    from inkasso_core.plugins.context import ShopContext as ShopContext
    from inkasso_core.plugins.spec import hookimpl as hookimpl
    from inkasso_core.readers import ColumnSpec as ColumnSpec
    from inkasso_core.readers import Dialect as Dialect
    from inkasso_core.readers import FileRefused as FileRefused
    from inkasso_core.readers import Position as Position
    from inkasso_core.readers import Reader as Reader
    from inkasso_core.readers import Record as Record
    from inkasso_core.readers import Rejected as Rejected
    from inkasso_core.readers import ValueRefused as ValueRefused
    from inkasso_core.readers import open_records as open_records
    from inkasso_core.readers import parse_amount as parse_amount
    from inkasso_core.readers import parse_date as parse_date
    from inkasso_core.readers import parse_instant as parse_instant
    from inkasso_core.readers import refuse_damage as refuse_damage
    from inkasso_core.settings import Settings as Settings
    from inkasso_core.web import intake_app as intake_app
    from inkasso_core.workers.worker import Worker as Worker

_HOMES = {
    "agencies.attachments": (
        "Attachment",
        "read_documents",
    ),
    "agencies.base": (
        "AGENCY_HAS_NONE",
        "Agency",
        "AgencySettings",
        "NOT_BUILT_YET",
        "NOT_CONFIGURED",
        "NOT_PUBLISHED",
    ),
    "agencies.digest": ("entry_digest",),
    "agencies.family": ("Transports",),
    "agencies.file": (
        "FileAgency",
        "FileSettings",
    ),
    "agencies.http": (
        "HttpAgency",
        "HttpSettings",
        "Refusal",
        "from_json",
        "to_json",
    ),
    "agencies.mail": (
        "MailAgency",
        "MailSettings",
        "Sent",
    ),
    "agencies.inbox": (
        "Inbox",
        "LocalInbox",
        "Paper",
        "SftpInbox",
    ),
    "agencies.sftp": (
        "SftpFolder",
        "SftpSettings",
    ),
    "agencies.sftp_drop": ("SftpFileAgency",),
    "agencies.soap": (
        "Envelope",
        "SoapAgency",
        "SoapSettings",
    ),
    "agencies.soap_answer": (
        "Fault",
        "SoapAnswer",
        "as_list",
    ),
    "agencies.table": (
        "Cell",
        "Column",
        "Kind",
        "TableDialect",
        "TableWriter",
    ),
    "agencies.webhooks": (
        "check_signature",
        "check_time",
    ),
    "agencies.wire": (
        "Answer",
        "Times",
        "Wire",
    ),
    "app": (
        "Filter",
        "Handled",
        "Inkasso",
        "Result",
        "Stored",
    ),
    "errors": (
        "AgencyError",
        "AuthenticationFailed",
        "ClaimInvalid",
        "ClaimRejected",
        "ConfigurationError",
        "DeliveryRefused",
        "InkassoError",
        "InvalidInput",
        "LegalDataMissing",
        "NotFound",
        "NotPermitted",
        "OutcomeUnknown",
        "PluginError",
        "StoreError",
        "TemporarilyUnavailable",
        "TransitionRefused",
        "UnsupportedOperation",
    ),
    "lifecycle": (
        "Actor",
        "Profile",
        "Role",
        "State",
        "state_label",
    ),
    "model.agency": (
        "AgencyStatus",
        "Outcome",
        "Placement",
        "StatusReport",
        "Submission",
    ),
    "model.circumstances": (
        "AgreedInterest",
        "DeclaredDefault",
        "Deferral",
        "PaymentPlan",
        "PaymentReturn",
        "ReturnKind",
    ),
    "model.claim": (
        "AppliesTo",
        "Charge",
        "ChargeKind",
        "Claim",
        "ClaimKind",
        "Contract",
        "Credit",
        "Dispute",
        "Document",
        "DueDateOrigin",
        "Invoice",
        "OrderEnd",
        "Payment",
        "PaymentOrigin",
        "Reminder",
        "Source",
    ),
    "model.codes": ("country_code",),
    "model.diagnosis": (
        "Diagnosis",
        "Finding",
        "Level",
    ),
    "model.events": (
        "ClaimEvent",
        "ClaimEventKind",
        "ShopEvent",
        "ShopEventKind",
    ),
    "model.feed": (
        "Collected",
        "Delivery",
        "Feed",
        "FeedEntry",
        "FeedKind",
        "Ledger",
        "Message",
        "Payout",
        "Sender",
    ),
    "model.instructions": (
        "Acknowledgement",
        "Amend",
        "Instruction",
        "Pause",
        "Recall",
        "ReportPayment",
        "Resume",
        "SendDocument",
        "SendMessage",
    ),
    "model.party": (
        "Address",
        "AddressKind",
        "Capacity",
        "Contact",
        "ContactKind",
        "Creditor",
        "Debtor",
        "Organization",
        "Person",
        "Salutation",
        "Station",
    ),
    "model.shop": (
        "Asked",
        "Case",
        "Page",
        "Part",
        "Received",
        "Reported",
        "ShopRequest",
    ),
    "model.statement": (
        "Booking",
        "Default",
        "DefaultCause",
        "Limitation",
        "Segment",
        "Statement",
    ),
    "model.words": (
        "Language",
        "Text",
    ),
    "plugins.base": (
        "ShopPlugin",
        "ShopSettings",
    ),
    "plugins.context": (
        "Book",
        "Desk",
        "Kept",
        "Shelf",
        "ShopContext",
    ),
    "plugins.spec": ("hookimpl",),
    "readers": (
        "ColumnSpec",
        "Dialect",
        "FileRefused",
        "Position",
        "Reader",
        "Record",
        "Rejected",
        "ValueRefused",
        "open_records",
        "parse_amount",
        "parse_date",
        "parse_instant",
        "refuse_damage",
    ),
    "settings": ("Settings",),
    "web": ("intake_app",),
    "workers.worker": ("Worker",),
}
_HOME_OF = {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", *sorted(_HOME_OF)]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
