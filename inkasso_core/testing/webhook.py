# ruff: noqa: S101  (what a check asserts is what it says)
"""The conformance of a webhook: only what the agency signed is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest

from inkasso_core.errors import DeliveryRefused
from inkasso_core.model.feed import Delivery, Feed
from inkasso_core.testing.common import Conformance
from inkasso_core.testing.example import insist
from inkasso_core.testing.scene import Scene, floats_in
from inkasso_core.testing.verdict import raised_by

NOW = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)
LONG_AGO = NOW - dt.timedelta(days=1)
WRONG = "conformance-wrong-secret"
_MOST_BYTES = 64


class WebhookConformance(Conformance):
    """Subclass it for an adapter with ``receive``; besides ``agency_class`` and ``settings`` it needs ``body``, ``secret`` and ``sign``."""

    body: ClassVar[bytes] = b""
    """A delivery with at least one entry."""
    secret: ClassVar[str] = ""
    """The secret that the settings hold."""
    expects: ClassVar[Any] = None
    """What the entries are, as in :class:`Example`."""
    rotated: ClassVar[Mapping[str, Any]] = {}
    """What changes in the settings while the merchant replaces his secret; none where only one is possible."""
    rotated_secrets: ClassVar[Sequence[str]] = ()
    """The secrets that count then: the old one and the new one."""

    def sign(self, body: bytes, secret: str, at: dt.datetime) -> Mapping[str, str]:
        """Return the headers that the agency sends with a body at a time, signed with a secret: written from its documentation."""
        raise NotImplementedError("write sign: how the agency signs a delivery")

    def test_a_signed_delivery_is_read(self, scene: Scene) -> None:
        """With the right signature every entry is there, and nothing is said aloud."""
        with scene.discreet(self.secret) as listener:
            feed = self.received(scene, self.signed())
            listener.listen("repr of the feed", repr(feed))
        assert feed.entries, "the delivery has no entry"
        assert all(entry.raw is not None for entry in feed.entries), "an entry does not keep what was sent"
        assert not any(floats_in(entry.raw) for entry in feed.entries), "raw holds a float: read JSON with Decimal"
        if self.expects is not None:
            insist(feed.entries, self.expects)

    def test_a_delivery_that_comes_again_is_recognised(self, scene: Scene) -> None:
        """Agencies deliver again what was not answered in time: the same entries bear the same ids."""
        first, again = self.received(scene, self.signed()), scene.made().receive(self.signed())
        assert [entry.entry_id for entry in first.entries] == [entry.entry_id for entry in again.entries]

    def test_another_secret_is_refused(self, scene: Scene) -> None:
        """A delivery that somebody else signed."""
        self.refused(scene, self.signed(secret=WRONG))

    def test_an_unsigned_delivery_is_refused(self, scene: Scene) -> None:
        """A delivery without any header, and one whose headers are all empty."""
        delivery = self.signed()
        self.refused(scene, delivery.model_copy(update={"headers": {}}))
        self.refused(scene, delivery.model_copy(update={"headers": dict.fromkeys(delivery.headers, "")}))

    def test_an_old_delivery_is_refused(self, scene: Scene) -> None:
        """A delivery that somebody recorded and sends again, where the agency signs the time; one from tomorrow, too."""
        if self.sign(self.body, self.secret, NOW) == self.sign(self.body, self.secret, LONG_AGO):
            pytest.skip("the agency does not sign the time")
        self.refused(scene, self.signed(at=LONG_AGO))
        self.refused(scene, self.signed(at=NOW + (NOW - LONG_AGO)))

    def test_old_and_new_secret_count_together(self, scene: Scene) -> None:
        """While the merchant replaces his secret, deliveries signed with either are read, and those of others are not."""
        if not self.rotated:
            pytest.skip("not covered: rotated names no settings with two secrets")
        agency = scene.made(**self.rotated)
        assert len(set(self.rotated_secrets)) > 1, "name the old and the new secret in rotated_secrets"
        for secret in self.rotated_secrets:
            assert agency.receive(self.signed(secret=secret)).entries
        assert isinstance(raised_by(lambda: agency.receive(self.signed(secret=WRONG))), DeliveryRefused)

    def test_headers_are_found_in_any_spelling(self, scene: Scene) -> None:
        """Servers and proxies spell headers as they like."""
        delivery = self.signed()
        for spelled in (str.lower, str.upper, str.title):
            headers = {spelled(name): value for name, value in delivery.headers.items()}
            assert self.received(scene, delivery.model_copy(update={"headers": headers})).entries

    def test_a_changed_byte_is_noticed(self, scene: Scene) -> None:
        """A body in which one byte differs is refused before anything of it is read."""
        delivery = self.signed()
        step = max(1, len(self.body) // _MOST_BYTES)
        for place in range(0, len(self.body), step):
            body = self.body[:place] + bytes([self.body[place] ^ 1]) + self.body[place + 1 :]
            self.refused(scene, delivery.model_copy(update={"body": body}))
        self.refused(scene, delivery.model_copy(update={"body": self.body + b" "}))

    def signed(self, *, secret: str | None = None, at: dt.datetime = NOW) -> Delivery:
        """Return the delivery as it arrives now."""
        assert self.body, "name body: a delivery of the agency"
        return Delivery(headers=dict(self.sign(self.body, secret or self.secret, at)), body=self.body, received_at=NOW)

    def received(self, scene: Scene, delivery: Delivery) -> Feed:
        """Receive a delivery; nobody is asked for it."""
        scene.play()
        feed = scene.agency.receive(delivery)
        assert isinstance(feed, Feed)
        assert not scene.requests, "a webhook asks nobody"
        return feed

    def refused(self, scene: Scene, delivery: Delivery) -> None:
        """Insist that a delivery is refused, discreetly."""
        with scene.discreet(self.secret) as listener:
            error = raised_by(lambda: scene.agency.receive(delivery))
            listener.listen("the error and its traceback", error)
        assert type(error) is DeliveryRefused, f"raised {type(error).__name__}"
