"""The published schema and the model are of one opinion, also about documents that nobody thought of."""

from __future__ import annotations

from typing import Any

import jsonschema
from hypothesis import given
from pydantic import ValidationError
from strategies import documents_of_claims, law_of_claims, mutated_documents

from inkasso_core import Claim
from inkasso_core.model.schema import claim_schema

SCHEMA = jsonschema.Draft202012Validator(claim_schema(), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


@law_of_claims
@given(documents_of_claims)
def test_what_a_claim_writes_fits_the_schema_and_makes_the_same_claim(document: dict[str, Any]) -> None:
    SCHEMA.validate(document)
    assert Claim.model_validate(document).model_dump(mode="json", exclude_defaults=True) == document


@law_of_claims
@given(mutated_documents())
def test_both_take_or_both_refuse_a_document_with_one_fault(document: dict[str, Any]) -> None:
    assert SCHEMA.is_valid(document) == _is_taken(document), document


def _is_taken(document: dict[str, Any]) -> bool:
    try:
        Claim.model_validate(document)
    except ValidationError:
        return False
    return True
