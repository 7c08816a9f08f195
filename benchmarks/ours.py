"""What is measured: the package, through its public names alone. Each class is one job: prepared, then run against the clock, then checked."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import time
from pathlib import Path

import claims

from inkasso_core import Claim, Inkasso, State, points
from inkasso_core.rules.diagnose import diagnose
from inkasso_core.rules.facts import Facts
from inkasso_core.rules.policy import Policy
from inkasso_core.store.claims import Filter

SHOP, ACCOUNT = "bench", "agency"
_CONFIGURATION = """
[inkasso]
database = "sqlite:///bench.db"

[creditors.seller]
name = "Beispiel Handel GmbH"
legal_form = "GmbH"
street = "Marktplatz"
house_number = "1"
postal_code = "34117"
city = "Kassel"
input_vat_deductible = true

[accounts.agency]
agency = "mediafinanz-file"
creditor = "seller"

[accounts.agency.settings]
directory = "out"

[shops.bench]
plugin = "canonical"
account = "agency"
creditor = "seller"
"""


def open_installation(folder: Path) -> Inkasso:
    """Make or open the installation in ``folder``; its clock stands still."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "inkasso.toml"
    file.write_text(_CONFIGURATION, "utf-8")
    return Inkasso.from_config(file, clock=lambda: claims.TODAY)


def make_empty(folder: Path) -> None:
    """Make an installation with its tables and the account's mandate."""
    with open_installation(folder) as ink:
        ink.mandate(ACCOUNT, dated=dt.date(2026, 1, 1))


def make_released(folder: Path, file: Path) -> None:
    """Make an installation whose claims are all released."""
    make_empty(folder)
    with open_installation(folder) as ink:
        ink.ingest(file, shop=SHOP)
        refs = [stored.ref for stored in ink.queue()]
        for chunk in itertools.batched(refs, 5000) if hasattr(itertools, "batched") else _batched(refs, 5000):
            if not all(handled.ok for handled in ink.release(chunk)):
                raise AssertionError("a claim could not be released")


def _batched(items: list[str], size: int) -> list[list[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
