"""An agency that can be told of the cases that it has, and keeps count: every instruction that reached it, in order.

with telling_world(tmp_path) as (town, ears):
    town.handed_over("A-1")
    town.report(claim("A-1", paid="10.00"))
    town.transmit()
    assert ears.amounts == ["10.00"]
"""

import datetime as dt
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

from world import Script, World, scripted, world

from inkasso_core import (
    Acknowledgement,
    Agency,
    AgencySettings,
    AgencyStatus,
    Amend,
    Credit,
    Instruction,
    OutcomeUnknown,
    Payment,
    Recall,
    ReportPayment,
    StatusReport,
    Text,
)

Word = Acknowledgement | Exception | Callable[[Instruction], Acknowledgement]
DAY = dt.date(2026, 5, 28)
"""When the payments of :func:`paid` came in."""
ALL = ("report_payment", "amend", "recall")
NO = Text("Nein.", "No.")


@dataclass
class Ears:
    """What the agency was told, and what it says to it."""

    heard: list[Instruction] = field(default_factory=list)
    """Everything that reached it, also where the answer was lost."""
    asked: list[Instruction] = field(default_factory=list)
    """Everything that was sent, also what it refused or never got."""
    default: Word | None = None
    """What it answers when nothing else was set; None takes everything."""
    _next: deque[Word] = field(default_factory=deque)

    def answers(self, *words: Word) -> None:
        """Set what it answers to the next instructions."""
        self._next.extend(words)

    def hear(self, instruction: Instruction) -> Acknowledgement:
        """Answer as told: what it takes, or loses the answer of, it has heard."""
        self.asked.append(instruction)
        word = self._next.popleft() if self._next else self.default or Acknowledgement(raw={"ok": True})
        if isinstance(word, Exception) and not isinstance(word, OutcomeUnknown):
            raise word
        if not (isinstance(word, OutcomeUnknown) and word.agency == "nobody"):
            self.heard.append(instruction)
        if isinstance(word, Exception):
            raise word
        return word(instruction) if callable(word) else word

    def of(self, kind: type[Instruction]) -> list[Any]:
        """What it heard of one kind."""
        return [one for one in self.heard if isinstance(one, kind)]

    @property
    def amounts(self) -> list[str]:
        """The payments that it heard of, in order."""
        return [str(one.amount) for one in self.of(ReportPayment)]

    @property
    def payments(self) -> Counter[str | None]:
        """How often it heard of each payment, by the shop's reference."""
        return Counter(one.payment_reference for one in self.of(ReportPayment))

    @property
    def amended(self) -> list[tuple[str, ...]]:
        """What it was told to have changed."""
        return [one.changed for one in self.of(Amend)]

    @property
    def recalls(self) -> int:
        """How often a case was asked back."""
        return len(self.of(Recall))


def paid(amount: str, reference: str | None = None, **more: Any) -> Payment:
    """A payment that the shop reports."""
    return Payment(amount=Decimal(amount), on=more.pop("on", DAY), reference=reference, **more)


def credited(amount: str) -> tuple[Credit, ...]:
    """A credit note that the shop reports."""
    return (Credit(amount=Decimal(amount)),)


def states(town: World, *, everything: bool = True) -> list[tuple[str, str]]:
    """What there is to be told, and how far it is."""
    return [(one.verb, one.state) for one in town.ink.instructions(everything=everything)]


def lost_answer() -> OutcomeUnknown:
    """It has heard, and the answer is lost."""
    return OutcomeUnknown(Text("Die Antwort ging verloren.", "The answer was lost."), agency="telling")


def lost_on_the_way() -> OutcomeUnknown:
    """It has not heard, and nobody knows."""
    return OutcomeUnknown(Text("Die Antwort ging verloren.", "The answer was lost."), agency="nobody")


def where(status: AgencyStatus) -> Callable[[Instruction], Acknowledgement]:
    """A yes that says where the case stands now."""

    def word(told: Instruction) -> Acknowledgement:
        report = StatusReport(agency_reference=told.agency_reference, status=status, agency_status="S", raw={"s": status.value})
        return Acknowledgement(report=report, raw={"s": status.value})

    return word


def teller(
    script: Script, ears: Ears, operations: tuple[str, ...] = ALL, *, repeats: bool = False, notice: Text | None = None, several: int = 1
) -> type[Agency[Any]]:
    """An adapter that takes cases as ``script`` says and instructions as ``ears`` say. ``repeats``: a repeated key has no second effect."""

    def heard(_self: Agency[AgencySettings], instruction: Instruction) -> Acknowledgement:
        return ears.hear(instruction)

    class Telling(scripted(script, several=several)):  # type: ignore[misc]
        name: ClassVar[str] = "telling"
        label: ClassVar[str] = "Telling agency"
        idempotent: ClassVar[bool] = repeats

        def recall_notice(self, agency_reference: str) -> Text | None:
            return notice

    return type("Told", (Telling,), dict.fromkeys(operations, heard))


@contextmanager
def telling_world(
    tmp_path: Path,
    operations: tuple[str, ...] = ALL,
    *,
    ears: Ears | None = None,
    account: Mapping[str, Any] | None = None,
    repeats: bool = False,
    notice: Text | None = None,
    several: int = 1,
    **options: Any,
) -> Iterator[tuple[World, Ears]]:
    """Open an installation whose one account can be told of its cases by these operations."""
    script, ears = options.pop("script", None) or Script(), ears or Ears()
    adapter = teller(script, ears, operations, repeats=repeats, notice=notice, several=several)
    accounts = {"agency": {"agency": "telling", **(account or {})}}
    with world(tmp_path, script=script, agencies={"telling": adapter}, accounts=accounts, **options) as town:
        yield town, ears
