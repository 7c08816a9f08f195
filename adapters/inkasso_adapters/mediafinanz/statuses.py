"""What the agency's status codes mean (section 3.9).

One code's text is known: it is bound. For the others a public shop module ships pictures, and nobody has seen their texts: what the
pictures suggest is a table of its own that counts only where an account asks for it. Every other code is UNKNOWN, with all it came with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from inkasso_core import AgencyStatus, Outcome

KNOWN: Mapping[str, AgencyStatus] = MappingProxyType({"10210": AgencyStatus.RECALLED})
"""10210: "Forderung von Ihnen storniert"."""
KNOWN_OUTCOMES: Mapping[str, Outcome] = MappingProxyType({"10210": Outcome.RECALLED_BY_CREDITOR})


class Meaning(NamedTuple):
    """Our status, and why a closed case was closed."""

    status: AgencyStatus
    outcome: Outcome | None = None


_GROUPS: tuple[tuple[Meaning, Iterable[int]], ...] = (
    (
        Meaning(AgencyStatus.ACTIVE),  # new; in progress; an agreement; a payment expected or received
        (
            *(10201, 10214, 11311),
            *(10202, 10204, 10205, 10213, 10215, 10216, 10218, 10220, 10221, 10224, *range(10227, 10232), 11301),
            *(10217, 11312, 10226, 11315, 10233, 11316),
        ),
    ),
    (Meaning(AgencyStatus.NEEDS_INPUT), (10203, 10222, 11306, 10223, 11313)),  # a problem of the creditor's; a question to him
    (Meaning(AgencyStatus.MONITORING), (10225, 11314)),
    (Meaning(AgencyStatus.JUDICIAL), (11309,)),
    (Meaning(AgencyStatus.CLOSED_PAID, Outcome.PAID_FULL), (10209, 11304)),
    (Meaning(AgencyStatus.CLOSED_PARTIAL, Outcome.PAID_PARTIAL), (10208, 11305)),
    (Meaning(AgencyStatus.CLOSED_UNPAID, Outcome.OTHER), (10206, 11302, 10219, 10207, 11303, 10212, 11310)),
    (Meaning(AgencyStatus.RECALLED, Outcome.RECALLED_BY_CREDITOR), (11307,)),
)


def _by_code() -> Iterator[tuple[str, Meaning]]:
    for meaning, codes in _GROUPS:
        yield from ((str(code), meaning) for code in codes)


INFERRED: Mapping[str, Meaning] = MappingProxyType(dict(_by_code()))
"""Code -> what its picture suggests. Inferred, and off unless the setting ``inferred_statuses`` says otherwise."""
