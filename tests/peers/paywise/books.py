"""What the stand-in of paywise v2 keeps, and what its clerks do: accept, reject, ask, write, settle, close."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
LABELS = {
    "": "",
    "extrajudicial": "Außergerichtlich",
    "judicial_dunning": "Gerichtliches Mahnverfahren",
    "foreclosure": "Zwangsvollstreckung",
    "in_progress": "In Bearbeitung",
    "ended": "Beendet",
    "unpaid": "Unbezahlt",
    "partially_paid": "Teilweise bezahlt",
    "fully_paid": "Vollständig bezahlt",
}


def euros(value: Decimal | str) -> Row:
    return {"value": f"{Decimal(value):.2f}", "currency": "EUR"}


class Books:
    """Everything by its id. ``today`` and ``now`` are set by the test; ids count up, so that an exchange can be written down."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now
        self.debtors: dict[str, Row] = {}
        self.orders: dict[str, Row] = {}
        self.claims: dict[str, Row] = {}
        self.mandates: dict[str, Row] = {}
        self.payments: dict[str, Row] = {}
        self.messages: dict[str, list[Row]] = {}
        self.requests: dict[str, list[Row]] = {}
        self.history: dict[str, list[Row]] = {}
        self.statements: dict[str, Row] = {}
        self.singles: dict[str, Row] = {}
        self.events: list[Row] = []
        self._count = 0

    def new_id(self) -> str:
        self._count += 1
        return str(uuid.UUID(int=0x9A15_0000_0000_4000_8000_0000_0000_0000 + self._count))

    def stamp(self) -> str:
        return self.now.isoformat().replace("+00:00", "Z")

    def tick(self, seconds: int = 120) -> None:
        self.now += dt.timedelta(seconds=seconds)

    def event(self, kind: str, **data: Any) -> Row:
        event = {"id": self.new_id(), "type": kind, "created_at": self.stamp(), "data": {"company_id": "c-1", **data}}
        self.events.append(event)
        return event

    # Reading

    def order_read(self, order: Row) -> Row:
        claims = [self.claim_read(claim) for claim in self.claims.values() if claim["order_id"] == order["id"]]
        sums = {name: sum((Decimal(claim[name]["value"]) for claim in claims), Decimal(0)) for name in _SUMS}
        payments = sums["principal_amount"] + sums["additional_charges_amount"] - sums["total_amount"]
        debtor = self.debtors[order["debtor_id"]]
        is_late = order["status"] == "draft" and dt.datetime.fromisoformat(order["expires_at"]) < self.now
        return {
            **{name: value for name, value in order.items() if name not in ("debtor_id", "additional_debtor_ids", "claims")},
            "status": "expired" if is_late else order["status"],
            "debtor": {"id": debtor["id"], "acting_as": debtor["acting_as"]},
            "additional_debtors": [],
            "claims": claims,
            "totals": {
                "main_claims": euros(sums["principal_amount"]),
                "charges": euros(sums["additional_charges_amount"]),
                "payments": euros(payments),
                "order_value": euros(sums["total_amount"]),
            },
        }

    def claim_read(self, claim: Row) -> Row:
        order = self.orders[claim["order_id"]]
        charges = sum((Decimal(c["amount"]["value"]) for c in claim.get("additional_charges") or []), Decimal(0))
        paid = [p for p in self.payments.values() if p["claim"]["id"] == claim["id"]]
        open_amount = Decimal(claim["principal_amount"]["value"]) + charges - sum((Decimal(p["amount"]["value"]) for p in paid), Decimal(0))
        return {
            **claim,
            "status": order["status"] if order["status"] in _OF_CLAIMS else "submitted",
            "debtor_id": order["debtor_id"],
            "mandate_id": order["mandate"],
            "payments": paid,
            "additional_charges_amount": euros(charges),
            "total_amount": euros(open_amount),
        }

    def mandate_read(self, mandate: Row) -> Row:
        orders = {order["id"] for order in self.orders.values() if order["mandate"] == mandate["id"]}
        claims = [self.claim_read(claim) for claim in self.claims.values() if claim["order_id"] in orders]
        return {**mandate, "claims": claims}

    # What clerks do

    def accept(self, order_id: str, *, mandate: str | None = None) -> str:
        """Make a case of an order, or extend one."""
        order = self.orders[order_id]
        order["status"] = "accepted"
        order["mandate"] = mandate or self._mandate(order)
        if mandate is None:
            self.event("mandate.created", **self._about(order["mandate"]))
        claims = sorted(claim["id"] for claim in self.claims.values() if claim["order_id"] == order_id)
        self.event(
            "order.accepted", order_id=order_id, order_url=f"/v2/orders/{order_id}/", claim_ids=claims, **self._about(order["mandate"])
        )
        return str(order["mandate"])

    def _mandate(self, order: Row) -> str:
        mandate_id = self.new_id()
        number = f"PW-2026-{len(self.mandates) + 1:05}"
        total = self.order_read(order)["totals"]["order_value"]
        self.mandates[mandate_id] = {
            "id": mandate_id,
            "reference_number": number,
            "previous_reference_numbers": [],
            "archived": False,
            "total_amount": total,
            "legal_balance": None,
            "main_case": None,
            "subcases": [],
            "created_at": self.stamp(),
            "updated_at": self.stamp(),
        }
        self.state(mandate_id, legal_stage="extrajudicial", processing="in_progress", payment="unpaid", tell=False)
        return mandate_id

    def state(self, mandate_id: str, *, tell: bool = True, **axes: str) -> None:
        """Set axes of a case."""
        mandate = self.mandates[mandate_id]
        said = {axis: {"code": code, "label": LABELS.get(code, code), "label_key": code and f"state.{code}"} for axis, code in axes.items()}
        mandate["state"] = {**mandate.get("state", {}), **said}
        if tell:
            self.event("mandate.state.changed", **self._about(mandate_id))

    def reject(self, order_id: str, reason: str) -> None:
        rejection = {"code": "debtor_insolvent", "reason": reason, "rejected_at": self.stamp(), "notified_to": []}
        self.orders[order_id].update(status="rejected", rejection=rejection)
        self.event("order.rejected", order_id=order_id, order_url=f"/v2/orders/{order_id}/", claim_ids=[])

    def merge(self, order_id: str, into: str) -> None:
        """Join an order with another one: its claims move, their ids stay."""
        self.orders[order_id].update(status="merged", merged_into=into)
        for claim in self.claims.values():
            if claim["order_id"] == order_id:
                claim["order_id"] = into

    def ask(self, parent_id: str, title: str, kind: str) -> str:
        """Ask the creditor about an order or a case."""
        is_case = parent_id in self.mandates
        request = {
            "id": self.new_id(),
            "title": title,
            "description": "Bitte prüfen Sie die Angabe.",
            "allowed_answer_types": kind,
            "answered": False,
            "answered_at": None,
            "answer": None,
            "question_attachments": [],
            "created_at": self.stamp(),
            "updated_at": self.stamp(),
            "mandate" if is_case else "order": {"id": parent_id},
        }
        self.requests.setdefault(parent_id, []).append(request)
        if is_case:
            url = f"/v2/mandates/{parent_id}/requests-to-client/{request['id']}/"
            self.event("request_to_client.created", request_to_client_id=request["id"], mandate_id=parent_id, request_to_client_url=url)
        else:
            self.orders[parent_id]["status"] = "awaiting_client_response"
            self.event("request_to_client.created", request_to_client_id=request["id"], order_id=parent_id)
        return str(request["id"])

    def write(self, parent_id: str, title: str, body: str) -> None:
        """Write to the creditor: no event tells of it."""
        self.messages.setdefault(parent_id, []).append(self.message(parent_id, title, body, sender="paywise"))

    def message(self, parent_id: str, title: str, body: str, *, sender: str) -> Row:
        return {
            "id": self.new_id(),
            "title": title,
            "body": body,
            "sender": sender,
            "author": {"type": "paywise" if sender == "paywise" else "api"},
            "state": "published" if sender == "paywise" else "under_review",
            "editable": sender == "client",
            "response_to": None,
            "parent": {"id": parent_id, "type": "mandate" if parent_id in self.mandates else "order"},
            "documents": [],
            "created_at": self.stamp(),
            "updated_at": self.stamp(),
        }

    def publish(self, mandate_id: str, title: str, description: str) -> None:
        """Publish a status update."""
        update = {"id": self.new_id(), "type": "status_update", "title": title, "description": description, "occurred_at": self.stamp()}
        self.history.setdefault(mandate_id, []).append(update)
        self.event("mandate.status_update.published", status_update_id=update["id"], **self._about(mandate_id))

    def balance(self, mandate_id: str, **amounts: str) -> None:
        """Set amounts of the legal balance."""
        self.mandates[mandate_id]["legal_balance"] = {**{k: euros(v) for k, v in amounts.items()}, "updated": self.stamp()}
        self.event("mandate.balance_updated", **self._about(mandate_id))

    def settle(self, mandate_id: str, *, payout: str, fee: str, method: str = "transfer", clearing: str = "A-1") -> str:
        """Publish a statement on one case."""
        statement_id, mandate = self.new_id(), self.mandates[mandate_id]
        self.singles[statement_id] = {
            "id": statement_id,
            "status": "published",
            "clearing_no": clearing,
            "booking_date": self.now.date().isoformat(),
            "mandate": {"id": mandate_id, "reference_number": mandate["reference_number"]},
            "reference_number": mandate["reference_number"],
            "payout_method": method,
            "statement_type": "final",
            "financials": {"cost_burden": {"total_amount": euros(fee)}, "total_balance": euros(payout)},
        }
        about = {"single_mandate_statement_id": statement_id}
        self.event(
            "single_mandate_statement.published", single_mandate_statement_url=f"/v2/single-mandate-statements/{statement_id}/", **about
        )
        return statement_id

    def collect(self, mandate_id: str, *, payout: str, fee: str, closing: str | None = None, clearing: str = "S-1") -> str:
        """Publish a collective statement with one case in it."""
        statement_id, mandate = self.new_id(), self.mandates[mandate_id]
        kind = {"closing_code": closing, "closing_description": "Abschluss", "closing_type": "negative"} if closing else None
        row = {
            "id": mandate_id,
            "reference_number": mandate["reference_number"],
            "closing": kind,
            "cost_burden": [{"total_amount": euros(fee), "vat_rate": "19.00"}],
        }
        self.statements[statement_id] = {
            "id": statement_id,
            "status": "published",
            "clearing_no": clearing,
            "booking_date": self.now.date().isoformat(),
            "mandate_count": 1,
            "mandates": [row],
            "financials": {"total_balance": euros(payout)},
        }
        self.event("statement.published", statement_id=statement_id, statement_url=f"/v2/statements/{statement_id}/")
        return statement_id

    @staticmethod
    def _about(mandate_id: str) -> Row:
        return {"mandate_id": mandate_id, "mandate_url": f"/v2/mandates/{mandate_id}/"}


_SUMS = ("principal_amount", "additional_charges_amount", "total_amount")
_OF_CLAIMS = frozenset({"draft", "submitted", "awaiting_client_response", "accepted", "rejected", "withdrawn"})
