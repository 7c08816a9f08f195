"""The pages about configuration and store are complete: nothing that can be set, and no table, goes without a word."""

import importlib.util
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from codeblocks import DOCS, blocks, is_configuration
from pydantic import BaseModel

import inkasso_core
from inkasso_core.lifecycle import Profile
from inkasso_core.model.party import Creditor
from inkasso_core.rules.policy import Policy
from inkasso_core.settings import AccountSettings, ActorSettings, General, LawSettings, Route, Settings, ShopConfig, load
from inkasso_core.store import schema


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """``docs/generate.py``, imported without running it."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(page: str, part: str) -> dict[str, list[str]]:
    """The table in a generated part of a page: first cell -> the others."""
    text = (DOCS / page).read_text("utf-8").partition(f"<!-- from the code: {part} -->\n")[2].partition("<!-- end -->")[0]
    found = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in text.splitlines()[2:]]
    return {cells[0].strip("`"): cells[1:] for cells in found}


# Configuration

SECTIONS: dict[str, type[BaseModel]] = {
    "inkasso": General,
    "law": LawSettings,
    "creditors": Creditor,
    "accounts": AccountSettings,
    "policy": Policy,
    "shops": ShopConfig,
    "routes": Route,
    "actors": ActorSettings,
}


def test_every_section_of_the_settings_has_its_table() -> None:
    assert set(Settings.model_fields) - {"folder"} == set(SECTIONS) - {"policy"}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_setting_is_in_its_table_with_a_meaning(section: str) -> None:
    table = rows("configuration.md", section)
    assert set(table) == set(SECTIONS[section].model_fields)
    for name, (default, meaning) in table.items():
        assert default, name
        assert len(meaning) > 8, name


def example() -> str:
    (found,) = [block.text for block in blocks("docs/configuration.md", "toml") if is_configuration(block)]
    return found


def test_the_whole_example_sets_every_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INKASSO_DATABASE", raising=False)
    (tmp_path / "inkasso.toml").write_text(example(), "utf-8")
    settings = load(tmp_path / "inkasso.toml")
    assert settings.accounts["portal"].policy.levels == {"SUBJECT_MISSING": "warn"}
    assert settings.shops["plenty"].profile is Profile.SHOP
    given = tomllib.loads(example())
    for section, model in SECTIONS.items():
        named = set().union(*(set(table) for table in tables(given, section)))
        assert set(model.model_fields) == named, section


def tables(given: dict[str, Any], section: str) -> Iterator[dict[str, Any]]:
    """The tables of the example that a model reads."""
    if section in ("inkasso", "law"):
        yield given[section]
    elif section == "policy":
        yield from (account["policy"] for account in given["accounts"].values() if "policy" in account)
    elif section == "routes":
        yield from given[section]
    else:
        yield from given[section].values()


def test_the_defaults_in_the_example_are_those_in_the_tables() -> None:
    """Where the example shows a setting that the table has a default for, it is that one, unless it must name something."""
    given = tomllib.loads(example())
    assert given["inkasso"]["database"] == General().database
    assert given["inkasso"]["timezone"] == General().timezone
    policy = {
        name: value
        for name, value in given["accounts"]["portal"]["policy"].items()
        if name not in ("maximum", "levels", "groups", "own_groups")
    }
    assert Policy.model_validate(policy) == Policy()


# Store


def test_every_table_is_listed_with_what_it_holds() -> None:
    table = rows("store.md", "tables")
    assert set(table) == set(schema.metadata.tables)
    assert {name for name, (_, changes, _) in table.items() if changes == "only added"} == set(schema.APPEND_ONLY)
    assert all(len(holds) > 10 for holds, _, _ in table.values())


# Public names


def test_every_public_name_stands_once_on_its_page_with_what_it_is() -> None:
    lines = re.findall(r"^\| `(\w+)` \| (.+) \|$", (DOCS / "api.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(name for name, _ in lines) == sorted(set(inkasso_core.__all__) - {"__version__"})
    assert all(len(what) > 15 and "reference:" not in what for _, what in lines)
    assert "](docs/api.md)" in (DOCS.parent / "README.md").read_text("utf-8")


def test_public_names_of_a_new_room_need_a_title(generator: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(generator.ROOMS, "readers")
    with pytest.raises(ValueError, match="readers"):
        generator.api_page()


def test_the_pages_that_plugins_and_adapters_name_are_there() -> None:
    agencies = [point.load() for point in entry_points(group="inkasso.agencies") if point.value.startswith("inkasso_adapters.")]
    shops = [point.load() for point in entry_points(group="inkasso.plugins") if point.value.startswith("inkasso_shop_plugins.")]
    assert agencies
    assert shops
    for thing in (*agencies, *shops):
        assert (DOCS.parent / thing.documentation).is_file(), thing.name
        assert thing.verified, thing.name


# The generator


def test_a_part_that_is_not_marked_or_not_made_is_refused(generator: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(generator, "FOLDER", tmp_path)
    (tmp_path / "page.md").write_text("before\n<!-- from the code: a -->\nold\n<!-- end -->\nafter\n", "utf-8")
    assert generator.filled("page.md", {"a": "new"}) == "before\n<!-- from the code: a -->\nnew\n<!-- end -->\nafter\n"
    for parts in ({}, {"a": "new", "b": "more"}, {"b": "more"}):
        with pytest.raises(ValueError, match="marks"):
            generator.filled("page.md", parts)


def test_a_setting_without_a_docstring_is_refused(generator: ModuleType) -> None:
    with pytest.raises(ValueError, match="no docstring"):
        generator.prose(None)
    assert generator.prose("An :class:`~inkasso_core.errors.AgencyError` in\n    ``a | b``.") == "An `AgencyError` in `a \\| b`."
