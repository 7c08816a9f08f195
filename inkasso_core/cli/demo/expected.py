"""What the demo must have brought, act by act: it checks itself, so that a run that ends well proves something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from inkasso_core.cli.demo.cases import CASES, LIMIT
from inkasso_core.cli.demo.play import Facts
from inkasso_core.lifecycle import State

_FIRST_PART = {ref: case for ref, case in CASES.items() if not ref.startswith("own:")}
_READY = sum(case.queued is State.READY for case in _FIRST_PART.values())
_WAITING = len(_FIRST_PART) - _READY


def _final_counts() -> dict[str, int]:
    finals = sorted(case.final.value for case in CASES.values())
    return {name: finals.count(name) for name in dict.fromkeys(finals)}


EXPECTED: Mapping[str, Facts] = {
    "set_up": {"shops": {"plenty": "plentymarkets", "cp": "cpshop", "own": "canonical"}, "errors": []},
    "intake": {
        "plenty": {"registered": 8, "ignored": 1},
        "cp": {"registered": 8, "revised": 1, "ignored": 1, "failed": 1},
        "failed": ["cp-orders.csv:6"],
        "cp:20312": {"revision": 2, "principal_open": Decimal("74.80")},
    },
    "queue": {
        "states": {ref: case.queued.value for ref, case in _FIRST_PART.items()},
        "red": {ref: list(case.red) for ref, case in _FIRST_PART.items()},
    },
    "diagnosis": {
        "plenty:10422": {"ADDRESS_INCOMPLETE": "block"},
        "plenty:10425": {"GRACE_RUNNING": "block"},
        "cp:20313": {"TEXT_UNSAFE": "warn", "ASSERTED": "info"},
        "cp:20311": {"ASSERTED": "info"},
        "expected_later": True,
        "asserted": ["contract.concluded_on", "currency", "due_date", "due_date_origin", "invoice.issued_on", "performed", "reminders"],
    },
    "release": {"released": _READY, "refused": 0, "running": _READY},
    "rehearsal": {
        "mode": "rehearsal",
        "counts": {"rehearsed": _READY},
        "rows": _READY,
        "total": Decimal("3816.35"),
        "running": _READY,
        "formulas": [],
        "transliterated": ["Lukasz", "Blazejewski"],
    },
    "live": {
        "mode": "live",
        "counts": {"exported": LIMIT, "postponed": _READY - LIMIT},
        "rows": LIMIT,
        "total": Decimal("2173.89"),
        "states": {"exported": LIMIT, "running": _READY - LIMIT, "waiting": _WAITING},
    },
    "never_twice": {"rest": {"exported": _READY - LIMIT}, "more": {}, "files": 2, "each_claim_once": True},
    "same_files": {
        "plenty": {"repeated": 8, "ignored": 1},
        "cp": {"repeated": 9, "ignored": 1, "failed": 1},
        "states_unchanged": True,
        "claims": len(_FIRST_PART),
        "failed_reports": 1,
    },
    "confirmation": {
        "confirmed": ["cp:20311", "plenty:10421", "plenty:10424", "plenty:10427"],
        "refused": 0,
        "unconfirmed": _READY - LIMIT,
    },
    "agency": {
        "answers": {"handed_over": 1, "failed": 1, "unclear": 1},
        "looked_up": 1,
        "sent_again": 0,
        "own:30003": "handed_over",
        "cases_at_agency": {"own:30001": 1, "own:30002": 0, "own:30003": 1},
    },
    "next_day": {"counts": {"revised": 2}, "tasks": ["report_payment"], "plenty:10421": "handed_over", "plenty:10422": "ready"},
    "history": {
        "steps": ["registered", "released", "exported", "handed_over", "revised", "task"],
        "actors": ["system", "anna", "system", "anna", "system", "system"],
    },
    "end": {"counts": _final_counts(), "states": {ref: case.final.value for ref, case in CASES.items()}},
}
"""Name of an act -> its facts."""


class Difference(NamedTuple):
    """One fact that is not as the demo says."""

    where: str
    expected: Any
    found: Any


def differences(found: Mapping[str, Facts]) -> list[Difference]:
    """Return what is not as expected; acts that were not played and facts that nobody expects count, too."""
    return list(_compare("", EXPECTED, found))


def _compare(where: str, expected: object, found: object) -> Iterator[Difference]:
    if not (isinstance(expected, Mapping) and isinstance(found, Mapping)):
        if expected != found:
            yield Difference(where, expected, found)
        return
    for name in dict.fromkeys((*expected, *found)):
        yield from _compare(f"{where}.{name}" if where else str(name), expected.get(name), found.get(name))
