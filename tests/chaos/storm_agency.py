"""The agency of the storm: an HTTP server in a process of its own. It counts what it accepts, on the disk, and never forgives a repetition.

It knows no idempotency keys: what comes twice is there twice. What it does to a connection is the plan's (:class:`~chaos.storm_plan.Mood`),
until ``POST /calm`` ends the storm. Its one promise is that of a real agency: what was accepted is found :data:`SETTLES` seconds after it
was sent, at the latest; what reaches it later than that is not accepted.
"""

import json
import os
import socket
import struct
import sys
import threading
import time
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from chaos.storm_plan import Fate, Mood, Plan

READ_SECONDS = 0.8
"""How long its clients wait for an answer."""
LATE_SECONDS = 1.0
ACCEPTED_FOR = 1.5
"""A request that is older than this is not accepted any more."""
SETTLES = 2.0
RETRY_AFTER = 1
PAGE = 20
"""Entries of one answer of the feed."""
SENT_AT = "X-Sent-At"
Json = dict[str, Any]


class Refused(NamedTuple):
    """An answer with an error status."""

    status: int
    code: str


class Books:
    """What the agency accepted, in the order in which it did; a line is on the disk before anybody hears of it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.lock = threading.RLock()
        self.cases: dict[str, Json] = {}
        """Case reference -> the case, its first acceptance."""
        self.drafts: set[str] = set()
        self.feeds: dict[str, list[Json]] = defaultdict(list)
        """Account -> what it is told, in order."""
        self.acknowledged: Counter[str] = Counter()

    def write(self, what: str, **entry: Any) -> None:
        os.write(self._file, json.dumps({"what": what, **entry}).encode() + b"\n")
        os.fdatasync(self._file)

    def take(self, account: str, placement: Json) -> Json:
        """Take a case, as often as it is given; a refusal leaves no trace."""
        reference = placement["our_reference"]
        if placement["wish"] == Fate.REFUSED:
            return {"our_reference": reference, "error": "R-1"}
        self.write("case", account=account, **placement)
        case = f"CASE-{reference}"
        open_ = sum(_cents(amount) for amount in placement["claims"].values())
        self.cases.setdefault(case, {"our_reference": reference, "open": open_, "code": "open", "account": account})
        if account == "staged":
            self._event(case, "open", None)
            if placement["wish"] == Fate.PAYS_THERE:
                self._event(case, "open", open_)
                self._event(case, "paid", None)
        return {"our_reference": reference, "case": case, "status": "open"}

    def _event(self, case: str, code: str, collected: int | None) -> None:
        known = self.cases[case]
        feed = self.feeds[known["account"]]
        entry = {"id": f"{case}-{len(feed)}", "case": case, "our_reference": known["our_reference"], "status": code}
        feed.append(entry | {"collected": collected, "account": known["account"]})
        self.write("entry", **feed[-1])

    def hear(self, case: str, verb: str, told: Json) -> Json:
        """Take what is told of a case; each time it is told."""
        self.write("told", case=case, verb=verb, our_reference=self.cases[case]["our_reference"], **told)
        known = self.cases[case]
        if verb == "report_payment":
            known["open"] -= _cents(told["amount"])
        if verb == "amend":
            known["open"] = _cents(told["open"])
        if verb == "recall":
            known["code"] = "recalled"
            self._event(case, "recalled", None)
        elif known["code"] == "open" and known["open"] <= 0:
            known["code"] = "paid"
            self._event(case, "paid", None)
        return {"case": case, "status": known["code"]}


def _cents(amount: str) -> int:
    return round(float(amount) * 100)


class Handler(BaseHTTPRequestHandler):
    """One connection of one client."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body of an answer leave together
    disable_nagle_algorithm = True
    server: "Server"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(size)
        if len(body) < size:
            return self._cut()  # the asker was killed in the midst of its request
        given: Json = json.loads(body or b"{}")
        path, _, query = self.path.partition("?")
        steps = path.strip("/").split("/")
        changes = self.command == "POST"
        mood = Mood.FAIR if path == "/calm" else self.server.mood(f"{self.command} {path} {query} {_about(given)}")
        if mood is Mood.CUT_BEFORE:
            return self._cut()
        if mood is Mood.BUSY:
            return self._send(503, {"error": "busy"}, retry=True)
        if mood is Mood.SLOW:
            time.sleep(READ_SECONDS / 4)
        if mood is Mood.LATE:
            time.sleep(LATE_SECONDS)
        with self.server.books.lock:
            if changes and time.time() - float(self.headers.get(SENT_AT, "0")) > ACCEPTED_FOR and path != "/calm":
                return self._cut()  # it is too late: nothing of this was accepted
            status, said = self._do(steps, query, given, half=mood is Mood.TORN)
        if mood is Mood.TORN:
            return self._cut(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{"answers": [{"our_')
        if mood in (Mood.CUT_AFTER, Mood.LATE):
            return self._cut()
        return self._send(status, said)

    def _do(self, steps: list[str], query: str, given: Json, *, half: bool) -> tuple[int, Json]:
        books = self.server.books
        match steps, self.command:
            case ["calm"], "POST":
                self.server.is_calm = True
                return 200, {"moods": self.server.moods}
            case [account, "cases"], "POST":
                wanted = given["placements"]
                # what is cut in the midst of its answer was accepted in part alone, where it was more than one
                return 200, {"answers": [books.take(account, one) for one in wanted[: max(1, len(wanted) // 2) if half else None]]}
            case [_, "drafts"], "POST":
                books.drafts.add(given["our_reference"])
                books.write("draft", our_reference=given["our_reference"])
                return 200, {"draft": f"DRAFT-{given['our_reference']}"}
            case [_, "cases"], "GET":
                return self._found(f"CASE-{query.partition('=')[2]}")
            case [_, "cases", case, verb], "POST" if case in books.cases:
                return 200, books.hear(case, verb, given)
            case [account, "feed"], "GET":
                feed, begin = books.feeds[account], books.acknowledged[account]
                entries = feed[begin : begin + PAGE]
                end = begin + len(entries)
                return 200, {"entries": entries, "token": str(end), "more": end < len(feed)}
            case [account, "feed"], "POST":
                books.acknowledged[account] = max(books.acknowledged[account], int(given["token"]))
                books.write("acknowledged", account=account, count=books.acknowledged[account])
                return 200, {}
        return 404, {"error": "unknown"}

    def _found(self, case: str) -> tuple[int, Json]:
        known = self.server.books.cases.get(case)
        if known is not None:
            return 200, {"case": case, "status": known["code"]}
        reference = case.removeprefix("CASE-")
        return (200, {"case": case, "status": "draft"}) if reference in self.server.books.drafts else (404, {"error": "unknown"})

    def _send(self, status: int, said: Json, *, retry: bool = False) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if retry:
            self.send_header("Retry-After", str(RETRY_AFTER))
        self.end_headers()
        self.wfile.write(body)

    def _cut(self, begun: bytes = b"") -> None:
        """End the connection without a word, or in the midst of one."""
        self.close_connection = True
        if begun:
            self.wfile.write(begun)
            self.wfile.flush()
        else:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def _about(given: Json) -> str:
    first = given["placements"][0] if "placements" in given else given
    return str(first.get("payment_reference") or first.get("our_reference"))


class Server(ThreadingHTTPServer):
    """The agency."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, books: Books, plan: Plan) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.books, self.plan, self.is_calm = books, plan, False
        self._visits: Counter[str] = Counter()
        self.moods: Counter[str] = Counter()

    def mood(self, what: str) -> Mood:
        """Return what happens to a request, and count it."""
        if self.is_calm:
            return Mood.FAIR
        with self.books.lock:
            self._visits[what] += 1
            mood = self.plan.mood(what, self._visits[what])
            self.moods[mood.value] += 1
            return mood

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that are killed in the midst of a request are what this is for; anything else is said."""
        if not isinstance(sys.exception(), OSError | ValueError):
            super().handle_error(request, client_address)


def serve(path: Path, plan: Plan, told: int, until: int) -> None:
    """Serve: write the port to the pipe ``told``, and go on until the pipe ``until`` ends."""
    with Server(Books(path), plan) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        os.write(told, f"{server.server_address[1]}\n".encode())
        os.read(until, 1)
