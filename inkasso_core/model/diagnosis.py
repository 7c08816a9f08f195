"""What a diagnosis says: may this claim go, and if not, why, and what helps."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import NamedTuple

from inkasso_core.model.words import Text


class Level(StrEnum):
    """How much a finding weighs."""

    BLOCK = "block"
    """Red: the claim cannot go."""
    WARN = "warn"
    """Yellow: a named person must release it."""
    INFO = "info"


class Finding(NamedTuple):
    """One condition that is not met."""

    code: str
    level: Level
    fixed: bool
    """A fixed condition stands in every group and cannot be switched off."""
    field: str | None
    message: Text
    remedy: Text
    expected_on: dt.date | None = None
    """The first day on which time alone mends this; None where somebody must act."""

    def __repr__(self) -> str:
        return f"Finding({self.code!r}, {self.level.value!r}, field={self.field!r})"


class Diagnosis(NamedTuple):
    """The result of asking all conditions about one claim on one day."""

    as_of: dt.date
    findings: tuple[Finding, ...]
    groups: tuple[tuple[str, tuple[Finding, ...]], ...]
    """Per group of conditions: its name and what blocks it. One group without a block is enough."""
    group: str | None
    """The first group whose conditions are all met."""
    expected_on: dt.date | None
    """When the claim is expected to be ready, where time alone decides; today where it is ready."""

    @property
    def is_ready(self) -> bool:
        """True when all conditions of one group are met."""
        return self.group is not None

    @property
    def red(self) -> tuple[str, ...]:
        """The codes that block."""
        return tuple(f.code for f in self.findings if f.level is Level.BLOCK)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The codes that warn."""
        return tuple(f.code for f in self.findings if f.level is Level.WARN)
