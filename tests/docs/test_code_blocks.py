"""What the documentation shows works: Python is run, TOML and JSON are parsed, commands exist with the options that are shown."""

import inspect
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from codeblocks import Block, blocks, is_configuration, pages, put, run

from inkasso_core.settings import load

CHECKED = {"python", "toml", "json", "console", "sh"}
SHOWN = {"", "text"}
"""Pictures and output."""


def every(*languages: str) -> list[Any]:
    return [pytest.param(block, id=block.where) for page in pages() for block in blocks(page, *languages)]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    for name in ("INKASSO_CONFIG", "INKASSO_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    before = dict(os.environ)
    yield tmp_path
    os.environ.clear()
    os.environ.update(before)


def test_no_block_goes_unchecked() -> None:
    languages = {block.language for page in pages() for block in blocks(page) if not block.language.startswith("{")}
    assert languages <= CHECKED | SHOWN, "either check it here or call it text"


@pytest.mark.parametrize("page", [page for page in pages() if blocks(page, "python")])
def test_python_runs_in_the_order_of_the_page_and_prints_what_it_says(page: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = run(page, here)
    printed = capsys.readouterr().out.splitlines()
    said = [text for block in blocks(page, "python") for text in re.findall(r"^ *print\(.*\)  # (.+)$", block.text, re.MULTILINE)]
    assert [text for text in said if text not in printed] == []
    tests = [value for name, value in names.items() if name.startswith("test_") and inspect.isfunction(value)]
    for number, test in enumerate(tests):
        folder = here / f"test-{number}"
        folder.mkdir()
        if (here / "inkasso.toml").exists():
            (folder / "inkasso.toml").write_bytes((here / "inkasso.toml").read_bytes())
        os.chdir(folder)
        test()


def conformance_classes(page: str) -> list[str]:
    """The test classes that a page shows."""
    return re.findall(r"^class (Test\w+)\(", "".join(block.text for block in blocks(page, "python")), re.MULTILINE)


@pytest.mark.parametrize("page", [page for page in pages() if conformance_classes(page)])
def test_classes_of_the_conformance_kit_pass(page: str, here: Path) -> None:
    """As their author runs them: by pytest, from a module that holds what stands on the page."""
    for block in blocks(page):
        if is_configuration(block):
            put(block, here)
    (here / "test_page.py").write_text("\n\n".join(block.text for block in blocks(page, "python")), "utf-8")
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "test_page.py"]
    done = subprocess.run([*command, "-k", " or ".join(conformance_classes(page))], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    of_shops = "ShopConformance" in (here / "test_page.py").read_text("utf-8")  # its checks go through many records each
    assert int(passed[1]) > (8 if of_shops else 20) * len(conformance_classes(page))


@pytest.mark.parametrize("block", every("toml"))
def test_toml_can_be_parsed(block: Block) -> None:
    tomllib.loads(block.text)


@pytest.mark.parametrize("block", [case for case in every("toml") if is_configuration(case.values[0])])
def test_a_whole_configuration_loads(block: Block, here: Path) -> None:
    put(block, here)
    assert load().shops


@pytest.mark.parametrize("block", every("json"))
def test_json_can_be_parsed(block: Block) -> None:
    json.loads(block.text)


# Commands


def commands(block: Block) -> list[str]:
    """The calls of ``inkasso`` in a block: after a prompt in ``console``, any line in ``sh``."""
    prompt = "$ " if block.language == "console" else ""
    joined = block.text.replace("\\\n", " ")
    lines = [line.removeprefix(prompt) for line in joined.splitlines() if line.startswith(prompt)]
    parts = [part.strip() for line in lines for part in line.split("#")[0].replace("|", "&&").split("&&")]
    return [part for part in parts if part.split()[:1] == ["inkasso"]]


CALLS = [pytest.param(call, id=f"{case.id} {call}") for case in every("console", "sh") for call in commands(case.values[0])]


def test_commands_are_found() -> None:
    block = Block("page", 1, "console", "$ inkasso queue | wc -l   # counts\n$ cd there && inkasso run\nqueue\n$ make demo\n")
    assert commands(block) == ["inkasso queue", "inkasso run"]


def complaint(call: str) -> str | None:
    """Say what is wrong with a call, by the parser of the command line itself; nothing is executed."""
    import typer

    from inkasso_core.cli.app import app

    words = [word for word in shlex.split(call)[1:] if not word.startswith((">", "<"))]
    command: Any = typer.main.get_command(app)
    context = None
    try:
        name = "inkasso"
        while True:
            context = command.make_context(name, words, parent=context)
            if not hasattr(command, "resolve_command"):
                return None
            words = [*getattr(context, "_protected_args", ()), *context.args]
            if not words and command.invoke_without_command:
                return None  # a group that does something by itself
            name, command, words = command.resolve_command(context, words)
    except Exception as exc:  # noqa: BLE001  (whatever the parser raises is what is wrong)
        return f"{type(exc).__name__}: {getattr(exc, 'message', exc)}"


has_commands = pytest.mark.skipif(find_spec("inkasso_core.cli.app") is None, reason="there is no command line")


@has_commands
@pytest.mark.parametrize("call", CALLS)
def test_commands_are_shown_as_they_are(call: str) -> None:
    assert complaint(call) is None


@has_commands
@pytest.mark.parametrize("call", ["inkasso quene", "inkasso queue --no-such-option", "inkasso db upgrad", "inkasso ingest a b c"])
def test_a_call_that_is_wrong_would_be_seen(call: str) -> None:
    assert complaint(call)
