"""The published JSON Schema of a claim, for systems that send claims themselves.

It is made from :class:`~inkasso_core.model.claim.Claim`, so it cannot drift from what is taken. What the model library writes down
for its own use only (titles made of field names, defaults of null, keywords that JSON Schema does not know) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inkasso_core.model.claim import Claim

SCHEMA_ID = "urn:inkasso:claim:1"
"""Changes only when a claim that was valid before would be refused."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_DESCRIPTION = (
    "One due item: one invoice or one instalment, with its charges, payments, credits and reminders. Amounts are gross, in the claim's "
    "currency. Only what a claim cannot be read without is required; what else an agency needs is named by the diagnosis. Beyond this "
    "schema, an amount may have no more decimals than its currency, and currency and country must exist."
)

_EXAMPLE = {
    "source": {"order": "4711", "status": "collection", "reported_at": "2026-06-01T08:30:00+02:00"},
    "currency": "EUR",
    "principal": "153.99",
    "debtor": {
        "capacity": "consumer",
        "person": {"salutation": "ms", "first_name": "Jördis", "last_name": "Groß-Möller"},
        "addresses": [{"street": "Lange Straße", "house_number": "7 a", "postal_code": "01067", "city": "Dresden", "country": "DE"}],
        "contacts": [{"kind": "email", "value": "joerdis@example.org"}],
    },
    "subject": "Gartenbank Eiche",
    "contract": {"concluded_on": "2026-03-02"},
    "invoice": {"number": "R-2026-0815", "issued_on": "2026-03-03"},
    "performed": True,
    "due_date": "2026-03-17",
    "due_date_origin": "contract",
    "reminders": [{"level": 1, "sent_on": "2026-04-01"}, {"level": 2, "sent_on": "2026-04-15", "deadline": "2026-04-29"}],
}

_SHARED = {
    "Amount": {
        "description": "Money in the claim's currency, zero or more, at most 11 digits before the decimal point and 4 behind it. A text is "
        "exact everywhere.",
        "anyOf": [
            {"type": "number", "minimum": 0, "exclusiveMaximum": 10**11},
            {"type": "string", "pattern": r"^[0-9]{1,11}(\.[0-9]{1,4})?$"},
        ],
    },
    "Country": {
        "description": "ISO 3166-1 alpha-2, for example DE; alpha-3 codes and German and English names are understood.",
        "type": "string",
        "minLength": 2,
    },
    "Currency": {"description": "ISO 4217, for example EUR.", "type": "string", "pattern": "^[A-Za-z]{3}$"},
}
"""What the model's own validators know and its generated schema does not."""

_SHARED_BY_FIELD = {"country": "Country", "currency": "Currency"}


def claim_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a claim as it may be sent in: the input form, in which most fields may be left out."""
    schema = _tidy(Claim.model_json_schema(mode="validation"))
    definitions = {**schema.pop("$defs"), **_SHARED}
    return {
        "$schema": _DIALECT,
        "$id": SCHEMA_ID,
        **schema,
        "title": "Claim",
        "description": _DESCRIPTION,
        "examples": [_EXAMPLE],
        "$defs": dict(sorted(definitions.items())),
    }


def _tidy(node: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one model or enumeration, and of all those in its ``$defs``."""
    tidied = {key: value for key, value in node.items() if key not in ("properties", "$defs", "description")}
    if "description" in node:
        tidied["description"] = _first_paragraph(node["description"])
    if "properties" in node:
        tidied["properties"] = {name: _field(name, value) for name, value in node["properties"].items()}
    if "$defs" in node:
        tidied["$defs"] = {name: _tidy(value) for name, value in node["$defs"].items()}
    return tidied


def _field(name: str, node: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one field: its form, then its default and its description."""
    shared = "Amount" if _is_amount(node) else _SHARED_BY_FIELD.get(name)
    if shared is None:
        tidied = {key: _plain(value) for key, value in node.items() if key not in ("title", "default", "description")}
    else:
        tidied = _reference(shared, nullable="null" in _types(node))
    if node.get("default") is not None:
        tidied["default"] = node["default"]
    if "description" in node:
        tidied["description"] = _first_paragraph(node["description"])
    return tidied


def _plain(value: Any) -> Any:
    """Leave out what allows everything: some versions of the model library write it, others do not."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if (key, inner) != ("additionalProperties", True)}
    return value


def _reference(name: str, *, nullable: bool) -> dict[str, Any]:
    reference = {"$ref": f"#/$defs/{name}"}
    return {"anyOf": [reference, {"type": "null"}]} if nullable else reference


def _is_amount(node: dict[str, Any]) -> bool:
    return {"number", "string"} <= set(_types(node))


def _types(node: dict[str, Any]) -> Iterator[str]:
    """Yield the types that the node allows at its own level."""
    for branch in (node, *node.get("anyOf", ())):
        if "type" in branch:
            yield branch["type"]


def _first_paragraph(docstring: str) -> str:
    """A docstring's further paragraphs speak to programmers."""
    return " ".join(docstring.split("\n\n")[0].split()).replace("``", "`")
