"""The demo comes out as told, in both languages and on any day, leaves nothing outside its folder, and notices when it does not."""

import datetime as dt
import json
import sys
import tempfile
import time
from pathlib import Path

import pytest

from inkasso_core import ConfigurationError, Inkasso, State
from inkasso_core.cli import main
from inkasso_core.cli.demo import ACTS, Derailed, demo, material
from inkasso_core.cli.demo.cases import CASES
from inkasso_core.lifecycle import state_label

MAY = dt.datetime(2026, 5, 12, 9, 30, tzinfo=dt.UTC)
QUICKSTART = Path(__file__).parents[2] / "docs" / "quickstart.md"

HARD_CASES = {
    "incomplete address": "ADDRESS_INCOMPLETE",
    "Packstation": "ADDRESS_NOT_SERVICEABLE",
    "partly paid": "partly paid: 90 of 240",
    "too young": "Expected to be ready from 2026-05-26.",
    "disputed": "DISPUTED",
    "the same order again": "cp:20312 stands in the file twice",
    "a company": "Holzmanufaktur Süd GmbH",
    "another currency": "CURRENCY_UNSUPPORTED",
    "umlauts": "Königstraße 12",
    "an injection attempt": "TEXT_UNSAFE",
    "asserted fields": "reminders",
    "a broken row": "cp-orders.csv:6",
}


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A world of its own: working directory, temporary files, and a database of the user's that nobody may touch."""
    for name in ("work", "temp"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    monkeypatch.setenv("INKASSO_DATABASE", f"sqlite:///{tmp_path / 'the-users-own.db'}")
    monkeypatch.setenv("INKASSO_CONFIG", str(tmp_path / "the-users-own.toml"))
    monkeypatch.delenv("COLUMNS", raising=False)
    return tmp_path


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_it_shows_every_hard_case_in_english(capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    assert demo(None, "en", clock=lambda: MAY) == 0
    assert time.monotonic() - began < 30
    shown = squeezed(capsys.readouterr().out)
    assert [name for name, mark in HARD_CASES.items() if mark not in shown] == []
    assert [act.title.en for act in ACTS if act.title.en not in shown] == []
    assert "REHEARSAL: 10 rows, 3,816.35 EUR" in shown
    assert "One more run sends 0 claims." in shown
    assert f"All {len(ACTS)} acts came out as told" in shown
    assert "inkasso init my-shop --shop-plugin NAME" in shown
    assert "README.md" in shown
    assert "docs/quickstart.md" in shown


def test_it_names_the_command_as_it_was_called(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """``make demo`` calls the command of an environment that nobody activated: there its name alone leads nowhere."""
    command = tmp_path / "an environment" / "inkasso"
    command.parent.mkdir()
    command.touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [str(command), "demo"])
    demo(None, "en", clock=lambda: MAY)
    assert f"'{command}' init my-shop" in capsys.readouterr().out
    monkeypatch.setenv("PATH", str(command.parent))
    demo(None, "en", clock=lambda: MAY)
    assert "  inkasso init my-shop" in capsys.readouterr().out


def test_it_speaks_german(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo(None, "de", clock=lambda: MAY) == 0
    shown = squeezed(capsys.readouterr().out)
    assert [act.title.de for act in ACTS if act.title.de not in shown] == []
    assert "PROBE: 10 Zeilen, 3.816,35 EUR" in shown
    assert "Voraussichtlich bereit ab 26.05.2026." in shown
    assert [state.value for state in {case.final for case in CASES.values()} if state_label(state).de not in shown] == []


def test_lines_stay_within_eighty_columns_where_nobody_says_how_wide(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    demo(None, "de", clock=lambda: MAY)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if len(line) > 80 and str(tmp_path) not in line] == []
    assert not any("\x1b" in line for line in lines)


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(dt.datetime(2027, 2, 28, 12, tzinfo=dt.UTC), id="end-of-february-a-sunday"),
        pytest.param(dt.datetime(2028, 2, 29, 7, tzinfo=dt.UTC), id="leap-day"),
        pytest.param(dt.datetime(2026, 12, 31, 23, 30, tzinfo=dt.UTC), id="new-year-in-berlin-only"),
        pytest.param(dt.datetime(2026, 3, 29, 0, 30, tzinfo=dt.UTC), id="clocks-go-forward"),
        pytest.param(dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC), id="clocks-go-back"),
        pytest.param(dt.datetime(2026, 5, 2, 23, 59, 59, tzinfo=dt.UTC), id="a-saturday-night"),
    ],
)
def test_it_works_on_any_day(moment: dt.datetime, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo(None, "de", as_json=True, clock=lambda: moment) == 0, capsys.readouterr().out


def test_it_leaves_nothing_behind(surroundings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo(None, "en", clock=lambda: MAY) == 0
    assert sorted(path.name for path in surroundings.rglob("*")) == ["temp", "work"]


def test_its_folder_is_kept_and_can_be_played_on(surroundings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = surroundings / "with a blank" / "demo"
    assert demo(folder, "en", clock=lambda: MAY) == 0
    commands = [line.strip() for line in capsys.readouterr().out.splitlines() if line.startswith("  inkasso --config ")]
    assert [command.rsplit("inkasso.toml' ")[1] for command in commands] == ["claims", "diagnose plenty:10425 --as-of 2026-05-26", "tasks"]
    assert sorted(path.name for path in surroundings.iterdir()) == ["temp", "with a blank", "work"]
    assert list((surroundings / "temp").iterdir()) == []
    with Inkasso(material.configuration(folder), clock=lambda: MAY) as ink:
        assert ink.count() == {
            State.EXPORTED: 6,
            State.FAILED: 1,
            State.HANDED_OVER: 6,
            State.READY: 1,
            State.WAITING: 5,
        }
        assert ink.diagnose("plenty:10425", as_of=dt.date(2026, 5, 25)).is_ready is False
        assert ink.diagnose("plenty:10425", as_of=dt.date(2026, 5, 26)).is_ready is True


def test_the_shops_files_are_as_shops_write_them(tmp_path: Path) -> None:
    material.write_orders(tmp_path, MAY, MAY.date())
    rows = (tmp_path / "cp-orders.csv").read_bytes().decode("cp1252").splitlines()
    assert rows[1].startswith("20311;Inkasso ist in Arbeit;09.05.2026 08:15;Björn;Größer;m;")
    orders = json.loads((tmp_path / "plenty-orders.json").read_text("utf-8"))
    assert [order["id"] for order in orders] == list(range(10421, 10430))
    assert orders[0]["addresses"][0]["name2"] == "Łukasz"
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    assert not any(b"{today" in path.read_bytes() for path in files)
    assert {path.stat().st_mtime for path in files} == {MAY.timestamp()}


def test_json_holds_the_facts_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo(None, "en", as_json=True, clock=lambda: MAY) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True
    assert told["folder"] is None
    assert list(told["acts"]) == [act.name for act in ACTS]
    assert told["acts"]["agency"]["cases_at_agency"] == {"own:30001": 1, "own:30002": 0, "own:30003": 1}


def test_the_command_plays_it(surroundings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["inkasso", "--lang", "en", "demo", "try-it", "--pause"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert f"All {len(ACTS)} acts came out as told" in capsys.readouterr().out
    assert (surroundings / "work" / "try-it" / "inkasso.db").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "inkasso.toml").write_text("# mine\n")
    with pytest.raises(ConfigurationError, match="not empty"):
        demo(tmp_path / "mine", "en")
    assert (tmp_path / "mine" / "inkasso.toml").read_text() == "# mine\n"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        demo(tmp_path / "file", "en")


def changed(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    """Change a word in all of the demo's files."""
    read = material._template

    def template(name: str) -> str:
        return read(name).replace(old, new)

    monkeypatch.setattr(material, "_template", template)


def test_it_says_what_is_not_as_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    changed(monkeypatch, '"value": "3"', '"value": "none"')  # nobody disputes anything
    assert demo(None, "en", clock=lambda: MAY) == 1
    shown = squeezed(capsys.readouterr().out)
    assert "queue.states.plenty:10426: expected waiting, found ready" in shown
    assert "release.released: expected 10, found 11" in shown


def test_it_notices_a_claim_that_never_arrived(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    changed(monkeypatch, '"behaviour": "lose"', '"behaviour": "lose-before"')
    assert demo(None, "en", as_json=True, clock=lambda: MAY) == 1
    told = json.loads(capsys.readouterr().out)
    assert {"where": "agency.cases_at_agency.own:30003", "expected": 1, "found": 0} in told["differences"]
    assert {"where": "agency.own:30003", "expected": "handed_over", "found": "running"} in told["differences"]


def test_an_act_that_breaks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    changed(monkeypatch, 'agency = "mediafinanz-file"', 'agency = "dummy"')
    with pytest.raises(Derailed, match=r"act 6 \(Rehearsal\)"):
        demo(None, "en", clock=lambda: MAY)


def test_the_excerpt_in_the_quick_start_is_what_the_demo_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo(None, "en", clock=lambda: MAY) == 0
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    excerpts = [block.partition("```")[0] for block in QUICKSTART.read_text("utf-8").split("```text\n")[1:]]
    assert excerpts
    for excerpt in excerpts:
        lines = excerpt.splitlines()
        start = printed.index(lines[0])
        assert printed[start : start + len(lines)] == lines
