"""``inkasso new-adapter``, by every transport: from its own wheel in an empty environment, tests green, found, used by ``transmit``."""

import json
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
from codeblocks import blocks_of
from environments import Installation, build_wheel, install, new_environment, the_wheel
from lxml import etree
from merchant import SETTINGS, claim, line

TRANSPORTS = ("http", "soap", "file")
SECRET = "s3cr3t-value"
SOAP = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="urn:example:cases"><s:Body>'
    "<c:createCaseResponse><c:caseId>A-77</c:caseId><c:state>NEW</c:state></c:createCaseResponse></s:Body></s:Envelope>"
)
ANSWERS = {"http": ("application/json", json.dumps({"case": "A-77", "state": "NEW"})), "soap": ("text/xml", SOAP)}


class Agency(BaseHTTPRequestHandler):
    """The agency's side: says yes in the language of the transport, and keeps what it got."""

    transport: str
    got: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        self.got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        kind, answer = ANSWERS[self.transport]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(answer.encode())))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_arguments: object) -> None:
        """Nobody reads it."""


class Scaffolded(NamedTuple):
    """What ``new-adapter`` wrote, and the environment that wrote it and has its wheel."""

    transport: str
    project: Path
    wheel: Path
    python: Path


@pytest.fixture(scope="module")
def inkasso_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return the_wheel(tmp_path_factory.mktemp("inkasso"))


@pytest.fixture(scope="module", params=TRANSPORTS)
def made(request: pytest.FixtureRequest, inkasso_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Scaffolded:
    """An environment that holds the wheel of inkasso alone writes the distribution, which then comes to it as a wheel of its own."""
    base = tmp_path_factory.mktemp(request.param)
    empty = Installation(new_environment(base, [inkasso_wheel]), base, base / "cache", {})
    options = ("--transport", request.param, "--label", "Acme Inkasso", "--directory", "project")
    said = empty.inkasso("new-adapter", "acme", *options)
    assert said["distribution"] == "inkasso-acme"
    project, dist = base / "project", base / "dist"
    assert sorted(said["files"]) == sorted(path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file())
    wheel = build_wheel(project, dist)
    install(empty.python, [wheel])
    return Scaffolded(request.param, project, wheel, empty.python)


@pytest.fixture
def agency(made: Scaffolded) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """The agency: its address, and what it got."""
    handler = type("Handler", (Agency,), {"transport": made.transport, "got": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", handler.got  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


def account(made: Scaffolded, address: str) -> str:
    """The account as the README of the distribution shows it, led to the stand-in."""
    (shown,) = [block.text for block in blocks_of((made.project / "README.md").read_text("utf-8"), "toml")]
    return re.sub(r'"https://[\w.]+', f'"{address}', shown)


@pytest.fixture
def installation(made: Scaffolded, agency: tuple[str, list[tuple[str, bytes]]], tmp_path: Path) -> Installation:
    settings = re.sub(r"\[accounts\.\w+\].*?(?=\[shops)", "", SETTINGS.replace('account = "file"', 'account = "acme"'), flags=re.DOTALL)
    settings = re.sub(r"\[shops\.web\].*?(?=\[law)", "", settings, flags=re.DOTALL)
    (tmp_path / "inkasso.toml").write_text(f"{settings}\n{account(made, agency[0])}", "utf-8")
    variables = re.findall(r'\benv = "(\w+)"', account(made, ""))
    assert len(variables) == (0 if made.transport == "file" else 1)
    return Installation(made.python, tmp_path, tmp_path / "cache", dict.fromkeys(variables, SECRET))


def test_the_wheel_holds_the_package_and_all_that_belongs_to_it(made: Scaffolded) -> None:
    files = subprocess.run([sys.executable, "-m", "zipfile", "-l", str(made.wheel)], capture_output=True, text=True, check=True).stdout
    wanted = {"agency.py", "py.typed", "__init__.py"} | ({"example.wsdl"} if made.transport == "soap" else set())
    assert set(re.findall(r"^inkasso_acme/(\S+)", files, re.MULTILINE)) == wanted
    assert made.wheel.name.startswith("inkasso_acme-0.1.0-")


def test_a_wsdl_says_in_its_first_lines_that_it_is_an_example(made: Scaffolded) -> None:
    if made.transport != "soap":
        assert not list(made.project.rglob("*.wsdl"))
        return
    (wsdl,) = made.project.rglob("*.wsdl")
    first = wsdl.read_text("utf-8").splitlines()[:3]
    assert "AN EXAMPLE, TO BE REPLACED" in first[1]
    assert "No agency speaks this" in "".join(first)


def test_its_conformance_tests_are_green_against_what_is_installed(made: Scaffolded, installation: Installation) -> None:
    said = installation.run(made.python, "-P", "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", folder=made.project)
    summary = said.splitlines()[-1]
    assert "failed" not in summary
    assert "error" not in summary
    assert int(re.findall(r"(\d+) passed", summary)[0]) > (5 if made.transport == "file" else 40)
    assert "leads to" not in said, "the entry point is looked at, too"


def test_it_is_found_and_says_what_it_can(made: Scaffolded, installation: Installation) -> None:
    (row,) = [row for row in installation.inkasso("agencies")["agencies"] if row["name"] == "acme"]
    assert (row["distribution"], row["version"], row["label"], row["broken"]) == ("inkasso-acme", "0.1.0", "Acme Inkasso", None)
    shown = installation.inkasso("agencies", "acme")
    assert set(shown["operations"]) >= ({"check", "rehearse"} if made.transport == "file" else {"find", "fetch_status", "rehearse"})
    assert shown["verified"] is None, "nothing was verified yet"


def test_it_hands_a_claim_over(made: Scaffolded, installation: Installation, agency: tuple[str, list[tuple[str, bytes]]]) -> None:
    (installation.folder / "orders.ndjson").write_text(f"{line(claim('A-1'))}\n", "utf-8")
    installation.inkasso("ingest", "orders.ndjson", "--shop", "erp")
    installation.inkasso("release", "erp:A-1")
    rehearsed = installation.inkasso("transmit", "--account", "acme")
    assert (rehearsed["accounts"][0]["mode"], agency[1]) == ("rehearsal", [])
    installation.inkasso("mandate", "acme", "--date", "2026-01-15")
    installation.inkasso("go-live", "acme", "--nothing-to-adopt")
    installation.inkasso("transmit", "--account", "acme")
    shown = installation.inkasso("show", "erp:A-1")
    assert shown["stored"]["state"] == ("exported" if made.transport == "file" else "handed_over")
    SAW[made.transport](installation.folder, agency[1])


def saw_json(_folder: Path, got: list[tuple[str, bytes]]) -> None:
    ((path, body),) = got
    case = json.loads(body)
    assert (path, case["currency"], case["debtor"]["city"]) == ("/v1/cases", "EUR", claim("A-1").debtor.addresses[0].city)


def saw_soap(_folder: Path, got: list[tuple[str, bytes]]) -> None:
    ((path, body),) = got
    (city,) = etree.fromstring(body).iterfind(".//{urn:example:cases}city")
    assert (path, city.text) == ("/cases", claim("A-1").debtor.addresses[0].city)


def saw_file(folder: Path, got: list[tuple[str, bytes]]) -> None:
    assert got == []
    (file,) = (folder / "export").glob("acme-*.csv")
    header, row = file.read_text("utf-8-sig").splitlines()
    assert header.startswith("Referenz;Firma;Vorname")
    assert str(claim("A-1").debtor.addresses[0].city) in row


SAW = {"http": saw_json, "soap": saw_soap, "file": saw_file}


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
