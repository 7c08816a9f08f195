"""``inkasso new-shop-plugin``, every way: from its own wheel in an empty environment, tests green, found, and its orders become claims."""

import json
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from codeblocks import blocks_of
from environments import Installation, build_wheel, install, new_environment, the_wheel

WAYS = ("push", "poll", "file")
SECRET = "s3cr3t-value-of-the-shop"
TABLE = "Auftrag;Status;Betrag;Fällig;Vorname;Nachname\r\nB-1001;Inkasso;153,99;16.03.2026;Erika;Beispielfrau\r\n"


class Scaffolded(NamedTuple):
    """What ``new-shop-plugin`` wrote, and the environment that wrote it and has its wheel."""

    way: str
    project: Path
    python: Path


class Shop(BaseHTTPRequestHandler):
    """The shop's side: gives its orders page by page, takes notes, and keeps what it was asked."""

    order: dict[str, Any]
    asked: list[tuple[str, str, str]]

    def do_GET(self) -> None:
        self.asked.append(("GET", self.path, self.headers["X-Api-Key"]))
        first = "after=&" in self.path
        self._answer({"orders": [self.order] if first else [], "last": "7" if first else None, "more": first})

    def do_PUT(self) -> None:
        self.asked.append(("PUT", self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self._answer({})

    def _answer(self, body: Any) -> None:
        said = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_arguments: object) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def inkasso_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return the_wheel(tmp_path_factory.mktemp("inkasso"))


@pytest.fixture(scope="module", params=WAYS)
def made(request: pytest.FixtureRequest, inkasso_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Scaffolded:
    """An environment that holds the wheel of inkasso alone writes the distribution, which then comes to it as a wheel of its own."""
    base = tmp_path_factory.mktemp(request.param)
    empty = Installation(new_environment(base, [inkasso_wheel]), base, base / "cache", {})
    said = empty.inkasso("new-shop-plugin", "acme", "--orders", request.param, "--label", "Acme Shop", "--directory", "project")
    assert (said["distribution"], said["orders"]) == ("inkasso-acme", request.param)
    project = base / "project"
    assert sorted(said["files"]) == sorted(path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file())
    install(empty.python, [build_wheel(project, base / "dist")])
    return Scaffolded(request.param, project, empty.python)


@pytest.fixture
def shop(made: Scaffolded) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """The shop: its address, and what it was asked."""
    handler = type("Handler", (Shop,), {"order": order(made) if made.way != "file" else {}, "asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", handler.asked  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


def order(made: Scaffolded) -> dict[str, Any]:
    """The order that the distribution's own tests know."""
    names: dict[str, Any] = {}
    exec((made.project / "tests" / "sample.py").read_text("utf-8"), names)  # noqa: S102  (its author is this test)
    return dict(names["ORDER"])


@pytest.fixture
def installation(made: Scaffolded, shop: tuple[str, Any], tmp_path: Path) -> Installation:
    (shown,) = [block.text for block in blocks_of((made.project / "README.md").read_text("utf-8"), "toml")]
    shown = re.sub(r'"https://[\w.]+', f'"{shop[0]}', shown)
    (tmp_path / "inkasso.toml").write_text('[creditors.main]\nname = "Beispiel Handel GmbH"\n\n' + shown, "utf-8")
    variables = re.findall(r'\benv = "(\w+)"', shown)
    assert len(variables) == (0 if made.way == "file" else 1)
    return Installation(made.python, tmp_path, tmp_path / "cache", dict.fromkeys(variables, SECRET))


def test_its_conformance_tests_are_green_against_what_is_installed(made: Scaffolded, installation: Installation) -> None:
    said = installation.run(made.python, "-P", "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", folder=made.project)
    summary = said.splitlines()[-1]
    assert "failed" not in summary
    assert int(re.findall(r"(\d+) passed", summary)[0]) > 10
    assert "leads to" not in said, "the entry point is looked at, too"


def test_it_is_found(made: Scaffolded, installation: Installation) -> None:
    names = [row["name"] for row in installation.inkasso("shops")["plugins"]]
    assert "acme" in names
    assert made.way in ("push", "poll", "file")


RECEIVE = """
import datetime as dt, hashlib, hmac, json, os, sys
from inkasso_core import DeliveryRefused, Inkasso, ShopRequest
body = json.dumps([json.loads(sys.argv[1])]).encode()
signature = hmac.new(os.environ["ACME_WEBHOOK_SECRET"].encode(), body, hashlib.sha256).hexdigest()
with Inkasso.from_config() as ink:
    now = dt.datetime.now(dt.UTC)
    ink.receive("acme", ShopRequest(headers={"x-signature": signature}, body=body, received_at=now))
    try:
        ink.receive("acme", ShopRequest(headers={"x-signature": signature}, body=body + b" ", received_at=now))
    except DeliveryRefused:
        print(json.dumps("refused"))
"""


def test_an_order_becomes_a_claim(made: Scaffolded, installation: Installation, shop: tuple[str, list[tuple[str, str, str]]]) -> None:
    if made.way == "file":
        (installation.folder / "orders.csv").write_text(TABLE, "utf-8")
        installation.inkasso("ingest", "orders.csv", "--shop", "acme")
    elif made.way == "poll":
        installation.inkasso("poll", "acme")
        assert [(method, path) for method, path, _ in shop[1]] == [
            ("GET", "/api/orders?after=&limit=100"),
            ("GET", "/api/orders?after=7&limit=100"),
        ]
        assert {key for _, _, key in shop[1]} == {SECRET}
    else:
        assert installation.program(RECEIVE, json.dumps(order(made))) == "refused"
    shown = installation.inkasso("show", "acme:B-1001")
    assert shown["claim"]["principal"] == "153.99"
    assert shown["claim"]["debtor"]["person"]["last_name"] == "Beispielfrau"


def test_what_is_written_back_is_one_note(
    made: Scaffolded, installation: Installation, shop: tuple[str, list[tuple[str, str, str]]]
) -> None:
    if made.way != "poll":
        pytest.skip("only the way poll writes back")
    installation.inkasso("poll", "acme")
    installation.inkasso("run")
    installation.inkasso("run")
    notes = [(path, json.loads(body)) for method, path, body in shop[1] if method == "PUT"]
    assert len({path for path, _ in notes}) == len(notes) >= 1
    assert all(path.startswith("/api/orders/B-1001/notes/") for path, _ in notes)


def test_its_types_and_its_style_are_strict(made: Scaffolded, tmp_path: Path) -> None:
    """Checked as its author will check it: by the settings of the distribution itself."""
    settings = tomllib.loads((made.project / "pyproject.toml").read_text("utf-8"))["tool"]
    assert settings["mypy"]["strict"] is True
    assert len(settings["ruff"]["lint"]["select"]) > 10
    tools = (
        ["mypy", "--python-executable", str(made.python), f"--cache-dir={tmp_path}"],
        ["ruff", "check", "--no-cache", "."],
        ["ruff", "format", "--check", "--no-cache", "."],
    )
    for tool in tools:
        done = subprocess.run([sys.executable, "-P", "-m", *tool], cwd=made.project, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
