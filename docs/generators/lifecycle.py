"""States, changes, needs, and what an agency's status means."""

from __future__ import annotations

from collections.abc import Iterable

from generators.frame import filled, page, table
from inkasso_core.lifecycle import RULES, Need, Profile, Role, State, need_text, state_label
from inkasso_core.statuses import STATE_OF


@page("lifecycle.md")
def lifecycle_page() -> str:
    """States, changes by role and profile, needs, and what an agency's status means, as the core's own tables say."""
    states = [(f"`{state}`", *_labels(state)) for state in State]
    changes = [
        (
            _states(rule.sources),
            _states(rule.targets),
            _clerk(rule.roles[Profile.SHOP]),
            _who(rule.roles[Profile.MARKETPLACE]),
            ", ".join(f"`{need}`" for need in Need if need in rule.needs) or "–",
        )
        for rule in RULES
    ]
    needs = [(f"`{need}`", need_text(need).en) for need in Need]
    statuses = [(f"`{status}`", f"`{state}`" if state else "as it was") for status, state in STATE_OF.items()]
    return filled(
        "lifecycle.md",
        {
            "states": table(("state", "German", "English"), states),
            "changes": table(("from", "to", "in a shop", "in a marketplace", "what must hold"), changes),
            "needs": table(("what must hold", "what is said when it does not"), needs),
            "statuses": table(("the agency's status", "the claim"), statuses),
        },
    )


def _labels(state: State) -> tuple[str, str]:
    """The labels in a shop, and in a marketplace where they differ."""
    shop, market = state_label(state), state_label(state, Profile.MARKETPLACE)
    if shop == market:
        return shop.de, shop.en
    return f"{shop.de}; marketplace: {market.de}", f"{shop.en}; marketplace: {market.en}"


def _states(states: Iterable[State | None]) -> str:
    found = set(states)
    return ", ".join(f"`{state}`" if state else "(new)" for state in (None, *State) if state in found)


def _who(roles: Iterable[Role]) -> str:
    found = set(roles)
    return ", ".join(role for role in (Role.VENDOR, Role.OPERATOR, Role.SYSTEM) if role in found) or "nobody"


def _clerk(roles: Iterable[Role]) -> str:
    """In a shop one clerk is vendor and operator."""
    found = set(roles)
    return ", ".join(name for name, role in (("clerk", Role.OPERATOR), ("system", Role.SYSTEM)) if role in found) or "nobody"
