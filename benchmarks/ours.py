"""What is measured: the package itself. Each class is a job, see :class:`measure.Job`."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import shutil
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import claims

from inkasso_core import Claim, Inkasso, State, points
from inkasso_core.rules.diagnose import diagnose
from inkasso_core.rules.facts import Facts
from inkasso_core.store.claims import Filter

SHOP, ACCOUNT = "bench", "agency"
DATABASE = "bench.db"
_CONFIGURATION = f"""
[inkasso]
database = "sqlite:///{DATABASE}"

[creditors.seller]
name = "Beispiel Handel GmbH"
legal_form = "GmbH"
street = "Marktplatz"
house_number = "1"
postal_code = "34117"
city = "Kassel"
input_vat_deductible = true

[accounts.{ACCOUNT}]
agency = "mediafinanz-file"
creditor = "seller"

[accounts.{ACCOUNT}.settings]
directory = "out"

[shops.{SHOP}]
plugin = "canonical"
account = "{ACCOUNT}"
creditor = "seller"
"""
_AT_ONCE = 5000


def opened(folder: Path) -> Inkasso:
    """Make or open the installation in ``folder``; its clock stands still."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "inkasso.toml"
    file.write_text(_CONFIGURATION, "utf-8")
    return Inkasso.from_config(file, clock=lambda: claims.TODAY)


def made(folder: Path) -> Inkasso:
    """Make an installation without claims whose account has its mandate."""
    ink = opened(folder)
    ink.mandate(ACCOUNT, dated=dt.date(2026, 1, 1))
    return ink


def copied(size: int, folder: Path) -> Path:
    """Copy the database with that many released claims into ``folder``, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(folder.parent / f"released-{size}" / DATABASE, folder / DATABASE))


class Intake:
    """Ingest, diagnosis and store of a file of claims, of which four in five are ready."""

    def __init__(self, size: int, folder: Path) -> None:
        self.size = size
        self.file = claims.write(folder.parent / f"claims-{size}.ndjson", size)
        self.ink = made(folder)

    def run(self) -> None:
        self.ink.ingest(self.file, shop=SHOP)

    def check(self) -> dict[str, Any]:
        ready = sum(map(claims.is_ready, range(self.size)))
        wanted = {State.READY: ready, State.WAITING: self.size - ready}
        assert self.ink.count() == {state: number for state, number in wanted.items() if number}, self.ink.count()
        orders = {stored.record for stored in self.ink.claims()}
        assert orders == {str(4_000_000 + number) for number in range(self.size)}
        return {}


class Released:
    """Not measured, but needed: an installation whose claims are all released."""

    def __init__(self, size: int, folder: Path) -> None:
        self.size = size
        self.file = claims.write(folder.parent / f"ready-{size}.ndjson", size, all_ready=True)
        self.ink = made(folder)

    def run(self) -> None:
        self.ink.ingest(self.file, shop=SHOP)
        refs = [stored.ref for stored in self.ink.queue()]
        for start in range(0, len(refs), _AT_ONCE):
            assert all(handled.ok for handled in self.ink.release(refs[start : start + _AT_ONCE]))

    def check(self) -> dict[str, Any]:
        assert self.ink.count() == {State.RUNNING: self.size}
        self.ink.close()
        return {}


class Rehearsal:
    """The file of all released claims: read, diagnosed once more, checked, written. Nothing changes in the database."""

    def __init__(self, size: int, folder: Path) -> None:
        self.size = size
        copied(size, folder)
        self.ink = opened(folder)

    def run(self) -> None:
        (self.report,) = self.ink.transmit(ACCOUNT)

    def check(self) -> dict[str, Any]:
        assert self.report.mode == "rehearsal"
        assert dict(self.report.counts) == {"rehearsed": self.size}, self.report.counts
        assert self.ink.count() == {State.RUNNING: self.size}
        return written(self.report.file, self.size)


class Live:
    """The whole live transmission: claims join the file, it is written and published, and every claim is exported."""

    def __init__(self, size: int, folder: Path) -> None:
        self.size = size
        copied(size, folder)
        self.ink = opened(folder)
        self.ink.go_live(ACCOUNT, nothing_to_adopt=True)
        self.passed: dict[str, float] = {}

    def run(self) -> None:
        points.listener = lambda point: self.passed.setdefault(point, time.perf_counter())
        (self.report,) = self.ink.transmit(ACCOUNT)

    def check(self) -> dict[str, Any]:
        points.listener = None
        assert dict(self.report.counts) == {"exported": self.size}, self.report.counts
        assert self.ink.count() == {State.EXPORTED: self.size}
        kinds = [entry.what for entry in self.ink.history(next(self.ink.claims(Filter(states=(State.EXPORTED,)), limit=1)).ref)]
        assert kinds.count("exported") == 1, kinds
        writing = self.passed["batch.written"] - self.passed["batch.prepared"]
        return {**written(self.report.file, self.size), "writing": writing}


class Diagnose:
    """The diagnosis alone, of claims that are in memory."""

    def __init__(self, size: int, folder: Path) -> None:
        self.claims = [Claim.model_validate(claims.claim(number)) for number in range(size)]
        settings = opened(folder).settings
        self.facts = Facts(creditor=settings.creditors["seller"], mandate=True)
        self.policy = settings.accounts[ACCOUNT].policy
        self.ready = 0

    def run(self) -> None:
        day = claims.TODAY.date()
        self.ready = sum(diagnose(claim, self.facts, self.policy, day).is_ready for claim in self.claims)

    def check(self) -> dict[str, Any]:
        assert self.ready == sum(map(claims.is_ready, range(len(self.claims))))
        return {}


def written(file: str | None, size: int) -> dict[str, Any]:
    """Check that a file has a line for its header and one for each claim, none twice, and return its digest and its control total."""
    assert file is not None
    content = Path(file).read_bytes()
    _, *rows = csv.reader(content.decode("cp1252").splitlines(), delimiter=";")
    invoices = {row[12] for row in rows}
    assert len(rows) == size == len(invoices), (len(rows), len(invoices))
    total = sum((Decimal(row[13].replace(",", ".")) for row in rows), Decimal(0))
    return {"sha256": hashlib.sha256(content).hexdigest(), "total": str(total)}
