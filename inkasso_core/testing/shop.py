# ruff: noqa: S101  (what a check asserts is what it says)
"""The conformance of a shop plugin: through a whole installation, with a record of the shop that its author names."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from inkasso_core.app import Inkasso, Result
from inkasso_core.errors import DeliveryRefused, InvalidInput, NotFound
from inkasso_core.model.events import ShopEventKind
from inkasso_core.model.shop import ShopRequest
from inkasso_core.plugins.base import ShopPlugin
from inkasso_core.plugins.manager import GROUP, HOOKS
from inkasso_core.settings import build
from inkasso_core.testing.common import VERIFIED
from inkasso_core.testing.discreet import Listener, listening, marks_of_debtor, plain_secrets, secrets_of

SHOP = "shop"
NOW = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)
_ODD: tuple[Any, ...] = (None, "", [], {}, "🦔" * 50, -1, 10**40, True, ["x"], {"x": "y"})
"""What may stand where something else was expected."""
_TAKEN = frozenset({"registered", "revised", "repeated", "older", "ignored", "failed"})


class ShopConformance:
    """Subclass it in a test module; name at least ``plugin_class`` and ``payload``."""

    plugin_class: ClassVar[type[ShopPlugin[Any]]]
    settings: ClassVar[Mapping[str, Any]] = {}
    """As under ``[shops.NAME.settings]``; the secrets in it are invented, and at least four characters long."""
    payload: ClassVar[Mapping[str, Any]] = {}
    """A record of the shop that starts a claim, about an invented person."""
    kind: ClassVar[ShopEventKind | None] = None
    """The hook that it fires; left out, the plugin's own ``event``."""
    other: ClassVar[Mapping[str, Any]] = {}
    """A record that starts none (another status, another client); left out, that is not checked."""
    newer: ClassVar[Mapping[str, Any]] = {}
    """The same order, reported later, with something changed; left out, that is not checked."""
    request: ClassVar[ShopRequest | None] = None
    """A request of the shop, for a plugin with ``receive``, as it arrives at ``NOW``."""
    is_signed: ClassVar[bool] = True
    """Whether the body of a request is signed: then one changed byte must be noticed. False for a secret in the address."""
    not_secret: ClassVar[Sequence[str]] = ()
    """Settings whose names sound like a secret and that hold none."""
    entry_point: ClassVar[str | None] = None
    """The name of the entry point; left out, the one that leads to the class, where its distribution is installed."""

    @pytest.fixture
    def ink(self, tmp_path: Path) -> Iterator[Inkasso]:
        """An installation with this one shop; its clock stands still. Not to be overridden."""
        with self._opened(tmp_path) as made:
            yield made

    def test_the_entry_point_bears_the_name(self) -> None:
        """The entry point in the group ``inkasso.plugins`` that leads to the class equals its ``name``."""
        found = [self.entry_point] if self.entry_point else _leading_to(self.plugin_class)
        if not found:
            pytest.skip(f"no installed distribution has an entry point in {GROUP} that leads to {self.plugin_class.__name__}")
        assert found == [self.plugin_class.name], f"the entry point is called {found[0]!r}, the class {self.plugin_class.name!r}"

    def test_it_says_what_people_read(self) -> None:
        """There is a label, and ``verified`` is one of the known words."""
        assert self.plugin_class.label.strip()
        assert self.plugin_class.verified in VERIFIED

    def test_it_hears_of_something(self, ink: Inkasso) -> None:
        """It works, and implements the hook that its record fires."""
        broken = [one.text.en for one in ink.plugins.broken if one.name == self.plugin_class.name]
        assert not broken, broken
        assert f"inkasso_{self._kind.value}" in {hook for hook in HOOKS if callable(getattr(self.plugin_class, hook, None))}

    def test_settings_that_sound_secret_are_secret(self) -> None:
        """A setting whose name sounds like a secret is a ``SecretStr``."""
        plain = [name for name in plain_secrets(self.plugin_class.Settings) if name not in self.not_secret]
        assert not plain, f"declare these as SecretStr, or name them in not_secret: {plain}"

    def test_secrets_are_not_shown(self) -> None:
        """No ``repr`` and no complaint about settings shows a secret."""
        settings = self.plugin_class.Settings.model_validate(dict(self.settings))
        secrets = secrets_of(settings, self.settings)
        listener = Listener(secrets)
        listener.listen("repr of the settings", repr(settings))
        listener.listen("repr of the plugin", repr(self.plugin_class()))
        for secret in secrets:
            with pytest.raises(ValidationError) as caught:
                self.plugin_class.Settings.model_validate({**self.settings, "conformance_no_such_setting": secret})
            listener.listen("error about a setting", str(caught.value))
        assert not listener.heard, f"a secret is shown in: {sorted(set(listener.heard))}"

    def test_the_record_becomes_a_claim(self, ink: Inkasso) -> None:
        """The hook answers with a claim, which is stored and diagnosed; nothing about the debtor is said aloud."""
        with listening(self._words) as listener:
            result = self._report(ink, self.payload)
            listener.listen("repr of the result", repr(result))
        assert result.outcome == "registered", _why(result)
        assert result.diagnosis is not None
        assert not listener.heard, f"the debtor's data are said in: {sorted(set(listener.heard))}"

    def test_the_same_record_twice_is_one_claim(self, ink: Inkasso) -> None:
        """Shops report again and again."""
        first, again = self._report(ink, self.payload), self._report(ink, self.payload)
        assert again.outcome == "repeated", _why(again)
        assert again.ref == first.ref
        assert len(list(ink.claims())) == 1

    def test_a_newer_record_is_a_revision(self, ink: Inkasso) -> None:
        """The claim keeps its key whatever else changes; the older record, should it come late, changes nothing."""
        if not self.newer:
            pytest.skip("not covered: newer names no later record of the same order")
        first, second = self._report(ink, self.payload), self._report(ink, self.newer)
        assert (second.outcome, second.ref) == ("revised", first.ref), _why(second)
        assert self._report(ink, self.payload).outcome in ("older", "repeated"), "say which of two records is newer: version or reported_at"

    def test_another_record_starts_none(self, ink: Inkasso) -> None:
        """What is no case for collection becomes no claim, and no failure."""
        if not self.other:
            pytest.skip("not covered: other names no record that starts no claim")
        result = self._report(ink, self.other)
        assert result.outcome == "ignored", _why(result)
        assert list(ink.claims()) == []

    def test_the_hook_changes_nothing(self, ink: Inkasso) -> None:
        """It computes: the record stays as it was, and asked again it answers the same."""
        payload = copy.deepcopy(dict(self.payload))
        self._report(ink, payload)
        assert payload == dict(self.payload), "the hook changed the record"

    def test_a_record_with_something_missing_stops_nobody(self, ink: Inkasso) -> None:
        """Each member left out, one after the other: a claim, nothing, or a failed report that quotes no value; never a broken plugin."""
        self._sound(ink, [{key: value for key, value in self.payload.items() if key != left_out} for left_out in self.payload])

    def test_a_record_with_something_odd_stops_nobody(self, ink: Inkasso) -> None:
        """Each member replaced by what nobody expects there."""
        self._sound(ink, [{**self.payload, key: odd} for key in self.payload for odd in _ODD])

    def test_a_request_is_read(self, ink: Inkasso) -> None:
        """With the right signature or secret it is taken, discreetly, and taken again it brings nothing new."""
        request = self._asked()
        with listening([*self._words, *self._secrets]) as listener:
            received, _ = ink.receive(SHOP, request)
            listener.listen("repr of the answer", repr(received))
        assert 200 <= received.status < 300
        ink.tell_parts()
        before = len(list(ink.claims()))
        ink.receive(SHOP, request)
        ink.tell_parts()
        assert len(list(ink.claims())) == before
        assert not listener.heard, f"data of the debtor or a secret are said in: {sorted(set(listener.heard))}"

    def test_a_request_of_somebody_else_is_refused(self, ink: Inkasso) -> None:
        """Without headers, path and query, with none of them but odd ones, with a wrong secret: nothing of it is read."""
        request = self._asked()
        bare = request.model_copy(update={"headers": {}, "path": "", "query": {}})
        wrong = {name: f"{value}x" for name, value in request.headers.items()}
        for refused in (bare, request.model_copy(update={"headers": wrong, "path": f"x{request.path}", "query": {}})):
            self._refused(ink, refused)
        if self.is_signed:
            step = max(1, len(request.body) // 32)
            for place in range(0, len(request.body), step):
                body = request.body[:place] + bytes([request.body[place] ^ 1]) + request.body[place + 1 :]
                self._refused(ink, request.model_copy(update={"body": body}))

    # What the checks go by

    @property
    def _kind(self) -> ShopEventKind:
        return self.kind or self.plugin_class.event

    @property
    def _words(self) -> list[str]:
        """Parts of the data of the person that the record is about, as the plugin reads it."""
        with TemporaryDirectory() as folder, self._opened(Path(folder)) as ink:
            ref = self._report(ink, self.payload).ref
            return marks_of_debtor(ink.show(ref).claim.debtor) if ref is not None else []

    @property
    def _secrets(self) -> list[str]:
        return secrets_of(self.plugin_class.Settings.model_validate(dict(self.settings)), self.settings)

    def _opened(self, folder: Path) -> Inkasso:
        data = {"shops": {SHOP: {"plugin": self.plugin_class.name, "settings": dict(self.settings)}}}
        plugins = {self.plugin_class.name: self.plugin_class}
        return Inkasso(build(data, folder), plugins=plugins, clock=lambda: NOW, sleep=lambda _seconds: None)

    def _report(self, ink: Inkasso, payload: Mapping[str, Any]) -> Result:
        assert payload, "name payload: a record of the shop"
        report = getattr(ink, self._kind.value)
        return report(shop=SHOP, payload=payload)  # type: ignore[no-any-return]

    def _sound(self, ink: Inkasso, payloads: Sequence[Mapping[str, Any]]) -> None:
        listener = Listener(self._words)
        for payload in payloads:
            result = self._report(ink, payload)
            assert result.outcome in _TAKEN
            if result.problem is not None:
                assert getattr(result.problem, "reason", "") != "PLUGIN_BROKE", f"the hook broke: {result.problem.text.en}"
                listener.listen("text of a problem", f"{result.problem.text} {result.problem!r}")
        assert not listener.heard, "a problem quotes the record: name the field, never the value"

    def _asked(self) -> ShopRequest:
        if "receive" not in self.plugin_class().operations:
            pytest.skip("the plugin takes no requests")
        assert self.request is not None, "name request: a request of the shop"
        return self.request

    def _refused(self, ink: Inkasso, request: ShopRequest) -> None:
        with listening([*self._words, *self._secrets]) as listener, pytest.raises((DeliveryRefused, InvalidInput, NotFound)) as caught:
            ink.receive(SHOP, request)
        listener.listen("the error", caught.value)
        assert not listener.heard, f"data of the debtor or a secret are said in: {sorted(set(listener.heard))}"
        assert ink.tell_parts() == []


def _why(result: Result) -> str:
    return f"{result.outcome}: {result.problem.text.en if result.problem else ''}"


def _leading_to(plugin_class: type[ShopPlugin[Any]]) -> list[str]:
    home = f"{plugin_class.__module__}."
    near = [point for point in metadata.entry_points(group=GROUP) if home.startswith(f"{point.module}.")]
    return sorted({point.name for point in near if point.load() is plugin_class})
