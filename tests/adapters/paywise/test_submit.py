"""Handing over: debtor, draft, release. Whatever stops it half-way, there is one debtor, one order, and one release."""

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import green_address, green_claim, green_debtor, green_person
from peers.paywise.shapes import SHAPES, Problem, problems
from peers.paywise.stand_in import StandIn
from placements import placement

from inkasso_adapters.paywise import Paywise
from inkasso_core import (
    AgencyError,
    AgencyStatus,
    AuthenticationFailed,
    Capacity,
    Claim,
    ClaimInvalid,
    ClaimRejected,
    Default,
    DefaultCause,
    Organization,
    OutcomeUnknown,
    Placement,
    Salutation,
    Statement,
    TemporarilyUnavailable,
)

Build = Callable[..., Paywise]


class Killed(BaseException):
    """The process ends here."""


class Keeper:
    """Keeps what a try reached; the process may end right after one of them."""

    def __init__(self) -> None:
        self.progress: dict[str, str] = {}
        self.ends_after: str | None = None

    def keep(self, name: str, value: str) -> None:
        self.progress[name] = value
        if name == self.ends_after:
            raise Killed

    def next_try(self, placed: Placement) -> Placement:
        """The placement as the core hands it over again."""
        return placed.model_copy(update={"progress": dict(self.progress)}).kept_by(self.keep)


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


# Accepted


def test_a_claim_is_handed_over_with_one_release(service: StandIn, agency: Paywise, placed: Placement) -> None:
    submission = agency.submit(placed)
    assert [a.path.split("/")[2] for a in service.asked] == ["debtors", "orders", "orders"]
    assert (submission.status, submission.agency_status) == (AgencyStatus.SUBMITTED, "submitted")
    assert submission.agency_reference in service.orders
    assert submission.raw["totals"]["order_value"] == {"value": "136.49", "currency": "EUR"}
    assert len({a.headers["idempotency-key"] for a in service.asked}) == 3


def test_amounts_and_umlauts_arrive_to_the_byte(service: StandIn, agency: Paywise, placed: Placement) -> None:
    agency.submit(placed)
    debtor, order, release = service.asked
    assert "Jördis".encode() in debtor.body
    assert "Groß-Möller".encode() in debtor.body
    assert "Lange Straße 7 a".encode() in debtor.body
    assert "2 × Kissen".encode() in order.body
    assert b'"value": "153.99"' in order.body
    assert release.body == b""
    (stored,) = service.debtors.values()
    assert (stored["person"]["last_name"], stored["addresses"][0]["postal_code"]) == ("Groß-Möller", "01067")


def test_several_claims_of_one_debtor_go_into_one_order(service: StandIn, agency: Paywise) -> None:
    claims = [green_claim(principal=Decimal(10 + n), invoice={"number": f"RE-{n}", "issued_on": "2026-03-02"}) for n in range(3)]
    submission = agency.submit(placement(*claims))
    assert len(service.orders) == len(service.debtors) == 1
    found = service.order_read(service.orders[submission.agency_reference or ""])["claims"]
    assert [(c["document_reference"], c["principal_amount"]["value"], c["your_reference"]) for c in found] == [
        ("RE-0", "10.00", "T-1"),
        ("RE-1", "11.00", "T-1"),
        ("RE-2", "12.00", "T-1"),
    ]


def test_more_claims_than_the_account_takes_are_not_sent(service: StandIn, adapter: Build) -> None:
    agency = adapter(claims_per_placement=2)
    assert agency.claims_per_placement == 2
    with pytest.raises(ClaimInvalid) as no:
        agency.submit(placement(*[green_claim()] * 3))
    assert no.value.fields == ("claims",)
    assert service.asked == []
    assert adapter().claims_per_placement == 50


def test_a_company_goes_as_an_organization(service: StandIn, agency: Paywise) -> None:
    firm = Organization(name="Möbel Öztürk GmbH", legal_form="GmbH", register_number="HRB 12345")
    agency.submit(placement(green_claim(debtor=green_debtor(capacity=Capacity.BUSINESS, organization=firm))))
    (debtor,) = service.debtors.values()
    assert debtor["organization"] == {"name": "Möbel Öztürk GmbH", "commercial_registration_number": "HRB 12345"}
    assert (debtor["acting_as"], "person" in debtor) == ("business", False)


def test_what_is_not_known_is_left_out_and_an_unknown_role_is_protected(service: StandIn, agency: Paywise) -> None:
    person = green_person(salutation=Salutation.UNKNOWN, birth_date=None)
    agency.submit(placement(green_claim(debtor=green_debtor(capacity=Capacity.UNKNOWN, person=person, contacts=(), number=None))))
    (debtor,) = service.debtors.values()
    assert debtor["person"] == {"first_name": "Jördis", "last_name": "Groß-Möller"}
    assert debtor["acting_as"] == "consumer"
    assert not {"communication_channels", "your_reference"} & set(debtor)


def test_only_addresses_of_the_debtor_himself_are_sent(service: StandIn, agency: Paywise) -> None:
    addresses = (
        green_address(kind="delivery", street="Fremder Weg"),
        green_address(care_of="Öhm", extra="Hinterhaus"),
        green_address(kind="alternative", street="Neue Gasse", house_number="3"),
        green_address(kind="alternative", city=None),
    )
    agency.submit(placement(green_claim(debtor=green_debtor(addresses=addresses))))
    (debtor,) = service.debtors.values()
    assert [(a["street"], a["primary"]) for a in debtor["addresses"]] == [
        ("c/o Öhm, Lange Straße 7 a, Hinterhaus", True),
        ("Neue Gasse 3", False),
    ]


def test_credit_notes_lower_the_principal_and_payments_go_apart(service: StandIn, agency: Paywise) -> None:
    claim = green_claim(
        credits=[{"amount": "3.99"}, {"amount": "100.00", "allocated": False}],
        payments=[{"amount": "20.00", "on": "2026-05-05", "applies_to": "principal"}],
        dispute={"reason": "alt", "resolved_on": "2026-05-01"},
        original_creditor="Zedent KG",
        note="Bitte Raten anbieten.",
        extra={"paywise": {"claim_type_code": "H22"}},
    )
    agency.submit(placement(claim))
    (sent,) = service.sent("/orders/")[0].json["claims"]
    assert sent["principal_amount"]["value"] == "150.00"
    assert sent["payments"][0]["metadata"] == [{"type": "comment", "value": "Vom Gläubiger auf die Hauptforderung gebucht."}]
    assert (sent["is_disputed"], "dispute_reason" in sent) == (False, False)
    assert sent["legal_basis"]["claim_type_code"] == "H22"
    assert {"type": "claim:holder:name", "value": "Zedent KG"} in sent["metadata"]
    assert {"type": "comment", "value": "Bitte Raten anbieten."} in sent["metadata"]


def test_settings_decide_the_way_the_host_and_the_company(service: StandIn, adapter: Build, placed: Placement) -> None:
    service.company = "c-7"
    agency = adapter(
        starting_approach="judicial", confirmation_email="buero@example.org", other_charges="research_costs", on_behalf_of_company="c-7"
    )
    agency.submit(placement(green_claim(charges=[{"kind": "other", "amount": "1.00", "on": "2026-04-01"}])))
    order = service.sent("/orders/")[0].json
    assert (order["starting_approach"], order["confirmation_email"]) == ("judicial", "buero@example.org")
    assert order["claims"][0]["additional_charges"][0]["type"] == "research_costs"
    assert adapter(base_url=None).base_url == "https://api.paywise.de/"
    assert adapter(base_url=None, environment="sandbox").base_url == "https://api-sandbox.paywise.de/"
    assert "geheim" not in repr(agency.settings)


def test_documents_go_along_with_their_claims(service: StandIn, adapter: Build, tmp_path: Path) -> None:
    (tmp_path / "rechnung.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "foto.png").write_bytes(b"\x89PNG")
    bare = green_claim(subject=None, documents=[{"kind": "photo", "name": "foto.png"}])
    agency = adapter(documents=tmp_path)
    agency.submit(placement(green_claim(documents=[{"kind": "invoice", "name": "rechnung.pdf"}]), bare))
    first, second = service.sent("/orders/")[0].json["claims"]
    assert first["documents"] == [{"type": "invoice", "filename": "rechnung.pdf", "base64": "JVBERi0xLjc="}]
    assert second["documents"][0]["type"] == "other"
    (tmp_path / "tabelle.csv").write_text("a;b")
    with pytest.raises(ClaimInvalid) as no:
        agency.check(placement(bare, green_claim(documents=[{"kind": "other", "name": "tabelle.csv"}])))
    assert no.value.fields == ("claims.1.documents.0",)


def test_a_rehearsal_shows_the_requests_and_sends_nothing(service: StandIn, agency: Paywise, placed: Placement) -> None:
    shown = agency.rehearse(placed)
    assert service.asked == []
    assert [line.rpartition("/v2/")[2] for line in shown.splitlines() if line.startswith("POST")] == [
        "debtors/",
        "orders/",
        "orders/{order}/finalize/",
    ]
    bodies = [json.loads(part.partition("\n")[2]) for part in shown.split("\n\n")[:2]]
    agency.submit(placed)
    assert bodies == [service.asked[0].json, {**service.asked[1].json, "debtor_id": "{debtor}"}]


def test_our_own_first_day_of_default_is_sent_where_the_account_says_so(service: StandIn, adapter: Build) -> None:
    since = Default(dt.date(2026, 4, 2), DefaultCause.REMINDER)
    nothing = Decimal("0.00")
    law = Statement(dt.date(2026, 6, 1), "DE", since, (), (), Decimal("153.99"), nothing, nothing, nothing)
    placed = placement(green_claim(), green_claim()).model_copy(update={"statements": (law, None)})
    adapter().submit(placed)
    adapter(send_default_date=True).submit(placed)
    first, second = (asked.json["claims"] for asked in service.sent("/orders/"))
    assert [claim.get("delay_date") for claim in first] == [None, None]
    assert [claim.get("delay_date") for claim in second] == ["2026-04-02", None]


# Refused


def test_all_gaps_are_found_before_anything_is_sent(service: StandIn, agency: Paywise) -> None:
    debtor = green_debtor(capacity=Capacity.CONSUMER, organization=Organization(), addresses=(green_address(city=None),))
    claim = green_claim(
        currency="USD",
        debtor=debtor,
        subject=None,
        performed=None,
        due_date="2026-02-01",
        contract={"number": "4711", "concluded_on": "2026-05-01"},
        charges=[{"kind": "other", "amount": "1.00"}, {"kind": "dunning_fee", "amount": "0.00"}],
        payments=[{"amount": "1.00", "on": "2026-07-01"}],
        reminders=[{"sent_on": "2026-01-01"}, {"sent_on": "2026-04-01", "deadline": "2026-03-01"}],
        dispute={"since": "2026-05-01"},
        extra={"paywise": {"claim_type_code": "H17"}},
    )
    with pytest.raises(ClaimInvalid) as no:
        agency.submit(placement(claim))
    assert set(no.value.fields) == {
        "debtor.capacity",
        "debtor.organization.name",
        "debtor.address.city",
        "claims.0.currency",
        "claims.0.due_date",
        "claims.0.contract.concluded_on",
        "claims.0.reminders.0.sent_on",
        "claims.0.reminders.1.deadline",
        "claims.0.charges.0.kind",
        "claims.0.charges.0.on",
        "claims.0.payments.0.on",
        "claims.0.subject",
        "claims.0.performed",
        "claims.0.dispute.reason",
        "claims.0.extra.paywise.claim_type_code",
    }
    assert all(field in no.value.text.de for field in no.value.fields)
    assert service.asked == []


OTHER_GAPS: dict[str, tuple[dict[str, Any], str]] = {
    "no date of an invoice": ({"invoice": None, "contract": None}, "invoice.issued_on"),
    "an invoice of tomorrow": ({"invoice": {"issued_on": "2026-06-02"}, "due_date": None, "reminders": []}, "invoice.issued_on"),
    "nothing left": ({"credits": [{"amount": "153.99"}]}, "principal"),
    "too long a subject": ({"subject": "x" * 2001}, "subject"),
    "too many reminders": ({"reminders": [{"sent_on": "2026-04-01"}] * 51}, "reminders"),
    "a charge without a date": ({"charges": [{"kind": "bank_fee", "amount": "1.00"}]}, "charges.0.on"),
    "a payment without a date": ({"payments": [{"amount": "1.00"}]}, "payments.0.on"),
    "a long reason": ({"charges": [{"kind": "bank_fee", "amount": "1.00", "on": "2026-04-01", "reason": "x" * 2001}]}, "charges.0.reason"),
}


@pytest.mark.parametrize("gap", OTHER_GAPS)
def test_a_gap_is_named_by_its_path(agency: Paywise, gap: str) -> None:
    changes, field = OTHER_GAPS[gap]
    with pytest.raises(ClaimInvalid) as no:
        agency.check(placement(green_claim(**changes)))
    assert no.value.fields == (f"claims.0.{field}",)


def test_what_the_agency_finds_missing_is_named_with_all_its_fields(
    service: StandIn, agency: Paywise, placed: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agency's own rules may be stricter than those that are published."""
    found = [
        Problem("claims[0].document_date", "required"),
        Problem("claims[0].additional_charges[0].occurrence_date", "required"),
        Problem("claims[0].legal_basis.description", "required"),
        Problem("debtor.addresses[0].postal_code", "invalid"),
        Problem("creditor_obligation_fulfilled", "required"),
        Problem("something_new", "required"),
    ]
    monkeypatch.setattr("peers.paywise.stand_in.gaps", lambda *_: found)
    with pytest.raises(ClaimRejected) as no:
        agency.submit(placed)
    assert no.value.fields == (
        "claims.0.invoice.issued_on",
        "claims.0.charges.on",
        "claims.0.contract",
        "debtor.address.postal_code",
        "performed",
        "something_new",
    )
    assert (no.value.agency_code, no.value.http_status) == ("validation_error", 422)
    assert len(no.value.raw["errors"]) == 6
    assert [order["status"] for order in service.orders.values()] == ["draft"]


def test_what_the_agency_finds_wrong_with_the_debtor_is_named(
    service: StandIn, agency: Paywise, placed: Placement, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = {"street": "x", "postal_code": "1", "city": " ", "country": "DE", "extra": 7}
    found = [*problems({"person": {"first_name": "x"}, "addresses": [address]}, SHAPES["ConsumerDebtorWriteRequest"])]
    monkeypatch.setattr("peers.paywise.stand_in.problems", lambda *_: found)
    with pytest.raises(ClaimRejected) as no:
        agency.submit(placed)
    assert set(no.value.fields) == {"debtor.person.last_name", "debtor.address.city", "debtor.address"}
    assert service.orders == {}


def test_credentials_that_are_refused_are_an_error_of_the_account(adapter: Build, placed: Placement) -> None:
    with pytest.raises(AuthenticationFailed):
        adapter(token="falsch").submit(placed)


# Again, and half-way


def test_the_same_key_again_is_the_same_case(service: StandIn, agency: Paywise, placed: Placement) -> None:
    assert agency.submit(placed) == agency.submit(placed)
    assert (len(service.debtors), len(service.orders)) == (1, 1)
    assert sum(event["type"] == "order.submitted" for event in service.events) == 1


def test_another_key_is_another_case(service: StandIn, agency: Paywise, invoiced: Claim) -> None:
    agency.submit(placement(invoiced))
    agency.submit(placement(invoiced, reference="T-2"))
    assert len(service.orders) == 2


@pytest.mark.parametrize("point", ["debtor.1", "order.1"])
def test_killed_between_two_steps_it_goes_on_where_it_stopped(
    service: StandIn, agency: Paywise, placed: Placement, keeper: Keeper, point: str
) -> None:
    keeper.ends_after = point
    with pytest.raises(Killed):
        agency.submit(placed.kept_by(keeper.keep))
    keeper.ends_after = None
    submission = agency.submit(keeper.next_try(placed))
    assert submission.status is AgencyStatus.SUBMITTED
    assert (len(service.debtors), len(service.orders)) == (1, 1)
    assert [len(service.sent(path)) for path in ("/debtors/", "/orders/", "/finalize/")] == [1, 1, 1]


@pytest.mark.parametrize("path", ["/debtors/", "/orders/"])
def test_a_lost_answer_before_the_release_is_worth_another_try_and_makes_nothing_twice(
    service: StandIn, agency: Paywise, placed: Placement, keeper: Keeper, path: str
) -> None:
    service.lose.append(path)
    with pytest.raises(TemporarilyUnavailable):
        agency.submit(placed.kept_by(keeper.keep))
    agency.submit(keeper.next_try(placed))
    assert (len(service.debtors), len(service.orders)) == (1, 1)
    assert len(service.sent("/finalize/")) == 1


def test_a_lost_answer_to_the_release_is_looked_up(service: StandIn, agency: Paywise, placed: Placement, keeper: Keeper) -> None:
    service.lose.append("/finalize/")
    with pytest.raises(OutcomeUnknown):
        agency.submit(placed.kept_by(keeper.keep))
    assert len(service.sent("/finalize/")) == 1
    report = agency.find("T-1")
    assert report is not None
    assert (report.status, report.agency_reference) == (AgencyStatus.SUBMITTED, next(iter(service.orders)))
    again = agency.submit(keeper.next_try(placed))
    assert (again.agency_reference, again.status, len(service.orders)) == (report.agency_reference, AgencyStatus.SUBMITTED, 1)
    assert sum(event["type"] == "order.submitted" for event in service.events) == 1


def test_a_release_that_never_arrived_leaves_a_draft_that_the_next_try_releases(
    service: StandIn, agency: Paywise, placed: Placement, keeper: Keeper
) -> None:
    assert agency.find("T-1") is None
    service.refuse.append(("/finalize/", 500, {}))
    with pytest.raises(OutcomeUnknown):
        agency.submit(placed.kept_by(keeper.keep))
    report = agency.find("t-1")
    assert report is not None
    assert report.status is AgencyStatus.DRAFT
    assert agency.submit(keeper.next_try(placed)).agency_reference == report.agency_reference
    assert agency.settles_after == dt.timedelta(minutes=5)
    assert agency.idempotent


def test_busy_is_tried_again_after_the_time_that_the_agency_names(service: StandIn, agency: Paywise, placed: Placement) -> None:
    service.refuse.append(("/finalize/", 429, {"Retry-After": "30"}))
    with pytest.raises(TemporarilyUnavailable) as no:
        agency.submit(placed)
    assert no.value.retry_after == 30


def test_released_meanwhile_and_its_stored_answer_gone_the_order_itself_tells(
    service: StandIn, agency: Paywise, placed: Placement, keeper: Keeper
) -> None:
    agency.submit(placed.kept_by(keeper.keep))
    service._replies.clear()  # the agency keeps answers for a time that it does not name
    again = agency.submit(keeper.next_try(placed))
    assert (again.status, len(service.orders)) == (AgencyStatus.SUBMITTED, 1)


def test_a_draft_that_lapsed_is_a_refusal(service: StandIn, agency: Paywise, placed: Placement, keeper: Keeper) -> None:
    service.refuse.append(("/finalize/", 429, {}))
    with pytest.raises(TemporarilyUnavailable):
        agency.submit(placed.kept_by(keeper.keep))
    service.tick(91 * 24 * 3600)
    assert agency.submit(keeper.next_try(placed)).status is AgencyStatus.EXPIRED


@pytest.mark.parametrize("answer", [{}, [], {"detail": "ok"}])
def test_an_answer_of_another_form_is_no_yes(service: StandIn, agency: Paywise, placed: Placement, keeper: Keeper, answer: Any) -> None:
    service.refuse.append(("/finalize/", 429, {}))
    with pytest.raises(TemporarilyUnavailable):
        agency.submit(placed.kept_by(keeper.keep))
    (order_id,) = service.orders
    service.odd[f"/v2/orders/{order_id}/finalize/"] = answer
    with pytest.raises(OutcomeUnknown):
        agency.submit(keeper.next_try(placed))
    service.odd[f"/v2/orders/{order_id}/"] = answer
    with pytest.raises(OutcomeUnknown):
        agency.submit(keeper.next_try(placed))
    service.odd = {"/v2/debtors/": answer}
    with pytest.raises(TemporarilyUnavailable):
        agency.submit(placed)


# What changed meanwhile


def paid_since(placed: Placement) -> Placement:
    claim = placed.claim.model_copy(update={"payments": ()})
    return placed.model_copy(update={"claims": (claim,)})


def stuck(agency: Paywise, service: StandIn, placed: Placement, keeper: Keeper) -> str:
    """A draft that was not released; its id."""
    service.refuse.append(("/finalize/", 429, {}))
    with pytest.raises(TemporarilyUnavailable):
        agency.submit(placed.kept_by(keeper.keep))
    return keeper.progress["order.1"].split()[0]


def test_a_draft_that_is_out_of_date_is_deleted_and_made_anew(service: StandIn, agency: Paywise, placed: Placement, keeper: Keeper) -> None:
    old = stuck(agency, service, placed, keeper)
    submission = agency.submit(keeper.next_try(paid_since(placed)))
    assert old not in service.orders
    assert len(service.debtors) == 1
    assert submission.raw["totals"]["order_value"]["value"] == "156.49"
    assert agency.submit(keeper.next_try(paid_since(placed))).agency_reference == submission.agency_reference
    assert len(service.orders) == 1


def test_a_debtor_who_moved_is_written_anew(service: StandIn, agency: Paywise, placed: Placement, keeper: Keeper) -> None:
    stuck(agency, service, placed, keeper)
    moved = placed.claim.model_copy(update={"debtor": green_debtor(addresses=(green_address(city="Köln", postal_code="50667"),))})
    agency.submit(keeper.next_try(placed.model_copy(update={"claims": (moved,)})))
    (order,) = service.orders.values()
    assert service.debtors[order["debtor_id"]]["addresses"][0]["city"] == "Köln"


def test_an_order_that_was_released_after_all_is_never_replaced(
    service: StandIn, agency: Paywise, placed: Placement, keeper: Keeper
) -> None:
    old = stuck(agency, service, placed, keeper)
    service.orders[old]["status"] = "submitted"
    submission = agency.submit(keeper.next_try(paid_since(placed)))
    assert (submission.agency_reference, submission.status) == (old, AgencyStatus.SUBMITTED)
    assert list(service.orders) == [old]


def test_a_draft_that_cannot_be_deleted_is_left_for_the_next_try(
    service: StandIn, agency: Paywise, placed: Placement, keeper: Keeper
) -> None:
    old = stuck(agency, service, placed, keeper)
    service.refuse.append((f"/orders/{old}/", 409, {}))
    with pytest.raises(TemporarilyUnavailable):
        agency.submit(keeper.next_try(paid_since(placed)))
    assert list(service.orders) == [old]


def test_a_lapsed_draft_that_is_out_of_date_is_made_anew(service: StandIn, agency: Paywise, placed: Placement, keeper: Keeper) -> None:
    stuck(agency, service, placed, keeper)
    service.tick(91 * 24 * 3600)
    assert agency.submit(keeper.next_try(paid_since(placed))).status is AgencyStatus.SUBMITTED


def test_the_furthest_order_is_found_where_a_draft_was_left_behind(
    service: StandIn, agency: Paywise, placed: Placement, keeper: Keeper
) -> None:
    """A process that ended right after the agency made a draft knows nothing of it, once the claim has changed."""
    stuck(agency, service, placed, keeper)
    del keeper.progress["order.1"]
    submission = agency.submit(keeper.next_try(paid_since(placed)))
    assert len(service.orders) == 2
    report = agency.find("T-1")
    assert report is not None
    assert (report.agency_reference, report.status) == (submission.agency_reference, AgencyStatus.SUBMITTED)


@pytest.mark.parametrize("progress", [{"order.x": "a b"}, {"order.1": "nothing"}, {"elsewhere": "a b"}])
def test_progress_that_is_none_of_ours_is_not_used(service: StandIn, agency: Paywise, placed: Placement, progress: dict[str, str]) -> None:
    agency.submit(placed.model_copy(update={"progress": progress}))
    assert len(service.sent("/orders/")) == 1


def test_no_error_repeats_what_the_claim_says(service: StandIn, agency: Paywise, placed: Placement) -> None:
    service.refuse.append(("/finalize/", 422, {}))
    with pytest.raises(AgencyError) as no:
        agency.submit(placed)
    assert not any(word in f"{no.value.text}{no.value!r}" for word in ("Möller", "Dresden", "geheim", "4711"))
