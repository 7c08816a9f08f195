"""One measurement of hand-overs, in a process of its own: ``handover_work.py (prepare|ours|floor) FOLDER ARGUMENTS`` (JSON).

Prints a line of JSON: how long it took. That the work was done is checked after the clock has stopped.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import claims
import handover_floor as bare

from inkasso_core import AgencyStatus, HttpAgency, HttpSettings, Inkasso, Placement, Settings, State, Submission, to_json

SHOP, ACCOUNT = "bench", "agency"


class Quick(HttpAgency[HttpSettings]):
    """An agency that takes a case in one request."""

    name: ClassVar[str] = "quick"
    label: ClassVar[str] = "Quick"
    Settings = HttpSettings

    def __init__(self, settings: HttpSettings) -> None:
        super().__init__(settings)
        self.base_url = os.environ["INKASSO_BENCH_AGENCY"]

    def rehearse(self, placement: Placement) -> str:
        """What would be sent."""
        return to_json(body(placement)).decode()

    def submit(self, placement: Placement) -> Submission:
        """Send it, and keep the agency's file number."""
        answer = self.call("POST", "cases", json=body(placement))
        return Submission(agency_reference=answer["sData"]["az"], status=AgencyStatus.ACTIVE, raw=answer)


def body(placement: Placement) -> dict[str, Any]:
    """What the agency is sent of a placement."""
    one, debtor = placement.claim, placement.debtor
    person, company, address = debtor.person, debtor.organization, debtor.address
    return {
        "reference": placement.our_reference,
        "creditor": placement.creditor.name,
        "invoice": one.invoice.number if one.invoice else None,
        "subject": one.subject,
        "currency": one.currency,
        "due": str(one.due_date),
        "principal": one.principal_open,
        "charges": [{"kind": charge.kind, "amount": charge.amount} for charge in one.charges],
        "payments": [{"on": str(payment.on), "amount": payment.amount} for payment in one.payments],
        "debtor": {
            "number": debtor.number,
            "first_name": person.first_name if person else None,
            "last_name": person.last_name if person else None,
            "company": company.name if company else None,
            "street": address.street_line if address else None,
            "postal_code": address.postal_code if address else None,
            "city": address.city if address else None,
            "country": address.country if address else None,
            "contacts": [contact.value for contact in debtor.contacts],
        },
    }


def installation(folder: Path, database: str, workers: int = 1, *, upgrade: bool = True) -> Inkasso:
    """Open the installation in ``folder``."""
    address = {"street": "Musterweg", "house_number": "1", "postal_code": "49074", "city": "Osnabrück", "country": "DE"}
    data: dict[str, Any] = {
        "inkasso": {"database": database},
        "creditors": {"main": {"name": "Beispiel Handel GmbH", "input_vat_deductible": True, **address}},
        "accounts": {ACCOUNT: {"agency": "quick", "creditor": "main", "at_once": workers}},
        "shops": {SHOP: {"plugin": "canonical", "creditor": "main", "account": ACCOUNT}},
    }
    settings = Settings.model_validate({**data, "folder": folder})
    return Inkasso(settings, clock=lambda: claims.TODAY, agencies={"quick": Quick}, upgrade=upgrade)


def prepare(folder: Path, chosen: dict[str, Any]) -> dict[str, Any]:
    """Make an installation whose claims are all released, and an account that is live; and the floor's queue, of the same requests."""
    os.environ.setdefault("INKASSO_BENCH_AGENCY", "http://127.0.0.1:9/")
    with installation(folder, chosen["database"], upgrade=False) as ink:
        ink.upgrade_database()
    with installation(folder, chosen["database"]) as ink:
        path = claims.write(folder / "ready.ndjson", chosen["claims"], all_ready=True)
        ink.ingest(path, shop=SHOP)
        path.unlink()
        ink.release([stored.ref for stored in ink.queue()])
        sent: list[str] = []
        ink.transmit(ACCOUNT, on_item=lambda item: sent.append(item.shown or ""))
        ink.mandate(ACCOUNT, dated=claims.TODAY.date())
        ink.go_live(ACCOUNT, nothing_to_adopt=True)
    bare.fill(_floor(chosen["floor"]), sent)
    return {"bytes": sum(map(len, sent)) // len(sent)}


def ours(folder: Path, chosen: dict[str, Any]) -> dict[str, Any]:
    """Transmit what is released, by so many processes."""
    figures = _measured("share", folder, chosen, warmed=chosen["processes"])
    with installation(folder, chosen["database"]) as ink:
        assert ink.count() == {State.HANDED_OVER: chosen["claims"]}, ink.count()
    return figures


def share(folder: Path, chosen: dict[str, Any]) -> None:
    """One process of ours."""
    with installation(folder, chosen["database"], chosen["workers"]) as ink:
        ink.transmit(ACCOUNT, limit=1)
        with _timed():
            ink.transmit(ACCOUNT)


def floor(folder: Path, chosen: dict[str, Any]) -> dict[str, Any]:
    """Drain the floor's queue, by so many processes."""
    figures = _measured("floor_share", folder, chosen)
    assert bare.handed_over(_floor(chosen["floor"])) == chosen["claims"]
    return figures


def floor_share(_folder: Path, chosen: dict[str, Any]) -> None:
    """One process of the floor's."""
    kind = _floor(chosen["floor"])
    with _timed():
        bare.drain(kind, f"{os.environ['INKASSO_BENCH_AGENCY']}cases", chosen["workers"])


@contextmanager
def _timed() -> Iterator[None]:
    """Say that all is ready, wait until the others are, too, and say at the end how much processor time it took."""
    print("ready", flush=True)
    sys.stdin.readline()
    used = time.process_time()
    yield
    print(time.process_time() - used, flush=True)


def _measured(work: str, folder: Path, chosen: dict[str, Any], warmed: int = 0) -> dict[str, Any]:
    command = [sys.executable, __file__, work, str(folder), json.dumps(chosen)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with ExitStack() as running:
        shares = [running.enter_context(subprocess.Popen(command, text=True, **pipes)) for _ in range(chosen["processes"])]
        for one in shares:
            assert one.stdout.readline() == "ready\n"
        started = time.perf_counter()
        for one in shares:
            print(file=one.stdin, flush=True)
        used = sum(float(one.stdout.readline()) for one in shares)
        seconds = time.perf_counter() - started
    return _figures(chosen, seconds, used, warmed)


def _figures(chosen: dict[str, Any], seconds: float, used: float, warmed: int) -> dict[str, Any]:
    with urllib.request.urlopen(f"{os.environ['INKASSO_BENCH_AGENCY']}count", timeout=10) as answer:  # noqa: S310  (our own server)
        came = json.load(answer)["count"]
    assert came == chosen["claims"], f"{came} requests came, not {chosen['claims']}"
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    timed = chosen["claims"] - warmed
    return {"per_second": timed / seconds, "cpu_ms": 1000 * used / timed, "peak_mib": round(peak)}


def _floor(address: str) -> bare.Kind:
    return bare.Postgresql(address) if address.startswith("postgresql") else bare.Sqlite(address)


WORK = {"prepare": prepare, "ours": ours, "share": share, "floor": floor, "floor_share": floor_share}

if __name__ == "__main__":
    work, place, arguments = sys.argv[1:]
    done = WORK[work](Path(place), json.loads(arguments))
    if done is not None:
        print(json.dumps(done))
