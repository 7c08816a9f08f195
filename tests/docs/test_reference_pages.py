"""The pages made from the code are complete: nothing that can be set, no table, no operation of an adapter goes without a word."""

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from codeblocks import DOCS, blocks, is_configuration
from pydantic import BaseModel

import inkasso_core
from inkasso_adapters.dummy import DummyAgency
from inkasso_core.agencies.base import OPTIONAL_OPERATIONS
from inkasso_core.lifecycle import Profile
from inkasso_core.model.party import Creditor
from inkasso_core.rules.policy import Policy
from inkasso_core.settings import (
    AccountSettings,
    ActorSettings,
    ClientSettings,
    General,
    LawSettings,
    Route,
    ServeSettings,
    Settings,
    ShopConfig,
    VendorSettings,
    WorkerSettings,
    load,
)
from inkasso_core.store import schema

sys.path.append(str(DOCS))  # the generators lie beside the pages
import generate
from generators import agencies, api, frame


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
    "vendors": VendorSettings,
    "routes": Route,
    "actors": ActorSettings,
    "serve": ServeSettings,
    "clients": ClientSettings,
    "worker": WorkerSettings,
}


def test_every_section_of_the_settings_has_its_table() -> None:
    assert set(Settings.model_fields) - {"folder"} == set(SECTIONS) - {"clients", "policy", "vendors"}


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
    if section in ("inkasso", "law", "serve", "worker"):
        yield given[section]
    elif section == "policy":
        yield from (account["policy"] for account in given["accounts"].values() if "policy" in account)
    elif section == "vendors":
        yield from (shop["vendors"] for shop in given["shops"].values() if "vendors" in shop)
    elif section == "clients":
        yield from given["serve"]["clients"].values()
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


def test_public_names_of_a_new_room_need_a_title(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(api.ROOMS, "readers")
    with pytest.raises(ValueError, match="readers"):
        api.api_page()


def test_the_pages_that_plugins_and_adapters_name_are_there() -> None:
    adapters = [way.kind for way in agencies.ways()]
    shops = [point.load() for point in entry_points(group="inkasso.plugins") if point.value.startswith("inkasso_shop_plugins.")]
    assert adapters
    assert shops
    for thing in (*adapters, *shops):
        assert (DOCS.parent / thing.documentation).is_file(), thing.name
        assert thing.verified, thing.name


# Agencies


def matrix() -> list[tuple[str, dict[str, str]]]:
    """The rows of the tables of operations: adapter and transport -> operation -> what stands there."""
    found, heads = [], []
    for line in (DOCS / "agencies/index.md").read_text("utf-8").splitlines():
        cells = [cell.strip().strip("`") for cell in line.split("|")[1:-1]]
        if line.startswith("|  |"):
            heads = cells[1:]
        elif line.startswith("| [") and len(cells) == len(heads) + 1:
            found.append((re.sub(r"\[`([\w-]+)`\]\(\S+\)", r"\1", cells[0]), dict(zip(heads, cells[1:], strict=True))))
    return found


def test_the_matrix_holds_every_adapter_transport_and_operation_and_says_why_one_is_missing() -> None:
    table: dict[str, dict[str, str]] = {}
    for title, cells in matrix():
        table.setdefault(title, {}).update(cells)
    ways = {f"{way.name} {way.transport}".strip(): way.kind for way in agencies.ways()}
    assert set(table) == set(ways)
    for title, kind in ways.items():
        assert set(table[title]) == {"submit", "submit_batch", *OPTIONAL_OPERATIONS}
        offered = {operation for operation, cell in table[title].items() if cell == agencies.YES} - {"submit", "submit_batch"}
        assert offered == kind.operations - {"submit"}
        assert all(cell for cell in table[title].values())


def test_every_adapter_with_status_codes_has_a_page_of_them_that_names_each() -> None:
    pages = agencies.status_pages()
    assert pages
    for way in agencies.ways():
        if way.kind.status_map:
            text = (DOCS / f"agencies/statuses/{way.name}.md").read_text("utf-8")
            assert text == pages[f"agencies/statuses/{way.name}.md"]
            for code, status in way.kind.status_map.items():
                assert re.search(rf"^\| `{re.escape(code)}` \| `{status}` \| ", text, re.MULTILINE), (way.name, code)


def test_an_adapter_that_does_not_say_how_it_was_verified_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DummyAgency, "verified", "certainly")
    with pytest.raises(ValueError, match="dummy : verified is one of"):
        agencies.matrix_page()


def test_an_operation_that_nobody_explained_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agencies, "OPTIONAL_OPERATIONS", (*OPTIONAL_OPERATIONS, "sing"))
    with pytest.raises(ValueError, match="sing"):
        agencies.matrix_page()


def test_a_stale_page_fails_the_check_and_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(frame, "FOLDER", tmp_path)
    monkeypatch.setattr(frame, "PAGES", {"a.md": lambda: "new\n", "b.md": lambda: "same\n"})
    monkeypatch.setattr(frame, "FAMILIES", [lambda: {"of/c.md": "one of several\n"}])
    (tmp_path / "a.md").write_text("old\n", "utf-8")
    (tmp_path / "b.md").write_text("same\n", "utf-8")
    assert generate.main(["--check"]) == 1
    said = capsys.readouterr().err
    assert "a.md" in said
    assert "c.md" in said
    assert "b.md" not in said
    assert (tmp_path / "a.md").read_text("utf-8") == "old\n"
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    assert (tmp_path / "of/c.md").read_text("utf-8") == "one of several\n"
    assert generate.main(["--nonsense"]) == 2


# The generator


def test_a_part_that_is_not_marked_or_not_made_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(frame, "FOLDER", tmp_path)
    (tmp_path / "page.md").write_text("before\n<!-- from the code: a -->\nold\n<!-- end -->\nafter\n", "utf-8")
    assert frame.filled("page.md", {"a": "new"}) == "before\n<!-- from the code: a -->\nnew\n<!-- end -->\nafter\n"
    for parts in ({}, {"a": "new", "b": "more"}, {"b": "more"}):
        with pytest.raises(ValueError, match="marks"):
            frame.filled("page.md", parts)


def test_a_setting_without_a_docstring_is_refused() -> None:
    with pytest.raises(ValueError, match="no docstring"):
        frame.prose(None)
    assert frame.prose("An :class:`~inkasso_core.errors.AgencyError` in\n    ``a | b``.") == "An `AgencyError` in `a \\| b`."
