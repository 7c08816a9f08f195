"""Requests to the shop's route of the intake: a workflow of the merchant's says what changed, and a permission comes back with its code."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from inkasso_core import DeliveryRefused, InvalidInput, Received, ShopContext, ShopRequest, from_json
from inkasso_shop_plugins.actindo import words
from inkasso_shop_plugins.actindo.client import Core1
from inkasso_shop_plugins.actindo.settings import ActindoSettings
from inkasso_shop_plugins.actindo.tokens import is_ours

PERMITTED_PATH = "permitted"
HEADER = "X-Inkasso-Secret"
MOST = 500
_LONGEST_ID = 40


def received(context: ShopContext[ActindoSettings], request: ShopRequest) -> Received:
    """Read a request: the code of a permission at ``permitted``, else ids of documents that the next poll is to read.

    Raises ``DeliveryRefused`` without the secret, ``InvalidInput`` for a body that cannot be read, ``AuthenticationFailed`` for a code that
    actindo refuses.
    """
    if request.path == PERMITTED_PATH:
        return _permitted(context, request.query)
    _check(context.settings, request)
    try:
        body = from_json(request.body)
    except ValueError:
        body = None
    return Received(wanted=_ids(body))


def _check(settings: ActindoSettings, request: ShopRequest) -> None:
    """The secret stands in a header, or in the address."""
    secret = settings.push_secret.get_secret_value() if settings.push_secret else ""
    given = request.header(HEADER) or request.path.partition("/")[0]
    if not secret or not hmac.compare_digest(secret.encode(), given.encode()):
        raise DeliveryRefused(words.NOT_OURS)


def _ids(body: Any) -> tuple[str, ...]:
    found = body.get("ids", [body.get("id")]) if isinstance(body, Mapping) else None
    if not isinstance(found, list) or not found or len(found) > MOST or not all(map(_is_id, found)):
        raise InvalidInput(words.NO_IDS, field="ids", reason="NO_IDS")
    return tuple(dict.fromkeys(map(_name, found)))


def _name(value: str | int) -> str:
    """An id as documents write it: a number has no zeros before it."""
    text = str(value).strip()
    return str(int(text)) if text.isdecimal() else text


def _is_id(value: object) -> bool:
    text = str(value).strip()
    return isinstance(value, str | int) and not isinstance(value, bool) and text.isascii() and text.isalnum() and len(text) <= _LONGEST_ID


def _permitted(context: ShopContext[ActindoSettings], query: Mapping[str, str]) -> Received:
    """Take the code with which actindo leads back. The word that came along shows that the permission was begun here."""
    code, state = query.get("code", ""), query.get("state", "")
    if not code or context.settings.client_secret is None or not is_ours(context.settings, context.shop, state, context.now()):
        raise DeliveryRefused(words.STATE_WRONG)
    Core1(context).access.exchange(code)
    text = words.PERMITTED
    return Received(body=f"{text.de}\n{text.en}\n".encode())
