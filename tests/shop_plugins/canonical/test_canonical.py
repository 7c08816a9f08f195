"""Claims in their own form: every hook answers, and the event adds only what it says itself."""

from __future__ import annotations

import copy
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from inkasso_core import Claim, Dispute, OrderEnd, Record, ShopEvent, ShopEventKind
from inkasso_core.model.schema import claim_schema
from inkasso_shop_plugins.canonical import Canonical, CanonicalSettings

NOW = dt.datetime(2026, 6, 2, 6, 0, tzinfo=dt.UTC)
KINDS = list(ShopEventKind)


@pytest.fixture
def payload() -> dict[str, Any]:
    """The schema's own example."""
    example: dict[str, Any] = copy.deepcopy(claim_schema()["examples"][0])
    return example


def answer(payload: dict[str, Any], kind: ShopEventKind = ShopEventKind.EXPORT_REQUESTED, reported_at: dt.datetime | None = None) -> Claim:
    event = ShopEvent(
        id="e1", kind=kind, shop="erp", received_at=NOW, reported_at=reported_at, payload=payload, settings=CanonicalSettings()
    )
    found: Claim = getattr(Canonical(), f"inkasso_{kind.value}")(event)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_event_is_answered_with_the_claim(payload: dict[str, Any], kind: ShopEventKind) -> None:
    found = answer(payload, kind)
    expected = Claim.model_validate(payload)
    assert found.model_copy(update={"ended": None, "dispute": None}) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_cancellation_ends_and_only_a_dispute_disputes(payload: dict[str, Any], kind: ShopEventKind) -> None:
    found = answer(payload, kind)
    assert found.ended is (OrderEnd.CANCELLED if kind is ShopEventKind.ORDER_CANCELLED else None)
    assert found.dispute == (Dispute() if kind is ShopEventKind.DISPUTE_RAISED else None)


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_sender_says_is_kept(payload: dict[str, Any], kind: ShopEventKind) -> None:
    payload |= {"ended": "revoked", "dispute": {"since": "2026-05-01", "resolved_on": "2026-05-20"}}
    assert answer(payload, kind, reported_at=NOW) == Claim.model_validate(payload)


def test_the_report_s_time_is_used_where_the_claim_names_none(payload: dict[str, Any]) -> None:
    assert answer(payload, reported_at=NOW).source.reported_at == dt.datetime(2026, 6, 1, 6, 30, tzinfo=dt.UTC)
    del payload["source"]["reported_at"]
    assert answer(payload, reported_at=NOW).source.reported_at == NOW
    assert answer(payload).source.reported_at is None


def test_a_claim_of_the_wrong_form_is_refused_with_its_fields(payload: dict[str, Any]) -> None:
    payload["debtor"]["addresses"][0]["country"] = "Absurdistan"
    payload["due_dat"] = payload.pop("due_date")
    with pytest.raises(ValidationError) as refused:
        answer(payload)
    assert {".".join(map(str, fault["loc"])) for fault in refused.value.errors()} == {"debtor.addresses.0.country", "due_dat"}
    assert "Absurdistan" not in str(refused.value)


@pytest.mark.parametrize("form", ["ndjson", "array", "single"])
def test_files(payload: dict[str, Any], tmp_path: Path, form: str) -> None:
    claims = [payload, {**payload, "source": {"order": "4712"}, "principal": 0.1}]
    text = {
        "ndjson": "\n".join(map(json.dumps, claims)) + "\n",
        "array": json.dumps(claims, indent=2),
        "single": json.dumps(payload, indent=2, ensure_ascii=False),
    }[form]
    path = tmp_path / "claims.json"
    path.write_text(text, encoding="utf-8")
    with Canonical().open_export(str(path), settings=CanonicalSettings()) as reader:
        found = [answer(dict(entry.data)) for entry in reader if isinstance(entry, Record)]
    assert found == [Claim.model_validate(claim) for claim in (claims if form != "single" else claims[:1])]
    assert found[-1].principal == Decimal("0.1" if form != "single" else "153.99")


def test_there_is_nothing_to_set() -> None:
    with pytest.raises(ValidationError):
        CanonicalSettings.model_validate({"status": "x"})
