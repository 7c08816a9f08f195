"""Stand-ins for mediaFinanz: its SOAP services by PHP's ``SoapServer``, over the WSDLs of the adapter, and its REST interface by ours.

Neither is the agency's. The SOAP one knows what its folder says; the tests read and change that.
"""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

import simplejson

from peers.servers import php

CLIENT_ID, APPLICATION, CLIENT = 4711, "APPLIKATION-äöü-1", "Mandant2Lizenz"
PARTNER_ID, SERVICE_KEY = 12, "service-key-1"
UUID, USER, PASSWORD = "7d9f3c1e-0000-4000-8000-0123456789ab", "beispiel", "geheim-3"
SCRIPTS = Path(__file__).parent / "php" / "mediafinanz"


class SoapPeer:
    """The running service, and the folder that it keeps its state in."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder

    def address(self, wsdl: str = "encashment204", lists: str = "array") -> str:
        """The address of one of the services; with a GET, it answers with its WSDL."""
        return f"{self.url}/service.php?wsdl={wsdl}&lists={lists}"

    def settings(self, **changes: Any) -> dict[str, Any]:
        """The access that an account needs."""
        lists = changes.pop("lists", "array")
        name = "encashment" + changes.get("version", "2.0.4").replace(".", "")
        access = {"client_id": CLIENT_ID, "application_licence": APPLICATION, "client_licence": CLIENT}
        return {**access, "wsdl": self.address(name, lists), "connect_timeout": 2, "read_timeout": 10, **changes}

    def reset(self) -> None:
        """Forget everything."""
        for path in (self.folder / "requests").glob("*"):
            path.unlink()
        empty: dict[str, Any] = {"claims": {}, "changes": [], "messages": [], "payouts": [], "committed": []}
        self._write(
            {
                "licences": {"client_id": CLIENT_ID, "application": APPLICATION, "client": CLIENT, "fault": "Client"},
                "partner": {"application_id": PARTNER_ID, "service_key": SERVICE_KEY, "keys": 0, "clients": []},
                "live": empty,
                "sandbox": empty,
                "next": 40_000_000_001,
            }
        )

    def state(self) -> dict[str, Any]:
        """What the service knows now."""
        found: dict[str, Any] = json.loads((self.folder / "state.json").read_text("utf-8"))
        return found

    def change(self, how: Callable[[dict[str, Any]], object]) -> None:
        """Change what the service knows; no request may be under way."""
        state = self.state()
        how(state)
        self._write(state)

    def claims(self, mode: str = "live") -> dict[str, Any]:
        """The claims that were stored: case number -> what arrived."""
        return dict(self.state()[mode]["claims"])

    def requests(self) -> list[str]:
        """Every request as it came, in order."""
        return [path.read_text("utf-8") for path in sorted((self.folder / "requests").iterdir())]

    def called(self, operation: str) -> int:
        """How often an operation was called."""
        return sum(f":{operation}>" in request or f":{operation}/>" in request for request in self.requests())

    def tell(self, kind: str, *entries: Mapping[str, Any]) -> None:
        """Put entries into a feed."""
        begin = 1 + max((entry["id"] for entry in self.state()["live"][kind]), default=0)
        self.change(lambda s: s["live"][kind].extend({"id": begin + n, "entry": dict(entry)} for n, entry in enumerate(entries)))

    def _write(self, state: dict[str, Any]) -> None:
        (self.folder / "state.json").write_text(json.dumps(state, ensure_ascii=False), "utf-8")


@contextlib.contextmanager
def soap_peer(folder: Path) -> Iterator[SoapPeer]:
    """Run the SOAP services; ``folder`` is empty and theirs."""
    (folder / "requests").mkdir()
    wsdls = str(files("inkasso_adapters.mediafinanz"))
    with php(SCRIPTS, env={"MEDIAFINANZ_STATE": str(folder), "MEDIAFINANZ_WSDLS": wsdls}) as url:
        peer = SoapPeer(url, folder)
        peer.reset()
        yield peer


NEW = "/v2.2/collect/claim/new/"


class RestPeer:
    """The REST stand-in: what it stored, what it was asked, and what it answers with where a test says so."""

    def __init__(self) -> None:
        self.url = ""
        self.claims: dict[str, dict[str, Any]] = {}
        self.bodies: list[bytes] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.answers: list[tuple[int, bytes]] = []
        """Answers that are given before anything else, one each."""
        self.form: Callable[[str], Any] = lambda number: {"bSuccess": True, "aMessage": [], "sData": "", "az": number}
        """The answer to a new claim: nobody has published it."""
        self.status: Callable[[dict[str, Any]], Any] = lambda claim: {"bSuccess": True, "aMessage": [], "statusCode": claim["code"]}

    def settings(self, **changes: Any) -> dict[str, Any]:
        """The access that an account needs."""
        access = {"uuid": UUID, "user": USER, "password": PASSWORD, "base_url": self.url}
        return {**access, "connect_timeout": 2, "read_timeout": 5, **changes}

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any]:
        """Answer as section 4 of the reference page says; success bodies are ours."""
        self.asked.append((method, path, dict(headers)))
        self.bodies.append(body)
        if (headers.get("uuid"), headers.get("user"), headers.get("password")) != (UUID, USER, PASSWORD):
            return 400, _no([{"sKey": "error", "sValue": "access denied (BQW124)"}, {"sKey": "logId", "sValue": "L-1"}])
        parts = path.strip("/").split("/")
        if method == "PUT" and path == NEW:
            return self._new(simplejson.loads(body, use_decimal=True), only_check=headers.get("validate") == "1")
        if len(parts) == 5 and parts[1:3] == ["collect", "claim"] and (method, parts[4]) in (("GET", "status"), ("POST", "close")):
            return self._about(parts[3], parts[4])
        return 400, _no([{"sSubject": "Error", "sBody": "Wrong method"}])

    def _new(self, claim: dict[str, Any], *, only_check: bool) -> tuple[int, Any]:
        wrong = list(_wrong(claim))
        if wrong:
            return 400, {**_no([{"sSubject": "Notice", "sBody": "Validierung fehlgeschlagen"}]), "aValidationResult": wrong}
        if only_check:
            return 200, {"bSuccess": True, "aMessage": [{"sSubject": "Notice", "sBody": "ok"}], "aValidationResult": []}
        if any(known["body"]["ClientCustomerRefNo"] == claim["ClientCustomerRefNo"] for known in self.claims.values()):
            return 400, _no([{"sKey": "error", "sValue": "bereits übergeben [DUP001]"}])
        number = str(50_000_000_001 + len(self.claims))
        self.claims[number] = {"body": claim, "code": 10201, "closing": False}
        return 200, self.form(number)

    def _about(self, number: str, what: str) -> tuple[int, Any]:
        if number not in self.claims:
            return 400, _no([{"sKey": "error", "sValue": "unknown claim (UNK404)"}])
        if what == "status":
            return 200, self.status(self.claims[number])
        self.claims[number]["closing"] = True
        return 200, {"bSuccess": True, "aMessage": [{"sKey": "info", "sValue": "Stornierungsanfrage aufgenommen"}]}


def _no(messages: list[dict[str, str]]) -> dict[str, Any]:
    return {"bSuccess": False, "aMessage": messages, "sData": ""}


def _wrong(claim: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if claim.get("Stage") != "V":
        yield {"name": "Stage", "code": "error_pattern", "value": claim.get("Stage"), "in": "body", "pattern": "^V$"}
    if "Leerstadt" in claim["Debtor"]["PostalAddress"]["City"]:
        yield {"name": "Debtor.PostalAddress.City", "code": "error_pattern", "value": "…", "in": "body", "pattern": "^…$"}
        yield {"name": "Debtor.Communications.0.Value", "code": "error_type", "value": 1, "in": "body", "expected": "string", "used": "int"}


@contextlib.contextmanager
def rest_peer() -> Iterator[RestPeer]:
    """Run the REST stand-in."""
    peer = RestPeer()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said = peer.answer(self.command, self.path, dict(self.headers.items()), body)
            written = simplejson.dumps(said, use_decimal=True, ensure_ascii=False).encode()
            if peer.answers:
                status, written = peer.answers.pop(0)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        do_GET = do_POST = do_PUT = _serve  # noqa: N815  (the names that http.server asks for)

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    peer.url = f"http://127.0.0.1:{server.server_port}/v2.2"
    try:
        yield peer
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
