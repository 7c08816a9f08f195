"""The plan of a storm: what the shops report, what the agency does, and who is killed where. One number, the seed, says it all.

The plan is the same for the same seed; which process meets which part of it first is up to the machine.
"""

import datetime as dt
import json
import random
from collections.abc import Callable, Collection, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

import world
from chaos.scenario import REPORTED

from inkasso_core import Claim, Credit, OrderEnd, Payment, Source, points

SHOPS = ("wire", "bulk", "staged", "file")
_SHARES = (40, 20, 20, 20)
"""One placement a request, three, one in several requests with a feed beside, and files."""
FEWEST, MOST = 8, 100
"""Portions in which the shops report."""


class Fate(StrEnum):
    """What becomes of an order, sooner or later, whatever is killed meanwhile."""

    KEPT = "kept"
    """Nothing more: the agency has it in the end."""
    PART_PAID = "part-paid"
    """The shop reports two payments, one after the other."""
    PAID = "paid"
    """The shop reports that all was paid."""
    ENDED = "ended"
    """The shop cancels the order; what the agency has by then, a clerk recalls."""
    CREDITED = "credited"
    """The shop reports a credit note."""
    REFUSED = "refused"
    """The agency refuses the claim."""
    PAYS_THERE = "pays-there"
    """The debtor pays to the agency, which tells it in its feed."""


_FATES = {
    "wire": {Fate.KEPT: 55, Fate.PART_PAID: 15, Fate.PAID: 10, Fate.ENDED: 10, Fate.CREDITED: 5, Fate.REFUSED: 5},
    "bulk": {Fate.KEPT: 60, Fate.PART_PAID: 15, Fate.PAID: 10, Fate.ENDED: 10, Fate.REFUSED: 5},
    "staged": {Fate.KEPT: 50, Fate.PART_PAID: 15, Fate.PAYS_THERE: 20, Fate.ENDED: 10, Fate.REFUSED: 5},
    "file": {Fate.KEPT: 1},
}
"""Shop -> the fates of its orders, each with its weight."""
_CHANGES = {Fate.PART_PAID: 2, Fate.PAID: 1, Fate.ENDED: 1, Fate.CREDITED: 1}
"""How often the shop reports such an order anew."""


_ENCORE = (
    *(("file", Fate.KEPT),) * 3,
    *(("wire", Fate.PART_PAID),) * 4,
    ("wire", Fate.ENDED),
    ("bulk", Fate.KEPT),
    ("staged", Fate.PAYS_THERE),
)
"""What an encore brings."""


class Order(NamedTuple):
    """One order of a shop."""

    shop: str
    number: str
    principal: Decimal
    fate: Fate
    portions: tuple[int, ...]
    """The portions in which the shop reports it: first as it is due, then each change."""

    @property
    def ref(self) -> str:
        """The name of its claim."""
        return f"{self.shop}:{self.number}"

    @property
    def payments(self) -> dict[str, Decimal]:
        """What the shop hears of in the end: payments by their reference."""
        part = (self.principal / 4).quantize(Decimal("0.01"))
        amounts = {Fate.PART_PAID: (part, part + 1), Fate.PAID: (self.principal,)}.get(self.fate, ())
        return {f"{self.number}-{count}": amount for count, amount in enumerate(amounts, 1)}

    @property
    def credit(self) -> Decimal:
        """What the shop credits in the end."""
        return Decimal("5.00") if self.fate is Fate.CREDITED else Decimal("0.00")

    @property
    def open_in_the_end(self) -> Decimal:
        """What is open in the end by the shop's own books."""
        return self.principal - sum(self.payments.values()) - self.credit

    def report(self, count: int) -> Claim:
        """What the shop reports at the first, second, … time."""
        source = Source(order=self.number, status="inkasso", reported_at=REPORTED + dt.timedelta(hours=count))
        paid = [
            Payment(amount=amount, on=dt.date(2026, 5, 28), reference=reference)
            for reference, amount in list(self.payments.items())[: count if self.payments else 0]
        ]
        more: dict[str, Any] = {"payments": tuple(paid)}
        if count and self.fate is Fate.ENDED:
            more["ended"] = OrderEnd.CANCELLED
        if count and self.fate is Fate.CREDITED:
            more["credits"] = (Credit(amount=self.credit),)
        return world.claim(self.number, source=source, principal=self.principal, extra={"storm": {"fate": self.fate.value}}, **more)


class Mood(StrEnum):
    """What the agency does with one request, besides its work."""

    FAIR = "fair"
    CUT_BEFORE = "cut before"
    """Cuts the connection; it has not accepted anything."""
    CUT_AFTER = "cut after"
    """Accepts, and cuts the connection instead of an answer."""
    TORN = "torn"
    """Accepts, and cuts the connection in the midst of its answer."""
    BUSY = "busy"
    """Answers 503 with ``Retry-After``: it has not accepted anything."""
    SLOW = "slow"
    """Answers after a while."""
    LATE = "late"
    """Accepts when the asker has given up already."""


_MOODS = {
    Mood.CUT_BEFORE: 0.03,
    Mood.CUT_AFTER: 0.03,
    Mood.TORN: 0.01,
    Mood.BUSY: 0.02,
    Mood.SLOW: 0.02,
    Mood.LATE: 0.003,
}
FEW = 5
"""So few points are left, and nobody dies elsewhere."""
_PATIENT = 4
"""After so many requests of one kind for one case the agency is fair: nobody is unlucky for ever."""


class Kill(NamedTuple):
    """How a process ends."""

    kind: str
    """``point``, ``commit`` (both in the process itself) or ``time`` (from the outside)."""
    names: tuple[str, ...]
    """For ``point``: the points, whichever it comes to first."""
    nth: int
    """At which passing of such a point, or before which commit."""
    seconds: float
    """After so many seconds of work it is killed from the outside, whatever it was to be killed at."""


class Plan(NamedTuple):
    """The plan of a storm."""

    seed: int
    claims: int

    @property
    def portions(self) -> int:
        """In how many portions the shops report."""
        return max(FEWEST, min(MOST, self.claims // 30))

    @property
    def vigour(self) -> int:
        """How many times as much as in a small storm a process does before it dies, so that a large one comes to its end."""
        return max(1, self.claims // 2500)

    @property
    def disasters(self) -> int:
        """How often the database is struck."""
        return self.portions // 4

    def orders(self, encores: int = 0) -> list[Order]:
        """Return all orders of all shops, those of so many encores included."""
        chance, found = random.Random(f"{self.seed} orders"), []  # noqa: S311  (no secret)
        for number in range(self.claims):
            (shop,) = chance.choices(SHOPS, _SHARES)
            (fate,) = chance.choices([*_FATES[shop]], [*_FATES[shop].values()])
            later = sorted(chance.sample(range(1, 6), _CHANGES.get(fate, 0)))
            first = number * self.portions // self.claims
            last = self.portions - 1
            principal = Decimal(chance.randrange(10_000, 90_000)) / 100
            found.append(Order(shop, f"{shop[0].upper()}-{number:05}", principal, fate, (first, *(min(last, first + n) for n in later))))
        return found + [one for encore in range(encores) for one in self._encore(encore)]

    def _encore(self, number: int) -> list[Order]:
        """Return a few orders more: work for processes that are still to die at some point when all else is done."""
        first, chance = self.portions + 2 * number, random.Random(f"{self.seed} encore {number}")  # noqa: S311
        return [
            Order(
                shop,
                f"{shop[0].upper()}-{self.claims + number * len(_ENCORE) + count:05}",
                Decimal(chance.randrange(10_000, 90_000)) / 100,
                fate,
                tuple(min(first + later, first + 1) for later in range(1 + _CHANGES.get(fate, 0))),
            )
            for count, (shop, fate) in enumerate(_ENCORE)
        ]

    def mood(self, what: str, visit: int) -> Mood:
        """Return what the agency does with the ``visit``-th request of a kind for a case, as ``what`` names both."""
        if visit > _PATIENT and "/feed" not in what:
            return Mood.FAIR
        chance = random.Random(f"{self.seed} mood {what} {visit}")  # noqa: S311
        return chance.choices([*_MOODS, Mood.FAIR], [*_MOODS.values(), 1 - sum(_MOODS.values())])[0]

    def kills(self, named: Sequence[str], unseen: Callable[[], Collection[str]], pace: float) -> Iterator[Kill]:
        """Yield, without end, how the processes end that are started one after the other.

        Two of three are killed at a named point: at one where too few died yet, whichever it comes to first; once there is none left, at
        all of them in turns. Each third one is killed at a moment: of time, or before a commit; but for when few points are left, since it
        does the work at which others are to die. ``pace`` is about how many seconds a process works.
        """
        chance = random.Random(f"{self.seed} kills")  # noqa: S311
        while True:
            for name in chance.sample(named, len(named)):
                for _ in range(2):
                    nth, left = chance.choice((1, 1, 2 * self.vigour, 3 * self.vigour, 7 * self.vigour)), tuple(unseen())
                    yield Kill("point", left or (name,), 1 if left else nth, 10 * pace)
                kind = chance.choice(("commit", "time"))
                if 0 < len(unseen()) <= FEW:
                    continue
                yield Kill(kind, (), chance.randrange(1, 80 * self.vigour), chance.expovariate(1 / pace) + 0.05)


NAMED = [name for name in points.POINTS if name.partition(".")[0] not in ("poll", "receive", "wholes")]
"""The points that a storm passes; the others lie on ways that only plugins of shops open."""


def lines(orders: Sequence[Order], shop: str, portion: int) -> list[str]:
    """Return what a shop exports with one portion, a JSON object a line."""
    reports = [one.report(count) for one in orders if one.shop == shop for count, at in enumerate(one.portions) if at == portion]
    return [json.dumps(one.model_dump(mode="json", exclude_defaults=True, exclude={"creditor"}), ensure_ascii=False) for one in reports]
