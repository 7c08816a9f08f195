"""All conditions, in the order in which a clerk reads findings: what ends the matter comes first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from inkasso_core.rules.condition import Condition
from inkasso_core.rules.conditions import (
    addresses,
    amounts,
    basis,
    charges,
    circumstances,
    default,
    due,
    interest,
    limitation,
    order,
    parties,
    protection,
    record,
    reminders,
    returns,
)

_CONDITIONS: tuple[Condition, ...] = (
    *order.CONDITIONS,
    *protection.CONDITIONS,
    *record.CONDITIONS,
    *amounts.CONDITIONS,
    *charges.CONDITIONS,
    *due.CONDITIONS,
    *default.CONDITIONS,
    *limitation.CONDITIONS,
    *interest.CONDITIONS,
    *circumstances.CONDITIONS,
    *reminders.CONDITIONS,
    *returns.CONDITIONS,
    *basis.CONDITIONS,
    *parties.CONDITIONS,
    *addresses.CONDITIONS,
)

BY_CODE: Mapping[str, Condition] = MappingProxyType({row.code: row for row in _CONDITIONS})
"""Code -> condition."""


def all_conditions() -> tuple[Condition, ...]:
    """Return the whole table, in order."""
    return _CONDITIONS


def conditions_of(group: str, own_groups: Mapping[str, Collection[str]] = MappingProxyType({})) -> tuple[Condition, ...]:
    """Return what ``group`` asks: what every group asks, and its own conditions; a merchant's group has those that he chose."""
    chosen = own_groups.get(group)
    return tuple(row for row in _CONDITIONS if not row.only_in or (group in row.only_in if chosen is None else row.code in chosen))
