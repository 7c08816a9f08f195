"""The base class of shop plugins: a name, a settings model, and how an exported file is read.

A policy plugin needs none of this: any module or object with hook implementations will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar, cast

from pydantic import BaseModel, ConfigDict

from inkasso_core.model.events import ShopEventKind
from inkasso_core.model.words import Text
from inkasso_core.readers import Reader, open_records


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

    def doubts(self, settings: S, section: str) -> Sequence[Text]:
        """Return what the settings leave open though most shops need it: ``inkasso doctor`` warns of it; ``section`` is theirs."""
        return ()

    def settings(self, event: Any) -> S:
        """Return the event's settings in this plugin's own type."""
        return cast("S", event.settings)
