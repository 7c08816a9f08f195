# ruff: noqa: RUF012  (class attributes are how an adapter and its conformance are declared)
"""Acme Inkasso, SOAP interface."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from inkasso_core import (
    AgencyStatus,
    Feed,
    FeedEntry,
    FeedKind,
    Placement,
    SoapAgency,
    SoapSettings,
    StatusReport,
    Submission,
    as_list,
    entry_digest,
)


class Settings(SoapSettings):
    password: SecretStr


class AcmeSoap(SoapAgency[Settings]):
    name = "acme-soap"
    label = "Acme Inkasso (SOAP)"
    Settings = Settings
    wsdl = Path(__file__).with_name("acme.wsdl")
    status_map = {"10": AgencyStatus.ACTIVE, "90": AgencyStatus.CLOSED_PAID}
    claims_per_placement = 5

    def ask(self, operation: str, *, commits: bool = False, **values: Any) -> Any:
        return self.call(operation, password=self.settings.password.get_secret_value(), commits=commits, **values)

    def submit(self, placement: Placement) -> Submission:
        person, address = placement.debtor.person, placement.debtor.address
        answer = self.ask(
            "newCase",
            commits=True,
            reference=placement.our_reference,
            name=person.last_name if person else "",
            street=address.street_line if address else "",
            item=[{"invoice": c.invoice.number if c.invoice else "", "open": c.principal_open} for c in placement.claims],
        )
        return Submission(agency_reference=answer.value["case"], agency_status=answer.value["state"], raw=answer.raw)

    def fetch_status(self, agency_reference: str) -> StatusReport:
        answer = self.ask("getCase", case=agency_reference)
        return self.report(answer.value["case"], answer.value["state"], answer.raw)

    def fetch_feed(self, cursor: str | None) -> Feed:
        answer = self.ask("getNews")
        return Feed(entries=tuple(self.entry(event) for event in as_list(answer.value)))

    def entry(self, event: Mapping[str, Any]) -> FeedEntry:
        report = self.report(event["case"], event["state"], event)
        return FeedEntry(entry_id=entry_digest(event), kind=FeedKind.STATUS, agency_reference=event["case"], report=report, raw=event)
