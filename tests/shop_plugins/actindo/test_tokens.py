"""The access: one renewal at a time among threads and processes, nothing used before it is stored, and a person only where it must be."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from inkasso_core import AuthenticationFailed, ConfigurationError, DeliveryRefused, TemporarilyUnavailable
from inkasso_core.store import shops, vault
from inkasso_shop_plugins.actindo import authorize
from inkasso_shop_plugins.actindo.tokens import Token

from .conftest import Opened, Town
from .stand_in import BUSY, CUT, DOCUMENTS, HTML, SECRET, TOKEN, Reply, StandIn

TOML = """
[inkasso]
database = "sqlite:///test.db"
language = "de"
[creditors.firm]
name = "Beispiel Handel GmbH"
[accounts.agency]
agency = "dummy"
creditor = "firm"
[shops.shop]
plugin = "actindo"
creditor = "firm"
account = "agency"
[shops.shop.settings]
url = "{url}"
client_id = "inkasso"
client_secret = "app-s3cr3t-never-shown"
redirect_uri = "https://intake.example/v1/shops/shop/permitted"
fields = {{ invoice = "legacyProperties.rechnungId", level = "legacyProperties.mahnstufe" }}
"""

CALLS = """
import sys
from inkasso_core import Inkasso
with Inkasso.from_config(sys.argv[1]) as ink:
    sys.stdout.write("ready\\n"); sys.stdout.flush()
    sys.stdin.readline()
    found = list(ink.examine("shop"))
    sys.stdout.write(" ".join(one.code for one in found) + "\\n")
"""
"""Calls actindo as soon as it is told to."""


def kept(town: Town) -> Token | None:
    """What is kept of the access."""
    with town.ink._context.database.read() as connection:
        value = shops.kept(connection, "shop", "token")
    return None if value is None else Token.model_validate_json(value)


def config(town: Town) -> Path:
    """Write the settings to a file for other processes."""
    path = town.world.folder / "inkasso.toml"
    path.write_text(TOML.format(url=town.actindo.url), "utf-8")
    return path


def test_the_first_tokens_come_with_a_code(opened: Opened, actindo: StandIn) -> None:
    with opened(permit=False) as town:
        problem = town.look().problem
        assert isinstance(problem, AuthenticationFailed)
        assert "actindo.authorize --shop shop" in problem.text.en
        received, _ = town.ink.receive("shop", town.back("code-1"))
        assert "freigegeben" in received.body.decode()
        assert town.poll().results == []
        assert actindo.issued == 1
        assert SECRET not in str(received) + repr(kept(town))


def test_a_code_that_nobody_began_here_or_that_is_refused_changes_nothing(opened: Opened) -> None:
    with opened(permit=False) as town:
        for wrong in (town.back("code-1", state="guess"), town.back("code-1", state=""), town.back("")):
            with pytest.raises(DeliveryRefused):
                town.ink.receive("shop", wrong)
        with pytest.raises(AuthenticationFailed):
            town.ink.receive("shop", town.back("another"))
        assert kept(town) is None
        old = town.back("code-1")
        town.world.clock.forward(days=2)
        with pytest.raises(DeliveryRefused):
            town.ink.receive("shop", old)


def test_a_token_is_renewed_two_minutes_before_its_end(town: Town, actindo: StandIn) -> None:
    town.poll()
    town.world.clock.forward(minutes=57)
    town.poll()
    assert actindo.refreshes == 0
    town.world.clock.forward(minutes=1, seconds=1)
    town.poll()
    assert (actindo.refreshes, actindo.refused) == (1, 0)
    found = kept(town)
    assert found is not None
    assert (found.refresh, found.renewing) == ("refresh-2", False)
    assert found.ends_at == town.world.clock() + dt.timedelta(hours=1)


def test_a_token_that_stopped_counting_is_renewed_once(town: Town, actindo: StandIn) -> None:
    actindo.access.clear()
    town.poll()
    assert (actindo.refreshes, actindo.refused) == (1, 0)


def test_whom_even_a_new_token_does_not_let_in_is_told_so(town: Town, actindo: StandIn) -> None:
    actindo.next[DOCUMENTS] = [Reply(401, b"{}"), Reply(401, b"{}")]
    assert isinstance(town.look().problem, AuthenticationFailed)
    assert actindo.refreshes == 1
    actindo.next[DOCUMENTS] = [Reply(403, b"{}")]
    assert isinstance(town.look().problem, AuthenticationFailed)
    assert actindo.refreshes == 1


def test_threads_that_need_it_at_once_renew_it_once(town: Town, actindo: StandIn) -> None:
    town.world.clock.forward(hours=2)
    actindo.slow_token = 0.3
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append([one.code for one in town.ink.examine("shop")])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (actindo.refreshes, actindo.refused) == (1, 0)
    assert [codes[0] for codes in found] == ["ACTINDO_PING"] * 4


def test_two_processes_that_need_it_at_once_renew_it_once_and_both_go_on(town: Town, actindo: StandIn) -> None:
    path = config(town)
    town.world.clock.at = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)  # by the processes' own clock it ended long ago
    actindo.code = "code-2"
    town.permit()
    actindo.access.clear()
    actindo.slow_token = 0.5
    command = [sys.executable, "-c", CALLS, str(path)]
    children = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for child in children:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin
        child.stdin.write("go\n")
        child.stdin.flush()
    said = [child.communicate(timeout=60)[0] for child in children]
    assert (actindo.refreshes, actindo.refused) == (1, 0)
    assert ["ACTINDO_PING" in text and "ACTINDO_ACCESS" not in text for text in said] == [True, True], said


def test_a_process_killed_between_sending_and_storing_is_found_out(town: Town, actindo: StandIn) -> None:
    """actindo has rotated the token, and whoever asked for it is dead: the old one is tried once more, and refused."""
    path = config(town)
    town.world.clock.at = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    actindo.code = "code-2"
    town.permit()
    actindo.slow_token = 30
    child = subprocess.Popen([sys.executable, "-c", CALLS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin
    child.stdin.write("go\n")
    child.stdin.flush()
    until = time.monotonic() + 40
    while actindo.refreshes == 0 and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    child.wait(10)
    child.stdin.close()
    if child.stdout:
        child.stdout.close()
    actindo.slow_token = 0
    found = kept(town)
    assert found is not None
    assert found.renewing
    problem = town.look().problem
    assert isinstance(problem, AuthenticationFailed)
    assert "unterbrochen" in problem.text.de
    assert "actindo.authorize --shop shop" in problem.text.de
    actindo.code = "code-3"
    town.permit()
    assert town.look().problem is None


def test_a_renewal_that_never_reached_actindo_needs_nobody(town: Town, actindo: StandIn) -> None:
    town.world.clock.forward(hours=2)
    found = kept(town)
    assert found is not None
    with town.ink._context.database.write() as connection:
        body = connection.exec_driver_sql("select value_id from shop_kept where name = 'token'").scalar()
        vault.replace(connection, str(body), found.model_copy(update={"renewing": True}).model_dump_json())
    town.poll()  # the token of before still counts: the process died before it had sent it
    assert (actindo.refreshes, actindo.refused) == (1, 0)


@pytest.mark.parametrize("reply", [HTML, Reply(503, b"", kind="text/html"), Reply(403, b"<html>", kind="text/html"), BUSY, CUT])
def test_no_answer_to_a_renewal_is_no_refusal(town: Town, actindo: StandIn, reply: Reply) -> None:
    town.world.clock.forward(hours=2)
    actindo.next[TOKEN] = [reply]
    assert isinstance(town.look().problem, TemporarilyUnavailable)
    if reply is CUT:  # it was worked on: the old token does not count any more
        assert isinstance(town.look().problem, AuthenticationFailed)
    else:
        assert town.look().problem is None
        assert actindo.refused == 0


def test_a_refused_renewal_says_what_to_do(town: Town, actindo: StandIn) -> None:
    town.world.clock.forward(hours=2)
    actindo.refresh = "revoked"
    problem = town.look().problem
    assert isinstance(problem, AuthenticationFailed)
    assert "actindo.authorize" in problem.text.en
    assert "refresh-1" not in str(problem)


# The command that lets it in


@pytest.fixture
def alone(opened: Opened, actindo: StandIn) -> Path:
    with opened(permit=False) as town:
        return config(town)


def test_the_command_prints_an_address_and_takes_the_one_that_comes_back(
    alone: Path, actindo: StandIn, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state: list[str] = []

    def readline() -> str:
        address = capsys.readouterr().out.split("\n\n")[1]
        assert address.startswith(
            f"{actindo.url}/Actindo.CoreModules.Auth.OAuth2.authorize?response_type=code&scope=profile&client_id=inkasso"
        )
        assert SECRET not in address
        state.append(address.rpartition("state=")[2].split()[0])
        return f"https://intake.example/v1/shops/shop/permitted?code=code-1&state={state[0]}\n"

    monkeypatch.setattr("sys.stdin", type("Keys", (), {"readline": staticmethod(readline)}))
    assert authorize.main(["--config", str(alone), "--shop", "shop"]) == 0
    assert "freigegeben" in capsys.readouterr().out
    assert actindo.issued == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--shop", "nowhere"], "no shop with the plugin actindo"),
        (["--shop", "shop", "--address", "https://intake.example/?error=denied"], "no code"),
        (["--shop", "shop", "--address", "https://intake.example/?code=code-1&state=x"], "no permission that was begun here"),
    ],
)
def test_the_command_says_what_is_wrong(alone: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert authorize.main(["--config", str(alone), *words]) == 1
    assert said in capsys.readouterr().err


def test_the_command_runs_as_a_module(alone: Path) -> None:
    command = [sys.executable, "-m", "inkasso_shop_plugins.actindo.authorize", "--config", str(alone), "--shop", "shop"]
    ran = subprocess.run(command, input="\n", capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert "OAuth2.authorize?" in ran.stdout


def test_settings_that_are_missing_are_named(opened: Opened, actindo: StandIn) -> None:
    with opened(permit=False, client_id=None, fields={}) as town:
        problem = town.look().problem
        assert isinstance(problem, ConfigurationError)
        assert "client_id, fields.invoice, fields.level" in problem.text.en
