"""The result of a managed query, fetched over HTTP and taken in like a file (``reference: shop-actindo.md`` section 5)."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from inkasso_core import ConfigurationError, FileRefused, Page, ShopContext, TemporarilyUnavailable, Text
from inkasso_shop_plugins.actindo import words
from inkasso_shop_plugins.actindo.client import Core1, wire_of
from inkasso_shop_plugins.actindo.place import Place
from inkasso_shop_plugins.actindo.settings import ActindoSettings, Query

_PAGE = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)
_WHAT = "query"
NO_LINK = Text(
    "Der Download-Link der Abfrage gilt nicht (HTTP {status}): [shops.{shop}.settings.query] url und die erlaubten IP-Adressen prüfen.",
    "The download link of the query does not count (HTTP {status}): check [shops.{shop}.settings.query] url and the allowed IP addresses.",
)


def pages(context: ShopContext[ActindoSettings], query: Query, place: Place) -> Iterator[Page]:
    """Fetch the result and yield it as a file; one that is the same as the last brings nothing.

    Raises ``TemporarilyUnavailable`` where there is none, or a page instead of one, and ``ConfigurationError`` where it is refused.
    """
    body = _by_method(context, query) if query.method is not None else _by_link(context, query)
    digest = hashlib.sha256(body).hexdigest()
    if digest == place.query:
        return
    if _PAGE.match(body):
        raise TemporarilyUnavailable(words.NO_ANSWER.fill(method=_WHAT, status=200))
    with tempfile.TemporaryDirectory(prefix="inkasso-") as folder:  # for its owner alone, and gone after it was taken in
        path = Path(folder) / f"actindo.{query.form}"
        path.write_bytes(body)
        asked_at = context.now().timestamp()
        os.utime(path, (asked_at, asked_at))  # it says how things stand now
        try:
            yield Page(files=(str(path),))
        except FileRefused as exc:  # it is kept as a failed report; the same result need not fail again
            yield Page(cursor=place.but(query=digest).cursor)
            raise exc from None
        yield Page(cursor=place.but(query=digest).cursor)


def _by_link(context: ShopContext[ActindoSettings], query: Query) -> bytes:
    url = query.url.get_secret_value() if query.url else ""
    answer = wire_of(context.settings).send("GET", url)
    if answer.status == 200:
        return answer.body
    if 300 <= answer.status < 500 and answer.status not in (408, 429):
        raise ConfigurationError(NO_LINK.fill(status=answer.status, shop=context.shop))
    raise TemporarilyUnavailable(words.NOT_REACHED, http_status=answer.status)


def _by_method(context: ShopContext[ActindoSettings], query: Query) -> bytes:
    return Core1(context).sent(query.method or "", query.body).body
