# ruff: noqa: RUF012  (class attributes are how an adapter and its conformance are declared)
"""Acme Inkasso, REST interface v2: several requests a hand-over, look-up, feed, webhook, batch."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import SecretStr

from inkasso_core import (
    Acknowledgement,
    AgencyError,
    AgencySettings,
    AgencyStatus,
    ClaimRejected,
    Delivery,
    Feed,
    FeedEntry,
    FeedKind,
    HttpAgency,
    Placement,
    Recall,
    Refusal,
    StatusReport,
    Submission,
    Text,
    as_list,
    check_signature,
    check_time,
    entry_digest,
)

STATUSES = {"NEW": AgencyStatus.ACTIVE, "PAID": AgencyStatus.CLOSED_PAID, "LOSS": AgencyStatus.CLOSED_UNPAID}
TAKEN = "taken"


class Settings(AgencySettings):
    api_key: SecretStr
    hook_secret: SecretStr
    old_hook_secret: SecretStr | None = None


class Acme(HttpAgency[Settings]):
    name = "acme-v2"
    label = "Acme Inkasso (v2)"
    verified = "stand-in"
    Settings = Settings
    base_url = "https://api.acme.example/v2/"
    status_map = STATUSES
    claims_per_placement = 3
    batch_size = 10
    idempotent = True
    lacks = {"pause": Text("die Agentur bietet es nicht an", "the agency has no such function")}

    def headers(self) -> dict[str, str]:
        return {"X-Api-Key": self.settings.api_key.get_secret_value()}

    def read_refusal(self, status: int, data: Any) -> Refusal:
        return Refusal(data.get("code"), tuple(data.get("fields", ()))) if isinstance(data, dict) else Refusal()

    def submit(self, placement: Placement) -> Submission:
        debtor = placement.progress.get("debtor") or placement.reached("debtor", self.debtor(placement))
        data = self.call("POST", "cases", json={"debtor": debtor, **self.case(placement)}, headers=self.key(placement))
        return Submission(agency_reference=data["case"], agency_status=data["state"], portal_url=data.get("link"), raw=data)

    def debtor(self, placement: Placement) -> str:
        person = placement.debtor.person
        address = placement.debtor.address
        data = self.call(
            "POST",
            "debtors",
            json={
                "name": [person.first_name, person.last_name] if person else None,
                "street": address.street_line if address else None,
                "city": address.city if address else None,
            },
            commits=False,
        )
        return str(data["id"])

    def case(self, placement: Placement) -> dict[str, Any]:
        items = [{"invoice": c.invoice.number if c.invoice else None, "open": c.total_open} for c in placement.claims]
        return {"reference": placement.our_reference, "items": items}

    def key(self, placement: Placement) -> dict[str, str]:
        return {"Idempotency-Key": placement.idempotency_key}

    def rehearse(self, placement: Placement) -> str:
        return str(self.case(placement))

    def portal_url(self, agency_reference: str) -> str:
        return f"https://portal.acme.example/{agency_reference}"

    def find(self, our_reference: str) -> StatusReport | None:
        data = self.call("GET", "cases", params={"reference": our_reference}, absent=(404,))
        return self.read(data) if data else None

    def fetch_status(self, agency_reference: str) -> StatusReport:
        return self.read(self.call("GET", f"cases/{agency_reference}"))

    def read(self, data: Mapping[str, Any]) -> StatusReport:
        return self.report(data["case"], data["state"], data)

    def recall(self, instruction: Recall) -> Acknowledgement:
        data = self.call("POST", f"cases/{instruction.agency_reference}/recall", json={"reason": instruction.reason})
        return Acknowledgement(done=data["done"], raw=data)

    def fetch_feed(self, cursor: str | None) -> Feed:
        data = self.call("GET", "events")
        return Feed(entries=tuple(self.entry(event) for event in as_list(data["events"])), token=data["token"])

    def entry(self, event: Mapping[str, Any]) -> FeedEntry:
        return FeedEntry(
            entry_id=entry_digest(event),
            kind=FeedKind.STATUS,
            agency_reference=event["case"],
            report=self.read(event),
            raw=event,
        )

    def acknowledge(self, token: str) -> None:
        self.call("POST", "events/done", json={"token": token})

    def receive(self, delivery: Delivery) -> Feed:
        self.insist_on_signature(delivery)
        event = self.read_body(delivery.body)
        return Feed(entries=(self.entry(event),))

    def insist_on_signature(self, delivery: Delivery) -> None:
        at = delivery.header("Acme-Time")
        settings = self.settings
        secrets = [s for s in (settings.hook_secret, settings.old_hook_secret) if s is not None]
        check_signature(
            delivery,
            signed=f"{at}.".encode() + delivery.body,
            given=[delivery.header("Acme-Signature") or ""],
            keys=[secret.get_secret_value().encode() for secret in secrets],
            agency=self.name,
        )
        check_time(delivery, at, agency=self.name)

    def read_body(self, body: bytes) -> Any:
        from inkasso_core.agencies.http import from_json

        return from_json(body)

    def submit_batch(self, placements: Sequence[Placement]) -> Mapping[str, Submission | AgencyError]:
        sent = [{**self.case(p), "name": p.debtor.person.last_name if p.debtor.person else None} for p in placements]
        data = self.call("POST", "batches", json={"cases": sent})
        return {answer["reference"]: self.answer(answer) for answer in data["answers"]}

    def answer(self, answer: Mapping[str, Any]) -> Submission | AgencyError:
        if answer["result"] == TAKEN:
            return Submission(agency_reference=answer["case"], raw=answer)
        refused = Text("Acme lehnt ab.", "Acme refuses.")
        return ClaimRejected(refused, agency=self.name, agency_code=answer["result"], raw=answer)
