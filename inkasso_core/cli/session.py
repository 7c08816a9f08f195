"""One call of the command: its global options, and the installation that it works on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from inkasso_core.cli import output
from inkasso_core.cli.language import speak
from inkasso_core.lifecycle import Profile
from inkasso_core.model.words import Language, Text

if TYPE_CHECKING:
    from inkasso_core.app import Inkasso


@dataclass(frozen=True)
class Session:
    """The global options."""

    config: Path | None = None
    lang: Language | None = None
    verbose: bool = False
    debug: bool = False


def of(ctx: typer.Context) -> Session:
    """Return the session of a call."""
    found = ctx.find_object(Session)
    return found if found is not None else Session()


@contextmanager
def opened(ctx: typer.Context, *, upgrade: bool = True) -> Iterator[Inkasso]:
    """Open the installation that the call names, and close it again. Without ``--lang`` its settings choose the language.

    Raises :class:`ConfigurationError` and :class:`StoreError`; ``upgrade=False`` leaves the database alone.
    """
    from inkasso_core.app import Inkasso
    from inkasso_core.settings import load

    session = of(ctx)
    settings = load(session.config)
    if session.lang is None:
        speak(settings.inkasso.language)
    with Inkasso(settings, upgrade=upgrade) as ink:
        if session.verbose:
            output.note(_INSTALLATION, folder=settings.folder, database=ink.database_status().address)
        yield ink


@contextmanager
def unopened(ctx: typer.Context) -> Iterator[Inkasso]:
    """Give what is installed, for commands that need no database; without a configuration, there are no shops and no accounts."""
    from inkasso_core.app import Inkasso
    from inkasso_core.settings import DEFAULT_FILE, Settings, load

    session = of(ctx)
    settings = Settings()
    if session.config is not None or Path(DEFAULT_FILE).exists():
        settings = load(session.config)
        if session.lang is None:
            speak(settings.inkasso.language)
    with Inkasso(settings, upgrade=False) as ink:
        yield ink


def profile_of(ink: Inkasso, shop: str) -> Profile:
    """Return the profile that names a shop's states; a shop that is no longer configured keeps the stricter one."""
    config = ink.settings.shops.get(shop)
    return config.profile if config else Profile.MARKETPLACE


_INSTALLATION = Text("Einstellungen in {folder}, Datenbank {database}", "settings in {folder}, database {database}")
