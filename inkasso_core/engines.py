"""Queue engines of others: who is told, in the same transaction, that something was queued. They are found by their entry points."""

from __future__ import annotations

from importlib.metadata import entry_points

from inkasso_core.describe import did_you_mean
from inkasso_core.errors import ConfigurationError
from inkasso_core.model.words import Text
from inkasso_core.store.queued import Waker

GROUP = "inkasso.engines"


def waker(name: str, *, database: str) -> Waker:
    """Return what tells an engine; raises :class:`ConfigurationError` where there is none of that name, or it cannot use the database.

    An entry point of the group ``inkasso.engines`` is called with the address of the database, and returns a :data:`Waker`.
    """
    found = {one.name: one for one in entry_points(group=GROUP)}
    if name not in found:
        near = did_you_mean(name, found)
        known = ", ".join(sorted(found)) or "-"
        raise ConfigurationError(
            Text(_NO_ENGINE.de.format(name=name, known=known, near=near.de), _NO_ENGINE.en.format(name=name, known=known, near=near.en)),
            field="worker.engine",
        )
    try:
        make = found[name].load()
    except (ImportError, AttributeError) as exc:
        raise ConfigurationError(_NOT_INSTALLED.fill(name=name, missing=exc.name or ""), field="worker.engine") from None
    made: Waker = make(database)
    return made


_NO_ENGINE = Text(
    "[worker] engine: „{name}“ gibt es nicht; installiert: {known}.{near}",
    '[worker] engine: there is no "{name}"; installed: {known}.{near}',
)
_NOT_INSTALLED = Text(
    "[worker] engine: für {name} fehlt {missing}: inkasso[{name}] installieren.",
    "[worker] engine: {name} needs {missing}: install inkasso[{name}].",
)
