"""Named points between two stored states, so that tests can stop the program exactly there. In production nothing listens."""

from __future__ import annotations

from collections.abc import Callable

POINTS = (
    "intake.before_commit",
    "intake.after_commit",
    "poll.fetched",
    "poll.stored",
    "receive.before_commit",
    "receive.after_commit",
    "wholes.told",
    "release.before_commit",
    "release.after_commit",
    "transmit.before_attempt",
    "transmit.leased",
    "transmit.before_mark",
    "transmit.marked",
    "transmit.reached",
    "transmit.before_answer",
    "transmit.after_answer",
    "telling.before_attempt",
    "telling.after_attempt",
    "telling.marked",
    "telling.before_answer",
    "telling.after_answer",
    "batch.prepared",
    "batch.written",
    "batch.sealed",
    "batch.published",
    "batch.exported",
    "confirm.before_commit",
    "confirm.after_commit",
    "feed.fetched",
    "feed.stored",
    "feed.acknowledged",
    "feed.applied",
    "notices.before_mark",
)
"""Every point that the steps pass, in the order in which a claim meets them."""

listener: Callable[[str], None] | None = None


def reach(name: str) -> None:
    """Tell the listener, if there is one, that this point is reached."""
    if listener is not None:
        listener(name)
