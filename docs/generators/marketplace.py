"""What vendors and operators of a marketplace may do, from the life cycle's own table."""

from __future__ import annotations

from collections.abc import Iterable

from generators.frame import filled, page, table
from inkasso_core.lifecycle import RULES, Profile, Role, State, actions, is_veiled, state_label

MARKET = Profile.MARKETPLACE


@page("marketplace.md")
def marketplace_page() -> str:
    """Who may do what to a claim in which state."""
    rows = [
        (f"`{state}`", state_label(state, MARKET).de, state_label(state, MARKET).en, _vendor(state), _named(_of(state, Role.OPERATOR)))
        for state in State
        if any(state in rule.targets for rule in RULES if rule.roles[MARKET])
    ]
    return filled("marketplace.md", {"rights": table(("state", "German", "English", "the vendor may", "the operator may"), rows)})


def _vendor(state: State) -> str:
    if is_veiled(state, Role.VENDOR, MARKET):
        return "not shown: he sees the state before, and may do nothing"
    return _named(_of(state, Role.VENDOR))


def _of(state: State, role: Role) -> tuple[str, ...]:
    back = ("resume",) if state is State.PAUSED and role is Role.OPERATOR else ()
    return (*back, *actions(state, role, MARKET))


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"`{name.replace('_', '-')}`" for name in names) or "–"
