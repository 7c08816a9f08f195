"""The two change feeds of the SOAP interface, read as one (section 3.7).

Each gives what is new since its last commit, with a transaction of its own. The token of both together holds the transactions of those
that brought something; committing one of them and not the other (a killed process) leaves the other's entries to come again, under the
ids that they had, so that nothing is lost and nothing counts twice.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from inkasso_adapters.mediafinanz.reading import LONGEST_NAME, day, members, moment, reference, text
from inkasso_core import Feed, FeedEntry, FeedKind, StatusReport, as_list, entry_digest

Report = Callable[[str, str, object, str | None, dt.datetime | None], StatusReport]
"""Case number, code, raw answer, text, time -> what it means."""
LONGEST_TRANSACTION = 50
"""Characters: both must have room in a token. A longer one is not committed, so that its entries come again."""
_SAID = ("statusName", "statusText", "statusDetails", "closingReasonExplanation", "closingReasonNote")
"""What is said of a status, in this order: its text is ``statusText`` where one case is asked for, and ``statusName`` in the feed."""


def status_text(answer: Mapping[str, Any]) -> str | None:
    """Return all that the agency says of a status, unchanged, each part on its own line."""
    parts = [part for name in _SAID if (part := text(answer.get(name))) is not None]
    return text("\n".join(dict.fromkeys(parts)))


def status_code(answer: Mapping[str, Any]) -> str:
    """Return the status code; an empty one where there is none."""
    return text(answer.get("statusCode"), LONGEST_NAME) or ""


def feed_of(changes: Any, messages: Any, report: Report) -> Feed:
    """Read both answers into one feed; ``messages`` is None where the version of the interface has no such feed."""
    changed = [_change(entry, report) for entry in as_list(members(changes).get("changes"))]
    said = [_message(entry) for entry in as_list(members(messages).get("messages"))]
    open_ = dict(_transactions(("changes", changes, changed), ("messages", messages, said)))
    return Feed(entries=(*changed, *said), token=json.dumps(open_, separators=(",", ":")) if open_ else None)


def transactions(token: str) -> list[str]:
    """Return the transactions in a token, in the order in which they are committed."""
    return list(json.loads(token).values())


def _transactions(*feeds: tuple[str, Any, list[FeedEntry]]) -> Iterator[tuple[str, str]]:
    for name, answer, entries in feeds:
        found = text(members(answer).get("transactionId"), LONGEST_TRANSACTION + 1)
        if entries and found is not None and len(found) <= LONGEST_TRANSACTION:
            yield name, found


def _change(entry: Any, report: Report) -> FeedEntry:
    known = members(entry)
    case, code, said, at = reference(known.get("fileNumber")), status_code(known), status_text(known), moment(known.get("time"))
    understood = case is not None and bool(code)
    return FeedEntry(
        entry_id=entry_digest("status", entry),
        kind=FeedKind.STATUS if understood else FeedKind.OTHER,
        agency_reference=case,
        at=at,
        on=_on(known, at),
        report=report(case, code, entry, said, at) if case is not None and understood else None,
        text=said if known else text(entry),
        raw=entry,
    )


def _message(entry: Any) -> FeedEntry:
    known = members(entry)
    said, at = text(known.get("text") if known else entry), moment(known.get("time"))
    case = reference(known.get("fileNumber"))
    return FeedEntry(
        entry_id=entry_digest("message", entry),
        kind=FeedKind.MESSAGE if case is not None and said is not None else FeedKind.OTHER,
        agency_reference=case,
        at=at,
        on=_on(known, at),
        text=said,
        raw=entry,
    )


def _on(entry: Mapping[str, Any], at: dt.datetime | None) -> dt.date | None:
    return day(entry.get("time")) if at is None else None
