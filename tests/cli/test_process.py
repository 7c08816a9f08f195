"""The command as a process of its own: what it loads, how it behaves in a pipe, and what Ctrl-C does."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from merchant import GERMAN, Desk, claim, line

from inkasso_core.store import vault

PROGRAM = "from inkasso_core.cli import main; main()"
HEAVY = {"sqlalchemy", "alembic", "phonenumbers", "babel", "stevedore", "pluggy"}


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in GERMAN}
    return {**kept, "LANG": "de_DE.UTF-8", **more}


def call(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=environment(**more), timeout=120)


@pytest.mark.parametrize(
    ("arguments", "absent"), [(["--version"], HEAVY | {"typer", "rich", "pydantic"}), (["--help"], HEAVY), (["claims", "--help"], HEAVY)]
)
def test_help_and_version_load_little(arguments: list[str], absent: set[str]) -> None:
    program = (
        "import json, sys\n"
        f"sys.argv = ['inkasso', *{arguments!r}]\n"
        "from inkasso_core.cli import main\n"
        "try:\n    main()\nexcept SystemExit as exc:\n    assert exc.code == 0, exc.code\n"
        "sys.stderr.write(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True, env=environment())
    loaded = {name.partition(".")[0] for name in json.loads(done.stderr)}
    assert loaded & absent == set()
    assert "nkasso" in done.stdout


def test_json_lines_in_a_pipe_and_tables_without_colour(desk: Desk) -> None:
    desk.ready("Ä-1", "Ä-2")
    done = call("claims", "--json")
    assert done.returncode == 0
    assert [json.loads(text)["ref"] for text in done.stdout.splitlines()] == ["erp:Ä-1", "erp:Ä-2"]
    assert "\x1b" not in call("queue").stdout


def test_an_output_that_lacks_characters_kills_nobody(desk: Desk) -> None:
    desk.ready("Ä-1")
    done = call("diagnose", "erp:Ä-1", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "erp:?-1" in done.stdout
    assert json.loads(call("claims", "--json", PYTHONIOENCODING="ascii").stdout)["ref"] == "erp:Ä-1"


def test_a_pipe_that_closes_early_is_no_error_message(desk: Desk) -> None:
    desk.ready(*(f"A-{n}" for n in range(300)))
    command = f'"{sys.executable}" -P -c "{PROGRAM}" claims --json | head -n 1'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, env=environment(), timeout=120)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


def test_broken_input_leaves_no_traceback(desk: Desk) -> None:
    Path("huge.ndjson").write_bytes(b'{"a": "' + b"y" * (10 << 20) + b'"}\n' + line(claim("A-1")).encode() + b"\n{broken\n")
    done = call("ingest", "huge.ndjson", "missing.ndjson", "--shop", "erp")
    assert done.returncode == 1
    assert "1 neu, 2 gescheitert" in done.stdout
    assert "missing.ndjson" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_ends_with_130_and_keeps_what_was_stored(desk: Desk) -> None:
    command = [sys.executable, "-P", "-c", PROGRAM, "ingest", "-", "--shop", "erp"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    assert process.stdin is not None
    process.stdin.write("".join(f"{line(claim(f'A-{n}'))}\n" for n in range(1000)).encode())
    process.stdin.flush()
    stop = threading.Timer(60, process.kill)
    stop.start()
    while len(desk.claims()) < 500 and process.poll() is None:
        pass
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    stop.cancel()
    assert process.returncode == 130, said
    assert "bleibt gespeichert" in said.decode()
    assert len(desk.claims()) % 500 == 0


def test_ctrl_c_that_a_library_swallows_ends_the_work_all_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, in the middle of a file, Ctrl-C comes while something ignores it: the rows of that moment are stored, no more are read."""
    (desk.folder / "claims.ndjson").write_text("".join(f"{line(claim(f'A-{n}'))}\n" for n in range(1200)), encoding="utf-8")
    read, seen = vault.dump, []

    def swallowing(body: object) -> str:
        seen.append(body)
        if len(seen) == 700:
            with contextlib.suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        return read(body)

    monkeypatch.setattr(vault, "dump", swallowing)
    done = desk.run("ingest", "claims.ndjson", "--shop", "erp", code=130)
    assert "bleibt gespeichert" in done.err
    assert 500 <= len(desk.claims()) < 1200
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
