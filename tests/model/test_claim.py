"""The claim: frozen and closed, silent in ``repr``, with one digest for one content."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from builders import green_claim, green_debtor
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from strategies import claims, instants, json_values, law, law_of_claims, texts

from inkasso_core import Charge, ChargeKind, Claim, Contact, Creditor, Debtor, Dispute, Invoice, Payment, Person, Reminder, Source
from inkasso_core.model import _base, agency, claim, events, party

Refusal = Callable[[Callable[[], object]], str]

PARTS: list[BaseModel] = [
    green_claim(),
    Source(order="1"),
    green_debtor(),
    green_debtor().addresses[0],
    green_debtor().contacts[0],
    Person(last_name="Groß"),
    Creditor(name="Beispiel GmbH"),
    Charge(kind=ChargeKind.OTHER, amount=1),
    Payment(amount=1),
    Reminder(level=1),
    Dispute(),
    Invoice(),
]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_every_part_is_frozen_and_closed(part: BaseModel) -> None:
    name = next(iter(type(part).model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(part, name, None)
    with pytest.raises(ValidationError, match="extra_forbidden"):
        type(part).model_validate({**part.model_dump(), "unheard_of": 1})


def test_every_model_is_frozen_closed_and_hides_its_input() -> None:
    models = {m for module in (_base, claim, party, agency, events) for m in vars(module).values() if _is_model(m)}
    assert len(models) > 15
    for config in (model.model_config for model in models):
        assert (config["frozen"], config["extra"], config["hide_input_in_errors"]) == (True, "forbid", True)


def _is_model(thing: object) -> bool:
    return isinstance(thing, type) and issubclass(thing, _base.Model)


@law_of_claims
@given(claims())
def test_repr_shows_no_more_than_it_says_it_shows(claim: Claim) -> None:
    silent = claim.model_copy(update={"debtor": Debtor(), "note": None, "subject": None, "dispute": None, "extra": {}})
    assert repr(claim) == repr(silent)
    assert str(claim) == repr(claim)


def test_what_is_missing_is_no_error() -> None:
    assert Claim(source=Source(order="1"), currency="EUR", principal=1, debtor=Debtor()).due_date is None


@pytest.mark.parametrize("value", [True, "3", 3.0, -1, 10**12])
def test_an_instalment_is_a_whole_number(value: object) -> None:
    with pytest.raises(ValidationError):
        Source(order="1", instalment=value)


def test_the_last_reminder_is_the_latest_whatever_its_place() -> None:
    reminders = tuple(Reminder(level=level, sent_on=on) for level, on in [(2, "2026-04-20"), (1, "2026-04-01"), (3, None)])
    found = green_claim(reminders=reminders).last_reminder
    assert found is not None
    assert found.level == 2
    assert green_claim(reminders=()).last_reminder is None


# The digest


@law_of_claims
@given(claims(), st.none() | st.integers(0, 10**6), instants)
def test_when_a_report_was_made_is_not_in_its_digest(claim: Claim, version: int | None, at: dt.datetime | None) -> None:
    source = Source.model_validate({**claim.source.model_dump(), "version": version, "reported_at": at})
    assert claim.model_copy(update={"source": source}).digest() == claim.digest()


@law_of_claims
@given(claims(), claims())
def test_equal_content_has_an_equal_digest_and_other_content_another(one: Claim, other: Claim) -> None:
    assert (one.digest() == other.digest()) == (_undated(one) == _undated(other))
    assert Claim.model_validate(one.model_dump()).digest() == one.digest()


def _undated(claim: Claim) -> Claim:
    return claim.model_copy(update={"source": claim.source.model_copy(update={"version": None, "reported_at": None})})


CHANGES: list[dict[str, Any]] = [
    {"source": Source(order="4711", status="paid")},
    {"source": Source(order="4711", status="inkasso", triggered=False)},
    {"currency": "CHF"},
    {"principal": "154"},
    {"debtor": green_debtor(language="en")},
    {"debtor": green_debtor(contacts=())},
    {"creditor": None},
    {"original_creditor": "Beispiel Versand GmbH"},
    {"note": "Bitte zuerst schreiben"},
    {"performed": False},
    {"asserted": ("due_date",)},
    {"extra": {"dummy": {"behaviour": "lose"}}},
    {"payments": (Payment(amount=0),)},
    {"dispute": Dispute()},
]


@pytest.mark.parametrize("changes", CHANGES, ids=lambda changes: next(iter(changes)))
def test_whatever_else_changes_changes_the_digest(changes: dict[str, Any]) -> None:
    assert green_claim(**changes).digest() != green_claim().digest()


@law
@given(st.dictionaries(texts, st.dictionaries(texts, json_values(), max_size=4), max_size=4))
def test_the_order_of_an_agencys_own_fields_does_not_matter(extra: dict[str, dict[str, Any]]) -> None:
    backwards = {name: dict(reversed(fields.items())) for name, fields in reversed(extra.items())}
    one, other = green_claim(extra=extra), green_claim(extra=backwards)
    assert one == other
    assert one.digest() == other.digest()


def test_spellings_of_one_content_have_one_digest() -> None:
    one = green_claim(principal="153.990", debtor=green_debtor(contacts=(Contact(kind="phone", value="0351 4567890"),)))
    other = green_claim(principal=153.99, debtor=green_debtor(contacts=(Contact(kind="phone", value="+493514567890"),)))
    assert one == other
    assert one.digest() == other.digest()


# What an agency's own fields may hold


def test_an_agencys_fields_are_a_copy_and_stay_exact() -> None:
    given_by_shop: dict[str, Any] = {"acme": {"rate": 1.10, "ids": (1, 2), "since": dt.date(2026, 1, 31), "text": "u\u0308"}}
    claim = green_claim(extra=given_by_shop)
    given_by_shop["acme"]["rate"] = 2
    assert claim.extra == {"acme": {"rate": "1.1", "ids": [1, 2], "since": "2026-01-31", "text": "u\u0308"}}


@pytest.mark.parametrize("value", [object(), b"x", {1: 2}, float("nan"), {1, 2}, "\ud800", {"\udcff": 1}, 1j])
def test_what_json_cannot_hold_is_refused(value: object, refusal: Refusal) -> None:
    assert refusal(lambda: green_claim(extra={"acme": {"field": value}})) == "json_like"


def test_what_is_nested_without_end_is_refused(refusal: Refusal) -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless
    assert refusal(lambda: green_claim(extra={"acme": endless})) == "json_like"
