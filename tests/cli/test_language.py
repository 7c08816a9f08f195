"""German and English, for results, help and wrong calls."""

import re
from pathlib import Path

import pytest
import typer.main
from merchant import Desk

from inkasso_core.cli.app import app
from inkasso_core.cli.language import asked_for, of_environment


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "de"),
        ({"LANG": "C.UTF-8"}, "de"),
        ({"LANG": "de_AT.UTF-8"}, "de"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "de_DE", "LC_ALL": "en_US"}, "en"),
        ({"LANG": "en_US", "LC_MESSAGES": "de_DE"}, "de"),
        ({"LANG": "fr_FR"}, "de"),
    ],
)
def test_the_environment_chooses_else_german(environment: dict[str, str], language: str) -> None:
    assert of_environment(environment) == language


def test_an_option_is_found_before_anything_is_parsed() -> None:
    assert asked_for(["--lang", "en", "queue"]) == "en"
    assert asked_for(["--lang=de"]) == "de"
    assert asked_for(["queue"]) is None
    assert asked_for(["--lang"]) is None
    assert asked_for(["--lang", "fr"]) is None


def test_settings_count_before_the_environment_and_the_option_before_both(desk: Desk) -> None:
    assert desk.run("queue", env={"LANG": "en_US"}).out == "Keine Forderung.\n"
    assert desk.run("--lang", "en", "queue").out == "No claim.\n"
    settings = Path("inkasso.toml")
    settings.write_text(settings.read_text("utf-8").replace('language = "de"', 'language = "en"'), "utf-8")
    assert desk.run("queue").out == "No claim.\n"
    assert desk.run("--lang", "de", "queue").out == "Keine Forderung.\n"


def test_help_speaks_both_languages(empty: Desk) -> None:
    german, english = empty.run("--help", code=0).out, empty.run("--lang", "en", "--help", code=0).out
    assert "Übergeben" in german
    assert "Handing over" in english
    assert "Ende mit:" in german
    assert "Exit codes:" in english
    assert "Für Programme: JSON." in empty.run("claims", "--help", code=0).out
    assert "For programs: JSON." in empty.run("--lang=en", "claims", "--help", code=0).out
    assert "Shows this help." in empty.run("db", "--help", code=0, env={"LANG": "en_US"}).out


def test_an_option_for_the_language_stands_before_the_command(empty: Desk) -> None:
    ran = empty.run("claims", "--lang", "en", code=2)
    assert ran.err.startswith("Error: --lang stands before the command: inkasso --lang … COMMAND.\n")


def test_help_shows_no_types_and_no_brackets_twice(empty: Desk) -> None:
    for command in (("release",), ("ingest",), ("holds", "lift"), ("diagnose",), ("init",), ()):
        shown = empty.run(*command, "--help", code=0).out
        assert not re.search(r"<\w+", shown), command
        assert "[[" not in shown
        assert "{" not in shown
    assert "inkasso release [OPTIONS] [REF...]" in empty.run("release", "--help", code=0).out


def test_no_text_is_left_in_both_languages() -> None:
    for language, other in (("de", " the "), ("en", " der ")):
        for path, text in _texts(language):
            assert "\x1f" not in text, path
            assert other not in text, path
    assert len(list(_texts("de"))) > 100


def _texts(language: str) -> list[tuple[str, str]]:
    from inkasso_core.cli.language import translate

    found: list[tuple[str, str]] = []

    def visit(command: object, path: str) -> None:
        found.extend((path, text) for text in (command.help, command.epilog) if text)  # type: ignore[attr-defined]
        for parameter in command.params:  # type: ignore[attr-defined]
            assert parameter.help, f"{path} {parameter.name} has no help"
            found.append((f"{path} {parameter.name}", parameter.help))
        for name, inner in getattr(command, "commands", {}).items():
            assert inner.help, f"{path} {name} has no help"
            visit(inner, f"{path} {name}")

    root = typer.main.get_command(app)
    translate(root, language)  # type: ignore[arg-type]
    visit(root, "inkasso")
    return found


@pytest.mark.parametrize(
    ("arguments", "german", "english"),
    [
        (("nix",), "Den Befehl nix gibt es nicht.", "There is no command nix."),
        (("claim",), "'claims'", "'claims'"),
        (("claims", "--nix"), "Die Angabe --nix gibt es nicht.", "There is no option --nix."),
        (("history",), "Es fehlt: REF", "Missing: REF"),
        (("history", "a:1", "b"), "Zu viel: b", "Too much: b"),
        (("mandate", "file"), "Es fehlt: --date", "Missing: --date"),
        (("claims", "--shop"), "--shop verlangt einen Wert", "--shop needs a value"),
        (("claims", "--limit", "viele"), "„viele“ ist keine ganze Zahl", '"viele" is no whole number'),
        (
            ("claims", "--state", "nix"),
            "„nix“ ist kein Status. Möglich: waiting (Wartend), ",
            '"nix" is no state. Possible: waiting (waiting), ',
        ),
        (("queue", "--verbose"), "--verbose steht vor dem Befehl: inkasso --verbose … BEFEHL.", "--verbose stands before the command"),
        (("holds", "lift", "x", "-c", "y"), "-c steht vor dem Befehl", "-c stands before the command"),
        (("--lang", "fr", "claims"), "„fr“ gibt es hier nicht", None),
    ],
)
def test_a_wrong_call_is_explained(empty: Desk, arguments: tuple[str, ...], german: str, english: str | None) -> None:
    ran = empty.run(*arguments, code=2)
    assert ran.err.startswith("Fehler: ")
    assert german in ran.err
    if english is not None:
        assert english in empty.run("--lang", "en", *arguments, code=2).err
