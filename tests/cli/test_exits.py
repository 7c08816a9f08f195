"""Every end has its code and one or two plain lines; no value of an unforeseen error is shown."""

import re
from pathlib import Path

import pytest
from merchant import Desk
from sqlalchemy.exc import OperationalError

from inkasso_core import errors
from inkasso_core.app import Inkasso
from inkasso_core.cli.exits import MEANINGS, Exit, code_of
from inkasso_core.model.words import Text

SECRET = "Groß-Möller"


def breaks_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(Inkasso, "claims", broken)
    monkeypatch.setattr(Inkasso, "count", broken)


def test_every_code_is_explained_in_both_languages() -> None:
    assert set(MEANINGS) == set(Exit)
    assert all(meaning.de and meaning.en and meaning.de != meaning.en for meaning in MEANINGS.values())


def test_every_error_of_ours_has_a_code() -> None:
    text = Text("x", "x")
    made = {
        errors.ConfigurationError(text): Exit.USAGE,
        errors.PluginError(text): Exit.USAGE,
        errors.NotFound(text): Exit.NOT_FOUND,
        errors.StoreError(text): Exit.DATABASE,
        errors.InvalidInput(text): Exit.REFUSED,
        errors.NotPermitted(text): Exit.REFUSED,
        errors.TransitionRefused(text, reason="ROLE"): Exit.REFUSED,
        errors.ClaimRejected(text): Exit.REFUSED,
    }
    assert {type(error).__name__: code_of(error) for error in made} == {type(error).__name__: code for error, code in made.items()}


def test_an_error_stands_on_two_lines_with_place_and_field(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    text = Text("Das geht nicht: anders machen.", "That does not work: do it differently.")
    breaks_with(monkeypatch, errors.InvalidInput(text, field="debtor.name", where="orders.csv:7"))
    assert desk.run("claims", code=1).err == "Fehler: Das geht nicht: anders machen.\n  Stelle: orders.csv:7, Feld: debtor.name\n"
    assert desk.run("--lang", "en", "claims", code=1).err == (
        "Error: That does not work: do it differently.\n  place: orders.csv:7, field: debtor.name\n"
    )


def test_an_unforeseen_error_names_its_kind_and_no_value(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    breaks_with(monkeypatch, KeyError(SECRET))
    ran = desk.run("claims", "--json", code=70)
    assert "KeyError" in ran.err
    assert "--debug" in ran.err
    assert SECRET not in ran.out + ran.err


def test_debug_shows_where(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    breaks_with(monkeypatch, KeyError(SECRET))
    from typer.testing import CliRunner

    from inkasso_core.cli.app import app

    result = CliRunner().invoke(app, ["--debug", "claims"])
    assert result.exit_code == 70
    assert "Traceback" in result.stderr
    assert "test_exits.py" in result.stderr


def test_an_error_of_the_database_driver_has_the_database_s_code(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    breaks_with(monkeypatch, OperationalError("SELECT ?", (SECRET,), OSError(SECRET)))
    ran = desk.run("claims", code=3)
    assert "OSError" in ran.err
    assert SECRET not in ran.err


def test_ctrl_c_says_that_nothing_is_lost(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    breaks_with(monkeypatch, KeyboardInterrupt())
    assert "Was gespeichert war, bleibt gespeichert" in desk.run("claims", code=130).err


def test_the_page_tells_every_code() -> None:
    page = Path(__file__).parents[2] / "docs" / "command-line.md"
    if not page.exists():
        pytest.skip("the documentation is not beside the installed tests")
    told = dict(re.findall(r"^\| (\d+) \| (.+) \|$", page.read_text("utf-8"), re.MULTILINE))
    assert told == {str(code.value): meaning.en for code, meaning in MEANINGS.items()}
