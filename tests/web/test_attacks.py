"""What strangers may try: nothing of it is stored, answered with a traceback, or tells a value."""

from __future__ import annotations

import hmac
import io
import tracemalloc
from http import HTTPStatus
from typing import Any

import pytest
from shops.live import LiveShop
from web.posting import BEARER, OTHER, SECRET, SERVE, TOKEN, claim_json, encoded, event, of, post, signed, stored
from werkzeug.test import EnvironBuilder, TestResponse
from werkzeug.wrappers import Response
from world import World

from inkasso_core import Received, intake_app
from inkasso_core.web import clients

LIMIT = SERVE["max_body"]


class Endless(io.RawIOBase):
    """A body that never ends; it counts what is read of it."""

    def __init__(self, content: bytes = b"x") -> None:
        self.content = content
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        target[:] = (self.content * (len(target) // len(self.content) + 1))[: len(target)]
        self.taken += len(target)
        return len(target)


def asked(town: World, stream: Any, *, path: str = "/v1/events", **environ: Any) -> Response:
    """Ask with an environment as a server makes it."""
    builder = EnvironBuilder(path=path, method="POST", content_type="application/json", headers=BEARER)
    changed = {**builder.get_environ(), "wsgi.input": stream, **environ}
    made = {key: value for key, value in changed.items() if value is not None}
    return Response.from_app(intake_app(town.ink), made, buffered=True)


@pytest.mark.parametrize("path", ["/v1/events", "/v1/shops/live/s3cr3t-of-the-shop", "/v1/agencies/agency"])
def test_a_body_that_says_it_is_too_long_is_not_read(town: World, path: str) -> None:
    stream = Endless()
    answer = asked(town, stream, path=path, CONTENT_LENGTH=str(LIMIT + 1))
    assert (answer.status_code, stream.taken) == (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, 0)
    assert answer.mimetype == "application/problem+json"
    assert str(LIMIT) in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/v1/events", "/v1/shops/live/s3cr3t-of-the-shop", "/v1/agencies/agency"])
def test_a_body_in_pieces_is_read_no_further_than_it_may_be_long(town: World, path: str) -> None:
    stream = Endless()
    tracemalloc.start()
    answer = asked(town, stream, path=path, CONTENT_LENGTH=None, HTTP_TRANSFER_ENCODING="chunked", **{"wsgi.input_terminated": True})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert stream.taken <= 2 * LIMIT
    assert peak < 10 * LIMIT


def test_what_comes_in_pieces_is_never_cut_off(town: World) -> None:
    """The first line alone would be an event."""
    body = encoded(event()) + b"\n" + b" " * LIMIT
    changed = {
        "CONTENT_LENGTH": None,
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input_terminated": True,
        "CONTENT_TYPE": "application/x-ndjson",
    }
    assert asked(town, io.BytesIO(body), **changed).status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert stored(town) == []
    assert asked(town, io.BytesIO(body[:LIMIT]), **changed).status_code == HTTPStatus.OK


def test_a_body_in_pieces_needs_a_server_that_knows_where_it_ends(town: World) -> None:
    answer = asked(town, Endless(), CONTENT_LENGTH=None, HTTP_TRANSFER_ENCODING="chunked")
    assert answer.status_code == HTTPStatus.LENGTH_REQUIRED


def test_a_body_shorter_than_it_says_is_no_report(town: World) -> None:
    body = encoded(event())
    answer = asked(town, io.BytesIO(body), CONTENT_LENGTH=str(len(body) + 1))
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    cut = asked(town, io.BytesIO(body), CONTENT_LENGTH=str(len(body) - 1))
    assert cut.status_code == HTTPStatus.BAD_REQUEST
    assert asked(town, io.BytesIO(body), CONTENT_LENGTH="many").status_code == HTTPStatus.BAD_REQUEST
    assert stored(town) == []


DEEP = b'{"shop":"erp","payload":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}"
BODIES: list[tuple[bytes, int, str]] = [
    (b"", 400, "NOT_JSON"),
    (b"\xff\xfe{}", 400, "NOT_JSON"),
    (b'{"shop":"erp","claim":"\xc3"}', 400, "NOT_JSON"),
    (b"[" * 90_000, 400, "NOT_JSON"),
    (b"[" * 300 + b"]" * 300, 400, "NOT_JSON"),
    (DEEP[:90_000], 400, "NOT_JSON"),
    (b'{"shop":"erp","shop":"live","claim":{}}', 400, "NOT_JSON"),
    (b'{"shop":"erp","claim":{"principal":1,"principal":2}}', 400, "NOT_JSON"),
    (b'{"shop":"erp","claim":{"principal":NaN}}', 400, "NOT_JSON"),
    (b'{"shop":"erp","claim":{"principal":-Infinity}}', 400, "NOT_JSON"),
    (b'{"shop":"erp","claim":{"principal":' + b"9" * 5000 + b"}}", 400, "NOT_JSON"),
    (b'{"shop":"erp","claim":{}} trailing', 400, "NOT_JSON"),
    (b"[]", 422, "EMPTY"),
    (b"null", 422, "NOT_AN_EVENT"),
    (b'"text"', 422, "NOT_AN_EVENT"),
    (b"[" + b"1," * 20 + b"1]", 422, "TOO_MANY"),
    (b'{"shop":"erp\\u0000","claim":{}}', 422, "INVALID_INPUT"),
    (b'{"shop":"\\ud800","claim":{}}', 422, "INVALID_INPUT"),
    (b'{"shop":"../../etc/passwd","claim":{}}', 403, "NOT_PERMITTED"),
    (b'{"shop":["erp"],"claim":{}}', 422, "INVALID_INPUT"),
    (b'{"shop":"erp","claim":{},"payload":{}}', 422, "INVALID_INPUT"),
    (b'{"shop":"erp","claim":[]}', 422, "INVALID_INPUT"),
    (b'{"shop":"erp","event":"dropped","claim":{}}', 422, "INVALID_INPUT"),
    (b'{"shop":"erp","reported_at":12,"claim":{}}', 422, "INVALID_INPUT"),
]


def test_what_is_no_event_is_refused_and_leaves_nothing(town: World) -> None:
    for body, status, code in BODIES:
        answer = post(town, body)
        assert (answer.status_code, answer.json["code"]) == (status, code), body[:80]
    assert stored(town) == []
    assert town.ink.failed_events() == []


HOSTILE: list[dict[str, Any]] = [
    {"source": {"order": "A\x00B"}},
    {"source": {"order": "\ud800"}},
    {"principal": "1e999999999"},
    {"principal": 10**400},
    {"subject": "x" * 5000},
    {"source": {"order": "A-1", "__proto__": {}}},
    {"invoice": {"number": "'; DROP TABLE claim; --"}},
    {"subject": "\u202egnp.exe\r\nSet-Cookie: a=b"},
]


def test_a_hostile_claim_is_a_claim_or_a_stored_reason(town: World) -> None:
    for count, changes in enumerate(HOSTILE, start=1):
        answer = post(town, event(claim={**claim_json(f"A-{count}"), **changes}))
        assert answer.status_code in (200, 422), changes
        assert len(stored(town)) + len(town.ink.failed_events()) == count, changes
        assert "Set-Cookie" not in answer.headers
        assert "DROP" not in answer.text


def test_a_number_with_an_enormous_exponent_costs_nothing(town: World) -> None:
    answer = post(town, encoded(event()).replace(b'"153.99"', b"1e999999999"))
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    other = post(town, b'{"shop":"live","event":"payment_received","payload":{"sum":1e999999999,"low":1e-999999999}}')
    assert other.status_code in (200, 422)


# Who it is


def test_nothing_is_read_of_a_request_whose_sender_is_not_known(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr("inkasso_core.web.body.documents", never)
    stream = Endless()
    assert asked(town, stream, HTTP_AUTHORIZATION="Bearer guess", CONTENT_LENGTH="1000").status_code == HTTPStatus.UNAUTHORIZED
    assert stream.taken == 0
    assert post(town, b"{", secret=OTHER).status_code == HTTPStatus.UNAUTHORIZED


def wrong(town: World) -> list[dict[str, str]]:
    """Headers that open nothing."""
    body = encoded(event())
    right = signed(town, body)
    later = {**signed(town, body), "Inkasso-Timestamp": str(int(right["Inkasso-Timestamp"]) + 1)}
    return [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Bearer {SECRET}"},
        {"Authorization": "Bearer ünïcode"},
        {**right, "Inkasso-Client": "other"},
        {**right, "Inkasso-Client": "tool"},
        {**right, "Inkasso-Client": "unset"},
        {**right, "Inkasso-Client": ""},
        {**right, "Inkasso-Client": "nobody"},
        {**right, "Inkasso-Signature": "0" * 64},
        {**right, "Inkasso-Signature": right["Inkasso-Signature"][:-1]},
        {**right, "Inkasso-Signature": "ü"},
        {**right, "Inkasso-Signature": "0" * 64, **BEARER},
        {**right, "Inkasso-Timestamp": ""},
        {**right, "Inkasso-Timestamp": "1e9"},
        {**right, "Inkasso-Timestamp": "9" * 400},
        {**right, "Inkasso-Timestamp": "²"},
        later,
        signed(town, body, late=301),
        signed(town, body, late=-301),
        signed(town, body, client="unset", secret="None" * 8),
        signed(town, body + b" "),
    ]


def test_every_wrong_key_gets_the_same_answer(town: World) -> None:
    client = of(town)
    answers: list[TestResponse] = []
    for headers in wrong(town):
        answer = client.post("/v1/events", data=encoded(event()), headers=headers, content_type="application/json")
        assert answer.status_code == HTTPStatus.UNAUTHORIZED, headers
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        answers.append(answer)
    assert len({answer.data for answer in answers}) == 1
    assert stored(town) == []


def test_a_copied_request_is_good_for_five_minutes_and_changes_nothing(town: World) -> None:
    body = encoded(event())
    headers = signed(town, body)
    assert post(town, body, headers=headers).json["results"][0]["outcome"] == "registered"
    town.clock.forward(seconds=299)
    assert post(town, body, headers=headers).json["results"][0]["outcome"] == "repeated"
    town.clock.forward(seconds=2)
    assert post(town, body, headers=headers).status_code == HTTPStatus.UNAUTHORIZED


def test_secrets_are_compared_in_constant_time_and_all_of_them(town: World, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    original = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return original(one, other)

    monkeypatch.setattr(clients.hmac, "compare_digest", compare)
    post(town, event(), headers={"Authorization": "Bearer guess"})
    assert compared == [(TOKEN.encode(), b"guess")]
    compared.clear()
    post(town, event())
    assert len(compared) == 2, "the secret before is compared even where the new one is right"
    compared.clear()
    post(town, event(), client="nobody")
    assert len(compared) == 1, "a client that does not exist takes as long"


# Types, headers, silence


@pytest.mark.parametrize(
    "media_type", ["", "text/plain", "application/xml", "application/json; charset=latin-1", "multipart/form-data; boundary=x"]
)
def test_other_types_are_refused(town: World, media_type: str) -> None:
    assert post(town, event(), media_type=media_type).status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE


@pytest.mark.parametrize("path", ["/v1/events", "/v1/shops/live/x", "/nowhere", "/v1/health", "/v1/shops/%00", "/v1/shops/%FF%FE/x"])
def test_no_answer_is_kept_by_a_cache_or_guessed_at(town: World, path: str) -> None:
    answer = of(town).get(path)
    assert answer.status_code < 500
    assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")


def test_a_trouble_of_ours_says_nothing_and_loses_nothing(
    both: tuple[World, LiveShop], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    town, _ = both

    def trouble(*_: Any) -> None:
        raise RuntimeError("INSERT INTO vault VALUES ('Erika Musterfrau')")

    with monkeypatch.context() as patch:
        patch.setattr(type(town.ink), "report", trouble)
        answer = post(town, event())
    assert (answer.status_code, answer.json["code"]) == (HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL")
    assert "Musterfrau" not in answer.text + caplog.text
    assert "RuntimeError at " in caplog.text
    assert post(town, event()).status_code == HTTPStatus.OK


def test_headers_that_a_plugin_would_inject_never_leave(both: tuple[World, LiveShop], monkeypatch: pytest.MonkeyPatch) -> None:
    town, live = both
    monkeypatch.setattr(live, "receive", lambda *_: Received(media_type="text/plain\r\nSet-Cookie: a=b"))
    answer = of(town).post("/v1/shops/live/x")
    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert "Set-Cookie" not in answer.headers
