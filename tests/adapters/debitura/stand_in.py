"""A stand-in for Debitura's Customer API, on 127.0.0.1: cases in memory, the rules and error shapes that are published, webhooks.

Facts: ``reference: agency-apis.md`` section 6 and the published description. :mod:`peers.servers` lets Prism stand before it, so that
what it takes and gives stays what the description says.
"""

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
import secrets
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from email import message_from_bytes
from typing import Any, NamedTuple
from urllib.parse import unquote

from .loopback import Reply, Request

KEY = "debitura-key-4711"
USER = "clerk@beispiel.example"
NOW = dt.datetime(2026, 6, 1, 9, 0, tzinfo=dt.UTC)


class Hook(NamedTuple):
    """A subscription."""

    secret: str
    events: frozenset[str]
    is_test: bool


class StandIn:
    """The agency's side: what it has, and switches for what it does next."""

    def __init__(self) -> None:
        self.cases: dict[str, dict[str, Any]] = {}
        self.chats: dict[str, list[dict[str, Any]]] = {}
        self.payments: list[dict[str, Any]] = []
        self.files: dict[str, list[dict[str, Any]]] = {}
        self.contents: list[bytes] = []
        self.tasks: list[dict[str, Any]] = []
        self.phases: dict[str, str] = {}
        self.hooks: list[Hook] = []
        self.deliveries: list[tuple[dict[str, str], bytes]] = []
        self.requests: list[Request] = []
        self.next: list[Reply] = []
        """Answered instead of anything else, one each."""
        self.drop_after_storing = False
        self.is_contract_signed = True
        self.no_partner_for: set[str] = set()
        self._answers: dict[str, tuple[str, Reply]] = {}
        self._ticks = 0

    def now(self) -> str:
        """A time that moves; without a zone, as some of the agency's answers have it."""
        self._ticks += 1
        return (NOW + dt.timedelta(seconds=self._ticks)).strftime("%Y-%m-%dT%H:%M:%S.0000000")

    def at_zone(self) -> str:
        """The same with its zone, as the description wants it."""
        return f"{self.now()[:19]}Z"

    def answer(self, request: Request) -> Reply:
        """Answer a request."""
        self.requests.append(request)
        if self.next:
            return self.next.pop(0)
        if request.headers.get("xapikey") != KEY:
            return Reply(401, {"type": "about:blank", "title": "Unauthorized", "status": 401})
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        for pattern, method, serve in _ROUTES:
            if (
                method == request.method
                and len(pattern) == len(parts)
                and all(p in ("*", part) for p, part in zip(pattern, parts, strict=True))
            ):
                return serve(self, request, *[part for p, part in zip(pattern, parts, strict=True) if p == "*"])
        return _nothing("no such path")

    # Cases

    def create(self, request: Request) -> Reply:
        """Make a case, once per key."""
        key, digest = request.headers.get("idempotency-key"), hashlib.sha256(request.body).hexdigest()
        if key in self._answers:
            before, answer = self._answers[key]
            return answer if before == digest else _business("IdempotencyConflict")
        reply = self._created(request.json)
        if key is not None and reply.status != 400:
            self._answers[key] = (digest, reply)
        if self.drop_after_storing:
            self.drop_after_storing = False
            return Reply(0, drop=True)
        return reply

    def _created(self, asked: dict[str, Any]) -> Reply:
        if found := _faults(asked):
            return Reply(400, found)
        debtor = asked["debtor"]
        if debtor["countryAlpha2"] in self.no_partner_for:
            return _business("NoPartnerAvailable")
        if not self.is_contract_signed and not asked.get("allowPendingContracts"):
            return _business("MissingDebtCollectionContract")
        if asked.get("assignedUserEmail", USER) != USER:
            return Reply(400, {"error": "Invalid user", "message": "unknown", "businessErrors": [_error("InvalidUserEmail")]})
        case = self._case(asked, debtor)
        self.cases[case["id"]] = case
        self.fire("case.created", case)
        return Reply(200, case)

    def _case(self, asked: dict[str, Any], debtor: dict[str, Any]) -> dict[str, Any]:
        lines = asked.get("claimLines") or [{"amount": asked.get("amountToRecover")}]
        total = sum((line["amount"] for line in lines), Decimal(0))
        verified = "Pending Verification Internal" if not asked.get("skipDebituraVerification") else "Pending Verification"
        case = {
            "id": str(uuid.uuid4()),
            "dateCreated": self.at_zone(),
            "reference": secrets.token_hex(4).upper(),
            "creditorReference": asked.get("creditorReference"),
            "creditorComments": asked.get("comments"),
            "claimDescription": asked.get("claimDescription"),
            "grossAmount": total,
            "remainder": total,
            "interestFees": Decimal(0),
            "reminderFees": Decimal(0),
            "collectionFees": Decimal(0),
            "totalAddedFees": Decimal(0),
            "currency": asked["currencyCode"],
            "isTestCase": bool(asked.get("isTest")),
            "lifecycle": verified if self.is_contract_signed else "Pending contract signing",
            "dueDate": asked["dueDate"],
            "date": asked["date"],
            "debtor": debtor,
            "validation": {"needsInfo": False},
        }
        if "creditorDivisionId" in asked:
            case["creditorDivisionId"] = asked["creditorDivisionId"]
        if not self.is_contract_signed:
            case["signingHandoff"] = {"combinedSigningUrl": "https://app.example/sign"}
        return case

    def preview(self, request: Request) -> Reply:
        """Say whether a case would be taken."""
        asked = request.json
        is_covered = asked["debtor"]["countryAlpha2"] not in self.no_partner_for
        actions = [] if self.is_contract_signed else [{**_error("MissingDebtCollectionContract"), "isBlocking": True}]
        result = {"isEligible": is_covered, "requiredActions": actions, "requiresKycVerification": False, "hasKycOnFile": False}
        return Reply(200, {"result": result if is_covered else {**result, "ineligibilityReason": "no partner"}})

    def listed(self, request: Request) -> Reply:
        """List cases, latest change first."""
        assert request.one("Sort", "") == "DateUpdated:desc"
        divisions = request.query.get("DivisionIds")
        found = [case for case in self.cases.values() if divisions is None or case.get("creditorDivisionId") in divisions]
        found.sort(key=lambda case: (case.get("dateUpdated") or "", case["dateCreated"]), reverse=True)
        return _page(request, "cases", found)

    def by_reference(self, _request: Request, reference: str) -> Reply:
        """Find a case by the creditor's reference."""
        return next((Reply(200, case) for case in self.cases.values() if case["creditorReference"] == reference), _nothing("no case"))

    def case(self, _request: Request, case: str) -> Reply:
        """Give a case."""
        return Reply(200, self.cases[case]) if case in self.cases else _nothing("no case")

    def timeline(self, _request: Request, case: str) -> Reply:
        """Give the phase of a case."""
        item = {"date": self.at_zone(), "type": "Created", "title": "Case created", "description": "", "actor": {"type": "System"}}
        return Reply(200, {"items": [item], **({"currentEngagementPhase": self.phases[case]} if case in self.phases else {})})

    # What belongs to a case

    def chat(self, request: Request, case: str) -> Reply:
        """Take a message."""
        asked = request.json
        if case not in self.cases:
            return _nothing("no case")
        if asked.get("userEmail") != USER:
            return Reply(400, {"error": "Invalid user", "message": "unknown", "businessErrors": [_error("InvalidUserEmail")]})
        return Reply(200, self.said(case, asked["message"], "Creditor"))

    def said(self, case: str, message: str, role: str) -> dict[str, Any]:
        """Put a message into the chat of a case."""
        number = {"Partner": 0, "Creditor": 1, "Managed by partner": 2}.get(role, 2)
        chat = {
            "id": str(uuid.uuid4()),
            "dateCreated": self.at_zone(),
            "role": number,
            "roleLabel": role,
            "message": message,
            "isSeen": False,
        }
        self.chats.setdefault(case, []).insert(0, chat)
        self.fire("chat.created", self.cases[case])
        return chat

    def chatted(self, _request: Request, case: str) -> Reply:
        """Give the chat of a case, latest first."""
        return Reply(200, self.chats.get(case, []))

    def paid(self, _request: Request, case: str) -> Reply:
        """Give the payments of a case."""
        return Reply(200, [payment for payment in self.payments if payment["invoice"]["invoiceId"] == case])

    def all_paid(self, request: Request) -> Reply:
        """Give all payments."""
        return _page(request, "payments", self.payments)

    def pay(self, case: str, amount: Decimal) -> dict[str, Any]:
        """Book a payment."""
        found = self.cases[case]
        payment = {
            "id": str(uuid.uuid4()),
            "dateCreated": self.at_zone(),
            "date": "2026-06-01T00:00:00Z",
            "grossAmount": amount,
            "recipient": "Collection partner",
            "method": "Bank transfer",
            "currency": found["currency"],
            "invoice": {"status": found["lifecycle"], "reference": found["reference"], "invoiceId": case},
        }
        self.payments.append(payment)
        self.change(case, remainder=found["remainder"] - amount)
        self.fire("payment.created", found)
        return payment

    def upload(self, request: Request, case: str) -> Reply:
        """Take a file."""
        head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
        fields = {
            part.get_param("name", header="content-disposition"): part for part in message_from_bytes(head + request.body).get_payload()
        }  # type: ignore[union-attr]
        file: Any = fields["File"]
        self.contents.append(file.get_payload(decode=True))
        stored = {
            "id": str(uuid.uuid4()),
            "dateCreated": self.at_zone(),
            "caseId": case,
            "fileName": re.findall(rb'filename="([^"]*)"', request.body)[0].decode(),
            "documentType": fields["DocumentType"].get_payload(),  # type: ignore[union-attr]
        }
        self.files.setdefault(case, []).append(stored)
        return Reply(200, stored)

    def task(self, case: str | None, kind: str, title: str) -> dict[str, Any]:
        """Ask the creditor for something."""
        ours = self.cases[case]["creditorReference"] if case else None
        task = {
            "id": str(uuid.uuid4()),
            "type": kind,
            "title": title,
            "status": "Open",
            "dateCreated": self.at_zone(),
            "solutionUrl": "https://app.example/tasks/1",
            **({"caseId": case, "caseReference": ours} if case else {}),
        }
        self.tasks.append(task)
        return task

    def all_tasks(self, request: Request) -> Reply:
        """Give the open tasks."""
        return _page(request, "tasks", [task for task in self.tasks if task["status"] == request.one("status", "Open")])

    # Test cases and webhooks

    def advance(self, request: Request, case: str) -> Reply:
        """Drive a test case on."""
        found, asked = self.cases[case], request.json
        state = _STATES.get((found["lifecycle"], found.get("closeCode")), "")
        if not found["isTestCase"] or (state.startswith("Closed") and asked["to"] not in (state, "Active")):
            return Reply(400, {"error": "not_possible"})
        if state == asked["to"] or state.startswith("Closed"):
            return Reply(200, {"advanced": False, "state": state})
        if asked["to"] == "Closed:Paid":
            self.pay(case, asked["amount"])
        lifecycle, code = next(key for key, value in _STATES.items() if value == asked["to"])
        self.change(case, lifecycle=lifecycle, closeCode=code)
        self.fire("case.updated", found)
        if code is not None:
            self.fire("case.closed", found)
        return Reply(200, {"advanced": True, "state": asked["to"]})

    def change(self, case: str, **fields: Any) -> None:
        """Change a case."""
        self.cases[case].update({name: value for name, value in fields.items() if value is not None}, dateUpdated=self.at_zone())

    def subscribe(self, *events: str, is_test: bool = False) -> str:
        """Subscribe; returns the secret, which is shown once."""
        secret = base64.b64encode(secrets.token_bytes(32)).decode()
        self.hooks.append(Hook(secret, frozenset(events), is_test))
        return secret

    def fire(self, event: str, case: Mapping[str, Any]) -> None:
        """Deliver an event, signed at the stand-in's time; a test case's only to subscriptions for tests."""
        for hook in self.hooks:
            if event in hook.events and hook.is_test is case["isTestCase"]:
                self.deliveries.append(delivery(hook.secret, event, case, int(NOW.timestamp()), is_test=hook.is_test))


def delivery(secret: str, event: str, case: Mapping[str, Any], at: int, *, is_test: bool = False) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a webhook."""
    data = {
        "caseId": case["id"],
        "reference": case["reference"],
        "creditorReference": case["creditorReference"],
        "status": case["lifecycle"],
        "amount": float(case["grossAmount"]),
        "currency": case["currency"],
        "debtorName": case["debtor"]["name"],
    }
    moment = dt.datetime.fromtimestamp(at, dt.UTC).isoformat()
    envelope = {"id": f"evt_{uuid.uuid4().hex}", "specVersion": "1.0", "event": event, "timestamp": moment, "data": data}
    body = json.dumps(envelope, ensure_ascii=False).encode()
    signature = hmac.new(base64.b64decode(secret), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-Debitura-Signature": f"t={at},v1={signature}", "X-Debitura-Timestamp": str(at), "X-Debitura-Event": event}
    return headers | ({"X-Debitura-Test": "true"} if is_test else {}), body


# Rules and answers


def _faults(asked: dict[str, Any]) -> dict[str, list[str]]:
    """The field rules, as ``{field: [message]}``: the messages quote what was sent."""
    debtor, today = asked.get("debtor") or {}, NOW.isoformat()
    amounts = [line["amount"] for line in asked.get("claimLines") or [{"amount": asked.get("amountToRecover", 0)}]]
    rules = {
        "currencyCode": (len(asked.get("currencyCode") or "") == 3, f"'{asked.get('currencyCode')}' is no currency"),
        "date": ((asked.get("date") or "9") <= today, "lies in the future"),
        "dueDate": ((asked.get("date") or "") <= (asked.get("dueDate") or "9") <= today, "before the date, or not in the past"),
        "amountToRecover": (sum(amounts) > 0, "not positive"),
        "debtor": (bool(debtor), "missing"),
        "debtor.type": (debtor.get("type") in ("Company", "Private"), f"'{debtor.get('type')}' is no type"),
        "debtor.city": (debtor.get("city") != "Nirgendwo", f"{debtor.get('name')} does not live in '{debtor.get('city')}'"),
        "debtor.stateAlpha2": (debtor.get("countryAlpha2") != "US" or "stateAlpha2" in debtor, "missing"),
    }
    return {field: [message] for field, (holds, message) in rules.items() if not holds}


def _error(kind: str) -> dict[str, str]:
    return {"type": kind, "message": f"because of {kind}", "solutionUrl": "https://app.example/solve"}


def _business(kind: str) -> Reply:
    return Reply(422, {"businessErrors": [_error(kind)], "signingHandoff": {"combinedSigningUrl": "https://app.example/sign"}})


def _nothing(what: str) -> Reply:
    return Reply(404, {"error": "NotFound", "message": what})


def _page(request: Request, key: str, items: list[dict[str, Any]]) -> Reply:
    size, number = int(request.one("PageSize", "10")), int(request.one("Page", "1"))
    assert size <= 100
    shown = items[(number - 1) * size : number * size]
    page = {
        "totalResults": len(items),
        "pageSize": size,
        "currentPage": number,
        "responseCount": len(shown),
        "totalPages": -(-len(items) // size),
    }
    return Reply(200, {"page": page, key: shown})


_STATES = {
    ("Active", None): "Active",
    ("Closed", "Paid"): "Closed:Paid",
    ("Closed", "Pre-Legal Exhausted – No Payment"): "Closed:NoPayment",
}
_ROUTES: list[tuple[list[str], str, Callable[..., Reply]]] = [
    (["cases"], "POST", StandIn.create),
    (["cases"], "GET", StandIn.listed),
    (["cases", "preview"], "POST", StandIn.preview),
    (["cases", "by-creditor-reference", "*"], "GET", StandIn.by_reference),
    (["cases", "*"], "GET", StandIn.case),
    (["cases", "*", "timeline"], "GET", StandIn.timeline),
    (["cases", "*", "chats"], "POST", StandIn.chat),
    (["cases", "*", "chats"], "GET", StandIn.chatted),
    (["cases", "*", "payments"], "GET", StandIn.paid),
    (["cases", "*", "files"], "POST", StandIn.upload),
    (["Payments"], "GET", StandIn.all_paid),
    (["tasks"], "GET", StandIn.all_tasks),
    (["test", "cases", "*", "advance"], "POST", StandIn.advance),
]
