"""A small agency with an HTTP interface of its own, openly made up: stands behind Prism, which holds it to ``http_agency.yaml``.

It knows one client, ``K-77`` with the password ``geheim-77``. An invoice that begins with ``REFUSE`` is refused; the message ``court``,
``odd`` or ``portal`` to a case moves it there. With ``NIGHTLY``, cases show up after ``POST /night`` only.
"""

import base64
import datetime as dt
import os
import sys
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import simplejson

LOGIN = "Basic " + base64.b64encode(b"K-77:geheim-77").decode()
TOLD = {
    "pause": ("RU", "Ruht"),
    "resume": ("NEU", "Geht weiter"),
    "court": ("GV", "Gericht"),
    "odd": ("X-77", "Sonderfall"),
    "portal": ("ZUGANG", "Zugang für den Händler verschickt"),
}
NIGHTLY = bool(os.environ.get("NIGHTLY"))
CASES: dict[str, dict[str, Any]] = {}
MOVES: list[dict[str, Any]] = []


def move(case: dict[str, Any], code: str, text: str) -> None:
    at = dt.datetime(2026, 6, 1, 8, tzinfo=dt.UTC) + dt.timedelta(minutes=len(MOVES) + 1)
    case |= {"code": code, "text": text, "changedAt": at.isoformat()}
    MOVES.append(case | {"claim": None})


def shown(case: dict[str, Any]) -> dict[str, Any]:
    return {name: case[name] for name in ("reference", "fileNumber", "code", "text", "changedAt", "paid", "fees")}


def take(claim: dict[str, Any]) -> dict[str, Any]:
    ours = claim["reference"]
    if claim["invoiceNumber"].startswith("REFUSE"):
        return {"reference": ours, "result": "rejected", "errorCode": "E-ADR", "errorField": ["street"]}
    result = "duplicate" if ours in CASES else "accepted"
    if ours not in CASES:
        case = {"reference": ours, "fileNumber": f"HT-{len(CASES) + 1:06d}", "paid": Decimal("0.00"), "fees": Decimal("12.50")}
        CASES[ours] = case | {"claim": claim, "there": not NIGHTLY}
        move(CASES[ours], "NEU", "Angenommen")
    return {"reference": ours, "result": result, "fileNumber": CASES[ours]["fileNumber"]}


def pay(case: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    case["paid"] += said["amount"]
    whole = case["paid"] >= Decimal(case["claim"]["principal"])
    move(case, *(("BZ", "Bezahlt") if whole else ("TZ", "Teilzahlung für Möbel")))
    return {"result": "accepted", "fileNumber": case["fileNumber"]}


def recall(case: dict[str, Any], _said: dict[str, Any]) -> dict[str, Any]:
    if case["code"] == "GV":
        return {"result": "rejected", "fileNumber": case["fileNumber"], "errorCode": "COURT"}
    move(case, "ST", "Storno angefragt")
    return {"result": "requested", "fileNumber": case["fileNumber"]}


def tell(case: dict[str, Any], kind: str) -> dict[str, Any]:
    if kind in TOLD:
        move(case, *TOLD[kind])
    return {"result": "accepted", "fileNumber": case["fileNumber"]}


def of_case(method: str, path: list[str], said: dict[str, Any]) -> tuple[int, Any]:
    """Answer what is asked or told of one case."""
    case = next((case for case in CASES.values() if case["fileNumber"] == path[1]), None)
    if case is None:
        return 404, {"error": {"code": "UNKNOWN_CASE", "fields": []}}
    match method, *path[2:]:
        case ("GET",):
            return 200, shown(case)
        case ("PUT",):
            case["claim"] = said
            return 200, {"result": "accepted", "fileNumber": case["fileNumber"]}
        case "POST", "payments":
            return 200, pay(case, said)
        case "POST", "recall":
            return 200, recall(case, said)
        case "POST", "messages":
            return 200, tell(case, said["text"])
        case "POST", ("pause" | "resume") as kind:
            return 200, tell(case, kind)
    return 404, {"error": {"code": "NO_SUCH_THING", "fields": []}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: Any) -> None:
        pass

    def _answer(self, status: int, body: Any) -> None:
        content = simplejson.dumps(body, use_decimal=True, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _handle(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Authorization") != LOGIN:
            self._answer(401, {"error": {"code": "LOGIN", "fields": []}})
            return
        parts = urlsplit(self.path)
        said = simplejson.loads(content, use_decimal=True) if content else {}
        self._answer(*self._route(parts.path.strip("/").split("/"), parse_qs(parts.query), said))

    do_GET = do_POST = do_PUT = _handle  # noqa: N815  (the server's names)

    def _route(self, path: list[str], query: dict[str, list[str]], said: dict[str, Any]) -> tuple[int, Any]:
        match self.command, *path:
            case "POST", "night":
                for case in CASES.values():
                    case["there"] = True
                return 200, {}
            case "POST", "claims":
                return 200, {"results": [take(claim) for claim in said["claims"]]}
            case "GET", "claims":
                found = [CASES[ours] for ours in query["reference"] if ours in CASES and CASES[ours]["there"]]
                return 200, {"states": [shown(case) for case in found]}
            case "GET", "states":
                since = query.get("changedSince", [""])[0]
                return 200, {"states": [shown(one) for one in MOVES if one["changedAt"] > since]}
        return of_case(self.command, path, said)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
