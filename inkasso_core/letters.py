"""Letters: messages that an agency keeps with its cases, asked for case by case and put into the inbox, each once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from inkasso_core.agencies.base import Agency
from inkasso_core.agencies.digest import entry_digest
from inkasso_core.cases import Followed, may_ask, question, stopped
from inkasso_core.change import Changes
from inkasso_core.consequences import letter_digest
from inkasso_core.context import Context
from inkasso_core.errors import AuthenticationFailed, ConfigurationError, TemporarilyUnavailable
from inkasso_core.model.events import ClaimEventKind
from inkasso_core.model.feed import Message, Sender
from inkasso_core.store import claims, inbox, placements, vault
from inkasso_core.store.placements import Open

EVERY = dt.timedelta(hours=12)
"""How often each case is asked about where no feed says that there is a message."""
AT_ONCE = 20
_LONGEST_ID = 200


def follow(context: Context, account: str, adapter: Agency[Any]) -> Followed:
    """Ask for the messages of the cases whose turn it is: where a feed is read, of those alone that it names without a text."""
    result = Followed()
    if "fetch_messages" not in adapter.operations:
        return result
    is_told = "fetch_feed" in adapter.operations
    while some := _take(context, account, wanted_only=is_told):
        for number, placement_id in enumerate(some):
            if context.ending.is_set() or not may_ask(context, account):
                _give_back(context, some[number:])
                return result
            try:
                result = result.plus(Followed(received=question(context, account, partial(fetch, context, adapter, placement_id))))
            except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
                result = result.plus(Followed(failed=1))
                if _failed(context, account, placement_id, exc):
                    return result
    return result


def fetch(context: Context, adapter: Agency[Any], placement_id: str) -> int:
    """Ask for the messages of a case and store those that are new, in one commit; returns how many. Raises what the adapter raises."""
    with context.database.read() as connection:
        placed = placements.of_id(connection, placement_id)
    said: object = adapter.fetch_messages(placed.case_reference or "")
    if not isinstance(said, tuple | list) or not all(isinstance(one, Message) for one in said):
        raise TypeError(f"messages were expected, not {type(said).__name__}")
    return _store(context, placed, said)


def _take(context: Context, account: str, *, wanted_only: bool) -> list[str]:
    """Take the next cases: they are noted as asked about before they are, so that others who do the same ask about others."""
    with context.database.read() as connection:
        if not inbox.due_letters(connection, account, context.now(), wanted_only=wanted_only, limit=1):
            return []
    with context.database.write() as connection:
        now = context.now()
        some = inbox.due_letters(connection, account, now, wanted_only=wanted_only, limit=AT_ONCE)
        inbox.note_letters(connection, some, None if wanted_only else now + EVERY)
    return some


def _give_back(context: Context, some: Sequence[str]) -> None:
    with context.database.write() as connection:
        inbox.note_letters(connection, some, context.now())


def _failed(context: Context, account: str, placement_id: str, error: Exception) -> bool:
    """Ask later, as the agency wants it; True where the whole account can go no further for now."""
    with context.database.write() as connection:
        seconds = error.retry_after if isinstance(error, TemporarilyUnavailable) else None
        wait = dt.timedelta(seconds=seconds) if seconds is not None else EVERY
        inbox.note_letters(connection, [placement_id], context.now() + wait)
        stored = claims.by_ids(connection, placements.in_case(connection, placement_id))
    stopped(context, account, error, stored)
    return seconds is not None or isinstance(error, AuthenticationFailed | ConfigurationError)


def _store(context: Context, placed: Open, said: Sequence[Message]) -> int:
    new, same = 0, Counter[str]()
    with context.database.write() as connection:
        changes = Changes(context)
        inside = [claim_id for claim_id, _ in placements.claims_of(connection, [placed.placement_id]).get(placed.placement_id, ())]
        (first, *_) = claims.by_ids(connection, inside or placements.in_case(connection, placed.placement_id))
        for message in said:
            source = _source(message, same)
            if message.sender is Sender.CREDITOR or not message.text:
                continue  # what we wrote is no news
            sealed = vault.seal_message(message, subject=first.debtor_id)
            item = inbox.New(
                placed.account,
                placed.placement_id,
                first.id,
                inbox.MESSAGE,
                f"letter:{source}",
                sealed.id,
                letter_digest(context, message.text),
                message.sender.value,
                happened_at=message.at,
            )
            if inbox.is_known(connection, item):
                continue
            vault.put(connection, [sealed], changes.at)
            item_id = inbox.add(connection, item, changes.at)
            first = changes.note(first, ClaimEventKind.MESSAGE, details={"inbox": item_id})
            new += 1
        changes.flush(connection)
    return new


def _source(message: Message, same: Counter[str]) -> str:
    """The agency's id of a message; without one its content, and two alike are two."""
    if message.reference and len(message.reference) <= _LONGEST_ID:
        return message.reference
    digest = entry_digest(message.sender, message.at, message.text, message.reference)
    same[digest] += 1
    return f"{digest}.{same[digest]}"
