"""The page names every setting, and its examples are configurations."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from inkasso_shop_plugins.actindo import ActindoSettings
from inkasso_shop_plugins.actindo.columns import COLUMNS, FileSettings
from inkasso_shop_plugins.actindo.fields import CustomerFields, DocumentFields, Methods, Types
from inkasso_shop_plugins.actindo.settings import Assertion, Query, Told

PAGE = (Path(__file__).parents[3] / "docs/shops/actindo.md").read_text("utf-8")
MODELS: tuple[type[BaseModel], ...] = (
    *(ActindoSettings, Methods, DocumentFields, CustomerFields, Types, Assertion, FileSettings, Query, Told),
)


def tables() -> list[set[str]]:
    """The names in the first column of each table of settings."""
    parts = re.split(r"\n(?=\| (?:setting|column) \|)", PAGE)[1:]
    rows = [re.findall(r"(?m)^\| (`.*?) \|", part.partition("\n\n")[0]) for part in parts]
    return [{name for row in part for name in re.findall(r"`(\w+)`", row)} for part in rows]


def test_every_setting_stands_in_a_table_of_its_model_and_nothing_else_does() -> None:
    expected = [set(model.model_fields) for model in MODELS]
    assert sorted(map(sorted, tables())) == sorted(map(sorted, [*expected, set(COLUMNS)]))


def test_the_examples_are_settings() -> None:
    blocks = [re.sub(r"(?m)^   ", "", block) for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)]
    assert len(blocks) == 2
    first, second = (tomllib.loads(block)["shops"]["erp"]["settings"] for block in blocks)
    values: dict[str, Any] = {**first, **second, "client_secret": "from-the-environment"}
    settings = ActindoSettings.model_validate(values)
    assert settings.needed_for_documents() == ()
    assert settings.tell[0].repeatable


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"url": "http://example.actindo.com"}, "url"),
        ({"url": "https://example.actindo.com/path"}, "url"),
        ({"url": "https://user:secret@example.actindo.com"}, "url"),
        ({"push_secret": "short"}, ""),
        ({"level": 0}, "level"),
        ({"types": {"notice": ["MA"], "credit": ["MA"]}}, "types"),
        ({"query": {}}, "query"),
        ({"query": {"url": "http://example.com/x"}}, "query.url"),
        ({"query": {"url": "https://e/x", "method": "m"}}, "query"),
        ({"files": {"columns": {"nonsense": ["x"]}}}, "files.columns"),
        ({"files": {"columns": {"level": ["Betrag"]}}}, "files"),
        ({"files": {"header": "no"}}, "files"),
        (
            {
                "files": {"key": "invoice_number"},
                "url": "https://e.actindo.com",
                "fields": {"invoice": "x"},
                "query": {"url": "https://e/x"},
            },
            "",
        ),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_without_their_values(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ActindoSettings.model_validate(wrong)
    assert ".".join(map(str, refused.value.errors()[0]["loc"])) == field
    assert "secret" not in str(refused.value).replace("push_secret", "").replace("openssl", "") or field == ""


def test_doubts_say_what_will_not_be_seen() -> None:
    from inkasso_shop_plugins.actindo import Actindo

    plugin = Actindo()
    assert plugin.doubts(ActindoSettings(), "s") == ()
    doubts = " ".join(text.en for text in plugin.doubts(ActindoSettings.model_validate({"url": "https://e.actindo.com"}), "s"))
    for name in ("client_id", "fields.invoice", "fields.level", "customers", "open_amount", "due_date"):
        assert name in doubts
    assert plugin.triggers(ActindoSettings()) == ["3", "4", "5", "6", "7", "8", "9"]
    assert plugin.triggers(ActindoSettings(level_is="exactly")) == ["3"]
    assert set(plugin.idle_statuses(ActindoSettings())) == {"0", "1", "2"}
