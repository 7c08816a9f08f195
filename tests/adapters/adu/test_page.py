"""What the page says: its settings are all there are, its examples can be used, its first lines promise nothing."""

import re
import tomllib
from typing import Any

import pytest
from codeblocks import ROOT, blocks

from inkasso_adapters.adu import ADU
from inkasso_adapters.adu.calls import Answers, Events
from inkasso_adapters.adu.types import CALLS

PAGE = "docs/agencies/adu.md"
TEXT = (ROOT / PAGE).read_text("utf-8")
TABLES = {
    cell for line in TEXT.splitlines() if line.startswith("| `") for cell in re.findall(r"`\.?([\w.]+?)(?:\.…)?`", line.split("|")[1])
}


@pytest.mark.parametrize("transport", ADU.by_transport)
def test_every_setting_is_in_a_table(transport: str) -> None:
    assert set(ADU.chosen(transport).Settings.model_fields) - {"answer", "events"} <= TABLES


@pytest.mark.parametrize(("model", "table"), [(Answers, "answer"), (Events, "events")])
def test_every_place_is_in_a_table(model: Any, table: str) -> None:
    assert all(name in TABLES or f"{table}.{name}" in TABLES for name in model.model_fields)


@pytest.mark.parametrize("block", [pytest.param(block, id=block.where) for block in blocks(PAGE, "toml")])
def test_every_example_makes_an_adapter(block: Any) -> None:
    settings = tomllib.loads(block.text)["accounts"]["adu"]["settings"]
    given = {name: "ein-beispiel" if isinstance(value, dict) and "env" in value else value for name, value in settings.items()}
    kind = ADU.chosen(given["transport"])
    assert kind(kind.Settings.model_validate(given)).operations >= {"submit", "portal_url"}


def test_every_status_and_call_is_named() -> None:
    assert all(f"`{code}`" in TEXT for code in ADU.chosen("bridge").status_map)
    assert all(f"`{call}`" in TEXT for call in CALLS)


def test_the_first_lines_say_that_nothing_is_published() -> None:
    first = " ".join(TEXT.splitlines()[2:6])
    assert "publishes no interface for handing over claims" in first
    assert "Nothing here claims to know its wire format" in first
