"""The published schema: current, valid in itself, and of one opinion with the model."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from inkasso_core import Claim
from inkasso_core.model.schema import SCHEMA_ID, claim_schema

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLE: dict[str, Any] = claim_schema()["examples"][0]
VALIDATOR = jsonschema.Draft202012Validator(claim_schema(), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)

Change = Callable[[dict[str, Any]], object]


def test_the_committed_file_is_current() -> None:
    assert json.loads((DOCS / "claim.schema.json").read_text(encoding="utf-8")) == claim_schema()


def test_the_generated_pages_are_current() -> None:
    done = subprocess.run([sys.executable, str(DOCS / "generate.py"), "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_generator_refuses_what_it_does_not_know() -> None:
    done = subprocess.run([sys.executable, str(DOCS / "generate.py"), "--chek"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ")


def test_the_schema_is_a_valid_one_of_its_dialect() -> None:
    schema = claim_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == SCHEMA_ID
    jsonschema.Draft202012Validator.check_schema(schema)


def keywords(node: Any, names_follow: bool = False) -> set[str]:
    """Every keyword that the schema uses; under ``properties`` and ``$defs`` stand names instead."""
    if isinstance(node, list):
        return set().union(*(keywords(item) for item in node)) if node else set()
    if not isinstance(node, dict):
        return set()
    found = set() if names_follow else set(node)
    for key, value in node.items():
        if names_follow or key not in ("examples", "default", "enum"):
            found |= keywords(value, names_follow=not names_follow and key in ("properties", "$defs"))
    return found


def test_nothing_but_keywords_of_json_schema_is_in_it() -> None:
    known = {
        "$schema", "$id", "$ref", "$defs", "title", "description", "examples", "default", "type", "enum", "anyOf", "format", "items",
        "properties", "required", "additionalProperties", "maxItems", "minLength", "maxLength", "minimum", "maximum", "exclusiveMaximum",
        "pattern",
    }  # fmt: skip
    assert keywords(claim_schema()) <= known


def test_every_model_and_enumeration_is_described_for_its_reader() -> None:
    for name, definition in claim_schema()["$defs"].items():
        assert definition["description"], name
        assert "``" not in definition["description"], name
        assert ":class:" not in definition["description"], name


def changed(change: Change) -> dict[str, Any]:
    document = copy.deepcopy(EXAMPLE)
    change(document)
    return document


TAKEN: dict[str, Change] = {
    "the example": lambda d: None,
    "the least": lambda d: [d.pop(key) for key in list(d) if key not in ("source", "currency", "principal", "debtor")],
    "a debtor of whom nothing is known": lambda d: d.update(debtor={}),
    "unknown written as null": lambda d: d.update(due_date=None, contract=None, creditor=None, subject=None),
    "an amount as a number": lambda d: d.update(principal=153.99),
    "an amount of zero": lambda d: d.update(principal=0),
    "a currency in small letters": lambda d: d.update(currency="eur"),
    "a country by its name": lambda d: d["debtor"]["addresses"][0].update(country="Österreich"),
    "a country by three letters": lambda d: d["debtor"]["addresses"][0].update(country="AUT"),
    "a company": lambda d: d.update(debtor={"organization": {"name": 'Müller & Söhne "Zur Linde"', "vat_id": "DE123456789"}}),
    "payments": lambda d: d.update(payments=[{"amount": "50.00", "on": "2026-05-01", "origin": "shop", "applies_to": "principal"}]),
    "charges and credits": lambda d: d.update(charges=[{"kind": "dunning_fee", "amount": "2.50"}], credits=[{"amount": 10}]),
    "an instalment": lambda d: d["source"].update(product="P", instalment=3, version=17, vendor="V"),
    "a time in UTC": lambda d: d["source"].update(reported_at="2026-06-01T06:30:00Z"),
    "a dispute and an end": lambda d: d.update(dispute={"since": "2026-05-01"}, ended="revoked"),
    "an agency's own fields": lambda d: d.update(extra={"agency": {"anything": [1, {"a": None}]}}),
    "asserted fields": lambda d: d.update(asserted=["due_date", "reminders.0"]),
    "a creditor": lambda d: d.update(creditor={"name": "Beispiel GmbH", "country": "Schweiz"}),
}

REFUSED: dict[str, Change] = {
    **{f"without {key}": lambda d, key=key: d.pop(key) for key in ("source", "currency", "principal", "debtor")},
    "without an order": lambda d: d["source"].pop("order"),
    "an empty order": lambda d: d["source"].update(order=""),
    "an order as a number": lambda d: d["source"].update(order=4711),
    "an unknown field": lambda d: d.update(due_dat="2026-03-17"),
    "an unknown field inside": lambda d: d["debtor"]["person"].update(surname="Groß"),
    "a negative amount": lambda d: d.update(principal="-1.00"),
    "a negative number": lambda d: d.update(principal=-1),
    "a decimal comma": lambda d: d.update(principal="153,99"),
    "an amount without digits": lambda d: d.update(principal=""),
    "an amount that is true": lambda d: d.update(principal=True),
    "an amount of null": lambda d: d.update(principal=None),
    "an amount that is not finite": lambda d: d.update(principal="NaN"),
    "a German date": lambda d: d.update(due_date="17.03.2026"),
    "a date that does not exist": lambda d: d.update(due_date="2026-02-31"),
    "a date as a number": lambda d: d.update(due_date=20260317),
    "a date with a time": lambda d: d.update(due_date="2026-03-17T00:00:00"),
    "an unknown kind": lambda d: d.update(kind="loan"),
    "an unknown salutation": lambda d: d["debtor"]["person"].update(salutation="Frau"),
    "a currency of two letters": lambda d: d.update(currency="EU"),
    "a list that is none": lambda d: d.update(reminders={"sent_on": "2026-04-01"}),
    "a payment without amount": lambda d: d.update(payments=[{"on": "2026-05-01"}]),
    "a level beyond nine": lambda d: d.update(reminders=[{"level": 10}]),
    "a name that is too long": lambda d: d["debtor"]["person"].update(last_name="ß" * 301),
    "too many addresses": lambda d: d["debtor"].update(addresses=d["debtor"]["addresses"] * 21),
    "a postal code as a number": lambda d: d["debtor"]["addresses"][0].update(postal_code=1067),
    "a text instead of an object": lambda d: d.update(debtor="Groß"),
}

BEYOND: dict[str, Change] = {
    "a currency that does not exist": lambda d: d.update(currency="XQZ"),
    "a country that does not exist": lambda d: d["debtor"]["addresses"][0].update(country="Absurdistan"),
    "more decimals than the currency has": lambda d: d.update(principal="153.999"),
}
"""What only the model can tell; the schema's description or the plugin's page says so."""


@pytest.mark.parametrize("name", TAKEN)
def test_schema_and_model_take(name: str) -> None:
    document = changed(TAKEN[name])
    VALIDATOR.validate(document)
    Claim.model_validate(document)


@pytest.mark.parametrize("name", TAKEN)
def test_what_we_write_fits_the_schema_and_reads_back(name: str) -> None:
    claim = Claim.model_validate(changed(TAKEN[name]))
    written = json.loads(claim.model_dump_json())
    VALIDATOR.validate(written)
    assert Claim.model_validate(written) == claim


@pytest.mark.parametrize("name", REFUSED)
def test_schema_and_model_refuse(name: str) -> None:
    document = changed(REFUSED[name])
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(document)
    with pytest.raises(ValidationError):
        Claim.model_validate(document)


@pytest.mark.parametrize("name", BEYOND)
def test_the_model_refuses_more_than_the_schema_can_say(name: str) -> None:
    document = changed(BEYOND[name])
    VALIDATOR.validate(document)
    with pytest.raises(ValidationError):
        Claim.model_validate(document)


def test_the_page_names_the_schema_and_its_example_is_a_claim() -> None:
    page = (DOCS / "shops" / "canonical.md").read_text(encoding="utf-8")
    assert SCHEMA_ID in page
    examples = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert len(examples) == 2  # a claim, and what is reported when money came in
    for example in examples:
        VALIDATOR.validate(json.loads(example))
        Claim.model_validate(json.loads(example))
