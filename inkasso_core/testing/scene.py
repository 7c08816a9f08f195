# ruff: noqa: S101  (what a check asserts is what it says)
"""Where a check plays: the adapter as its author configured it, the stand-in of its agency, and what was said between the two."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from inkasso_core.agencies.base import Agency, AgencySettings
from inkasso_core.agencies.wire import Times, Wire
from inkasso_core.errors import InkassoError
from inkasso_core.testing.detour import CONNECT_SECONDS, READ_SECONDS, Detour
from inkasso_core.testing.discreet import Listener, listening, marks_of, secrets_of
from inkasso_core.testing.faults import IN_TIME, Fault
from inkasso_core.testing.reply import Received, Replies, Reply, replies_of
from inkasso_core.testing.sample import sample_placement
from inkasso_core.testing.server import FaultServer, SilentPort, closed_port


class Scene:
    """One adapter and its stand-in. ``play`` sets what the stand-in answers; nothing else is reached."""

    def __init__(
        self,
        agency_class: type[Agency[Any]],
        settings: Mapping[str, Any],
        *,
        always: Replies = (),
        address_setting: str | None = None,
    ) -> None:
        self.agency_class = agency_class
        self.given = dict(settings)
        self.server = FaultServer()
        self._always = replies_of(always)
        self._address_setting = address_setting
        self._detour = Detour(self._route)
        self._agency: Agency[Any] | None = None
        self._fault: Fault | None = None
        self._target: Reply | None = None
        self._silent: SilentPort | None = None

    def __enter__(self) -> Scene:
        self.server.__enter__()
        self._detour.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self._detour.__exit__(kind, error, where)
        if self._silent is not None:
            self._silent.close()
        self.server.__exit__(kind, error, where)

    @property
    def agency(self) -> Agency[Any]:
        """The adapter, made once."""
        if self._agency is None:
            self._agency = self.made()
        return self._agency

    def made(self, **changes: Any) -> Agency[Any]:
        """Return a new adapter, with other settings where they are named."""
        given, address = {**self.given, **changes}, self._address_setting
        fields = self.agency_class.Settings.model_fields
        if address in fields:
            given[address] = self._moved(str(given.get(address) or fields[address].default))
        agency = self.agency_class(self.agency_class.Settings.model_validate(given))
        if address is not None and address not in fields:
            setattr(agency, address, self._moved(str(getattr(agency, address))))
        return agency

    @property
    def settings(self) -> AgencySettings:
        """The settings of the adapter."""
        settings: AgencySettings = self.agency.settings
        return settings

    @property
    def secrets(self) -> list[str]:
        """The secrets of the account."""
        return secrets_of(self.settings, self.given)

    def play(self, *replies: Reply, fault: Fault | None = None, target: Reply | None = None) -> None:
        """Begin anew: the stand-in answers ``replies``, and what ``target`` answers (left out, the last) meets ``fault``."""
        self._fault, self._target = fault, target or (replies[-1] if replies else None)
        self.server.play(*replies, always=self._always, fault=fault, target=self._target)
        self._detour.forget()

    def sent(self, reply: Reply) -> int:
        """Return how often the request that ``reply`` answers was sent, whether it arrived or not."""
        tried = [request for request in self._detour.tried if request.is_asked_by(reply)]
        return max(len(tried), len(self.server.asked(reply)))

    @property
    def without_timeout(self) -> list[Received]:
        """The requests that had no time-out."""
        return self._detour.without_timeout

    @property
    def requests(self) -> list[Received]:
        """What the stand-in received, but for what is asked again and again (tokens, WSDLs)."""
        return [request for request in self.server.received if not any(request.is_asked_by(reply) for reply in self._always)]

    def insist_on_announced(self) -> None:
        """Fail where the adapter asked for what its author did not announce."""
        known = [f"{reply.method} {reply.url or 'anywhere'}" for reply in (*self.server.script.replies, *self._always)]
        asked = [str(request) for request in self.server.unannounced]
        assert not asked, f"requests that are not announced: {asked}; announced are {known}"

    @contextmanager
    def announced(self) -> Iterator[None]:
        """Name the request that nobody announced, where an adapter fails because of it."""
        try:
            yield
        except InkassoError:
            self.insist_on_announced()
            raise

    @contextmanager
    def in_a_hurry(self, fault: Fault | None) -> Iterator[None]:
        """Shorten the adapter's time-outs where a fault waits for them: those of single steps, and that for the whole answer."""
        self._detour.hurried = fault in IN_TIME
        with pytest.MonkeyPatch.context() as patch:
            if self._detour.hurried:
                patch.setattr(Wire, "send", _hurried(Wire.send))
            yield
        self._detour.hurried = False

    @contextmanager
    def discreet(self, *more: str) -> Iterator[Listener]:
        """Listen while something happens; fail where the debtor's data or a secret was said."""
        with listening([*self.secrets, *marks_of(sample_placement()), *more]) as listener:
            yield listener
        assert not listener.heard, f"the debtor's data or a secret is in: {sorted(set(listener.heard))}"

    def _route(self, request: Received) -> str:
        meets = self._target is None or request.is_asked_by(self._target)
        if self._fault is Fault.REFUSED and meets:
            return closed_port()
        if self._fault is Fault.CONNECT_TIMEOUT and meets:
            return self._nowhere()
        return self.server.address

    def _nowhere(self) -> str:
        if self._silent is None:
            self._silent = SilentPort()
        if not self._silent.is_silent():
            pytest.skip("this system lets nobody wait for a connection")
        return self._silent.address

    def _moved(self, address: str) -> str:
        parts = urlsplit(address)
        return urlunsplit(("http", self.server.address, parts.path, parts.query, ""))


def _hurried(send: Callable[..., Any]) -> Callable[..., Any]:
    def hurried(wire: Wire, *args: Any, **more: Any) -> Any:
        before, wire.times = wire.times, Times(CONNECT_SECONDS, READ_SECONDS)
        try:
            return send(wire, *args, **more)
        finally:
            wire.times = before

    return hurried


def holds(found: Any, wanted: Any) -> bool:
    """Whether ``found`` is ``wanted``, or holds it somewhere."""
    if type(found) is type(wanted) and found == wanted:
        return True
    inner = list(found.values()) if isinstance(found, Mapping) else list(found) if isinstance(found, list | tuple) else []
    return any(holds(part, wanted) for part in inner)


def floats_in(found: Any) -> bool:
    """Whether there is a float in what an agency answered: amounts in it would no longer be exact."""
    inner: Sequence[Any] = list(found.values()) if isinstance(found, Mapping) else list(found) if isinstance(found, list | tuple) else ()
    return isinstance(found, float) or any(floats_in(part) for part in inner)


def replaced(node: Any, old: str, new: str) -> Any:
    """Return a copy of an answer with another value in place of each ``old``; numbers count as their text."""
    match node:
        case dict():
            return {key: replaced(value, old, new) for key, value in node.items()}
        case list():
            return [replaced(value, old, new) for value in node]
        case str() if node.lstrip().startswith("<"):
            return node.replace(f">{old}<", f">{new}<")
        case str() if node == old:
            return new
        case int() | Decimal() if not isinstance(node, bool) and str(node) == old:
            return int(new) if new.isdigit() else new
    return node
