"""Writing back: a call of the merchant's own when a claim came to a state. Nothing is called that is not configured.

No method is public for what became of a dunning notice, so both method and body are the merchant's. A call is made once for each event: a
mark is kept before it is made and after it was answered. Where the answer was lost, only a call that may be repeated is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from inkasso_core import ClaimEvent, ClaimEventKind, OutcomeUnknown, ShopContext, State
from inkasso_shop_plugins.actindo.client import Core1
from inkasso_shop_plugins.actindo.settings import ActindoSettings, Told

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
SENT, DONE = "sent", "done"
_CAME_TO = {State.READY: ClaimEventKind.QUEUED, State.RUNNING: ClaimEventKind.RELEASED}
REMEMBERED = 40
"""Events of one claim whose marks are kept."""


def tell(event: ClaimEvent, context: ShopContext[ActindoSettings]) -> None:
    """Make the calls that are configured for the state that a claim came to. Raises what a call raises: then the event is told again."""
    state = State(event.state)
    if event.kind not in (state.value, _CAME_TO.get(state), ClaimEventKind.REGISTERED):
        return  # something happened to it, and it stayed what it was
    calls = [(number, told) for number, told in enumerate(context.settings.tell) if state in told.on]
    for number, told in calls:
        _call_once(event, context, f"{event.id}/{number}", told)


def _call_once(event: ClaimEvent, context: ShopContext[ActindoSettings], name: str, told: Told) -> None:
    with context.shelf.locked(f"told/{event.claim_id}") as shelf:
        marks: dict[str, str] = json.loads(shelf.value or "{}")
        if marks.get(name) == DONE or (marks.get(name) == SENT and not told.repeatable):
            return
        core1 = Core1(context)
        core1.access.token()  # what fails here has certainly called nothing
        shelf.put(_with(marks, name, SENT))
        try:
            core1.call(told.method, filled(told.body, _words(event, context)), commits=True)
        except OutcomeUnknown:
            raise  # the mark stays: it may have been made
        except Exception:
            shelf.put(_with(marks, name, None))
            raise
        shelf.put(_with(marks, name, DONE))


def _with(marks: Mapping[str, str], name: str, mark: str | None) -> str:
    kept = {key: value for key, value in marks.items() if key != name}
    if mark is not None:
        kept[name] = mark
    return json.dumps(dict(list(kept.items())[-REMEMBERED:]))


def _words(event: ClaimEvent, context: ShopContext[ActindoSettings]) -> dict[str, str]:
    """Return what a body may name: nothing of the debtor."""
    case = context.book.case(event.order)
    return {
        "order": event.order,
        "state": event.state,
        "account": event.account or "",
        "agency": case.agency if case else "",
        "case_reference": (case.case_reference if case else None) or "",
        "portal_url": (case.portal_url if case else None) or "",
        "day": event.at.astimezone(context.settings.timezone).date().isoformat(),
    }


def filled(node: Any, known: Mapping[str, str]) -> Any:
    """Return a body with its placeholders filled in; what is no placeholder of ours stays as it is."""
    if isinstance(node, Mapping):
        return {key: filled(value, known) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [filled(value, known) for value in node]
    if node == "{order_id}":
        return int(known["order"]) if known["order"].isdecimal() else known["order"]
    return _PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), node) if isinstance(node, str) else node
