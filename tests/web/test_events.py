"""``POST /v1/events``: what is answered with 2xx is stored, each event is answered by itself, and the same one twice is one claim."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from web.posting import BEARER, BEFORE, OTHER, claim_json, encoded, event, of, post, stored
from world import World

from inkasso_core import ShopEventKind, State


def test_a_claim_is_stored_and_answered_with_its_diagnosis(town: World) -> None:
    answer = post(town, event())
    assert answer.status_code == HTTPStatus.OK
    assert answer.json == {
        "taken": 1,
        "refused": 0,
        "results": [
            {
                "index": 0,
                "outcome": "registered",
                "ref": "erp:A-1",
                "state": "ready",
                "red": [],
                "warnings": [],
                "expected_on": town.clock().date().isoformat(),
                "problem": None,
            }
        ],
    }
    assert town.state("erp:A-1") is State.READY


def test_the_same_event_twice_is_one_claim(town: World) -> None:
    post(town, event())
    answer = post(town, event())
    assert (answer.status_code, answer.json["results"][0]["outcome"]) == (HTTPStatus.OK, "repeated")
    assert stored(town) == ["erp:A-1"]


@pytest.mark.parametrize("kind", list(ShopEventKind))
def test_every_event_fires_the_hook_of_its_name(town: World, kind: ShopEventKind) -> None:
    post(town, event())
    answer = post(town, event(event=kind.value, claim=claim_json(paid="10.00")))
    assert (answer.status_code, answer.json["results"][0]["outcome"]) == (HTTPStatus.OK, "revised")
    assert (town.state("erp:A-1") is State.CANCELLED) is (kind is ShopEventKind.ORDER_CANCELLED)


def test_without_an_event_it_is_what_a_record_of_the_shop_stands_for(town: World) -> None:
    answer = post(town, {"shop": "live", "payload": claim_json("L-1")})
    assert (answer.status_code, answer.json["results"][0]["ref"]) == (HTTPStatus.OK, "live:L-1")


def test_the_time_of_an_event_tells_which_is_newer(town: World) -> None:
    post(town, event(claim=claim_json(paid="20.00"), reported_at="2026-05-02T00:00:00Z"))
    answer = post(town, event(claim=claim_json(paid="10.00"), reported_at="2026-05-01T00:00:00+02:00"))
    assert answer.json["results"][0]["outcome"] == "older"


def test_of_many_each_is_answered_and_what_can_be_taken_is(town: World) -> None:
    events: list[Any] = [
        event("A-1"),
        event("A-2", claim={**claim_json("A-2"), "principal": "Erika Musterfrau"}),
        event("A-3", shop="closed"),
        {"shop": "erp"},
        "no object",
        event("A-4", misspelt=1),
        event("L-1", shop="live", event="dunning_level_reached"),
        event("A-1", claim=claim_json("A-1", paid="5.00")),
    ]
    answer = post(town, events)
    assert answer.status_code == HTTPStatus.MULTI_STATUS
    assert "Musterfrau" not in answer.text
    results = answer.json["results"]
    assert [(one["index"], one["outcome"]) for one in results] == [
        (0, "registered"),
        (1, "failed"),
        (2, "refused"),
        (3, "refused"),
        (4, "refused"),
        (5, "refused"),
        (6, "registered"),
        (7, "revised"),
    ]
    assert [one["problem"] and (one["problem"]["code"], one["problem"]["field"]) for one in results] == [
        None,
        ("DECIMAL_PARSING", "principal"),
        ("NOT_PERMITTED", "shop"),
        ("INVALID_INPUT", "claim"),
        ("INVALID_INPUT", None),
        ("INVALID_INPUT", "misspelt"),
        None,
        None,
    ]
    assert (answer.json["taken"], answer.json["refused"]) == (3, 5)
    assert stored(town) == ["erp:A-1", "live:L-1"]
    assert len(town.ink.failed_events("erp")) == 1


def test_where_none_is_taken_the_first_problem_is_the_answer(town: World) -> None:
    answer = post(town, event(claim={}))
    assert (answer.status_code, answer.mimetype) == (HTTPStatus.UNPROCESSABLE_ENTITY, "application/problem+json")
    assert (answer.json["code"], answer.json["field"]) == ("MISSING", "source")
    assert answer.json["results"][0]["outcome"] == "failed"
    assert post(town, event(shop="closed")).status_code == HTTPStatus.FORBIDDEN
    assert post(town, event(shop="nowhere")).json == post(town, event(shop="closed")).json, "nobody learns which shops there are"


def test_lines_are_taken_one_by_one_and_a_broken_one_stops_none(town: World) -> None:
    lines = b"\n".join([encoded(event("A-1")), b"{broken", b"", encoded(event("A-2")) + b"\r", b'{"a":1,"a":2}'])
    answer = post(town, lines, media_type="application/x-ndjson")
    assert answer.status_code == HTTPStatus.MULTI_STATUS
    assert [one["outcome"] for one in answer.json["results"]] == ["registered", "refused", "registered", "refused"]
    assert stored(town) == ["erp:A-1", "erp:A-2"]


def test_a_token_a_signature_and_the_secret_before_open_the_door(town: World) -> None:
    assert post(town, event("A-1"), headers=BEARER).status_code == HTTPStatus.OK
    assert post(town, event("A-2")).status_code == HTTPStatus.OK
    assert post(town, event("A-3"), secret=BEFORE).status_code == HTTPStatus.OK
    assert post(town, event("A-4"), client="other", secret=OTHER).status_code == HTTPStatus.FORBIDDEN
    assert stored(town) == ["erp:A-1", "erp:A-2", "erp:A-3"]


def test_amounts_are_exact_however_they_are_written(town: World) -> None:
    body = encoded(event()).replace(b'"153.99"', b"153.990000000000000001")
    assert post(town, body).json["field"] == "principal"
    body = encoded(event()).replace(b'"153.99"', b"153.99")
    assert post(town, body).json["results"][0]["ref"] == "erp:A-1"


def test_people_are_answered_in_their_language(town: World) -> None:
    spoken = {"de": "Adresse prüfen", "de-AT,en;q=0.5": "Adresse prüfen", "en-GB": "check it", "fr": "Adresse prüfen", "": "Adresse prüfen"}
    for asked, expected in spoken.items():
        answer = of(town).get("/nowhere", headers={"Accept-Language": asked})
        assert expected in answer.json["detail"], asked
        assert answer.headers["Content-Language"] == ("en" if asked == "en-GB" else "de")
