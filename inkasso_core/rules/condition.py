"""One row of the table of conditions, and what its check answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from inkasso_core.model.diagnosis import Finding, Level
from inkasso_core.model.words import Text
from inkasso_core.rules.context import Context
from inkasso_core.rules.wording import filled

_LEVELS: Mapping[str, Level | None] = {level.value: level for level in Level} | {"off": None}


class Result(NamedTuple):
    """A condition that is not met, with what its texts need: dates, counts, amounts, codes; nothing personal."""

    values: Mapping[str, Text] = MappingProxyType({})
    """Placeholder -> text, for message and remedy."""
    expected_on: dt.date | None = None
    """The first day, after the one asked about, on which time alone mends it."""
    field: str | None = None
    """The field, where it is another than the row's."""


NOT_MET = Result()
"""Not met, and nothing more to say than the row does."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. Its texts say what is wrong when it is not met, and what helps.

    A fixed condition blocks, stands in every group, and no policy changes it (``design: section 8.5``).
    """

    code: str
    level: Level
    """What a finding weighs unless the policy says otherwise."""
    field: str | None
    message: Text
    remedy: Text
    source: str
    """Law, or the practice that it follows; practice is never stated as law."""
    check: Callable[[Context], Result | None]
    """Returns None when the condition is met."""
    fixed: bool = False
    only_in: frozenset[str] = frozenset()
    """The groups that ask it; empty for every group."""

    def __post_init__(self) -> None:
        if self.fixed and (self.only_in or self.level is not Level.BLOCK):
            raise ValueError(f"{self.code}: a fixed condition blocks, in every group")

    def level_in(self, levels: Mapping[str, str]) -> Level | None:
        """Return what a finding weighs under the levels of a policy; None where it is switched off."""
        chosen = None if self.fixed else levels.get(self.code)
        return self.level if chosen is None else _LEVELS[chosen]

    def finding(self, result: Result, level: Level) -> Finding:
        """Return the finding, with its texts filled in."""
        message, remedy, field = self.message, self.remedy, result.field or self.field
        if result.values:
            message, remedy = filled(message, result.values), filled(remedy, result.values)
        return Finding(self.code, level, self.fixed, field, message, remedy, result.expected_on)
