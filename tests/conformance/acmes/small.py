# ruff: noqa: RUF012  (class attributes are how an adapter and its conformance are declared)
"""Acme Inkasso, REST interface v1: the smallest adapter that is a good one."""

from pydantic import SecretStr

from inkasso_core import AgencySettings, AgencyStatus, HttpAgency, Placement, StatusReport, Submission


class AcmeSettings(AgencySettings):
    client_id: str
    api_key: SecretStr


class AcmeAgency(HttpAgency[AcmeSettings]):
    name = "acme"  # equals the entry-point name
    label = "Acme Inkasso"
    Settings = AcmeSettings
    base_url = "https://api.acme.example/v1/"
    status_map = {"NEW": AgencyStatus.ACTIVE, "PAID": AgencyStatus.CLOSED_PAID, "LOSS": AgencyStatus.CLOSED_UNPAID}

    def headers(self) -> dict[str, str]:
        return {"X-Api-Key": self.settings.api_key.get_secret_value()}

    def submit(self, placement: Placement) -> Submission:
        cents = int(placement.total_open * 100)
        data = self.call("POST", "cases", json={"ref": placement.our_reference, "cents": cents})
        return Submission(agency_reference=data["caseNo"], raw=data)

    def fetch_status(self, reference: str) -> StatusReport:
        data = self.call("GET", f"cases/{reference}")
        return self.report(reference, data["state"], data)
