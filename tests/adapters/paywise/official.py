"""The agency's own client as a process: runs in the environment ``clients``, which holds nothing of ours.

Started with an address and a key, it reads one JSON object a line, ``{"do": …, …}``, does it, and says what came of it on one line.
"""

import datetime as dt
import json
import sys
from typing import Any, Literal, get_args, get_origin

import paywise.case_management as cm
from paywise import Paywise
from paywise.core.api_error import ApiError

# What a user of the client would write for the claim of the witness test


def debtor() -> cm.DebtorWriteRequest_Consumer:
    return cm.DebtorWriteRequest_Consumer(
        person=cm.DebtorPersonWriteRequest(first_name="Jördis", last_name="Groß-Möller", salutation="ms", birth_date=dt.date(1984, 2, 29)),
        addresses=[cm.AddressWriteRequest(street="Lange Straße 7 a", postal_code="01067", city="Dresden", country="DE", primary=True)],
        communication_channels=[
            cm.CommunicationChannelWriteRequest(type="email", value="joerdis@example.org"),
            cm.CommunicationChannelWriteRequest(type="phone", value="+493514567890"),
        ],
        your_reference="K-1041",
    )


def claim() -> cm.ClaimCreateRequest_Receivable:
    return cm.ClaimCreateRequest_Receivable(
        principal_amount=cm.ClaimPrincipalAmountWriteRequest(value="153.99", currency="EUR"),
        is_disputed=False,
        document_reference="RE-2026-0815",
        document_date=dt.date(2026, 3, 2),
        due_date=dt.date(2026, 3, 16),
        reminders=[
            cm.ClaimReminderWriteRequest(date=dt.date(2026, 4, 1), due_date=dt.date(2026, 4, 15)),
            cm.ClaimReminderWriteRequest(date=dt.date(2026, 4, 20), due_date=dt.date(2026, 5, 4)),
        ],
        additional_charges=[
            cm.ClaimChargeWriteRequest(
                type="reminder_fee",
                amount=cm.ClaimAmountWriteRequest(value="2.50", currency="EUR"),
                occurrence_date=dt.date(2026, 4, 20),
            )
        ],
        payments=[
            cm.PaymentWriteRequest(
                amount=cm.PaymentAmountWriteRequest(value="20.00", currency="EUR"), value_date=dt.date(2026, 5, 5), your_reference="ZE-7"
            )
        ],
        legal_basis=cm.ClaimLegalBasisWriteRequest(claim_type_code="H43", contract_date=dt.date(2026, 2, 26)),
        subject_matter="Stuhl Modell Elbe, 2 × Kissen",
        metadata=[
            cm.ClaimMetadataWriteRequest(type="contract:reference", value="4711"),
            cm.ClaimMetadataWriteRequest(type="dunning:level", value="2"),
        ],
        your_reference="T-1",
    )


def hand_over(api: Any) -> Any:
    made = api.debtors.create_debtor(idempotency_key="w-1", request=debtor())
    order = api.orders.create_order(
        idempotency_key="w-2",
        debtor_id=made.id,
        type="invoice",
        starting_approach="extrajudicial",
        creditor_obligation_fulfilled=True,
        claims=[claim()],
    )
    return api.orders.finalize_order(order.id, idempotency_key="w-3")


# Anything else, by name

MODELS = {"amount": cm.PaymentAmountWriteRequest}
FEED = "events.list_events"
"""Read page by page: the client takes the feed's ``next``, which is a cursor by its own words, for an address."""
DATES = frozenset({"value_date", "booking_date"})


def call(api: Any, name: str, args: dict[str, Any]) -> Any:
    resource, _, method = name.partition(".")
    given = {key: MODELS[key](**value) if key in MODELS else value for key, value in args.items()}
    given = {key: dt.date.fromisoformat(value) if key in DATES else value for key, value in given.items()}
    answer = getattr(getattr(api, resource), method)(**given)
    if name == FEED:
        return answer.items
    return list(answer) if hasattr(answer, "iter_pages") else answer


def shape(name: str) -> dict[str, Any]:
    """Field -> whether it is required, and the words that it may hold."""
    fields = getattr(cm, name).model_fields
    return {key: {"required": field.is_required(), "words": sorted(words(field.annotation))} for key, field in fields.items()}


def words(annotation: Any) -> set[str]:
    if get_origin(annotation) is Literal:
        return {str(word) for word in get_args(annotation)}
    return set().union(*(words(inner) for inner in get_args(annotation)))


def strangers(node: Any, path: str = "") -> list[str]:
    """Fields of an answer that the client's own models do not know."""
    if isinstance(node, list):
        return [found for inner in node for found in strangers(inner, f"{path}[]")]
    fields = getattr(type(node), "model_fields", None)
    if fields is None:
        return []
    found = [f"{path}.{name}" for name in node.model_extra or {}]
    return [*found, *(inner for name in fields for inner in strangers(getattr(node, name), f"{path}.{name}"))]


def plain(node: Any) -> Any:
    if isinstance(node, list):
        return [plain(inner) for inner in node]
    return json.loads(node.json()) if hasattr(node, "json") else node


def done(api: Any, said: dict[str, Any]) -> dict[str, Any]:
    try:
        if said["do"] == "shape":
            return {"answer": shape(said["name"])}
        found = hand_over(api) if said["do"] == "hand_over" else call(api, said["name"], said["args"])
    except ApiError as no:
        return {"status": no.status_code, "error": plain(no.body)}
    return {"answer": plain(found), "strangers": strangers(found)}


def main(url: str, key: str) -> None:
    api = Paywise(base_url=url, token=key, max_retries=0).case_management
    for line in sys.stdin:
        print(json.dumps(done(api, json.loads(line))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
