"""A new adapter: what is written, what is refused, and what is said of it. That it works is shown in ``packaging/test_scaffold.py``."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from merchant import Desk

from inkasso_core.cli.scaffold import FILES, LONGEST_LABEL, LONGEST_NAME, TRANSPORTS

LONG = "abcdefghijk-abcdefghijkl"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_it_writes_a_distribution_and_says_what_comes_next(empty: Desk, transport: str) -> None:
    ran = empty.run("--lang", "en", "new-adapter", "acme-nord", "--transport", transport, code=0)
    folder = Path("inkasso-acme-nord")
    assert f"{folder} is written: Acme Nord, transport {transport}." in ran.out
    assert "cd inkasso-acme-nord" in ran.out
    assert "inkasso agencies acme-nord" in ran.out
    assert "src/inkasso_acme_nord/agency.py" in ran.out
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert written == {path.format(package="inkasso_acme_nord") for path in FILES[transport]}
    texts = {path: (folder / path).read_text("utf-8") for path in written}
    assert not [path for path, text in texts.items() if "%{" in text], "a blank was left"
    assert 'acme-nord = "inkasso_acme_nord:AcmeNordAgency"' in texts["pyproject.toml"]
    assert 'label: ClassVar[str] = "Acme Nord"' in texts["src/inkasso_acme_nord/agency.py"]
    assert "**The interface in it is invented.**" in texts["README.md"]


def test_it_speaks_german_and_for_programs(empty: Desk) -> None:
    ran = empty.run("new-adapter", "acme", "--transport", "file", "--label", "Acme Inkasso & Söhne", code=0)
    assert "ist geschrieben: Acme Inkasso & Söhne, Übertragung file." in ran.out
    assert "Als Nächstes" in ran.out
    found = empty.run("new-adapter", "acme", "--transport", "HTTP", "--directory", "else where/new", "--json", code=0).json
    assert (found["name"], found["label"], found["transport"]) == ("acme", "Acme", "http")
    assert (found["distribution"], found["package"]) == ("inkasso-acme", "inkasso_acme")
    assert found["next"][0] == "cd 'else where/new'"
    assert set(found["files"]) == {path.relative_to("else where/new").as_posix() for path in Path("else where/new").rglob("*.*")}


def test_an_existing_folder_is_left_alone(empty: Desk) -> None:
    Path("mine").mkdir()
    ran = empty.run("new-adapter", "acme", "--transport", "http", "--directory", "mine", code=2)
    assert "mine gibt es schon" in ran.err
    assert "--directory" in ran.err
    Path("a-file").write_text("", "utf-8")
    empty.run("new-adapter", "acme", "--transport", "http", "--directory", "a-file", code=2)
    assert (
        "geschrieben"
        not in empty.run("new-adapter", "acme", "--transport", "http", "--directory", "a-file/below", code=2).err.split(":")[0]
    )
    assert sorted(path.name for path in Path().rglob("*")) == ["a-file", "mine"]


@pytest.mark.parametrize(
    "name", ["Acme", "3acme", "acme_nord", "acme--nord", "-acme", "acme-", "", "../acme", "äcme", "a b", "a" * (LONGEST_NAME + 1)]
)
def test_a_name_that_can_be_none_is_refused(empty: Desk, name: str) -> None:
    ran = empty.run("new-adapter", "--transport", "http", "--", name, code=2)
    assert "Kleinbuchstaben" in ran.err
    assert list(Path().iterdir()) == []


def test_a_name_that_is_taken_is_refused(empty: Desk) -> None:
    assert "schon installiert (inkasso " in empty.run("new-adapter", "dummy", "--transport", "http", code=2).err
    assert "Python-Paket inkasso_core" in empty.run("new-adapter", "core", "--transport", "http", code=2).err
    assert "Python-Paket inkasso_shop_plugins" in empty.run("new-adapter", "shop-plugins", "--transport", "http", code=2).err
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("label", ["", "  ", 'Acme "Nord"', "Acme\\", "Ac\nme", "a" * (LONGEST_LABEL + 1), "<Acme>", "`Acme`", "A|B"])
def test_a_label_that_would_break_what_is_written_is_refused(empty: Desk, label: str) -> None:
    assert "--label" in empty.run("new-adapter", "acme", "--transport", "soap", "--label", label, code=2).err
    assert list(Path().iterdir()) == []


def test_a_transport_is_one_of_those_that_there_are(empty: Desk) -> None:
    assert "http, soap, file" in empty.run("new-adapter", "acme", "--transport", "pigeon", code=2).err
    assert "--transport" in empty.run("new-adapter", "acme", code=2).err
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_long_names_break_no_line(empty: Desk, transport: str) -> None:
    assert len(LONG) == LONGEST_NAME
    label = ("Ächt & " + LONG.title())[:LONGEST_LABEL]
    empty.run("new-adapter", LONG, "--transport", transport, "--label", label, "--directory", "new", code=0)
    for module in Path("new").rglob("*.py"):
        ast.parse(module.read_text("utf-8"))
    for tool in (["check"], ["format", "--check"]):
        done = subprocess.run([sys.executable, "-P", "-m", "ruff", *tool, "--no-cache", "new"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
