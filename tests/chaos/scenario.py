"""The installation that is killed again and again: seven shops, seven accounts, every hard case once, and what must come of it.

Shop ``file`` hands over in files, shop ``wire`` one by one to an agency whose ledger says what really arrived. Shops ``rows`` and ``cases``
do the same with several claims of one debtor at a time. Shop ``bulk`` hands over several placements in one request, shop ``events`` in
stages, to an agency that tells by a feed what happens. Of the claims of shop ``told`` the agency is told more once it has them: payments,
a credit note, the end of an order.
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

from inkasso_core import Claim, Credit, Dispute, OrderEnd, Payment, PaymentOrigin, Source, State

REPORTED = dt.datetime(2026, 5, 20, 8, tzinfo=dt.UTC)
"""When the shops made their reports; a file's own time is later."""
EXPORTED = dt.datetime(2026, 5, 30, 8, tzinfo=dt.UTC)
SHIFT = (world.NOON - dt.datetime.now(dt.UTC)).total_seconds()
"""Seconds from the real time to the day on which claims are green."""


SHOPS = ("file", "wire", "rows", "cases", "bulk", "events", "told")


class Expected(NamedTuple):
    """What must have become of a claim in the end."""

    state: State
    amount: Decimal
    """Its open principal."""
    arrives: bool = True
    """Whether the agency has it."""
    given: Decimal | None = None
    """What was open when it was handed over, where that was more."""
    told: tuple[str, ...] = ()
    """What the agency must have heard of it, each once: a payment by its reference, else what it is."""

    @property
    def handed_over(self) -> Decimal:
        """What was open when it was handed over."""
        return self.amount if self.given is None else self.given


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
        """What arrived at the agencies of the accounts that hand over no files."""
        return self.folder / "ledger.jsonl"

    @property
    def heard(self) -> Path:
        """What those agencies were told of their cases."""
        return self.folder / "ledger.told.jsonl"

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
    made.config.write_text(_CONFIG.format(database=database, ledger=made.ledger, creditor=creditor()), "utf-8")
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


# The shops whose agencies take several claims of one debtor at a time


_DEBTORS = {
    shop: {f"{shop[0].upper()}-{number:02}": whose for number, whose in enumerate(debtors, 1)}
    for shop, debtors in {"rows": "PQPQPSQTTU", "cases": "PQPQPQSSTTUUP"}.items()
}
"""Shop -> order -> whose it is."""
_ASKS = {"Q": "lose", "S": "refuse", "T": "pays", "U": "unavailable"}
"""Debtor -> what the agency of the shop ``cases`` does."""
HELD = frozenset({"rows:R-07", "cases:C-06"})
"""What somebody stops when it was released already."""
TOGETHER = frozenset(
    frozenset(orders)
    for orders in (
        *({"R-01", "R-03", "R-05"}, {"R-02", "R-04"}, {"R-06"}, {"R-10"}),
        *({"C-01", "C-03", "C-05"}, {"C-13"}, {"C-02", "C-04"}, {"C-09", "C-10"}),
    )
)
"""What arrives, arrives in these placements: three claims at most, without what was stopped."""


def _amount(order: str) -> Decimal:
    number = int(order.partition("-")[2])
    return Decimal(f"{300 + number}.{number:02d}")


def _rows_lines() -> list[str]:
    """Among green claims: two of one debtor in a currency that the agency refuses."""
    changes: dict[str, Any] = {"R-08": {"currency": "USD"}, "R-09": {"currency": "USD"}}
    return [
        _json(_claim(order, str(_amount(order)), customer=f"K-{whose}", **changes.get(order, {})))
        for order, whose in _DEBTORS["rows"].items()
    ]


def _cases_lines() -> list[str]:
    """A debtor for each thing that the agency may do, and one claim that is disputed."""
    lines = []
    for order, whose in _DEBTORS["cases"].items():
        extra = {"dummy": {"behaviour": _ASKS[whose]}} if whose in _ASKS else {}
        lines.append(_json(_claim(order, str(_amount(order)), customer=f"K-{whose}", extra=extra)))
    return [*lines, _json(_claim("C-14", str(_amount("C-14")), customer="K-P", dispute=Dispute(since=dt.date(2026, 5, 1))))]


def _ends(shop: str, state: State, *orders: str, arrives: bool = False) -> dict[str, Expected]:
    return {f"{shop}:{order}": Expected(state, _amount(order), arrives) for order in orders}


_ROWS = {
    **_ends("rows", State.HANDED_OVER, "R-01", "R-02", "R-03", "R-04", "R-05", "R-06", "R-10", arrives=True),
    **_ends("rows", State.WAITING, "R-07"),
    **_ends("rows", State.FAILED, "R-08", "R-09"),
}
_CASES = {
    **_ends("cases", State.HANDED_OVER, "C-01", "C-02", "C-03", "C-04", "C-05", "C-13", arrives=True),
    **_ends("cases", State.PAID, "C-09", "C-10", arrives=True),
    **_ends("cases", State.FAILED, "C-07", "C-08"),
    **_ends("cases", State.RUNNING, "C-11", "C-12"),
    **_ends("cases", State.WAITING, "C-06", "C-14"),
}


# The shop whose agency takes several placements in a request, and the one whose agency has stages and a feed


_ASKED = {
    "bulk": {"B-01": None, "B-02": "lose", "B-03": "refuse", "B-04": None, "B-05": "pays", "B-06": "unavailable", "B-07": None},
    "events": {"E-01": None, "E-02": "lose", "E-03": "pays", "E-04": "unavailable", "E-05": "refuse", "E-06": None},
}
"""Shop -> order -> what its agency does."""
_STATES: dict[str | None, State] = {"refuse": State.FAILED, "pays": State.PAID, "unavailable": State.RUNNING}


def _asking(shop: str) -> list[str]:
    return [
        _json(_claim(order, str(_amount(order)), extra={"dummy": {"behaviour": asked}} if asked else {}))
        for order, asked in _ASKED[shop].items()
    ]


def _asked_ends(shop: str) -> dict[str, Expected]:
    return {
        f"{shop}:{order}": Expected(_STATES.get(asked, State.HANDED_OVER), _amount(order), asked not in ("refuse", "unavailable"))
        for order, asked in _ASKED[shop].items()
    }


# The shop whose agency is told more of what it has


class _Later(NamedTuple):
    """What becomes of a claim after the hand-over."""

    state: State
    payments: tuple[str, ...] = ()
    """The amounts, each with a reference of its own."""
    credit: str | None = None
    ended: bool = False
    asks: str = "accept"
    """What the agency does when it is told something."""
    heard: bool = True


_LATER = {
    "N-01": _Later(State.HANDED_OVER, ("10.00", "20.00")),
    "N-02": _Later(State.PAID, ("200.02", "102.00")),
    "N-03": _Later(State.HANDED_OVER, ("30.00",), asks="lose"),
    "N-04": _Later(State.CANCELLED, ended=True),
    "N-05": _Later(State.HANDED_OVER, ("40.00",), asks="refuse", heard=False),
    "N-06": _Later(State.HANDED_OVER, ("50.00",), credit="5.00"),
    "N-07": _Later(State.HANDED_OVER, ("60.00",), asks="unavailable", heard=False),
}


def _told_lines() -> list[str]:
    return [_json(_told_claim(order)) for order in _LATER]


def told_later() -> dict[str, Claim]:
    """Return what the shop reports once the agency has the claims, by ref."""
    found = {}
    for order, later in _LATER.items():
        payments = tuple(
            Payment(amount=Decimal(amount), on=dt.date(2026, 5, 28), reference=f"{order}-{number}")
            for number, amount in enumerate(later.payments, 1)
        )
        foreign = Payment(amount=Decimal("0.01"), on=dt.date(2026, 5, 28), reference=f"{order}-agency", origin=PaymentOrigin.AGENCY)
        changes: dict[str, Any] = {"payments": (*payments, foreign) if order == "N-02" else payments}
        if later.credit is not None:
            changes["credits"] = (Credit(amount=Decimal(later.credit)),)
        if later.ended:
            changes["ended"] = OrderEnd.CANCELLED
        found[f"told:{order}"] = _told_claim(order, days=1, **changes)
    return found


def _told_claim(order: str, **changes: Any) -> Claim:
    return _claim(order, str(_amount(order)), extra={"dummy": {"told": _LATER[order].asks}}, **changes)


def _told_ends() -> dict[str, Expected]:
    reported = told_later()
    found = {}
    for order, later in _LATER.items():
        heard = [f"{order}-{number}" for number, _ in enumerate(later.payments, 1)]
        heard += ["amend"] * (later.credit is not None) + ["recall"] * later.ended
        ref = f"told:{order}"
        found[ref] = Expected(later.state, reported[ref].principal_open, True, _amount(order), tuple(heard) if later.heard else ())
    return found


_REPORTS: dict[str, Callable[[], list[str]]] = {
    "file": _file_lines,
    "wire": _wire_lines,
    "rows": _rows_lines,
    "cases": _cases_lines,
    "bulk": lambda: _asking("bulk"),
    "events": lambda: _asking("events"),
    "told": _told_lines,
}
FAILED_EVENTS = {**dict.fromkeys(SHOPS, 0), "file": 2}
"""Shop -> how many of its records cannot become claims."""


def _claim(order: str, principal: str, *, days: int = 0, triggered: bool = True, **changes: Any) -> Claim:
    source = Source(order=order, status="inkasso", triggered=triggered, reported_at=REPORTED + dt.timedelta(days=days))
    return world.claim(order, source=source, principal=Decimal(principal), **changes)


def _json(claim: Claim) -> str:
    return json.dumps(claim.model_dump(mode="json", exclude_defaults=True, exclude={"creditor"}), ensure_ascii=False)


def creditor() -> str:
    """Return the section of a creditor whose claims are green."""
    values = builders.green_creditor().model_dump(mode="json", exclude_none=True)
    return "\n".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items())


_CLAIMS = {
    "file": _FILE,
    "wire": _WIRE,
    "rows": _ROWS,
    "cases": _CASES,
    "bulk": _asked_ends("bulk"),
    "events": _asked_ends("events"),
    "told": _told_ends(),
}

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

[accounts.rows]
agency = "several-rows"
creditor = "firm"

[accounts.rows.policy]
currencies = ["EUR", "USD"]

[accounts.rows.settings]
directory = "outgoing"

[accounts.cases]
agency = "dummy"
creditor = "firm"

[accounts.cases.settings]
ledger = "{ledger}"
delay = 0
claims_per_placement = 3

[accounts.bulk]
agency = "bulk"
creditor = "firm"

[accounts.bulk.settings]
ledger = "{ledger}"
delay = 0

[accounts.events]
agency = "eventful"
creditor = "firm"

[accounts.events.settings]
ledger = "{ledger}"
delay = 0

[accounts.told]
agency = "dummy"
creditor = "firm"

[accounts.told.settings]
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

[shops.rows]
plugin = "canonical"
creditor = "firm"
account = "rows"

[shops.cases]
plugin = "canonical"
creditor = "firm"
account = "cases"

[shops.bulk]
plugin = "canonical"
creditor = "firm"
account = "bulk"

[shops.events]
plugin = "canonical"
creditor = "firm"
account = "events"

[shops.told]
plugin = "canonical"
creditor = "firm"
account = "told"
"""
