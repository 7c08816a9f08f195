"""All conditions, in the order in which a clerk reads findings: what ends the matter comes first."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from inkasso_core.rules.condition import Condition
from inkasso_core.rules.conditions import addresses, amounts, basis, due, order, parties, record, reminders

_CONDITIONS: tuple[Condition, ...] = (
    *order.CONDITIONS,
    *record.CONDITIONS,
    *amounts.CONDITIONS,
    *due.CONDITIONS,
    *reminders.CONDITIONS,
    *basis.CONDITIONS,
    *parties.CONDITIONS,
    *addresses.CONDITIONS,
)

BY_CODE: Mapping[str, Condition] = MappingProxyType({row.code: row for row in _CONDITIONS})
"""Code -> condition."""


def all_conditions() -> tuple[Condition, ...]:
    """Return the whole table, in order."""
    return _CONDITIONS


def conditions_of(group: str) -> tuple[Condition, ...]:
    """Return what ``group`` asks: its own conditions and those that every group asks."""
    return tuple(row for row in _CONDITIONS if not row.only_in or group in row.only_in)
