"""An installation whose intake is asked in process, or by a process of its own, and clients that sign."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shops.live import LiveShop
from werkzeug.test import Client, TestResponse
from world import World, claim, world

from inkasso_core import intake_app

SECRET, BEFORE, TOKEN, OTHER = "s" * 32, "b" * 32, "t" * 32, "o" * 32
SERVE: dict[str, Any] = {
    "max_body": 100_000,
    "max_events": 20,
    "clients": {
        "erp": {"shops": ["erp", "live"], "secret": SECRET, "secret_before": BEFORE},
        "other": {"shops": ["closed"], "secret": OTHER},
        "tool": {"shops": ["erp"], "token": TOKEN},
        "unset": {"shops": ["erp"], "secret": {"env": "INKASSO_NO_SUCH_VARIABLE"}},
    },
}
SHOPS = {"erp": {"plugin": "canonical"}, "live": {"plugin": "live"}, "closed": {"plugin": "canonical"}}
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@contextmanager
def installation(tmp_path: Path, **serve: Any) -> Iterator[tuple[World, LiveShop]]:
    """Open an installation with shops that post claims, and one that sends requests of its own."""
    live = LiveShop()
    with world(tmp_path, shops=SHOPS, plugins={"live": live}, serve={**SERVE, **serve}) as town:
        yield town, live


def of(town: World) -> Client:
    """A client of its intake."""
    return Client(intake_app(town.ink))


def event(order: str = "A-1", *, shop: str = "erp", **changes: Any) -> dict[str, Any]:
    """An event with a claim that nothing stops."""
    return {"shop": shop, "event": "order_status_changed", "claim": claim_json(order), **changes}


def claim_json(order: str = "A-1", **changes: Any) -> dict[str, Any]:
    """A claim as a program sends it."""
    return claim(order, **changes).model_dump(mode="json", exclude_defaults=True)


def encoded(body: object) -> bytes:
    """The body as it is sent."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def signed(town: World, body: bytes, *, client: str = "erp", secret: str = SECRET, late: float = 0) -> dict[str, str]:
    """The headers of a client that signs, by a clock that is ``late`` seconds behind."""
    timestamp = str(int(town.clock().timestamp() - late))
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Inkasso-Client": client, "Inkasso-Timestamp": timestamp, "Inkasso-Signature": digest}


def post(
    town: World, body: object, *, headers: Mapping[str, str] | None = None, media_type: str = "application/json", **signing: Any
) -> TestResponse:
    """Post events, signed unless ``headers`` say otherwise."""
    sent = encoded(body)
    shown = dict(signed(town, sent, **signing) if headers is None else headers)
    return of(town).post("/v1/events", data=sent, headers=shown, content_type=media_type)


def stored(town: World) -> list[str]:
    """The refs of all claims."""
    return sorted(one.ref for one in town.ink.claims())
