"""ADU as it used to work: its importer pulls released orders from the shop and writes notes back (``reference: agency-adu.md`` section 2).

A hand-over is an entry in the spool of this account; :func:`application` serves the spool to the importer. Until the importer notes that it
took the order, the case is not at the agency. Which calls ADU's importer made is not documented, and the shop system that it spoke to ended
them in 2019: whether any importer still speaks them, only ADU can say.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError

from inkasso_adapters import _reading as reading
from inkasso_adapters.adu.notes import Meaning, NotePattern, check_pattern, read_note
from inkasso_adapters.adu.orders import order_of, payment_of, payments_of
from inkasso_adapters.adu.portal import PortalSettings, check_address
from inkasso_adapters.adu.released import Released
from inkasso_adapters.adu.service import Access, Bridge
from inkasso_adapters.adu.spool import Entry, Noted, Placed, Spool
from inkasso_adapters.adu.wsdl import Arrays
from inkasso_core import (
    NOT_CONFIGURED,
    Acknowledgement,
    Agency,
    AgencyStatus,
    Amend,
    ClaimInvalid,
    ConfigurationError,
    Feed,
    FeedEntry,
    FeedKind,
    Inkasso,
    NotFound,
    Placement,
    Recall,
    ReportPayment,
    SendDocument,
    StatusReport,
    Submission,
    Text,
    UnsupportedOperation,
    entry_digest,
)

BATCH = 200
"""Notes in one feed."""
_LATEST = 4_102_444_800
"""The year 2100 in seconds: a later time of a note is none."""
_OPERATIONS = {"changes": "amend", "payments": "report_payment", "invoices": "send_document"}
"""What an importer may fetch again -> the operation that it makes possible."""


class ADUBridgeSettings(PortalSettings):
    """Where the spool lies, who may fetch from it, and how notes are read."""

    transport: Literal["bridge"]
    """Always ``bridge``."""
    spool: Path
    """The file of the spool, as an absolute path: ``inkasso`` and the service must find the same. One for each account. It holds
    personal data."""
    user: str = Field(min_length=1)
    """The user by whom the importer logs in."""
    password: SecretStr = Field(min_length=10)
    """Its password, at least 10 characters."""
    token_hours: int = Field(default=24, ge=1, le=48)
    """Hours that a login lasts."""
    address: str | None = None
    """The public address of the service, where a proxy stands before it."""
    arrays: Arrays = "item"
    """How lists are written: as ``item`` elements, or as ``soapenc:Array``."""
    order_status: Decimal = Field(default=Decimal("3.6"), ge=1, lt=20, decimal_places=4)
    """The order status that is chosen in ADU's portal."""
    order_status_name: str = "Übergabe an Inkasso"
    """Its name in the list of statuses."""
    handed_over: Literal["noted", "pulled"] = "noted"
    """When a case counts as handed over: once the importer noted it, or already once it fetched it."""
    fetches_again: frozenset[Literal["changes", "payments", "invoices"]] = frozenset()
    """What the importer, as ADU confirmed, fetches again of an order that it has: without it, a person tells ADU."""
    notes: tuple[NotePattern, ...] = ()
    """Other texts of ADU's notes, as you have seen them, and what they mean."""
    case_number: str | None = None
    """A regular expression that finds ADU's case number in a note, with its link; the number is its first group."""
    keep_days: int = Field(default=30, ge=0, le=3650)
    """Days after which the data of an order that was taken or withdrawn are erased from the spool."""

    @field_validator("spool")
    @classmethod
    def _spool(cls, path: Path) -> Path:
        if not path.is_absolute():
            raise PydanticCustomError("spool_relative", "must be an absolute path: inkasso and the service may run in different folders")
        return path

    @field_validator("address")
    @classmethod
    def _address(cls, address: str | None) -> str | None:
        return None if address is None else check_address(address, frozenset())

    @field_validator("case_number")
    @classmethod
    def _case_number(cls, pattern: str | None) -> str | None:
        if pattern is not None and re.compile(check_pattern(pattern)).groups != 1:
            raise PydanticCustomError("pattern_groups", "needs exactly one group in round brackets")
        return pattern


class ADUBridge(Agency[ADUBridgeSettings]):
    """ADU-Inkasso, pulling. ``now`` is the clock."""

    name: ClassVar[str] = "adu"
    label: ClassVar[str] = "ADU-Inkasso"
    verified: ClassVar[str] = "stand-in"
    documentation: ClassVar[str] = "docs/agencies/adu.md"
    Settings = ADUBridgeSettings
    settles_after: ClassVar[dt.timedelta | None] = dt.timedelta(0)  # the spool is ours: what is not in it was never put there
    idempotent: ClassVar[bool] = True
    lacks: ClassVar[Mapping[str, Text]] = MappingProxyType(
        dict.fromkeys(
            ("receive", "pause", "resume", "send_message", "fetch_messages", "fetch_ledger", "fetch_payouts"),
            Text("der Abruf durch ADU kennt es nicht", "ADU's way of fetching orders has none"),
        )
    )
    status_map: ClassVar[Mapping[str, AgencyStatus]] = MappingProxyType(
        {
            "spooled": AgencyStatus.SUBMITTED,
            "pulled": AgencyStatus.SUBMITTED,
            "noted": AgencyStatus.ACTIVE,
            "withdrawn": AgencyStatus.RECALLED,
        }
    )

    def __init__(self, settings: ADUBridgeSettings, *, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> None:
        super().__init__(settings)
        self._now = now
        self.spool = Spool(settings.spool)
        """What waits for the importer, and what it noted."""
        for what, operation in _OPERATIONS.items():
            if what not in settings.fetches_again:
                self.withhold(operation, NOT_CONFIGURED)

    def application(self) -> Bridge:
        """Return the service as a WSGI application, to be mounted in whatever serves the importer, behind HTTPS."""
        settings = self.settings
        status = (settings.order_status, settings.order_status_name)
        shop = Released(self.spool, status, settings.notes, settings.case_number, self._now)
        password = settings.password.get_secret_value()
        return Bridge(shop, Access(settings.user, password, settings.token_hours, settings.arrays, settings.address), self._now)

    # A placement

    def check(self, placement: Placement) -> None:
        """Raise ``ClaimInvalid`` for what an order cannot say."""
        broken = [(field, text) for field, holds, text in CHECKS if not holds(placement)]
        if broken:
            fields = tuple(field for field, _ in broken)
            text = Text(" ".join(text.de for _, text in broken), " ".join(text.en for _, text in broken))
            raise ClaimInvalid(text, agency=self.name, fields=fields)

    def rehearse(self, placement: Placement) -> str:
        """Return the order that the importer would be offered."""
        self.check(placement)
        return json.dumps({**order_of(placement), "IncomingPayments": payments_of(placement)}, ensure_ascii=False, indent=2)

    def submit(self, placement: Placement) -> Submission:
        """Put the order into the spool; put in twice, it lies there once."""
        self.check(placement)
        source = placement.claim.source
        placed = Placed(placement.our_reference, placement.account, source.order, order_of(placement), payments_of(placement))
        entry = self.spool.put(placed, self._at)
        report = self._report(entry)
        return Submission(
            agency_reference=entry.case_reference,
            status=report.status,
            agency_status=report.agency_status,
            portal_url=self._link(entry),
            raw=report.raw,
        )

    def find(self, our_reference: str) -> StatusReport | None:
        """Look into the spool."""
        entry = self.spool.find(our_reference=our_reference)
        return None if entry is None else self._report(entry)

    def fetch_status(self, agency_reference: str) -> StatusReport:
        """Look into the spool. Raises ``NotFound``."""
        return self._report(self._entry(agency_reference))

    def portal_url(self, agency_reference: str) -> str:
        """Return the link to a case; the portal's start page where its number is not known."""
        entry = self._known(agency_reference)
        return self.settings.link(case_reference=agency_reference) if entry is None else self._link(entry)

    def _entry(self, reference: str) -> Entry:
        entry = self._known(reference)
        if entry is None:
            raise NotFound(_NO_ENTRY)
        return entry

    def _known(self, reference: str) -> Entry | None:
        """ADU gave no numbers to the shop, as far as is known: until a note tells one, the case goes by our own reference."""
        return self.spool.find(case_reference=reference) or self.spool.find(our_reference=reference)

    def _link(self, entry: Entry) -> str:
        return self.settings.link(case_reference=entry.case_reference, our_reference=entry.our_reference, order=entry.shop_order)

    def _report(self, entry: Entry) -> StatusReport:
        code = _code(entry)
        status = AgencyStatus(entry.said) if entry.said else self.status_map[code]
        if code == "pulled" and self.settings.handed_over == "pulled":
            status = AgencyStatus.ACTIVE
        raw = {"spool": entry.number, "order": entry.order_id, "pulled_at": entry.pulled_at, "noted_at": entry.handed_over_at}
        return StatusReport(
            agency_reference=entry.case_reference or entry.our_reference, status=status, agency_status=code, raw={**raw, "said": entry.said}
        )

    @property
    def _at(self) -> int:
        return int(self._now().timestamp())

    # Notes

    def fetch_feed(self, cursor: str | None) -> Feed:
        """Return the notes that are not acknowledged yet, each with its Vorgangsdatum. Orders that were taken long ago are erased."""
        self.spool.tidy(self._at - self.settings.keep_days * _DAY)
        found = self.spool.notes(BATCH + 1)
        notes = found[:BATCH]
        return Feed(
            entries=tuple(self._noted(note) for note in notes),
            token=str(notes[-1].id) if notes else None,
            more=len(found) > BATCH,
        )

    def acknowledge(self, token: str) -> None:
        """Erase the notes: whoever acknowledges has stored them."""
        if not token.isdigit():
            raise ConfigurationError(_NO_TOKEN)
        self.spool.acknowledge(int(token))

    def _noted(self, note: Noted) -> FeedEntry:
        """Read a note. Two notes with the same content about the same case are one event."""
        said, entry = read_note(note.note, self.settings.notes), note.entry
        kind = _KINDS[said.meaning] if entry is not None else FeedKind.OTHER
        at = _time(note.inserted) or _time(note.received_at)
        ours = entry.our_reference if entry else None
        is_read = said.meaning not in (Meaning.UNKNOWN, Meaning.STATUS)
        parts = (said.meaning.value, str(said.on), str(said.amount), said.currency, None if is_read else said.text)
        raw = {"customer": note.customer, "note": note.note, "inserted": note.inserted, "received_at": note.received_at}
        return FeedEntry(
            entry_id=entry_digest("adu", ours or f"customer {note.customer}", *parts),
            kind=kind,
            agency_reference=(entry.case_reference or ours) if entry else None,
            our_reference=ours,
            at=at if said.on is None else None,
            on=said.on,
            report=self._said(entry, said.status or AgencyStatus.ACTIVE, said.text, raw) if entry and kind is FeedKind.STATUS else None,
            collected=reading.collected(said.amount, said.currency, said.on) if kind is FeedKind.PAYMENT else None,
            text=reading.prose(said.text),
            raw=raw,
        )

    @staticmethod
    def _said(entry: Entry, status: AgencyStatus, text: str, raw: object) -> StatusReport:
        return StatusReport(
            agency_reference=entry.case_reference or entry.our_reference,
            status=status,
            agency_status="noted",
            agency_text=reading.prose(text),
            raw=raw,
        )

    # Instructions

    def amend(self, instruction: Amend) -> Acknowledgement:
        """Offer the order as it is now. Payments are not part of it: each is told apart."""
        done = self.spool.amend(instruction.our_reference, order_of(instruction.placement), self._at)
        return self._offered(done)

    def report_payment(self, instruction: ReportPayment) -> Acknowledgement:
        """Offer the payment among the order's."""
        payment = payment_of(instruction.amount, instruction.currency, instruction.received_on, instruction.payment_reference)
        return self._offered(self.spool.pay(instruction.our_reference, instruction.idempotency_key, payment, self._at))

    def send_document(self, instruction: SendDocument) -> Acknowledgement:
        """Offer an invoice. Raises ``UnsupportedOperation`` for any other document: the importer has no call for it."""
        if instruction.kind != "invoice":
            raise UnsupportedOperation(_INVOICES_ONLY, agency=self.name)
        return self._offered(self.spool.attach(instruction.our_reference, instruction.idempotency_key, instruction.content, self._at))

    def recall(self, instruction: Recall) -> Acknowledgement:
        """Take back what the importer never fetched. Raises ``UnsupportedOperation`` for the rest: only ADU can give that back."""
        if not self.spool.withdraw(instruction.our_reference, self._at):
            raise UnsupportedOperation(_FETCHED, agency=self.name)
        return Acknowledgement(report=self.find(instruction.our_reference), raw={"withdrawn": True})

    @staticmethod
    def _offered(is_there: bool) -> Acknowledgement:
        if not is_there:
            raise NotFound(_NO_ENTRY)
        return Acknowledgement(raw={"offered": True})


def application(ink: Inkasso, account: str) -> Bridge:
    """Return the service of an account whose transport is ``bridge``, as a WSGI application. Raises ``ConfigurationError``."""
    config = ink.settings.accounts.get(account)
    agency = ink.agencies.build(config.agency, config.settings, account=account) if config is not None else None
    if not isinstance(agency, ADUBridge):
        raise ConfigurationError(_NO_BRIDGE.fill(account=account), field=f"accounts.{account}.settings.transport")
    return agency.application()


def _code(entry: Entry) -> str:
    """Return how far an entry came."""
    steps = (("noted", entry.handed_over_at or entry.said), ("withdrawn", entry.withdrawn_at), ("pulled", entry.pulled_at))
    return next((code for code, reached in steps if reached), "spooled")


def _time(at: int | None) -> dt.datetime | None:
    return dt.datetime.fromtimestamp(at, dt.UTC) if at is not None and 0 < at < _LATEST else None


_DAY = 86_400
_KINDS: Mapping[Meaning, FeedKind] = MappingProxyType(
    {
        Meaning.HANDED_OVER: FeedKind.STATUS,
        Meaning.PAYMENT: FeedKind.PAYMENT,
        Meaning.DUNNING: FeedKind.MESSAGE,
        Meaning.STATUS: FeedKind.STATUS,
        Meaning.UNKNOWN: FeedKind.OTHER,
    }
)
_Check = tuple[str, Callable[[Placement], object], Text]
CHECKS: tuple[_Check, ...] = (
    (
        "claims",
        lambda placement: len(placement.claims) == 1,
        Text("Ein Auftrag fasst nur eine Forderung: einzeln übergeben.", "An order holds one claim only: place them one by one."),
    ),
    ("principal", lambda placement: placement.total_open > 0, Text("Es ist nichts offen.", "Nothing is open.")),
    (
        "debtor.name",
        lambda placement: (
            (placement.debtor.person and placement.debtor.person.last_name)
            or (placement.debtor.organization and placement.debtor.organization.name)
        ),
        Text("Der Name fehlt: im Shop ergänzen.", "The name is missing: add it in the shop."),
    ),
    (
        "debtor.address",
        lambda placement: (
            (address := placement.debtor.address) and address.street and address.postal_code and address.city and address.country
        ),
        Text("Die Anschrift ist unvollständig: im Shop ergänzen.", "The address is incomplete: complete it in the shop."),
    ),
)
"""Field, what must hold, what to say if it does not."""

_NO_ENTRY = Text("Diesen Fall gibt es in der Ablage der Brücke nicht.", "There is no such case in the bridge's spool.")
_NO_TOKEN = Text("Quittiert wird mit der Marke, die der Abruf ergab.", "What is acknowledged is the token that the feed gave.")
_INVOICES_ONLY = Text(
    "ADU kann über die Brücke nur Rechnungen abrufen: andere Belege bitte im Portal hochladen.",
    "ADU can fetch invoices only through the bridge: please upload other documents in the portal.",
)
_FETCHED = Text(
    "ADU hat den Auftrag schon abgerufen: die Rücknahme bitte bei ADU verlangen.",
    "ADU has fetched the order already: please ask ADU for the case back.",
)
_NO_BRIDGE = Text(
    "Das Konto {account} gibt es nicht, oder es ist keines von ADU mit transport = bridge.",
    "There is no account {account}, or it is none of ADU's with transport = bridge.",
)
