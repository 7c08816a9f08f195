"""A new shop plugin: what is written, what is refused, and what is said of it. That it works is shown in ``packaging``."""

from pathlib import Path

import pytest
from merchant import Desk

from inkasso_core.cli.scaffold import SHOP_FILES, WAYS


@pytest.mark.parametrize("way", WAYS)
def test_it_writes_a_distribution_and_says_what_comes_next(empty: Desk, way: str) -> None:
    ran = empty.run("--lang", "en", "new-shop-plugin", "acme-nord", "--orders", way, code=0)
    folder = Path("inkasso-acme-nord")
    assert f"{folder} is written: Acme Nord, orders {way}." in ran.out
    assert "inkasso init ../my-acme-nord --shop-plugin acme-nord" in ran.out
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert written == {path.format(package="inkasso_acme_nord") for path in SHOP_FILES[way]}
    texts = {path: (folder / path).read_text("utf-8") for path in written}
    assert not [path for path, text in texts.items() if "%{" in text], "a blank was left"
    assert 'acme-nord = "inkasso_acme_nord:AcmeNord"' in texts["pyproject.toml"]
    assert "**The interface in it is invented.**" in texts["README.md"]


def test_for_programs(empty: Desk) -> None:
    found = empty.run("new-shop-plugin", "acme", "--orders", "POLL", "--directory", "else where", "--json", code=0).json
    assert (found["name"], found["label"], found["orders"], found["package"]) == ("acme", "Acme", "poll", "inkasso_acme")
    assert found["next"][0] == "cd 'else where'"


@pytest.mark.parametrize("name", ["canonical", "cpshop", "Acme", "a_b", ""])
def test_a_name_that_is_taken_or_can_be_none_is_refused(empty: Desk, name: str) -> None:
    ran = empty.run("new-shop-plugin", "--orders", "push", "--", name, code=2)
    assert ran.err
    assert list(Path().iterdir()) == []


def test_the_way_is_one_of_those_that_there_are(empty: Desk) -> None:
    ran = empty.run("new-shop-plugin", "acme", "--orders", "fax", code=2)
    assert "push" in ran.err
    assert list(Path().iterdir()) == []
