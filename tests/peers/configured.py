"""What a merchant would set for the stand-ins: one place for the tests of both transports."""

from typing import Any

STATUS = {
    "NEU": "active",
    "TZ": "active",
    "BZ": "closed_paid",
    "RU": "paused",
    "GV": "judicial",
    "ST": "recalled",
}
FIELDS = {
    "reference": "reference",
    "lastName": "debtor.last_name",
    "company": "debtor.company",
    "street": "debtor.address.street_line",
    "postcode": "debtor.address.postal_code",
    "city": "debtor.address.city",
    "invoiceNumber": "claims.0.invoice.number",
    "dueDate": "claims.0.due_date",
    "principal": "claims.0.principal_open",
    "dunningFees": "claims.0.dunning_fees",
    "dunnings": "claims.0.reminder_count",
}
RESULT = {
    "agency_reference": "fileNumber",
    "result": "result",
    "accepted": ["accepted", "duplicate"],
    "rejected": ["rejected"],
    "undecided": ["requested"],
    "error_code": "errorCode",
    "error_fields": "errorField",
}
STATE = {
    "our_reference": "reference",
    "agency_reference": "fileNumber",
    "status": "code",
    "text": "text",
    "at": "changedAt",
}
NUMBER = {"fileNumber": "agency_reference"}


def soap(address: str, **more: Any) -> dict[str, Any]:
    """Settings for the SOAP stand-in."""

    def states(**fields: str) -> dict[str, Any]:
        return {"name": "GetStatus", "fields": fields, "answer": {"items": "State", **STATE}}

    def tell(kind: str, **fields: str) -> dict[str, Any]:
        return {"name": "Tell", "fields": NUMBER | fields, "constants": {"kind": kind}, "answer": RESULT}

    operations = {
        "submit": {
            "name": "SubmitClaims",
            "fields": FIELDS,
            "list_at": "claims.Claim",
            "answer": {"items": "Result", "our_reference": "reference", **RESULT},
        },
        "find": states(reference="our_reference"),
        "fetch_status": states(fileNumber="agency_reference"),
        "fetch_feed": states(changedSince="cursor"),
        "fetch_ledger": {
            "name": "GetStatus",
            "fields": NUMBER,
            "answer": {"items": "State", "collected": "paid", "fees": "fees"},
        },
        "amend": {"name": "AmendClaim", "fields": NUMBER | {f"claim.{to}": of for to, of in FIELDS.items()}, "answer": RESULT},
        "report_payment": {
            "name": "ReportPayment",
            "fields": NUMBER | {"amount": "amount", "paidOn": "received_on"},
            "answer": RESULT,
        },
        "recall": {"name": "RecallClaim", "fields": NUMBER | {"reason": "reason"}, "answer": RESULT},
        "pause": tell("pause", until="until", text="reason"),
        "resume": tell("resume"),
        "send_message": tell("message", text="text"),
    }
    given = {
        "transport": "soap",
        "client_id": "K-77",
        "password": "geheim-77",
        "wsdl": f"{address}/?wsdl",
        "address": f"{address}/",
        "batch_size": 10,
        "status_map": STATUS,
        "outcome_map": {"BZ": "paid_full", "ST": "recalled_by_creditor"},
        "faults": {"Client.Authentication": "login", "Server.Busy": "busy"},
        "portal": "https://portal.example/{agency_reference}",
        "operations": operations,
    }
    return given | more


def http(address: str, **more: Any) -> dict[str, Any]:
    """Settings for the HTTP stand-in."""
    case = "claims/{agency_reference}"
    operations = {
        "submit": {
            "path": "claims",
            "fields": FIELDS,
            "list_at": "claims",
            "answer": {"items": "results", "our_reference": "reference", **RESULT},
        },
        "find": {"path": "claims", "fields": {"reference": "our_reference"}, "answer": {"items": "states", **STATE}},
        "fetch_status": {"path": case, "answer": STATE},
        "fetch_feed": {"path": "states", "fields": {"changedSince": "cursor"}, "answer": {"items": "states", **STATE}},
        "fetch_ledger": {"path": case, "answer": {"collected": "paid", "fees": "fees"}},
        "amend": {"method": "PUT", "path": case, "fields": FIELDS, "answer": RESULT},
        "report_payment": {
            "path": f"{case}/payments",
            "fields": {"amount": "amount", "paidOn": "received_on"},
            "answer": RESULT,
        },
        "recall": {"path": f"{case}/recall", "fields": {"reason": "reason"}, "answer": RESULT},
        "pause": {"path": f"{case}/pause", "fields": {"until": "until", "text": "reason"}, "answer": RESULT},
        "resume": {"path": f"{case}/resume", "constants": {"text": "-"}, "fields": {"key": "idempotency_key"}, "answer": RESULT},
        "send_message": {"path": f"{case}/messages", "fields": {"text": "text"}, "answer": RESULT},
    }
    given = {
        "transport": "http",
        "client_id": "K-77",
        "password": "geheim-77",
        "base_url": address,
        "batch_size": 10,
        "status_map": STATUS,
        "outcome_map": {"BZ": "paid_full", "ST": "recalled_by_creditor"},
        "errors": {"error_code": "error.code", "error_fields": "error.fields"},
        "idempotency_header": "Idempotency-Key",
        "portal": "https://portal.example/{agency_reference}",
        "operations": operations,
    }
    return given | more


def diagonal(address: str, **more: Any) -> dict[str, Any]:
    """Settings of Diagonal for the HTTP stand-in: the same, with a client number."""
    given = http(address, portal_access_codes=["ZUGANG"], client_number="4711")
    given["operations"]["submit"]["fields"] = FIELDS | {"clientNumber": "client_number"}
    return given | more
