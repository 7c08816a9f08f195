"""What the operator configures, and what `doctor` says of it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from inkasso_shop_plugins.copecart import CopeCart, CopeCartSettings

SECTION = "shops.cc.settings"


def read(**given: Any) -> CopeCartSettings:
    return CopeCartSettings.model_validate(given)


def test_one_secret_needs_no_list_and_none_is_shown() -> None:
    settings = read(secret="geheim-eins", vendors={"4711": {"secret": ["geheim-zwei", "geheim-drei"]}})
    assert [secret.get_secret_value() for secret in settings.secret] == ["geheim-eins"]
    assert len(settings.vendors["4711"].secret) == 2
    assert "geheim" not in repr(settings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": ""},
        {"secret": [f"s{number}" for number in range(11)]},
        {"vendors": {"a/b": {}}},
        {"vendors": {"": {}}},
        {"vendors": {"1": {"key": "x"}}},
        {"products": {"a": "no vendor"}},
        {"vendor_field": "Meta Data"},
        {"order_minimum": -1},
        {"unstated": "maybe"},
        {"timezone": "Berlin"},
        {"terms": {"reminder_days": [20, 10]}},
        {"terms": {"invoice_due_days": -1}},
        {"lists": {"columns": {"amounts": ["x"]}}},
        {"lists": {"columns": {"amount": ["order_id"]}}},
        {"lists": {"dialect": {"columns": [{"name": "x"}]}}},
        {"secret": "s", "lists": {"whole_orders": True}},
        {"vendors": {"1": {"secret": "s"}}, "lists": {"whole_orders": True}},
    ],
)
def test_settings_that_cannot_be_meant(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValidationError, TypeError)) as refused:
        read(**wrong)
    assert "input_value" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, ["[shops.cc.settings] secret", "[shops.cc.settings.terms]"]),
        ({"secret": "s", "terms": {}}, []),
        ({"vendors": {"1": {"secret": "s"}, "2": {}}, "terms": {}}, ["[shops.cc.settings.vendors.2] secret"]),
        ({"lists": {"whole_orders": True}, "terms": {}}, []),
    ],
)
def test_doubts(given: dict[str, Any], says: list[str]) -> None:
    found = CopeCart().doubts(read(**given), SECTION)
    assert len(found) == len(says)
    for text, wanted in zip(found, says, strict=True):
        assert text.de.startswith(wanted)
        assert text.en.startswith(wanted)


def test_a_card_is_what_the_help_page_calls_stripe_unless_set_otherwise() -> None:
    assert (read().called("credit_card"), read().called("sepa")) == ("stripe", "sepa")
    assert read(methods={"Credit_Card ": "PayPal"}).called("credit_card") == "paypal"
    assert read(methods={}).called("credit_card") == "credit_card"
