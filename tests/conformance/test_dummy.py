# ruff: noqa: RUF012  (class attributes are how a conformance is declared)
"""The dummy keeps the kit's rules, too."""

from inkasso_adapters.dummy import DummyAgency
from inkasso_core import AgencyStatus, ClaimRejected
from inkasso_core.testing import AgencyConformance, Example, sample_claim, sample_placement

REFUSED = sample_placement(sample_claim(extra={"dummy": {"behaviour": "refuse", "code": "E12"}}), our_reference="KIT-REFUSED")
CASE = f"DUMMY-{sample_placement().our_reference}"


class TestDummy(AgencyConformance):
    agency_class = DummyAgency
    entry_point = "dummy"
    without_requests = "keeps its cases itself, sends no request"
    case_reference = CASE
    refuse = Example((), {"agency_code": "E12", "fields": ("debtor.address",)}, raises=ClaimRejected, given=REFUSED)
    status = Example((), {"status": AgencyStatus.ACTIVE, "agency_reference": CASE})
    find = (Example((), {"agency_reference": CASE}), Example((), None, given="KIT-NEVER"))
    examples = {
        "check": Example((), None),
        "report_payment": Example((), {"done": True}),
        "amend": Example((), {"done": True}),
        "recall": Example((), {"done": True}),
    }
