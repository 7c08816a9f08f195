"""The other routes: shops that send requests, agencies, health; and the intake mounted anywhere."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar

import pytest
from shops.live import LiveShop
from web.posting import SERVE, claim_json, encoded, event, installation, of, post, signed, stored
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client
from werkzeug.wrappers import Response
from world import World, world

from inkasso_core import (
    Agency,
    AgencySettings,
    AgencyStatus,
    Delivery,
    DeliveryRefused,
    Feed,
    FeedEntry,
    FeedKind,
    Inkasso,
    Placement,
    Received,
    ShopContext,
    ShopRequest,
    StatusReport,
    Submission,
    TemporarilyUnavailable,
    Text,
    intake_app,
)
from inkasso_core.errors import AuthenticationFailed

SHOP = "/v1/shops/live/s3cr3t-of-the-shop"


def answering(live: LiveShop, monkeypatch: pytest.MonkeyPatch, answer: Received | Exception) -> list[ShopRequest]:
    """Let the shop's plugin answer so; return what it will have been given."""
    asked: list[ShopRequest] = []

    def receive(_context: ShopContext[Any], request: ShopRequest) -> Received:
        asked.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(live, "receive", receive)
    return asked


def test_a_shops_request_is_stored_and_answered_as_its_plugin_says(town: World) -> None:
    answer = of(town).post(SHOP, json={"claims": [claim_json("L-1")]})
    assert (answer.status_code, answer.data, answer.content_type) == (HTTPStatus.OK, b"OK", "text/plain; charset=utf-8")
    assert stored(town) == ["live:L-1"]


def test_the_plugin_gets_the_request_as_it_came(town: World, live: LiveShop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(live, monkeypatch, Received(status=202, body=b"\x00\xff", media_type="application/octet-stream"))
    answer = of(town).put(
        "/v1/shops/live/a%2Fb//c/?q=1&q=2&leer=&%C3%BC=%E2%82%AC", data=b"\xff\x00", headers={"X-Signed": "ja"}, content_type="text/odd"
    )
    assert (answer.status_code, answer.data) == (202, b"\x00\xff")
    (request,) = asked
    assert (request.method, request.path, request.body) == ("PUT", "a/b//c/", b"\xff\x00")
    assert request.query == {"q": "1", "leer": "", "ü": "€"}
    assert (request.header("x-signed"), request.header("content-type")) == ("ja", "text/odd")
    assert request.received_at == town.clock()
    for path in ("/v1/shops/live", "/v1/shops/live/"):
        of(town).get(path)
    assert [(one.method, one.path) for one in asked[1:]] == [("GET", ""), ("GET", "")]


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (DeliveryRefused(Text("nein", "no")), 401),
        (TemporarilyUnavailable(Text("später", "later"), retry_after=7), 503),
        (AuthenticationFailed(Text("Geheimnis s3cr3t-of-the-shop", "secret s3cr3t-of-the-shop")), 500),
        (RuntimeError("Erika Musterfrau"), 500),
    ],
)
def test_what_a_plugin_raises_has_an_answer_of_its_own(
    both: tuple[World, LiveShop],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    raised: Exception,
    status: int,
) -> None:
    town, live = both
    answering(live, monkeypatch, raised)
    answer = of(town).post(SHOP, data=b"{}")
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.headers.get("Retry-After") == ("7" if status == 503 else None)
    assert "s3cr3t" not in answer.text + caplog.text
    assert "Musterfrau" not in answer.text + caplog.text


def test_what_the_shop_did_not_send_is_refused(town: World) -> None:
    client = of(town)
    assert client.post("/v1/shops/live/guess", json={"claims": [claim_json("L-1")]}).status_code == HTTPStatus.UNAUTHORIZED
    assert client.post(SHOP, data=b"{").json["code"] == "NO_JSON"
    for path in (
        "/v1/shops/erp",
        "/v1/shops/nowhere",
        "/v1/shops/../erp",
        "/v1/shops/",
        "/v1/shops",
        "/v1/agencies/nowhere",
        "/v1/agencies/agency",
    ):
        answer = client.post(path, data=b"{}")
        assert (answer.status_code, answer.json["code"]) == (HTTPStatus.NOT_FOUND, "NOT_FOUND"), path
        assert "live" not in answer.text
    assert stored(town) == []


def test_a_body_that_must_not_be_is_not_sent(town: World, live: LiveShop, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(live, monkeypatch, Received(status=204, body=b"x"))
    assert of(town).post(SHOP).data == b""


def test_parts_are_told_of_by_whoever_is_asked_to(both: tuple[World, LiveShop]) -> None:
    town, _ = both
    woken: list[int] = []
    client = Client(intake_app(town.ink, on_parts=lambda: woken.append(1)))
    client.post(SHOP, json={"claims": [claim_json("L-1")]})
    assert woken == []
    client.post(SHOP, json={"parts": [{"whole": "P-1", "once": "tx-1", "claim": claim_json("P-1")}]})
    assert woken == [1]
    assert [result.ref for result in town.ink.tell_parts()] == ["live:P-1"]


class Hooked(Agency[AgencySettings]):
    """An agency that sends webhooks."""

    name = "hooked"
    label = "Hooked"
    Settings = AgencySettings
    entries: ClassVar[tuple[FeedEntry, ...]] = ()

    def submit(self, placement: Placement) -> Submission:
        return Submission(agency_reference=f"AZ-{placement.our_reference}")

    def receive(self, delivery: Delivery) -> Feed:
        if delivery.header("X-Key") != "right":
            raise DeliveryRefused(Text("nein", "no"))
        return Feed(entries=self.entries)


def test_a_webhook_of_an_agency_is_stored_once_and_moves_its_claim(tmp_path: Path) -> None:
    with world(tmp_path, accounts={"agency": {"agency": "hooked"}}, agencies={"hooked": Hooked}) as town:
        (ref,) = town.handed_over("A-1")
        case = town.ink.show(ref).placements[-1].case_reference
        report = StatusReport(agency_reference=case, status=AgencyStatus.CLOSED_PAID, agency_status="closed")
        Hooked.entries = (FeedEntry(entry_id="e-1", kind=FeedKind.STATUS, agency_reference=case, report=report),)
        client = Client(intake_app(town.ink))
        assert client.post("/v1/agencies/agency", data=b"x").status_code == HTTPStatus.UNAUTHORIZED
        assert client.post("/v1/agencies/agency", data=b"x", headers={"X-Key": "right"}).json == {"received": 1}
        assert client.post("/v1/agencies/agency", data=b"x", headers={"X-Key": "right"}).json == {"received": 0}
        assert town.state(ref).value == "paid"
        Hooked.entries = ()


def test_health_says_whether_reports_can_be_stored_and_nothing_else(town: World, tmp_path: Path) -> None:
    answer = of(town).get("/v1/health")
    assert (answer.status_code, answer.json) == (HTTPStatus.OK, {"status": "ok"})
    assert of(town).head("/v1/health").data == b""
    with Inkasso(town.ink.settings.model_copy(update={"folder": tmp_path / "elsewhere"}), upgrade=False) as other:
        assert Client(intake_app(other)).get("/v1/health").status_code == HTTPStatus.SERVICE_UNAVAILABLE


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("/v1/events", "GET", "POST"),
        ("/v1/events", "OPTIONS", "POST"),
        ("/v1/agencies/agency", "PUT", "POST"),
        ("/v1/shops/live/x", "DELETE", "GET, POST, PUT"),
        ("/v1/shops/live/x", "HEAD", "GET, POST, PUT"),
        ("/v1/health", "POST", "GET, HEAD"),
        ("/openapi.json", "TRACE", "GET, HEAD"),
        ("/v1/events", "BREW", "POST"),
    ],
)
def test_other_methods_are_named(town: World, path: str, method: str, allowed: str) -> None:
    answer = of(town).open(path, method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (HTTPStatus.METHOD_NOT_ALLOWED, allowed)


def test_two_installations_live_under_prefixes_of_one_host(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with installation(tmp_path / "one") as (one, _), installation(tmp_path / "two") as (two, _):
        mounted = DispatcherMiddleware(
            Response("host"), {"/one": intake_app(one.ink), "/zwei/ü".encode().decode("latin-1"): intake_app(two.ink)}
        )
        client = Client(mounted)
        body = encoded(event("A-1"))
        assert client.post("/one/v1/events", data=body, headers=signed(one, body), content_type="application/json").status_code == 200
        assert (stored(one), stored(two)) == (["erp:A-1"], [])
        assert client.get("/one/openapi.json").json["servers"] == [{"url": "/one"}]
        assert client.get("/zwei/%C3%BC/v1/health").json == {"status": "ok"}
        assert client.get("/zwei/%C3%BC/openapi.json").json["servers"] == [{"url": "/zwei/%C3%BC"}]
        assert client.get("/nowhere").data == b"host"


def test_a_second_intake_of_one_installation_is_the_same(town: World) -> None:
    assert post(town, event()).json["results"][0]["outcome"] == "registered"
    assert post(town, event()).json["results"][0]["outcome"] == "repeated"


def test_settings_of_the_intake_are_checked(tmp_path: Path) -> None:
    from inkasso_core import ConfigurationError
    from inkasso_core.settings import build

    shops = {"erp": {"plugin": "canonical"}}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"clients": {"a": {"shops": ["erp"]}}}, "needs a secret"),
        ({"clients": {"a": {"shops": ["nix"], "token": "t" * 24}}}, "serve.clients.a.shops"),
        ({"clients": {"a": {"shops": [], "token": "t" * 24}}}, "serve.clients.a.shops"),
        ({"clients": {"a": {"shops": ["erp"], "token": "t" * 23}}}, "at least 24"),
        ({"clients": {"a": {"shops": ["erp"], "secret": "ü" * 30}}}, "at least 24"),
        ({"prefix": "inkasso"}, "serve.prefix"),
        ({"port": 70000}, "serve.port"),
        ({"trusted_proxy": "everybody"}, "serve.trusted_proxy"),
    ]
    for serve, told in wrong:
        with pytest.raises(ConfigurationError, match=told) as raised:
            build({"shops": shops, "serve": serve}, tmp_path)
        assert "ü" * 30 not in str(raised.value)
    assert "s" * 32 not in repr(build({"shops": {**shops, "live": {"plugin": "x"}, "closed": {"plugin": "x"}}, "serve": SERVE}, tmp_path))
