"""Claims per second through an adapter, beside the bare library: ``python benchmarks/wire.py [--claims 2000] [--repeats 3] [--json]``.

The adapters are mediaFinanz's, over REST and over SOAP. The floor of the first sends the very same bytes by a ``requests`` session; the
floor of the second calls the same operation with the same values by a bare ``zeep`` client. Both over loopback, with 1 and with 8 threads,
against an agency that answers at once and one that takes 50 ms. A row is the median of its rounds, in turns with its floor.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from threading import local
from typing import Any

import claims as invented
import requests
import zeep

from inkasso_core import Agency, Claim, Creditor, Placement
from inkasso_core.agencies.registry import Agencies

SERVER = Path(__file__).with_name("wire_server.py")
DELAYS = (0, 50)
THREADS = (1, 8)
TIMES = (10.0, 60.0)
Work = Callable[[Placement], Any]


def main(arguments: list[str] | None = None) -> int:
    """Measure everything and print a table, or JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=2000, help="how many claims against the agency that answers at once")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="JSON lines instead of a table")
    chosen = parser.parse_args(arguments)
    placed = [_placement(number) for number in range(chosen.claims)]
    rows = []
    for delay, kind, threads in itertools.product(DELAYS, ("rest", "soap"), THREADS):
        share = placed if not delay else placed[: max(8, len(placed) * threads // 40)]
        with _server(delay) as port:
            works = (_rest if kind == "rest" else _soap)(port, share[0])
            rows.append(_row(kind, delay, threads, share, works, chosen.repeats, port))
    print("\n".join(json.dumps(row) for row in rows) if chosen.json else _table(rows))
    return 0


def _row(kind: str, delay: int, threads: int, placed: list[Placement], works: tuple[Work, Work], repeats: int, port: int) -> dict[str, Any]:
    print(f"{kind} {delay} ms, {threads} threads ...", file=sys.stderr, flush=True)
    seconds: tuple[list[float], list[float]] = ([], [])
    for work in works:
        _run(work, placed[:20], threads)  # opens connections, reads the WSDL
    before = _count(port)
    for number in range(repeats):
        for side in (0, 1) if number % 2 else (1, 0):
            seconds[side].append(_run(works[side], placed, threads))
    came = _count(port) - before
    if came != 2 * repeats * len(placed):
        raise SystemExit(f"{came} requests came, not {2 * repeats * len(placed)}")
    ours, floor = (len(placed) / statistics.median(found) for found in seconds)
    return {
        "kind": kind,
        "delay_ms": delay,
        "threads": threads,
        "claims": len(placed),
        "per_second": ours,
        "floor": floor,
        "ratio": ours / floor,
    }


def _run(work: Work, placed: list[Placement], threads: int) -> float:
    started = time.perf_counter()
    if threads == 1:
        for one in placed:
            work(one)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, placed))
    return time.perf_counter() - started


# The two sides


def _rest(port: int, sample: Placement) -> tuple[Work, Work]:
    agency = _adapter({"transport": "rest", "base_url": f"http://127.0.0.1:{port}/", "uuid": "u-1", "user": "bench", "password": "bench"})
    method, url, headers, body = _sent_by(agency, sample)
    threads = local()

    def bare(_placed: Placement) -> None:
        if not hasattr(threads, "session"):
            threads.session = requests.Session()
        answer = threads.session.request(method, url, data=body, headers=headers, timeout=TIMES)
        answer.raise_for_status()
        answer.json()

    return agency.submit, bare


def _soap(port: int, sample: Placement) -> tuple[Work, Work]:
    access = {"client_id": 7, "application_licence": "app", "client_licence": "client", "prove_login": False}
    agency = _adapter({"transport": "soap", "wsdl": "reconstruction", "address": f"http://127.0.0.1:{port}/", **access})
    arguments = _called_by(agency, sample)
    threads = local()

    def bare(_placed: Placement) -> None:
        if not hasattr(threads, "service"):
            client = zeep.Client(agency.service._client.wsdl.location, transport=_Offline(operation_timeout=60))
            threads.service = client.create_service(str(client.service._binding.name), f"http://127.0.0.1:{port}/")
        threads.service.newClaim(*arguments)

    return agency.submit, bare


class _Offline(zeep.Transport):
    """The library's own, but for the one schema that it would ask the network for."""

    def load(self, url: str) -> bytes:
        if "soap/encoding" in url:
            return resources.files("inkasso_core.agencies").joinpath("soap_encoding.xsd").read_bytes()
        return bytes(super().load(url))


def _adapter(settings: dict[str, Any]) -> Any:
    adapter: Agency[Any] = Agencies().build("mediafinanz", settings, account="bench")
    return adapter


def _sent_by(agency: Any, placed: Placement) -> tuple[str, str, dict[str, str], bytes]:
    """Return the request that the adapter sends for a placement: the floor sends the same bytes."""
    found: list[Any] = []
    send = agency.wire.send

    def caught(method: str, url: str, **more: Any) -> Any:
        found.append((method, url, dict(more["headers"]), more["body"]))
        return send(method, url, **more)

    agency.wire.send = caught
    try:
        agency.submit(placed)
    finally:
        del agency.wire.send
    request: tuple[str, str, dict[str, str], bytes] = found[-1]
    return request


def _called_by(agency: Any, placed: Placement) -> tuple[Any, ...]:
    """Return the values that the adapter hands to the operation for a placement."""
    found: list[Any] = []
    envelope = agency.envelope

    def caught(operation: str, *args: Any, **kwargs: Any) -> Any:
        found.append(args)
        return envelope(operation, *args, **kwargs)

    agency.envelope = caught
    try:
        agency.submit(placed)
    finally:
        del agency.envelope
    arguments: tuple[Any, ...] = found[-1]
    return arguments


# What is sent, and to whom


def _placement(number: int) -> Placement:
    claim = Claim.model_validate(invented.claim(number, all_ready=True))
    creditor = Creditor(name="Beispiel Handel GmbH", street="Marktplatz", house_number="1", postal_code="34117", city="Kassel")
    return Placement(
        our_reference=f"R-{number}",
        idempotency_key=f"K-{number}",
        account="bench",
        creditor=creditor,
        claims=(claim,),
        placed_on=dt.date(2026, 6, 1),
    )


@contextmanager
def _server(delay: int) -> Iterator[int]:
    with subprocess.Popen([sys.executable, str(SERVER), str(delay)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def _count(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/count", timeout=10) as answer:
        return int(json.load(answer)["count"])


def _table(rows: list[dict[str, Any]]) -> str:
    lines = ["| over | agency takes | threads | claims | of the floor | per second | floor |", "|---|---:|---:|---:|---:|---:|---:|"]
    for row in rows:
        over = {"rest": "requests", "soap": "zeep"}[row["kind"]]
        numbers = f"{row['threads']} | {row['claims']:,} | **{row['ratio']:.0%}** | {row['per_second']:,.0f} | {row['floor']:,.0f}"
        lines.append(f"| {over} | {row['delay_ms']} ms | {numbers} |")
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
