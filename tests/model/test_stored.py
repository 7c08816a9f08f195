"""The stored form: what was stored is read exactly as it was, normalised never again, and checked all the same."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from builders import green_claim
from hypothesis import given
from pydantic import ValidationError
from strategies import claims, law_of_claims

from inkasso_core import Claim
from inkasso_core.errors import StoreError
from inkasso_core.model import party
from inkasso_core.store import vault

MARK = "Erika Beispiel"


@law_of_claims
@given(claims())
def test_every_claim_is_read_as_it_was(claim: Claim) -> None:
    for body in (vault.dump(claim), claim.written().body):
        read = vault.read_claim(body)
        assert read == claim
        assert repr(read) == repr(claim)
        assert read.digest() == claim.digest()
        assert read.model_dump_json() == claim.model_dump_json()
        assert vault.dump(read) == vault.dump(claim)


@law_of_claims
@given(claims())
def test_decimals_are_exact_to_the_last_zero(claim: Claim) -> None:
    read = vault.read_claim(vault.dump(claim))
    for one, other in zip(_amounts(claim), _amounts(read), strict=True):
        assert type(other) is Decimal
        assert str(one) == str(other)


def _amounts(claim: Claim) -> list[Decimal]:
    return [claim.principal, *(item.amount for item in (*claim.charges, *claim.payments, *claim.credits))]


def test_nothing_is_normalised_again(monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.loads(vault.dump(green_claim()))
    body["debtor"]["contacts"][1]["value"] = "0351 / as it was"
    body["debtor"]["person"]["last_name"] = " Gro\u00df-Mo\u0308ller "
    body["debtor"]["addresses"][0].update(postal_code="1012 ab", country="ZZ")
    body["principal"] = "153.990"
    monkeypatch.setattr(party, "_normalised", None)
    read = vault.read_claim(json.dumps(body))
    assert read.debtor.contacts[1].value == "0351 / as it was"
    assert read.debtor.person is not None
    assert read.debtor.person.last_name == " Gro\u00df-Mo\u0308ller "
    assert read.debtor.address is not None
    assert (read.debtor.address.postal_code, read.debtor.address.country) == ("1012 ab", "ZZ")
    assert str(read.principal) == "153.990"


DAMAGES: list[tuple[str, dict[str, Any]]] = [
    ("principal", {"principal": "-5"}),
    ("principal", {"principal": "NaN"}),
    ("principal", {"principal": MARK}),
    ("principal", {"principal": "9" * 12}),
    ("currency", {"currency": "eur"}),
    ("subject", {"subject": MARK * 400}),
    ("unheard_of", {"unheard_of": MARK}),
    ("debtor.person.last_name", {"debtor": {"person": {"last_name": [MARK]}}}),
    ("debtor.person.birth_date", {"debtor": {"person": {"birth_date": MARK}}}),
    ("debtor.unheard_of", {"debtor": {"unheard_of": MARK}}),
    ("debtor.contacts.0.kind", {"debtor": {"contacts": [{"kind": MARK, "value": "x"}]}}),
    ("source.order", {"source": {"order": ""}}),
    ("source.reported_at", {"source": {"order": "1", "reported_at": MARK}}),
]


@pytest.mark.parametrize(("field", "changes"), DAMAGES)
def test_types_limits_and_structure_are_still_checked_and_no_value_is_shown(field: str, changes: dict[str, Any]) -> None:
    body = json.dumps({**json.loads(vault.dump(green_claim())), **changes})
    with pytest.raises(StoreError) as caught:
        vault.read_claim(body)
    assert caught.value.field == field
    for text in caught.value.text:
        assert field in text
        assert MARK not in text
    assert caught.value.__suppress_context__
    with pytest.raises(ValidationError) as seen:
        vault.parse_claim(body)
    assert MARK not in str(seen.value)


def test_what_is_merely_default_is_not_written() -> None:
    least = Claim(source={"order": "1"}, currency="EUR", principal=1, debtor={})
    assert json.loads(vault.dump(least)) == {"source": {"order": "1"}, "currency": "EUR", "principal": "1.00", "debtor": {}}
