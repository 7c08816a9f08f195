"""A third party's adapter and shop plugin, as the documentation shows them: packaged by themselves, installed beside the wheel, used."""

import http.server
import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from builders import AS_OF, green_claim
from codeblocks import blocks
from environments import Installation, new_environment, the_wheel

ADAPTER_PAGE, SHOP_PAGE = "docs/writing-an-adapter.md", "docs/writing-a-shop-plugin.md"
KEY = "s3cr3t-value"

INTACT = """
import base64, hashlib, json, sys
from importlib.metadata import distribution
changed = []
for file in distribution("inkasso").files:
    if file.hash is not None:
        digest = hashlib.new(file.hash.mode, file.read_binary()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
            changed.append(str(file))
import inkasso_core
json.dump({"changed": changed, "home": inkasso_core.__file__}, sys.stdout)
"""

FOUND = """
import json, sys
from inkasso_core import Inkasso
with Inkasso.from_config("inkasso.toml") as ink:
    listed = [row._asdict() for row in ink.agencies.installed()]
    imported = sorted(name for name in sys.modules if name.startswith("inkasso_acme"))
    json.dump({"listed": listed, "imported": imported, "loaded": ink.agencies.load("acme").label,
               "shops": ink.plugins.shop_plugin_names, "broken": ink.plugins.broken}, sys.stdout)
"""

WALK = """
import datetime as dt, json, sys
from pathlib import Path
from inkasso_core import Inkasso
now, payload = dt.datetime.fromisoformat(sys.argv[1]), json.loads(Path(sys.argv[3]).read_text("utf-8"))
with Inkasso.from_config("inkasso.toml", clock=lambda: now) as ink:
    ref = getattr(ink, sys.argv[2])(shop="shop", payload=payload).ref
    ink.mandate("acme-de", dated=dt.date(2026, 1, 15))
    ink.go_live("acme-de", nothing_to_adopt=True, first=10)
    released = [h.ok for h in ink.release([ref])]
    reports = [dict(r.counts) for r in ink.transmit()]
    shown = ink.show(ref)
    json.dump({"released": released, "reports": reports, "state": shown.stored.state, "total": str(shown.stored.total_open),
               "placements": [(p.agency, p.case_reference) for p in shown.placements],
               "history": [e.what for e in ink.history(ref)]}, sys.stdout)
"""


def code_of(page: str) -> str:
    """The smallest working example: the first Python block of the page."""
    return blocks(page, "python")[0].text


def write_project(folder: Path, page: str, module: str) -> Path:
    """Write the project of the page: its code and its ``pyproject.toml``, nothing else."""
    folder.mkdir()
    (folder / f"{module}.py").write_text(code_of(page), "utf-8")
    (project,) = [block.text for block in blocks(page, "toml") if block.text.startswith("# pyproject.toml\n")]
    (folder / "pyproject.toml").write_text(project, "utf-8")
    return folder


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel and both strangers' distributions."""
    base = tmp_path_factory.mktemp("third-party")
    projects = [write_project(base / module, page, module) for page, module in STRANGERS]
    return new_environment(base, [the_wheel(base), *projects])


STRANGERS = [(ADAPTER_PAGE, "inkasso_acme"), (SHOP_PAGE, "inkasso_bergblick")]


class Acme(http.server.BaseHTTPRequestHandler):
    """The agency's side: takes cases, and writes down what it got."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])), parse_float=Decimal)
        self.server.got.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        answer = json.dumps({"case": f"ACME-{len(self.server.got)}", "state": "NEW"}).encode()  # type: ignore[attr-defined]
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def acme() -> Iterator[http.server.ThreadingHTTPServer]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Acme) as server:
        server.got = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


CONFIGURATION = """
[creditors.firm]
name = "Beispiel Handel GmbH"
street = "Marktplatz"
house_number = "1"
postal_code = "34117"
city = "Kassel"

[accounts.acme-de]
agency = "acme"
creditor = "firm"

[accounts.acme-de.policy]
reminders = {reminders}
levels = {{ CONTRACT_DATE_MISSING = "warn", INVOICE_DATE_MISSING = "warn" }}

[accounts.acme-de.settings]
url = "http://127.0.0.1:{port}/v1/"
api_key = {{ env = "ACME_KEY" }}

[shops.shop]
plugin = "{plugin}"
creditor = "firm"
account = "acme-de"
"""


@pytest.fixture
def installation(python: Path, acme: http.server.ThreadingHTTPServer, tmp_path: Path) -> Installation:
    text = CONFIGURATION.format(port=acme.server_port, plugin="canonical", reminders=2)
    (tmp_path / "inkasso.toml").write_text(text, "utf-8")
    return Installation(python, tmp_path, tmp_path / "cache", {"ACME_KEY": KEY})


@pytest.mark.parametrize("page", [ADAPTER_PAGE, SHOP_PAGE])
def test_the_example_is_short(page: str) -> None:
    assert len(code_of(page).splitlines()) < 30


def test_the_readme_shows_the_same_adapter() -> None:
    assert code_of(ADAPTER_PAGE) in [block.text for block in blocks("README.md", "python")]


def test_nothing_of_ours_was_changed(installation: Installation) -> None:
    found = installation.program(INTACT)
    assert found["changed"] == []
    assert Path(found["home"]).is_relative_to(installation.python.parents[1])


def test_both_are_found_by_name_and_the_adapter_is_imported_only_when_it_is_loaded(installation: Installation) -> None:
    found = installation.program(FOUND)
    assert {"name": "acme", "distribution": "inkasso-acme", "version": "1.0", "duplicate": False} in found["listed"]
    assert (found["imported"], found["loaded"]) == ([], "Acme Inkasso")
    assert set(found["shops"]) == {"bergblick", "actindo", "canonical", "copecart", "cpshop", "django", "plentymarkets", "tryton"}
    assert found["broken"] == []


@pytest.mark.skipif(find_spec("inkasso_core.cli.app") is None, reason="there is no command line")
def test_the_command_line_lists_both(installation: Installation) -> None:
    agencies, shops = installation.inkasso("agencies"), installation.inkasso("shops")
    assert {"acme", "dummy", "mediafinanz-file"} <= names_in(agencies)
    assert {"bergblick", "canonical"} <= names_in(shops)


def names_in(value: Any) -> set[str]:
    """Every ``name`` (of an agency, of a plugin) in a document."""
    if isinstance(value, list):
        return set().union(*map(names_in, value))
    if isinstance(value, dict):
        own = {value[key] for key in ("name", "plugin") if isinstance(value.get(key), str)}
        return own.union(*map(names_in, value.values()))
    return set()


def walk(installation: Installation, event: str, payload: dict[str, Any]) -> Any:
    """Report, confirm the mandate, go live, release, transmit: in one program of the new environment."""
    (installation.folder / "payload.json").write_text(json.dumps(payload), "utf-8")
    return installation.program(WALK, f"{AS_OF}T10:00:00+00:00", event, "payload.json")


def test_the_adapter_takes_a_claim_the_whole_way(installation: Installation, acme: http.server.ThreadingHTTPServer) -> None:
    done = walk(installation, "export_requested", green_claim(creditor=None).model_dump(mode="json", exclude_none=True))
    assert done["released"] == [True]
    assert done["reports"] == [{"handed_over": 1}]
    assert (done["state"], done["placements"]) == ("handed_over", [["acme", "ACME-1"]])
    assert done["history"] == ["registered", "released", "handed_over"]
    ((path, headers, body),) = acme.got  # type: ignore[attr-defined]
    assert (path, str(body["amount"]), body["currency"]) == ("/v1/cases", done["total"], "EUR")
    assert len(body["reference"]) <= 30
    assert headers["X-Api-Key"] == KEY
    assert headers["Idempotency-Key"]


def test_the_shop_plugin_brings_a_claim_the_whole_way(installation: Installation, acme: http.server.ThreadingHTTPServer) -> None:
    text = CONFIGURATION.format(port=acme.server_port, plugin="bergblick", reminders=0)
    (installation.folder / "inkasso.toml").write_text(text, "utf-8")
    person = {"first_name": "Jördis", "last_name": "Groß-Möller"}
    address = {"street": "Lange Straße", "house_number": "7 a", "postal_code": "01067", "city": "Dresden", "country": "DE"}
    done = walk(
        installation,
        "order_status_changed",
        {
            "id": "B-1001",
            "version": 1,
            "status": "collection",
            "currency": "EUR",
            "total": "99.50",
            "subject": "Gartenbank",
            "due_date": "2026-03-16",
            "due_date_origin": "contract",
            "performed": True,
            "invoice": "R-7",
            "customer": {"number": "K-7", "person": person, "addresses": [address]},
        },
    )
    assert (done["state"], done["placements"]) == ("handed_over", [["acme", "ACME-1"]])
    assert [str(body["amount"]) for _, _, body in acme.got] == ["99.50"]  # type: ignore[attr-defined]
