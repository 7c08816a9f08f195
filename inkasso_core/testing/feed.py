# ruff: noqa: S101  (what a check asserts is what it says)
"""The conformance of a status feed: nothing is lost, nothing counts twice, nothing is acknowledged before it was handed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest

from inkasso_core.agencies.base import Agency
from inkasso_core.model.agency import AgencyStatus
from inkasso_core.model.feed import Feed, FeedEntry, FeedKind
from inkasso_core.testing.common import UNDOCUMENTED, Conformance
from inkasso_core.testing.example import insist
from inkasso_core.testing.faults import MEANINGS, SOAP_ONLY, Fault
from inkasso_core.testing.reply import Replies, Reply, replies_of
from inkasso_core.testing.scene import Scene, floats_in, replaced
from inkasso_core.testing.verdict import in_time, raised_by, rows_of_faults

_UNDOCUMENTED_NUMBER = "987654"


class FeedConformance(Conformance):
    """Subclass it for an adapter with ``fetch_feed``; besides ``agency_class`` and ``settings`` it needs ``feed_ok``."""

    feed_ok: ClassVar[Replies] = ()
    """The requests of one fetch, with at least one entry."""
    feed_expects: ClassVar[Any] = None
    """What the entries are, as in :class:`Example`: a list of mappings."""
    feed_cursor: ClassVar[str | None] = None
    """Where the fetch begins."""
    feed_ack: ClassVar[Replies] = ()
    """The requests of an acknowledgement."""
    feed_unknown: ClassVar[Replies | str | None] = None
    """The same fetch with a status code that nobody knows; left out, made from ``feed_ok``. A text says why there can be none."""
    feed_single: ClassVar[Replies | str | None] = None
    """A fetch with one entry that stands where a list is expected; left out, made from ``feed_ok`` where that is JSON. A text says why
    there can be none."""
    cannot: ClassVar[Mapping[Fault, str]] = {}
    """Fault -> why it cannot happen to this feed."""

    @classmethod
    def rows_of_fault(cls) -> list[Any]:
        """Every fault that a request which only reads can meet."""
        return rows_of_faults({fault: cls._reason_without(fault) for fault in Fault})

    @classmethod
    def _reason_without(cls, fault: Fault) -> str | None:
        if fault in cls.cannot:
            return cls.cannot[fault]
        if fault is Fault.EMPTY:
            return "an empty answer may be an empty feed"
        speaks_soap = any(reply.speaks_soap for reply in replies_of(cls.feed_ok))
        return "speaks no SOAP" if fault in SOAP_ONLY and not speaks_soap else None

    def test_every_entry_is_there_and_keeps_its_answer(self, scene: Scene) -> None:
        """Every entry has an id of its own and keeps what the agency sent, without floats; nothing is said aloud."""
        with scene.discreet() as listener:
            feed = self.fetched(scene)
            listener.listen("repr of the feed", repr(feed))
        assert feed.entries, "feed_ok has no entry"
        ids = [entry.entry_id for entry in feed.entries]
        assert len(set(ids)) == len(ids), "two entries bear the same id"
        assert all(entry.raw is not None for entry in feed.entries), "an entry does not keep its answer"
        assert not any(floats_in(entry.raw) for entry in feed.entries), "raw holds a float: read JSON with Decimal"
        if self.feed_expects is not None:
            insist(feed.entries, self.feed_expects)

    def test_a_fetch_changes_nothing(self, scene: Scene) -> None:
        """A fetch asks only what was announced, acknowledges nothing, and waits for nothing without end."""
        self.fetched(scene)
        scene.insist_on_announced()
        assert not [reply for reply in replies_of(self.feed_ack) if scene.sent(reply)], "acknowledged while fetching"
        assert not scene.without_timeout

    def test_what_is_fetched_again_is_the_same(self, scene: Scene) -> None:
        """A feed that was killed before its acknowledgement comes again, and every entry is recognised by its id."""
        first = self.fetched(scene)
        second = self._fetched(scene, scene.made(), replies_of(self.feed_ok))
        assert [entry.entry_id for entry in first.entries] == [entry.entry_id for entry in second.entries]
        assert (first.token, first.cursor) == (second.token, second.cursor)

    def test_an_acknowledgement_comes_only_afterwards(self, scene: Scene) -> None:
        """``acknowledge`` sends what was announced, once, and only when it is called; a feed without one gives no token."""
        feed = self.fetched(scene)
        if "acknowledge" not in scene.agency.operations:
            assert feed.token is None, "a token, and nothing to give it to"
            pytest.skip("this feed is not acknowledged")
        assert feed.token, "nothing to acknowledge with"
        replies = replies_of(self.feed_ack)
        assert replies, "name feed_ack: the request of an acknowledgement"
        scene.play(*replies)
        with scene.discreet():
            scene.agency.acknowledge(feed.token)
        scene.insist_on_announced()
        wanted = [sum(other.asks_as(reply) for other in replies) for reply in replies]
        assert [scene.sent(reply) for reply in replies] == wanted, "not acknowledged, or more than once"

    def test_an_unknown_code_survives(self, scene: Scene) -> None:
        """A status code that nobody knows is an entry like the others; none is lost for it."""
        before = self.fetched(scene).entries
        after = self._fetched(scene, scene.agency, self._unknown(before))
        assert len(after.entries) == len(before), "entries were lost"
        assert any(_is_unknown(entry) for entry in after.entries), "no entry is UNKNOWN or OTHER"
        assert all(entry.raw is not None for entry in after.entries)

    def test_one_element_where_a_list_was_expected_survives(self, scene: Scene) -> None:
        """Services send one element where a list is expected: it is an entry like any other."""
        before = self.fetched(scene).entries
        after = self._fetched(scene, scene.agency, self._single())
        assert after.entries, "the only entry was lost"
        if self.feed_single is None:
            assert after.entries[0].entry_id in {entry.entry_id for entry in before}

    def test_a_fault_means(self, scene: Scene, fault: Fault) -> None:
        """A fetch that fails may be tried again: it has changed nothing."""
        replies = replies_of(self.feed_ok)
        scene.play(*replies, fault=fault, target=replies[0])
        with scene.discreet() as listener, scene.in_a_hurry(fault), in_time(fault):
            error = raised_by(lambda: scene.agency.fetch_feed(self.feed_cursor))
            listener.listen("the error and its traceback", error)
        wanted = MEANINGS[fault].reading
        assert type(error) is wanted, f"{fault}: raised {type(error).__name__}, wanted {wanted.__name__}"

    def fetched(self, scene: Scene) -> Feed:
        """Fetch once, the agency answers."""
        replies = replies_of(self.feed_ok)
        assert replies, "name feed_ok: the request of a fetch, and its answer"
        return self._fetched(scene, scene.agency, replies)

    def _fetched(self, scene: Scene, agency: Agency[Any], replies: Sequence[Reply]) -> Feed:
        scene.play(*replies, *replies_of(self.feed_ack))  # an acknowledgement that comes too early is to be seen, not to fail
        with scene.announced():
            feed = agency.fetch_feed(self.feed_cursor)
        assert isinstance(feed, Feed)
        return feed

    def _unknown(self, entries: Sequence[FeedEntry]) -> tuple[Reply, ...]:
        if isinstance(self.feed_unknown, str):
            pytest.skip(self.feed_unknown)
        if self.feed_unknown is not None:
            return replies_of(self.feed_unknown)
        codes = [entry.report.agency_status for entry in entries if entry.report is not None and entry.report.agency_status]
        replies = replies_of(self.feed_ok)
        for known in codes:
            strange = _UNDOCUMENTED_NUMBER if known.isdigit() else UNDOCUMENTED
            changed = tuple(reply.answering(replaced(reply.answer, known, strange)) for reply in replies)
            if changed != replies:
                return changed
        pytest.skip("no entry tells a status code: name feed_unknown")

    def _single(self) -> tuple[Reply, ...]:
        if isinstance(self.feed_single, str):
            pytest.skip(self.feed_single)
        if self.feed_single is not None:
            return replies_of(self.feed_single)
        replies = replies_of(self.feed_ok)
        for reply in replies:
            alone = _unwrapped(reply.answer)
            if alone is not reply.answer:
                return tuple(other.answering(alone) if other is reply else other for other in replies)
        pytest.skip("no list of entries is seen in feed_ok: name feed_single")


def _is_unknown(entry: FeedEntry) -> bool:
    return entry.kind is FeedKind.OTHER or (entry.report is not None and entry.report.status is AgencyStatus.UNKNOWN)


def _unwrapped(answer: Any) -> Any:
    """Return the answer with the first of its entries in place of the list; the answer itself where there is none."""
    if isinstance(answer, list) and answer and isinstance(answer[0], dict):
        return answer[0]
    if isinstance(answer, dict):
        for key, value in answer.items():
            alone = _unwrapped(value)
            if alone is not value:
                return {**answer, key: alone}
    return answer
