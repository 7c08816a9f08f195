"""The intake: shops, agencies and other programs post what happened, over HTTP. One WSGI application, for any server and under any prefix.

It needs the extra ``serve``, which is loaded when it is used and not before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from inkasso_core.errors import ConfigurationError
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from inkasso_core.app import Inkasso
    from inkasso_core.web.server import Server


def intake_app(ink: Inkasso, *, on_parts: Callable[[], None] | None = None) -> WSGIApplication:
    """Return the intake of an installation as a WSGI application, to be run by any server or mounted in another application.

    ``on_parts`` is called after parts of a claim were stored, of which the shop's plugin is to be told (:meth:`Inkasso.tell_parts`); left
    out, the next run does that. Raises :class:`ConfigurationError` where the extra ``serve`` is not installed.
    """
    try:
        from inkasso_core.web.application import Intake
    except ModuleNotFoundError as exc:
        raise missing_extra(exc) from None
    return Intake(ink, on_parts)


def bind(ink: Inkasso, *, host: str | None = None, port: int | None = None, threads: int | None = None) -> Server:
    """Return a server for the intake that is bound to its address and does not answer yet; left out, the settings say which.

    Raises :class:`ConfigurationError` where the extra ``serve`` is not installed, or the address cannot be had.
    """
    try:
        from inkasso_core.web.server import Server
    except ModuleNotFoundError as exc:
        raise missing_extra(exc) from None
    return Server(ink, host=host, port=port, threads=threads)


def missing_extra(error: ModuleNotFoundError) -> ConfigurationError:
    """Return what to say where a package of the extra is not there; anything else that is missing is no matter of the extra."""
    if (error.name or "").partition(".")[0] not in ("waitress", "werkzeug"):
        raise error
    return ConfigurationError(_NO_EXTRA, field="serve")


_NO_EXTRA = Text(
    "Für den Eingang fehlt ein Paket: pip install 'inkasso[serve]'.", "A package is missing for the intake: pip install 'inkasso[serve]'."
)
