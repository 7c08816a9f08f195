"""The installation that is killed again and again: two shops, two agencies, every hard case once, and what must come of it.

Shop ``file`` hands over in files, shop ``wire`` one by one to an agency whose ledger says what really arrived.
"""

import datetime as dt
import json
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import builders
import world

from inkasso_core import Claim, Dispute, Source, State

REPORTED = dt.datetime(2026, 5, 20, 8, tzinfo=dt.UTC)
"""When the shops made their reports; a file's own time is later."""
EXPORTED = dt.datetime(2026, 5, 30, 8, tzinfo=dt.UTC)
SHIFT = (world.NOON - dt.datetime.now(dt.UTC)).total_seconds()
"""Seconds from the real time to the day on which claims are green."""


SHOPS = ("file", "wire")


class Expected(NamedTuple):
    """What must have become of a claim in the end."""

    state: State
    amount: Decimal
    """Its open principal."""
    arrives: bool = True
    """Whether the agency has it."""


class Installation(NamedTuple):
    """A folder with a configuration and what its shops exported."""

    folder: Path
    shops: tuple[str, ...] = SHOPS
    """Which of them exported anything."""

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "inkasso.toml"

    @property
    def outgoing(self) -> Path:
        """Where export files appear."""
        return self.folder / "outgoing"

    @property
    def collected(self) -> Path:
        """Where a collector takes them to."""
        return self.folder / "collected"

    @property
    def ledger(self) -> Path:
        """What arrived at the agency of the account ``wire``."""
        return self.folder / "ledger.jsonl"

    @property
    def told(self) -> Path:
        """What the observer heard, an event's id a line."""
        return self.folder / "told.txt"

    def job(self, *steps: str, **more: Any) -> dict[str, Any]:
        """Return an order to the driver."""
        return {"folder": str(self.folder), "steps": steps, "shift": SHIFT, **more}


def install(folder: Path, *, shops: tuple[str, ...] = SHOPS, database: str = "sqlite:///inkasso.db") -> Installation:
    """Write configuration and input into ``folder``; nothing is opened yet."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Installation(folder, shops)
    made.config.write_text(_CONFIG.format(database=database, ledger=made.ledger, creditor=_creditor()), "utf-8")
    for shop in shops:
        path = folder / f"{shop}.ndjson"
        path.write_text("".join(f"{line}\n" for line in _REPORTS[shop]()), "utf-8")
        os.utime(path, (EXPORTED.timestamp(), EXPORTED.timestamp()))
    return made


def expected(shops: tuple[str, ...] = SHOPS) -> dict[str, Expected]:
    """Return, by ref, every claim that there must be, and where it must stand."""
    return {ref: one for shop in shops for ref, one in _CLAIMS[shop].items()}


# The shop that hands over in files


def _file_lines() -> list[str]:
    """Among green claims: an older report after a newer one, a newer one, one twice, an outdated trigger, and two broken records."""
    plain = {order: _claim(order, f"{100 + number}.{number:02d}") for number, order in enumerate(_GREEN, 1)}
    lines = [_json(plain[order]) for order in _GREEN]
    lines.insert(3, _json(_claim("F-02", "999.99", days=-5)))
    lines.insert(5, _json(_claim("F-03", "103.03", days=2, paid="20.00")))
    lines.insert(6, _json(plain["F-04"]))
    lines += [
        _json(_claim("F-08", "80.80", currency="USD")),
        _json(_claim("F-09", "90.90", debtor=builders.green_debtor(number="K-F-09", addresses=()))),
        _json(_claim("F-10", "70.70", dispute=Dispute(since=dt.date(2026, 5, 1)))),
        _json(_claim("F-11", "60.60", triggered=False)),
        _json(_claim("F-11", "60.60", days=-3)),
        '{"source": {"order": "F-12"',
        _json(_claim("F-13", "50.50")).replace('"50.50"', '"-50.50"', 1),
    ]
    return lines


_GREEN = ("F-01", "F-02", "F-03", "F-04", "F-05")
_FILE = {
    **{f"file:{order}": Expected(State.HANDED_OVER, Decimal(f"{100 + n}.{n:02d}")) for n, order in enumerate(_GREEN, 1)},
    "file:F-03": Expected(State.HANDED_OVER, Decimal("83.03")),
    "file:F-08": Expected(State.FAILED, Decimal("80.80"), arrives=False),
    "file:F-09": Expected(State.WAITING, Decimal("90.90"), arrives=False),
    "file:F-10": Expected(State.WAITING, Decimal("70.70"), arrives=False),
}

# The shop that hands over one by one


def _wire_lines() -> list[str]:
    """One claim for each thing that the agency may do."""
    return [
        _json(_claim(ref.removeprefix("wire:"), str(known.amount), extra={"dummy": {"behaviour": _BEHAVIOUR[ref]}}))
        for ref, known in _WIRE.items()
    ]


_BEHAVIOUR = {
    "wire:W-01": "accept",
    "wire:W-02": "lose",
    "wire:W-03": "refuse",
    "wire:W-04": "invalid",
    "wire:W-05": "pays",
    "wire:W-06": "unavailable",
}
_WIRE = {
    "wire:W-01": Expected(State.HANDED_OVER, Decimal("201.01")),
    "wire:W-02": Expected(State.HANDED_OVER, Decimal("202.02")),
    "wire:W-03": Expected(State.FAILED, Decimal("203.03"), arrives=False),
    "wire:W-04": Expected(State.FAILED, Decimal("204.04"), arrives=False),
    "wire:W-05": Expected(State.PAID, Decimal("205.05")),
    "wire:W-06": Expected(State.RUNNING, Decimal("206.06"), arrives=False),
}


_REPORTS: dict[str, Callable[[], list[str]]] = {"file": _file_lines, "wire": _wire_lines}
_CLAIMS = {"file": _FILE, "wire": _WIRE}
FAILED_EVENTS = {"file": 2, "wire": 0}
"""Shop -> how many of its records cannot become claims."""


def _claim(order: str, principal: str, *, days: int = 0, triggered: bool = True, **changes: Any) -> Claim:
    source = Source(order=order, status="inkasso", triggered=triggered, reported_at=REPORTED + dt.timedelta(days=days))
    return world.claim(order, source=source, principal=Decimal(principal), **changes)


def _json(claim: Claim) -> str:
    return json.dumps(claim.model_dump(mode="json", exclude_defaults=True, exclude={"creditor"}), ensure_ascii=False)


def _creditor() -> str:
    values = builders.green_creditor().model_dump(mode="json", exclude_none=True)
    return "\n".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items())


_CONFIG = """
[inkasso]
database = "{database}"

[creditors.firm]
{creditor}

[accounts.file]
agency = "mediafinanz-file"
creditor = "firm"

[accounts.file.policy]
currencies = ["EUR", "USD"]

[accounts.file.settings]
directory = "outgoing"
dialect = {{ encoding = "utf-8" }}

[accounts.wire]
agency = "dummy"
creditor = "firm"

[accounts.wire.settings]
ledger = "{ledger}"
delay = 0

[shops.file]
plugin = "canonical"
creditor = "firm"
account = "file"

[shops.wire]
plugin = "canonical"
creditor = "firm"
account = "wire"
"""
