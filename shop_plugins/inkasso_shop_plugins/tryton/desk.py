"""The relay: from the rows in Tryton into the store of inkasso, through the facade.

``trytond.conf`` says where, and for which shop::

    [inkasso]
    config = /etc/inkasso/inkasso.toml
    shop = tryton
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from trytond import backend, config
from trytond.pool import Pool
from trytond.transaction import Transaction

from inkasso_core import ConfigurationError, Text

if TYPE_CHECKING:
    from inkasso_core import Inkasso, Result

SECTION = "inkasso"
_open: dict[str, Inkasso] = {}
_lock = threading.Lock()


class Handed(NamedTuple):
    """What a run of the relay did."""

    done: int = 0
    """Rows that inkasso has stored."""
    refused: int = 0
    """Those of them that it stored as failed reports: ``inkasso events`` shows them, ``inkasso replay`` tries them again."""
    failed: int = 0
    """Rows that wait for another try."""

    def plus(self, other: Handed) -> Handed:
        """Return both together."""
        return Handed(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class Desk(NamedTuple):
    """Where rows are handed in."""

    open: Callable[[], Inkasso]
    shop: str | None
    shops: Mapping[int, str]
    """Company -> its shop; a company that is not named has ``shop``, where it is the only one of the database."""

    def report(self, kind: str, company: int, report: Mapping[str, Any]) -> Result:
        """Fire the hook of an event. Raises what the facade raises, and :class:`ConfigurationError` for a company without a shop."""
        shop = self.shops.get(company) or (self.shop if _is_only_company() else None)
        if not shop:
            raise ConfigurationError(_NO_SHOP.fill(company=company), field=f"shop_{company}")
        result: Result = getattr(self.open(), kind)(shop=shop, payload=report)
        return result


def by_queue() -> bool:
    """Return whether the relay follows each transaction: there is an installation, and nobody left it to the scheduled job alone."""
    return bool(config.get(SECTION, "config", default=None)) and config.get(SECTION, "relay", default="queue") == "queue"


def configured_desk() -> Desk | None:
    """Return the desk that ``trytond.conf`` names; None where the rows wait for the command."""
    path = config.get(SECTION, "config", default=None)
    return desk_of(path, config.get(SECTION, "shop", default=None)) if path else None


def desk_of(path: str, shop: str | None) -> Desk:
    """Return the desk of an installation, by its ``inkasso.toml``; it is opened when the first row is handed in, once per process."""
    with Transaction().connection.cursor() as cursor:
        table = Pool().get("company.company").__table__()
        cursor.execute(*table.select(table.id))
        companies = [company for (company,) in cursor.fetchall()]
    named = {company: config.get(SECTION, f"shop_{company}", default=None) for company in companies}
    return Desk(lambda: _opened(path), shop, {company: name for company, name in named.items() if name})


def not_configured() -> ConfigurationError:
    """Return what says that ``trytond.conf`` names no installation."""
    return ConfigurationError(_NOT_CONFIGURED, field="config")


def snapshot_time() -> dt.datetime:
    """Return the instant that this transaction sees Tryton at: of two reports, the one that saw more is the newer one.

    PostgreSQL's own clock, at the start of the transaction; SQLite lets one transaction write at a time, so the time itself will do.
    """
    if backend.name != "postgresql":
        return dt.datetime.now(dt.UTC)
    with Transaction().connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_TIMESTAMP")
        (found,) = cursor.fetchone()
    return found.astimezone(dt.UTC) if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _opened(path: str) -> Inkasso:
    with _lock:
        if path not in _open:
            from inkasso_core import Inkasso  # not before there is something to hand in: Tryton starts without our store

            _open[path] = Inkasso.from_config(path)
        return _open[path]


def _is_only_company() -> bool:
    return bool(Pool().get("company.company").search([], count=True) == 1)


_NOT_CONFIGURED = Text(
    "trytond.conf nennt keine inkasso.toml: [inkasso] config = PFAD und shop = NAME eintragen, oder --inkasso und --shop angeben.",
    "trytond.conf names no inkasso.toml: enter [inkasso] config = PATH and shop = NAME, or give --inkasso and --shop.",
)
_NO_SHOP = Text(
    "trytond.conf, [inkasso]: Für das Unternehmen {company} ist kein Shop genannt. shop = NAME gilt nur bei einem einzigen Unternehmen; "
    "bei mehreren hat jedes einen eigenen Gläubiger: shop_{company} = NAME.",
    "trytond.conf, [inkasso]: no shop is named for the company {company}. shop = NAME counts for a single company only; where there are "
    "several, each is a creditor of its own: shop_{company} = NAME.",
)
