"""The base class of shop plugins: a name, a settings model, and how an exported file is read.

A policy plugin needs none of this: any module or object with hook implementations will do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from pydantic import BaseModel, ConfigDict

from inkasso_core.model.events import ShopEventKind
from inkasso_core.model.words import Text
from inkasso_core.readers import Reader, open_records

if TYPE_CHECKING:
    from inkasso_core.model.diagnosis import Finding
    from inkasso_core.model.shop import Asked, Page, Received, ShopRequest
    from inkasso_core.plugins.context import ShopContext

_OPTIONAL = ("examine", "poll", "receive")


class ShopSettings(BaseModel):
    """Base of a plugin's settings, ``[shops.NAME.settings]`` in ``inkasso.toml``. Declare secrets as ``SecretStr``."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)


S = TypeVar("S", bound=ShopSettings)


class ShopPlugin(Generic[S]):
    """A shop system. Subclass it, fill in the class attributes, and implement the hooks you need with ``@hookimpl``.

    Registered by entry point in the group ``inkasso.plugins``; the entry point's name is ``name``.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    Settings: ClassVar[type[ShopSettings]] = ShopSettings
    event: ClassVar[ShopEventKind] = ShopEventKind.EXPORT_REQUESTED
    """What one record of an exported file (or one posted body) stands for: the hook that it fires."""
    reads_beside: ClassVar[bool] = False
    """Whether :meth:`open_export` reads files beside the export; where not, nobody may name any."""
    verified: ClassVar[str] = ""
    """How this plugin was verified: specification read, stand-in, sandbox, live; nothing where its author does not say."""
    documentation: ClassVar[str] = ""
    """The page, or its address, that explains the settings."""
    assertion: ClassVar[str | None] = None
    """The setting (a table) in which the merchant asserts what the shop cannot export. ``inkasso init`` writes it out, as comments: it is
    his statement, and nobody makes it for him."""
    assertable: ClassVar[Sequence[str]] = ()
    """The fields of a claim that the assertion can fill: where a diagnosis finds one of them missing, it says so."""

    def open_export(self, path: str, *, settings: S, beside: Sequence[str] = (), skip: int = 0) -> Reader:
        """Open a file exported by the shop, or ``-`` for standard input, and return a reader of its records.

        ``beside`` names files with records that belong to it (addresses, contacts); ``skip`` passes over the first records of a file
        whose ingest was interrupted. Raises ``FileRefused`` when the file as a whole cannot be read.
        """
        return open_records(path, skip=skip)

    def triggers(self, settings: S) -> Sequence[str]:
        """Return the order statuses, or dunning levels, that start a claim, as the settings write them; none where it is no matter of one.

        They tell a merchant why a record started none, and which of them a misspelt one was meant to be.
        """
        return ()

    def idle_statuses(self, settings: S) -> Sequence[str]:
        """Return the statuses that this plugin itself writes where a record starts no claim: none of them says anything about a person.

        They are remembered word for word, so that `inkasso diagnose` can say why there is no claim.
        """
        return ()

    def doubts(self, settings: S, section: str) -> Sequence[Text]:
        """Return what the settings leave open though most shops need it: ``inkasso doctor`` warns of it; ``section`` is theirs."""
        return ()

    # What a shop may do besides. Each of these is left out by a plugin that has no such thing; see :attr:`operations`.

    def poll(self, context: ShopContext[S], asked: Asked) -> Iterator[Page]:
        """Ask the shop what is new since ``asked.cursor``, and for ``asked.wanted``; yield it page by page.

        Each page is stored, with its cursor, before the next is asked for: a poll that is killed goes on from the last page. Raise
        ``TemporarilyUnavailable`` for a shop that cannot be reached, ``AuthenticationFailed`` where it lets nobody in.
        """
        raise NotImplementedError

    def receive(self, context: ShopContext[S], request: ShopRequest) -> Received:
        """Read a request that the shop sent to its route of the intake; what is returned is stored before it is answered.

        Check the signature before anything else, and raise ``DeliveryRefused`` where it is not the shop's (answered with 401);
        ``InvalidInput`` for a body that cannot be read (400).
        """
        raise NotImplementedError

    def examine(self, context: ShopContext[S]) -> Iterator[Finding]:
        """Look whether the shop lets us in and has what the settings name: for ``inkasso doctor --online``. Changes nothing."""
        raise NotImplementedError

    @property
    def operations(self) -> frozenset[str]:
        """What of ``poll``, ``receive`` and ``examine`` this plugin offers."""
        return frozenset(name for name in _OPTIONAL if getattr(type(self), name) is not getattr(ShopPlugin, name))

    def settings(self, event: Any) -> S:
        """Return the event's settings in this plugin's own type."""
        return cast("S", event.settings)
