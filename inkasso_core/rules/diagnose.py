"""The diagnosis: ask all conditions of the groups in force about one claim on one day.

Inside a group every condition must be met; one group is enough. Red points of plugins stand in every group.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from inkasso_core.model.claim import Claim
from inkasso_core.model.diagnosis import Diagnosis, Finding, Level
from inkasso_core.rules.condition import Condition
from inkasso_core.rules.context import Context
from inkasso_core.rules.facts import Facts
from inkasso_core.rules.policy import Policy, check_groups
from inkasso_core.rules.table import all_conditions, conditions_of


class _Group(NamedTuple):
    name: str
    conditions: tuple[Condition, ...]
    codes: frozenset[str]


class _Plan(NamedTuple):
    groups: tuple[_Group, ...]
    conditions: tuple[Condition, ...]
    """What any of the groups asks, once, in the order of the table."""


def diagnose(claim: Claim, facts: Facts, policy: Policy, as_of: dt.date) -> Diagnosis:
    """Say whether ``claim`` may go on ``as_of`` (a date in the creditor's zone), and if not, why, and from when it may.

    The groups are those of the policy, or of the shop's profile (``facts.profile``) where the policy names none.
    Raises ``ConfigurationError`` where the policy names a group that is not there; ``check_policy`` finds that on loading.
    A level that the policy gives a fixed condition is ignored.
    """
    plan = _plan(policy.groups_for(facts.profile), policy.chosen)
    found = _ask(plan.conditions, Context(claim, facts, policy, as_of))
    findings = (*found, *dict.fromkeys(facts.reviews))
    red = [finding for finding in found if finding.level is Level.BLOCK]
    refused = _red(facts.reviews, as_of=None)
    blocks = tuple((group.name, tuple(f for f in red if f.code in group.codes) + refused) for group in plan.groups)
    ready = next((name for name, block in blocks if not block), None)
    if ready is not None:
        return Diagnosis(as_of, findings, blocks, ready, as_of)
    days = [
        _first_green_day(group.conditions, block, claim, facts, policy, as_of)
        for group, (_, block) in zip(plan.groups, blocks, strict=True)
    ]
    return Diagnosis(as_of, findings, blocks, None, min((day for day in days if day is not None), default=None))


@lru_cache(maxsize=64)
def _plan(names: tuple[str, ...], chosen: tuple[tuple[str, tuple[str, ...]], ...]) -> _Plan:
    own = dict(chosen)
    check_groups(names, own)
    groups = tuple(
        _Group(name, conditions, frozenset(row.code for row in conditions))
        for name, conditions in ((name, conditions_of(name, own)) for name in dict.fromkeys(names))
    )
    # A policy without groups makes nothing ready; what is wrong is said all the same.
    asked = frozenset[str]().union(*(group.codes for group in groups)) if groups else None
    return _Plan(groups, tuple(row for row in all_conditions() if asked is None or row.code in asked))


def _ask(conditions: Iterable[Condition], context: Context) -> list[Finding]:
    levels, found = context.policy.levels, []
    for condition in conditions:
        result = condition.check(context)
        if result is not None and (level := condition.level_in(levels)):
            found.append(condition.finding(result, level))
    return found


def _red(reviews: Iterable[Finding], as_of: dt.date | None) -> tuple[Finding, ...]:
    """The blocking points of plugins; on a later day ``as_of`` those are gone that time alone has mended."""
    red = (finding for finding in dict.fromkeys(reviews) if finding.level is Level.BLOCK)
    return tuple(f for f in red if as_of is None or f.expected_on is None or f.expected_on > as_of)


def _first_green_day(
    conditions: Sequence[Condition], block: Sequence[Finding], claim: Claim, facts: Facts, policy: Policy, day: dt.date
) -> dt.date | None:
    """The first day on which time alone has mended all of ``block``; None where somebody must act.

    The day is asked about in its turn: what time brings (a reminder grown old, if that blocks) counts, too.
    """
    while block:
        days = [finding.expected_on for finding in block]
        latest = max((later for later in days if later is not None), default=day)
        if None in days or latest <= day:
            return None
        day = latest
        found = _ask(conditions, Context(claim, facts, policy, day))
        block = (*(finding for finding in found if finding.level is Level.BLOCK), *_red(facts.reviews, as_of=day))
    return day
