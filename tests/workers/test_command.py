"""``inkasso worker`` as people and programs see it."""

import json
from pathlib import Path

import pytest
from merchant import Desk

from inkasso_core.turns import Done


def test_once_does_everything_and_says_so(desk: Desk) -> None:
    desk.live("wire")
    desk.running("A-1", shop="web")
    ran = desk.run("worker", "--once", code=0)
    assert "übergeben oder gemeldet an wire: 1" in ran.out
    assert desk.state("web:A-1") == "handed_over"
    assert desk.run("--lang", "en", "worker", "--once", code=0).out == ""  # nothing to say


def test_json_is_a_line_for_each_thing_done(desk: Desk) -> None:
    desk.live("wire")
    desk.running("A-1", shop="web")
    said = desk.run("worker", "--once", "--json", code=0).records
    assert {"part": "hand_over:wire", "moved": 1, "error": None}.items() <= said[0].items()
    assert all("A-1" not in json.dumps(one) for one in said)


def test_what_breaks_is_told_once_and_in_the_exit_code(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(*_: object) -> int:
        raise ZeroDivisionError("Erika Mustermann")

    monkeypatch.setattr("inkasso_core.release.release_automatically", torn)
    ran = desk.run("--lang", "en", "worker", "--once", code=1)
    assert ran.out.splitlines()[-1].endswith("released: broke (ZeroDivisionError); it is tried again")
    assert "Mustermann" not in ran.out + ran.err


def test_an_outage_is_told_once_until_it_is_over(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    from inkasso_core.app import Inkasso
    from inkasso_core.cli.worker import _Watch

    with Inkasso.from_config(desk.folder / "inkasso.toml") as ink:
        watch = _Watch(ink, as_json=True)
        for done in (Done("database", 0, "STORE"), Done("database", 0, "STORE"), Done("database", 1), Done("database", 0, "STORE")):
            watch.take(done)
        assert watch.broke
    errors = [json.loads(line)["error"] for line in capsys.readouterr().out.splitlines()]
    assert errors == ["STORE", None, "STORE"]


@pytest.mark.parametrize("options", [("--every", "0"), ("--every", "x"), ("--log", "loud")])
def test_wrong_options_are_refused(desk: Desk, options: tuple[str, str]) -> None:
    desk.run("worker", *options, code=2)


def test_an_engine_that_cannot_be_used_stops_every_command(desk: Desk) -> None:
    settings = Path(desk.folder / "inkasso.toml")
    settings.write_text(settings.read_text("utf-8") + '\n[worker]\nengine = "procrastinate"\n', "utf-8")
    assert "PostgreSQL" in desk.run("queue", code=2).err


def test_help_shows_sections_of_the_settings(desk: Desk) -> None:
    assert "[worker]" in desk.run("worker", "--help").out
    assert "[serve]" in desk.run("serve", "--help").out
