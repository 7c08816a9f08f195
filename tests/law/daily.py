"""What is owed, day by day: a second computation that shares nothing with the library but the table of base rates.

It walks every single day, in whole cents and exact fractions. Written from the rules (§§ 288, 289, 366, 367 BGB, and what ``reckon``
promises), not from the code: where the two differ, one of them is wrong.
"""

from __future__ import annotations

import calendar
import datetime as dt
import tomllib
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

Target = Literal["auto", "principal", "charges"]
Money = tuple[dt.date, int, Target]
"""Day, cents, what the shop booked it on."""


class Case(NamedTuple):
    """One claim; amounts in cents."""

    principal: int
    since: dt.date
    as_of: dt.date
    points: str
    """Percentage points above the base rate, or the whole rate where ``agreed``."""
    agreed: bool = False
    fixed_year: bool = False
    """Every year has 365 days."""
    charges: tuple[tuple[dt.date, int], ...] = ()
    money: tuple[Money, ...] = ()


class Line(NamedTuple):
    """First day, last day, principal, interest; amounts in cents."""

    first: dt.date
    last: dt.date
    principal: int
    amount: int


class Owed(NamedTuple):
    """What is open on the last day; amounts in cents."""

    lines: tuple[Line, ...]
    principal: int
    charges: int
    interest: int


@cache
def _table() -> dict[tuple[int, bool], Fraction]:
    content = tomllib.loads(files("inkasso_core").joinpath("rules/law/data/de_base_rates.toml").read_text("utf-8"), parse_float=Fraction)
    days = {dt.date.fromisoformat(day): Fraction(percent) for day, percent in content["percent"].items()}
    return {(day.year, day.month > 6): percent for day, percent in days.items()}


class _Run:
    """Days in a row that share principal, rate and length of the year."""

    def __init__(self, key: object, day: dt.date, principal: int, percent: Fraction, year: int) -> None:
        self.key, self.first, self.last, self.principal = key, day, day, principal
        rate = Fraction(principal) * max(percent, Fraction(0)) / 100 / year
        self._each, self._parts = rate.numerator, rate.denominator
        self._sum = 0

    def add(self, day: dt.date) -> None:
        self.last = day
        self._sum += self._each

    @property
    def cents(self) -> int:
        """Half a cent and more is a cent."""
        exact = Fraction(self._sum, self._parts)
        return int(exact + Fraction(1, 2))


class _Walk:
    def __init__(self, case: Case) -> None:
        self.case = case
        self.principal = case.principal
        self.runs: list[_Run] = []
        self.interest_paid = self.charges_paid = 0
        everything = sum(cents for _, cents in case.charges)
        self.kept_for_shop = min(sum(cents for _, cents, target in case.money if target == "charges"), everything)
        self.everything = everything

    def over(self) -> Owed:
        case = self.case
        # What is dated later than the statement is known all the same, and counts on its day.
        money = [(min(day, case.as_of), cents, target) for day, cents, target in case.money]
        money.sort(key=lambda item: (item[0], ["principal", "charges", "auto"].index(item[2]), -item[1]))
        meant = self._meant(money)
        day = min([case.since, *(day for day, _, _ in money)])
        number = 0
        while day <= case.as_of:
            while number < len(money) and money[number][0] == day:
                self._take(day, *money[number][1:], number < meant)
                number += 1
            if day >= case.since and self.principal > 0:
                self._bear(day)
            day += dt.timedelta(days=1)
        lines = tuple(Line(run.first, run.last, run.principal, run.cents) for run in self.runs)
        interest = sum(line.amount for line in lines) - self.interest_paid
        return Owed(lines, self.principal, self.everything - self.charges_paid, interest)

    def _bear(self, day: dt.date) -> None:
        case, half = self.case, (day.year, day.month > 6)
        days_of_year = 365 if case.fixed_year or not calendar.isleap(day.year) else 366
        key: object = half
        if case.agreed:
            key = None if case.fixed_year else day.year
        key = (key, self.principal)
        if not self.runs or self.runs[-1].key != key:
            percent = Fraction(case.points) + (0 if case.agreed else _table()[half])
            self.runs.append(_Run(key, day, self.principal, percent, days_of_year))
        self.runs[-1].add(day)

    def _meant(self, money: list[Money]) -> int:
        """How many, from the first, were meant for the principal: they end it by the books, or add up to it exactly."""
        case = self.case
        auto, fixed, named = (sum(cents for _, cents, target in money if target == kind) for kind in ("auto", "principal", "charges"))
        left_for_auto = max(self.everything - named, 0)
        too_much_on_charges = max(named - self.everything, 0)
        if case.principal - fixed - too_much_on_charges - max(auto - left_for_auto, 0) <= 0:
            return len(money)
        sums = [sum(cents for _, cents, target in money[:n] if target != "charges") for n in range(1, len(money) + 1)]
        return max((n for n, total in enumerate(sums, 1) if total == case.principal), default=0)

    def _take(self, day: dt.date, cents: int, target: str, meant: bool) -> None:
        if target == "principal":
            self.principal -= cents
            return
        if target == "charges":
            part = min(cents, self.kept_for_shop)
            self.kept_for_shop -= part
            self.charges_paid += part
            cents -= part
        open_interest = sum(run.cents for run in self.runs) - self.interest_paid
        any_charges = self.everything - self.charges_paid - self.kept_for_shop
        existing = sum(amount for since, amount in self.case.charges if min(since, self.case.as_of) <= day)
        these_charges = min(max(existing - self.charges_paid - self.kept_for_shop, 0), any_charges)
        order = ["principal", "any", "interest"] if meant or cents == self.principal else ["these", "interest", "principal", "any"]
        for what in order:
            limit = {"principal": max(self.principal, 0), "interest": open_interest, "these": these_charges, "any": any_charges}[what]
            part = min(cents, limit)
            cents -= part
            if what == "principal":
                self.principal -= part
            elif what == "interest":
                self.interest_paid += part
            else:
                self.charges_paid += part
                any_charges -= part
        self.principal -= cents  # overpaid


def owed(case: Case) -> Owed:
    """Walk through every day of the claim and return what is open at the end."""
    return _Walk(case).over()
