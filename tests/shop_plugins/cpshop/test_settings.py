"""Settings are checked when they are read, and the page about them is complete."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from inkasso_shop_plugins.cpshop import Assertion, CPShop, CPShopSettings
from inkasso_shop_plugins.cpshop.columns import DOCUMENTED, FURTHER

PAGE = (Path(__file__).parents[3] / "docs" / "shops" / "cpshop.md").read_text(encoding="utf-8")


def test_everything_has_a_default() -> None:
    settings = CPShopSettings()
    assert settings.assertion is None
    assert (settings.status, settings.selected) == (("Inkasso ist in Arbeit",), {"inkasso ist in arbeit"})


def test_there_are_eighteen_documented_columns() -> None:
    assert len(DOCUMENTED) == 18
    assert [spec.name for spec in CPShopSettings().column_specs if not spec.by_name_only] == list(DOCUMENTED)


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"status": []}, "status"),
        ({"state": ["x"]}, "state"),
        ({"columns": {"betrag": ["Betrag"]}}, "columns"),
        ({"columns": {"amount": []}}, "columns"),
        ({"columns": {"amount": ["Rechnungs-Nr."]}}, "columns"),
        ({"key": "amount"}, "key"),
        ({"salutations": {"x": "sir"}}, "salutations"),
        ({"claim_types": {"9": "loan"}}, "claim_types"),
        ({"countries": {"X": "Absurdistan"}}, "countries"),
        ({"ended": {"Weg": "gone"}}, "ended"),
        ({"ended": {"Inkasso ist in Arbeit": "cancelled"}}, ""),
        ({"paid_status": ["inkasso IST in Arbeit"]}, ""),
        ({"dialect": {"decimal": ";"}}, "dialect"),
        ({"dialect": {"columns": [{"name": "amount"}]}}, "dialect"),
        ({"timezone": "Europe/Atlantis"}, "timezone"),
        ({"assertion": {"currency": "Euro"}}, "assertion.currency"),
        ({"assertion": {"country": "Absurdistan"}}, "assertion.country"),
        ({"assertion": {"due_days_after": -1}}, "assertion.due_days_after"),
        ({"assertion": {"reminders": 2, "reminder_days_after_due": [14]}}, "assertion"),
        ({"assertion": {"reminders": 2, "reminder_days_after_due": [14, 14]}}, "assertion"),
        ({"assertion": {"reminders": 2, "reminder_days_after_due": [28, 14]}}, "assertion"),
        ({"assertion": {"subject": "Für {last_name}"}}, "assertion.subject"),
        ({"assertion": {"subject": "Für {"}}, "assertion.subject"),
        ({"assertion": {"subject": "Für {}"}}, "assertion.subject"),
        ({"assertion": {"subject": "Für {order_number:>90}"}}, "assertion.subject"),
        ({"assertion": {"subject": "Für {order_number!r}"}}, "assertion.subject"),
    ],
    ids=str,
)
def test_wrong_settings_are_refused(settings: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationError) as refused:
        CPShopSettings.model_validate(settings)
    assert ".".join(map(str, refused.value.errors()[0]["loc"])).startswith(path)


def test_the_settings_of_the_page_are_read() -> None:
    example = PAGE.split("```toml\n")[1].split("```")[0]
    shop = tomllib.loads(example)["shops"]["cp"]
    settings = CPShopSettings.model_validate(shop["settings"])
    assert settings.assertion is not None
    assert settings.assertion.reminders == 2


@pytest.mark.parametrize("name", [*CPShopSettings.model_fields, *Assertion.model_fields, *DOCUMENTED, *FURTHER])
def test_the_page_names_every_setting_and_column(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("headings", [*DOCUMENTED.items(), *FURTHER.items()], ids=lambda item: item[0])
def test_the_page_names_every_default_heading(headings: tuple[str, tuple[str, ...]]) -> None:
    name, spellings = headings
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |") and spellings[0] in line]
    assert all(spelling in line for spelling in spellings)


def test_the_page_says_how_it_was_verified() -> None:
    assert f"**{CPShop.verified}**" in PAGE
