"""The adapter: which call serves which operation, and with which account."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import quote

import simplejson

from inkasso_adapters.debitura import mapping, messages, polling, reading, refusals, writing
from inkasso_adapters.debitura.settings import DebituraSettings
from inkasso_core import (
    AGENCY_HAS_NONE,
    Acknowledgement,
    AgencyError,
    AgencyStatus,
    Amend,
    AuthenticationFailed,
    ClaimInvalid,
    Delivery,
    Feed,
    HttpAgency,
    Ledger,
    Message,
    NotFound,
    OutcomeUnknown,
    Placement,
    Recall,
    Refusal,
    ReportPayment,
    SendDocument,
    SendMessage,
    StatusReport,
    Submission,
    TemporarilyUnavailable,
    Text,
    as_list,
    check_signature,
    check_time,
    from_json,
)

_ABSENT = (404,)
_BY_CHAT = ("send_message", "amend", "report_payment", "recall")


class Debitura(HttpAgency[DebituraSettings]):
    """Debitura: a broker of collection agencies in many countries, by its Customer API v1.

    The case reference is the agency's ``id`` of the case, which all its calls, events, payments and tasks name.
    """

    name: ClassVar[str] = "debitura"
    label: ClassVar[str] = "Debitura"
    verified: ClassVar[str] = "stand-in"
    documentation: ClassVar[str] = "docs/agencies/debitura.md"
    Settings = DebituraSettings
    asks_to_check = True
    status_map: ClassVar[Mapping[str, AgencyStatus]] = mapping.STATUS_MAP
    idempotent: ClassVar[bool] = False
    """Two publications of the agency contradict each other, and none says how long a key is kept: it is sent, and not relied on."""
    lacks: ClassVar[Mapping[str, Text]] = MappingProxyType(
        {
            "acknowledge": AGENCY_HAS_NONE,
            "pause": AGENCY_HAS_NONE,
            "resume": AGENCY_HAS_NONE,
            "fetch_payouts": AGENCY_HAS_NONE,
            "portal_url": Text(
                "die Agentur hat keine Adresse je Fall veröffentlicht; was zu tun ist, bringt seinen Link mit",
                "the agency has published no address of a case; what is to be done comes with its link",
            ),
        }
    )

    def __init__(self, settings: DebituraSettings) -> None:
        super().__init__(settings)
        self.base_url = f"{settings.url.rstrip('/')}/"
        self.claims_per_placement = settings.claims_per_placement
        for operation in _BY_CHAT if settings.chat_user is None else ():
            self.withhold(operation)
        if not settings.webhook_keys:
            self.withhold("receive")

    def headers(self) -> dict[str, str]:
        """Return the key."""
        return {"XApiKey": self.settings.api_key.get_secret_value()}

    def refused(self, status: int, data: Any) -> AgencyError | None:
        """Return what an error answer says where it says more than no: wait so long, known already, or not with this account."""
        codes = refusals.codes(data)
        if status == refusals.TOO_MANY and (seconds := refusals.wait(data)) is not None:
            return TemporarilyUnavailable(_BUSY, agency=self.name, retry_after=seconds, http_status=status, raw=data)
        if known := refusals.first(codes, refusals.KNOWN_ALREADY):
            return OutcomeUnknown(_KNOWN.fill(code=known), agency=self.name, agency_code=known, http_status=status, raw=data)
        if account := refusals.first(codes, refusals.ACCOUNT):
            text = refusals.ACCOUNT[account].fill(code=account)
            return AuthenticationFailed(text, agency=self.name, agency_code=account, http_status=status, raw=data)
        return None

    def read_refusal(self, status: int, data: Any) -> Refusal:
        """Read the agency's code and the fields that it names."""
        return refusals.read(data)

    # Handing over

    def submit(self, placement: Placement) -> Submission:
        """Make a case: one request."""
        body = writing.case(writing.draft(placement, self.settings, agency=self.name))
        data = self.call("POST", "cases", json=body, headers={"Idempotency-Key": placement.idempotency_key})
        reference = reading.case_id(data)
        if reference is None:
            raise self.wire.lost(True, raw=data)
        found = reading.report(reference, data)
        return Submission(
            agency_reference=reference,
            status=found.status,
            agency_status=found.agency_status,
            portal_url=reading.signing_link(data),
            raw=data,
        )

    def check(self, placement: Placement) -> None:
        """Ask whether a partner would take the case, and what has to be signed or proved before. Names and addresses stay here."""
        body = writing.preview(writing.draft(placement, self.settings, agency=self.name))
        data = self.call("POST", "cases/preview", json=body, commits=False)
        result = reading.members(reading.members(data).get("result"))
        if not isinstance(result.get("isEligible"), bool):
            raise self.wire.lost(False, raw=data)
        if not result["isEligible"]:
            raise ClaimInvalid(_NOT_ELIGIBLE, agency=self.name, agency_code="NoPartnerAvailable", fields=_ROUTED_BY, raw=data)
        actions = map(reading.members, as_list(result.get("requiredActions")))
        asked = [_code(action) for action in actions if action.get("isBlocking") is not False]
        blocking = [code for code in asked if code not in self._not_waited_for]
        if blocking:
            raise ClaimInvalid(_BLOCKED.fill(codes=", ".join(blocking)), agency=self.name, agency_code=blocking[0], raw=data)

    @property
    def _not_waited_for(self) -> Collection[str]:
        """What does not keep a case from being taken: signatures, where the settings let it wait for them."""
        return _SIGNATURES if self.settings.allow_pending_contracts else ()

    def rehearse(self, placement: Placement) -> str:
        """Return the request, without the key of the account."""
        body = writing.case(writing.draft(placement, self.settings, agency=self.name))
        shown = simplejson.dumps(body, use_decimal=True, ensure_ascii=False, indent=2)
        return f"POST {self.base_url}cases\nIdempotency-Key: {placement.idempotency_key}\n\n{shown}"

    def find(self, our_reference: str) -> StatusReport | None:
        """Look a case up by our reference."""
        data = self.call("GET", f"cases/by-creditor-reference/{quote(our_reference, safe='')}", absent=_ABSENT)
        return None if data is None else self._report(data)

    # Following

    def fetch_status(self, agency_reference: str) -> StatusReport:
        """Return where a case stands. Raises ``NotFound`` for one that the agency does not know."""
        return self._report(self._case(agency_reference))

    def _case(self, agency_reference: str) -> Mapping[str, Any]:
        data = self.call("GET", _path(agency_reference), absent=_ABSENT)
        if data is None:
            raise NotFound(_UNKNOWN_CASE)
        return reading.members(data)

    def _report(self, data: Any) -> StatusReport:
        reference = reading.case_id(data)
        if reference is None:
            raise self.wire.lost(False, raw=data)
        timeline = self.call("GET", _path(reference, "timeline"), absent=_ABSENT) if reading.is_active(data) else None
        return reading.report(reference, data, timeline)

    def fetch_feed(self, cursor: str | None) -> Feed:
        """Return changed cases, payments and open tasks since the marks in ``cursor``."""
        settings = self.settings
        return polling.fetch(
            lambda path, query: self.call("GET", path, params=query),
            polling.Marks.parse(cursor),
            division=settings.division,
            test=settings.test,
        )

    def receive(self, delivery: Delivery) -> Feed:
        """Check signature and time of a webhook, then read it. A test's delivery changes nothing in an account that is none."""
        signature = [part.strip().partition("=") for part in (delivery.header("X-Debitura-Signature") or "").split(",")]
        at = next((value for name, _, value in signature if name == "t"), None)
        given = [value for name, _, value in signature if name == "v1"]
        signed = f"{at}.".encode("utf-8", "replace") + delivery.body
        check_signature(delivery, signed=signed, given=given, keys=self.settings.webhook_keys, agency=self.name)
        check_time(delivery, at, agency=self.name)
        is_test = (delivery.header("X-Debitura-Test") or "").strip().casefold() in _YES
        return Feed(
            entries=(reading.event_entry(_read(delivery.body), raw=_raw(delivery.body), is_test=is_test and not self.settings.test),)
        )

    def fetch_messages(self, agency_reference: str) -> tuple[Message, ...]:
        """Return the chat of a case, oldest first."""
        chats = self.call("GET", _path(agency_reference, "chats"))
        found = [reading.message(reading.members(chat)) for chat in as_list(chats)]
        return tuple(sorted(found, key=lambda message: message.at or polling.BEGINNING))

    def fetch_ledger(self, agency_reference: str) -> Ledger:
        """Return the money of a case, with the sum of its payments."""
        case = self._case(agency_reference)
        found = reading.ledger(case, self.call("GET", _path(agency_reference, "payments")))
        if found is None:
            raise self.wire.lost(False, raw=case)
        return found

    # Telling

    def send_message(self, instruction: SendMessage) -> Acknowledgement:
        """Write into the chat of a case; that answers the agency's question, too."""
        return self._said(instruction.agency_reference, instruction.text, done=True)

    def amend(self, instruction: Amend) -> Acknowledgement:
        """Say what changed; a person acts on it."""
        return self._said(instruction.agency_reference, messages.amended(instruction, self.settings.language), done=False)

    def report_payment(self, instruction: ReportPayment) -> Acknowledgement:
        """Say that the debtor paid; a person acts on it."""
        return self._said(instruction.agency_reference, messages.payment(instruction, self.settings.language), done=False)

    def recall(self, instruction: Recall) -> Acknowledgement:
        """Ask for the case back; a person acts on it, and the case is then closed as withdrawn."""
        return self._said(instruction.agency_reference, messages.recall(instruction, self.settings.language), done=False)

    def _said(self, agency_reference: str, text: str, *, done: bool) -> Acknowledgement:
        if len(text) > messages.LONGEST:
            raise ClaimInvalid(_TOO_LONG, agency=self.name, fields=("message",))
        body = {"message": text, "userEmail": self.settings.chat_user}
        data = self.call("POST", _path(agency_reference, "chats"), json=body)
        return Acknowledgement(done=done, reference=reading.words(reading.members(data).get("id"), 300), raw=data)

    def send_document(self, instruction: SendDocument) -> Acknowledgement:
        """Upload a file to a case."""
        self._insist(instruction)
        kind = mapping.DOCUMENT_TYPES.get(instruction.kind, mapping.DOCUMENT_TYPES["other"])
        files = {
            "File": (instruction.file_name, instruction.content, instruction.media_type),
            "DocumentType": (None, kind),
        }
        data = self.call("POST", _path(instruction.agency_reference, "files"), files=files)
        return Acknowledgement(reference=reading.words(reading.members(data).get("id"), 300), raw=data)

    def _insist(self, document: SendDocument) -> None:
        ending = document.file_name.rpartition(".")[2].casefold()
        if ending not in mapping.FILE_ENDINGS:
            raise ClaimInvalid(_WRONG_FILE.fill(known=", ".join(sorted(mapping.FILE_ENDINGS))), agency=self.name, fields=("file_name",))
        if _is_media_type(document.media_type) is None:
            raise ClaimInvalid(_WRONG_TYPE, agency=self.name, fields=("media_type",))
        if not 0 < len(document.content) <= mapping.LARGEST_FILE:
            raise ClaimInvalid(_WRONG_SIZE, agency=self.name, fields=("content",))


def _path(agency_reference: str, *more: str) -> str:
    return "/".join(["cases", quote(agency_reference, safe=""), *more])


def _code(action: Mapping[str, Any]) -> str:
    """Return the type of an action that the agency requires."""
    return refusals.read({"businessErrors": [action]}).code or "requiredActions"


def _read(body: bytes) -> Any:
    """Return the JSON of a delivery; None for what is none."""
    with suppress(ValueError):
        return from_json(body)
    return None


def _raw(body: bytes) -> str:
    return body.decode("utf-8", "replace")


_YES = frozenset({"true", "1"})
_is_media_type = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+").fullmatch
_ROUTED_BY = ("debtor.type", "debtor.countryAlpha2", "debtor.stateAlpha2", "amountToRecover")
_SIGNATURES = frozenset({"MissingDebtCollectionContract", "MissingPowerOfAttorney"})
_BUSY = Text("Debitura nimmt gerade nichts an: es wird wieder versucht.", "Debitura takes nothing at the moment: it is tried again.")
_KNOWN = Text(
    "Debitura hat unter dieser Referenz oder diesem Schlüssel schon etwas ({code}): es wird nachgesehen.",
    "Debitura has something under this reference or key already ({code}): it is looked up.",
)
_UNKNOWN_CASE = Text("Dieses Aktenzeichen kennt Debitura nicht.", "Debitura does not know this case reference.")
_NOT_ELIGIBLE = Text(
    "Debitura hat für diesen Schuldner keinen Partner: eine andere Agentur wählen, oder Land und Betrag prüfen.",
    "Debitura has no partner for this debtor: choose another agency, or check country and amount.",
)
_BLOCKED = Text(
    "Debitura beginnt erst, wenn im Portal erledigt ist: {codes}.",
    "Debitura begins only after this is done in the portal: {codes}.",
)
_WRONG_FILE = Text("Debitura nimmt nur Dateien mit der Endung {known}.", "Debitura takes only files that end in {known}.")
_TOO_LONG = Text("Eine Nachricht an Debitura hat höchstens 10000 Zeichen.", "A message to Debitura has 10000 characters at most.")
_WRONG_TYPE = Text(
    "Die Art der Datei (media_type) ist keine, zum Beispiel application/pdf.", "The file's media type is none; one is application/pdf."
)
_WRONG_SIZE = Text("Debitura nimmt nur Dateien bis 25 MB, und keine leeren.", "Debitura takes files of up to 25 MB, and no empty ones.")
