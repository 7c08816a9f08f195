"""Notifications per second, and none lost: ``python benchmarks/notifications.py [--distinct 6000] [--repeats 10] [--kills 2] [--json]``.

A platform sends notifications of single transactions to ``inkasso serve``: each several times, shuffled, some with a changed byte, some of
events that nobody knows, over several connections; what gets no answer is sent again. On the way the server is killed (SIGKILL) and
started again. Then the store is compared with what the sender was promised, and the claims with what was told.

Before that, fewer of the same kind are sent without a kill to three servers in turn: one that only answers, one that also commits
each body, and the package. Nothing is ever asserted about time.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from notification_material import SECRETS, Delivery, Fate, Material, material
from notification_sender import Sender

from inkasso_core import Inkasso, State

SHOP, DATABASE = "copecart", "inkasso.db"
FLOORS = ("bare", "commit")
_FLOOR = Path(__file__).with_name("notification_floor.py")
_SERVE = (sys.executable, "-c", "from inkasso_core.cli import main; main()", "serve")
_OVER = frozenset({State.PAID, State.CANCELLED})
_SETTINGS = """
[creditors.main]
name = "Beispiel Plattform GmbH"
[shops.copecart]
plugin = "copecart"
profile = "marketplace"
creditor = "main"
"""


def main(arguments: list[str] | None = None) -> int:
    """Measure, then send everything with kills, compare, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--distinct", type=int, default=6000, help="how many different notifications")
    parser.add_argument("--repeats", type=int, default=10, help="how often each is sent")
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--senders", type=int, default=8, help="connections at once")
    parser.add_argument("--threads", type=int, default=4, help="threads of the server")
    parser.add_argument("--measured", type=int, default=5000, help="about how many are measured beside the floors; 0 for none")
    parser.add_argument("--rounds", type=int, default=3, help="how often they are measured")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    chosen = parser.parse_args(arguments)
    sent = material(chosen.distinct, chosen.repeats)
    found: dict[str, Any] = {"sent": len(sent.deliveries), "distinct": sent.distinct}
    if chosen.measured:
        found["per_second"] = _measure(material(chosen.measured // chosen.repeats, chosen.repeats).deliveries, chosen)
    found |= _storm(sent, chosen)
    print(json.dumps(found) if chosen.json else _table(found))
    return 0


# Measuring


def _measure(deliveries: list[Delivery], chosen: argparse.Namespace) -> dict[str, float]:
    """Return notifications per second, the median of the rounds, of the package and of its floors."""
    rates: dict[str, list[float]] = {kind: [] for kind in (*FLOORS, "inkasso")}
    for number in range(chosen.rounds):
        for kind in rates if number % 2 else reversed(rates):
            print(f"{kind}, round {number + 1} ...", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory() as folder, _served(Path(folder), kind, chosen.threads, _free_port()) as port:
                plain = [one._replace(fate=Fate.KEPT) for one in deliveries] if kind != "inkasso" else deliveries
                sender = Sender(port, f"/v1/shops/{SHOP}/", plain)
                rates[kind].append(len(plain) / sender.run(chosen.senders))
                _expect(dict(sender.wrong), {}, "answers")
    return {kind: statistics.median(found) for kind, found in rates.items()}


@contextmanager
def _served(folder: Path, kind: str, threads: int, port: int) -> Iterator[int]:
    """Run a server and end it."""
    _prepare(folder)
    process = _start(folder, kind, threads, port)
    try:
        yield port
    finally:
        process.kill()
        process.wait()


def _prepare(folder: Path) -> None:
    """Write the settings, and make the database."""
    vendors = "".join(f'[shops.copecart.settings.vendors.{vendor}]\nsecret = "{secret}"\n' for vendor, secret in SECRETS.items())
    (folder / "inkasso.toml").write_text(f'[inkasso]\ndatabase = "sqlite:///{DATABASE}"\n{_SETTINGS}{vendors}', "utf-8")
    Inkasso.from_config(folder / "inkasso.toml").close()


def _start(folder: Path, kind: str, threads: int, port: int) -> subprocess.Popen[bytes]:
    """Start a server, and wait until it answers."""
    command = (sys.executable, str(_FLOOR), str(port), str(threads), kind, str(folder / "floor.db"))
    if kind == "inkasso":
        command = (*_SERVE, "--port", str(port), "--threads", str(threads))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INKASSO_")}
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environment)
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.02)
    process.kill()
    raise SystemExit(f"the server did not begin: {(folder / 'server.log').read_text('utf-8')}")


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Killing, and comparing


def _storm(sent: Material, chosen: argparse.Namespace) -> dict[str, Any]:
    """Send everything while the server is killed now and then; compare what was promised with what there is."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), _free_port()
        _prepare(folder)
        running = [_start(folder, "inkasso", chosen.threads, port)]
        sender = Sender(port, f"/v1/shops/{SHOP}/", sent.deliveries)
        marks = [len(sent.deliveries) * number // (chosen.kills + 1) for number in range(1, chosen.kills + 1)]

        def kill(answered: int) -> None:
            if marks and answered >= marks[0]:
                marks.pop(0)
                running[-1].kill()
                running[-1].wait()
                print(f"killed after {answered} answers", file=sys.stderr, flush=True)
                running.append(_start(folder, "inkasso", chosen.threads, port))

        try:
            seconds = sender.run(chosen.senders, kill)
        finally:
            running[-1].terminate()
            running[-1].wait()
        _expect(len(running) - 1, chosen.kills, "kills")
        _expect(dict(sender.wrong), {}, "answers")
        claims = _claims(folder, sent)
        stored = _stored(folder)
        _expect(len(sender.kept), sent.distinct, "different notifications that were answered with OK")
        _expect(sorted(sender.kept - stored.keys()), [], "notifications that were answered with OK and are not stored")
        _expect([name for name, times in stored.items() if times > 1], [], "notifications that are stored twice")
        return {"seconds": seconds, "again": sender.again, "kills": chosen.kills, "stored": len(stored), **claims}


def _claims(folder: Path, sent: Material) -> dict[str, int]:
    """Compare the claims with what is owed; whatever the server had not told its plugin yet is told now."""
    with Inkasso.from_config(folder / "inkasso.toml") as ink:
        ink.tell_parts(SHOP)
        _expect(ink.failed_events(SHOP), [], "reports that failed")
        found = list(ink.claims())
    still = {stored.record: stored.principal_open for stored in found if stored.state not in _OVER}
    _expect(still, sent.owed, "what is owed")
    return {"claims": len(still), "ended": len(found) - len(still)}


def _stored(folder: Path) -> Counter[str]:
    """Return the notifications in the store, and how often each is there."""
    with closing(sqlite3.connect(folder / DATABASE)) as link:
        rows = link.execute("SELECT vault.body FROM shop_part JOIN vault ON vault.id = shop_part.body_id")
        return Counter(json.loads(body)["notification"]["transaction_id"] for (body,) in rows)


def _expect(found: object, wanted: object, what: str) -> None:
    if found != wanted:
        raise SystemExit(f"{what}: {str(found)[:2000]}, not {str(wanted)[:2000]}")


def _table(found: dict[str, Any]) -> str:
    lines = []
    if rates := found.get("per_second"):
        lines += ["| server | notifications per second | of it, inkasso |", "|---|---:|---:|"]
        names = {"bare": "answers `OK` and nothing else", "commit": "one commit per notification", "inkasso": "`inkasso serve`"}
        lines += [f"| {names[kind]} | {rate:,.0f} | {rates['inkasso'] / rate:.0%} |" for kind, rate in rates.items()]
        lines.append("")
    lines += ["| sent | different | killed | sent again | stored | claims open | claims ended | seconds |", "|" + "---:|" * 8]
    numbers = [found[name] for name in ("sent", "distinct", "kills", "again", "stored", "claims", "ended")]
    return "\n".join([*lines, f"| {' | '.join(f'{number:,}' for number in numbers)} | {found['seconds']:.0f} |"])


if __name__ == "__main__":
    raise SystemExit(main())
