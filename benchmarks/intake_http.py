"""Events per second over HTTP: ``python benchmarks/intake_http.py [--events 4000] [--repeats 3] [--senders 8] [--threads 4] [--json]``.

Clients that sign post canonical claims to ``inkasso serve``, one event a request and a hundred. The floors are the same server, sent the
very same bytes: one that only answers, and one that also keeps each body in a commit of its own, synced to the disk. A row is the median
of its rounds, in turns with its floors. After each round every claim is looked for in the store; nothing is asserted about time.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import claims as invented

from inkasso_core import Inkasso

FLOOR = Path(__file__).with_name("notification_floor.py")
SERVE = (sys.executable, "-c", "from inkasso_core.cli import main; main()", "serve")
KINDS = ("bare", "commit", "inkasso")
SIZES = (1, 100)
"""How many events a request carries."""
SECRET = "a-secret-of-the-benchmark"  # noqa: S105  (of an installation that is gone when this ends)
SETTINGS = f"""
[inkasso]
database = "sqlite:///inkasso.db"
[creditors.main]
name = "Beispiel Handel GmbH"
[shops.bench]
plugin = "canonical"
creditor = "main"
[serve]
max_body = 10000000
[serve.clients.bench]
shops = ["bench"]
secret = "{SECRET}"
"""
WAIT = 60.0


def main(arguments: list[str] | None = None) -> int:
    """Measure everything and print a table, or JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=4000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--senders", type=int, default=8, help="connections at once")
    parser.add_argument("--threads", type=int, default=4, help="threads of the server")
    parser.add_argument("--json", action="store_true", help="JSON lines instead of a table")
    chosen = parser.parse_args(arguments)
    rows = [_row(size, chosen) for size in SIZES]
    print("\n".join(json.dumps(row) for row in rows) if chosen.json else _table(rows))
    return 0


def _row(size: int, chosen: argparse.Namespace) -> dict[str, Any]:
    bodies = _bodies(chosen.events, size)
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for number in range(chosen.repeats):
        for kind in KINDS if number % 2 else reversed(KINDS):
            print(f"{kind}, {size} a request, round {number + 1} ...", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory(prefix="inkasso-bench-") as name:
                found[kind].append(chosen.events / _round(Path(name), kind, bodies, chosen))
    rates = {kind: statistics.median(measured) for kind, measured in found.items()}
    return {"events_per_request": size, "events": chosen.events, **rates}


def _bodies(events: int, size: int) -> list[bytes]:
    made = [{"shop": "bench", "event": "order_status_changed", "claim": invented.claim(number)} for number in range(events)]
    return [json.dumps(made[at : at + size] if size > 1 else made[at]).encode() for at in range(0, events, size)]


def _round(folder: Path, kind: str, bodies: Sequence[bytes], chosen: argparse.Namespace) -> float:
    """Post everything to a new server; return the seconds that it took."""
    (folder / "inkasso.toml").write_text(SETTINGS, "utf-8")
    Inkasso.from_config(folder / "inkasso.toml").close()  # no server is to make the database while it is measured
    with _served(folder, kind, chosen.threads) as port:
        _post(port, deque([b"{}"]), [])  # imports what the first request needs
        waiting, answers = deque(bodies), list[int]()
        senders = [threading.Thread(target=_post, args=(port, waiting, answers)) for _ in range(chosen.senders)]
        started = time.perf_counter()
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        seconds = time.perf_counter() - started
    if answers != [200] * len(bodies):
        raise SystemExit(f"{kind}: of {len(bodies)} requests {answers.count(200)} were taken")
    if kind == "inkasso":
        with Inkasso.from_config(folder / "inkasso.toml") as ink:
            if (stored := sum(1 for _ in ink.claims())) != chosen.events:
                raise SystemExit(f"{stored} claims are stored, not {chosen.events}")
    return seconds


def _post(port: int, waiting: deque[bytes], answers: list[int]) -> None:
    link = HTTPConnection("127.0.0.1", port, timeout=WAIT)
    while True:
        try:
            body = waiting.popleft()
        except IndexError:
            break
        timestamp = str(int(time.time()))
        signature = hmac.new(SECRET.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        signed = {"Inkasso-Client": "bench", "Inkasso-Timestamp": timestamp, "Inkasso-Signature": signature}
        link.request("POST", "/v1/events", body, {"Content-Type": "application/json", **signed})
        answer = link.getresponse()
        answer.read()
        answers.append(answer.status)
    link.close()


@contextmanager
def _served(folder: Path, kind: str, threads: int) -> Iterator[int]:
    """Run a server until its port answers, and end it afterwards."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = (sys.executable, str(FLOOR), str(port), str(threads), kind, str(folder / "floor.db"))
    if kind == "inkasso":
        command = (*SERVE, "--port", str(port), "--threads", str(threads))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INKASSO_")}
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, env=environment)
    try:
        _await(process, port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + WAIT
    while time.monotonic() < until and process.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit("the server did not begin")


def _table(rows: Sequence[dict[str, Any]]) -> str:
    lines = ["| events a request | events per second | of one commit a request | floor: one commit | floor: only answers |"]
    lines.append("|" + "---:|" * 5)
    for row in rows:
        numbers = [f"{row['commit']:,.0f}", f"{row['bare']:,.0f}"]
        cells = [str(row["events_per_request"]), f"{row['inkasso']:,.0f}", f"**{row['inkasso'] / row['commit']:.0%}**", *numbers]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
