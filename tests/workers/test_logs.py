"""Lines of what the steps say: one a line, stable names, and nothing of a debtor."""

import io
import json
import logging
import re
from pathlib import Path

import pytest
from merchant import Desk
from world import claim, lost, world

import inkasso_core
from inkasso_core import AuthenticationFailed, ClaimRejected, Text
from inkasso_core.cli.app import app as cli
from inkasso_core.loglines import write_to
from inkasso_core.logs import say
from inkasso_core.workers.worker import Worker

SOURCES = Path(inkasso_core.__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "workers.md"


def lines(kind: str, *said: tuple[str, dict[str, object]]) -> list[str]:
    stream = io.StringIO()
    with write_to(stream, kind):  # type: ignore[arg-type]
        for event, values in said:
            say(event, **values)  # type: ignore[arg-type]
    return stream.getvalue().splitlines()


def test_json_is_one_object_a_line_whatever_it_holds() -> None:
    (one,) = lines("json", ("room.what", {"account": "a\nb \u2028 ü", "seconds": 0.5, "nothing": None, "odd": object()}))
    read = json.loads(one)
    assert one.isascii()
    assert read == {
        "at": read["at"],
        "level": "info",
        "event": "room.what",
        "account": "a\nb \u2028 ü",
        "seconds": 0.5,
        "nothing": None,
        "odd": "object",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", read["at"])


def test_text_is_one_line_and_quotes_what_is_more_than_a_word() -> None:
    (one,) = lines("text", ("room.what", {"account": "main", "moved": 3, "error": None, "odd": 'a\n"b" c=d'}))
    assert one.partition("Z ")[2] == r'info room.what account=main moved=3 odd="a\n\"b\" c=d"'


def test_nothing_is_written_where_it_is_off_and_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines("off", ("room.what", {})) == []
    assert lines("json", ("room.what", {})) != []
    say("room.what")
    assert capsys.readouterr() == ("", "")


def test_a_record_that_is_not_ours_shows_its_origin_alone() -> None:
    stream = io.StringIO()
    with write_to(stream, "json"):
        logging.getLogger("inkasso.work.other").warning("Erika Mustermann")
    assert json.loads(stream.getvalue())["event"] == "inkasso.work.other"


def test_every_event_stands_in_the_documentation() -> None:
    if not PAGE.exists():
        pytest.skip("the documentation is not installed")
    said = {name for path in SOURCES.rglob("*.py") for name in re.findall(r'\bsay\(\s*f?"([a-z_]+\.[a-z_{}]+)"', path.read_text("utf-8"))}
    listed = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", PAGE.read_text("utf-8").partition("| event | said when |")[2]))
    assert said == listed


def test_no_debtor_is_in_the_lines_of_a_bad_day(tmp_path: Path) -> None:
    secrets = ["Mustermann", "Erika", "Kaputt", "K-A-1", "A-1", "RE-A-1"]
    stream = io.StringIO()
    with write_to(stream, "json"), world(tmp_path, accounts={"agency": {"mode": "automatic"}}) as town:
        logging.getLogger("inkasso.work").setLevel(logging.DEBUG)
        names = [town.ink.find(ref) for ref in town.ready("A-1", "A-2", "A-3", "A-4")]
        assert names
        told = Text("Erika Mustermann ist unbekannt", "Erika Mustermann is unknown")
        town.agency.answers(lost(), ClaimRejected(told), ZeroDivisionError("Erika Mustermann"), AuthenticationFailed(told))
        Worker(town.ink).once()
        town.clock.forward(hours=1)
        Worker(town.ink).once()
    read = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert {"transmit.leased", "transmit.sent", "worker.turn"} <= {one["event"] for one in read}
    values = {str(value) for one in read for value in one.values()}
    assert [value for value in values for secret in secrets if secret in value] == []


@pytest.mark.parametrize("command", ["run", "worker", "transmit", "follow", "poll", "serve"])
def test_every_command_that_works_has_it(command: str, desk: Desk) -> None:
    shown = desk.run(command, "--help").out
    assert "--log" in shown
    assert cli.info.name == "inkasso"


def test_the_option_goes_before_the_setting(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    settings = desk.folder / "inkasso.toml"
    settings.write_text(settings.read_text("utf-8").replace("[inkasso]\n", '[inkasso]\nlog = "json"\n', 1), "utf-8")
    desk.live("wire")
    desk.running("A-1", shop="web")
    assert desk.run("transmit", "--log", "off", code=0).err == ""
    desk.running("A-2", shop="web")
    said = [json.loads(line) for line in desk.run("transmit", code=0).err.splitlines()]
    assert "transmit.sent" in {one["event"] for one in said}


def test_claims_of_tests_have_names() -> None:
    """What the test above looks for is there to be found."""
    assert claim("A-1").debtor.person is not None
