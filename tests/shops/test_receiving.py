"""Requests of shops: checked by the plugin, stored, and only then answered; parts are one whole whatever the order of arrival."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shops.live import LiveShop
from world import NOON, World, claim, world

from inkasso_core import DeliveryRefused, InvalidInput, NotFound, PluginError, ShopRequest, State, points, to_json

SHOPS = {"shop": {"plugin": "live"}, "files": {"plugin": "reports"}}
SECRET = "s3cr3t-of-the-shop"


def request(body: Any, path: str = SECRET) -> ShopRequest:
    return ShopRequest(headers={}, body=body if isinstance(body, bytes) else to_json(body), received_at=NOON, path=path)


def part(order: str, once: str, **changes: Any) -> dict[str, Any]:
    return {"whole": order, "once": once, "claim": claim(order, **changes).model_dump(mode="json", exclude_defaults=True)}


@pytest.fixture
def live() -> LiveShop:
    return LiveShop()


@pytest.fixture
def town(tmp_path: Path, live: LiveShop) -> Iterator[World]:
    with world(tmp_path, shops=SHOPS, plugins={"live": live}) as made:
        yield made


def test_claims_in_a_request_are_claims_at_once(town: World) -> None:
    body = {"claims": [claim("A-1").model_dump(mode="json", exclude_defaults=True)]}
    received, results = town.ink.receive("shop", request(body))
    assert (received.status, received.body) == (200, b"OK")
    assert [result.state for result in results] == [State.READY]
    _, again = town.ink.receive("shop", request(body))
    assert [result.outcome for result in again] == ["repeated"]


def test_what_is_not_the_shops_is_refused_and_stores_nothing(town: World) -> None:
    with pytest.raises(DeliveryRefused):
        town.ink.receive("shop", request({"claims": []}, path="guess"))
    with pytest.raises(InvalidInput):
        town.ink.receive("shop", request(b"{"))
    with pytest.raises(NotFound):
        town.ink.receive("files", request({}))
    with pytest.raises(NotFound):
        town.ink.receive("nowhere", request({}))
    with pytest.raises(PluginError) as broke:
        town.ink.receive("shop", request({"parts": [{"nonsense": "Erika Beispiel"}]}))
    assert "Beispiel" not in str(broke.value)
    assert town.ink.tell_parts() == []
    assert list(town.ink.claims()) == []


def test_parts_are_told_together_each_once(town: World, live: LiveShop) -> None:
    first, second, other = part("P-1", "tx-1"), part("P-1", "tx-2", paid="10.00"), part("P-2", "tx-3")
    for body in ([first], [second, other], [first], [second]):
        _, results = town.ink.receive("shop", request({"parts": body}))
        assert results == []
    told = town.ink.tell_parts("shop")
    assert sorted(str(result.ref) for result in told) == ["shop:P-1", "shop:P-2"]
    assert [(whole["whole"], len(whole["parts"])) for whole in live.wholes] == [("P-1", 2), ("P-2", 1)]
    assert live.wholes[0]["parts"][0]["received_at"] == NOON.isoformat()
    assert town.ink.tell_parts() == []
    town.ink.receive("shop", request({"parts": [part("P-1", "tx-4", paid="20.00")]}))
    assert [result.outcome for result in town.ink.tell_parts()] == ["revised"]
    assert len(live.wholes[-1]["parts"]) == 3


def test_a_run_tells_what_arrived(town: World) -> None:
    town.ink.receive("shop", request({"parts": [part("P-1", "tx-1")]}))
    town.ink.run_due()
    assert town.state("P-1") is State.READY


def test_a_part_that_arrives_while_others_are_told_is_told_next(town: World, live: LiveShop, monkeypatch: pytest.MonkeyPatch) -> None:
    town.ink.receive("shop", request({"parts": [part("P-1", "tx-1")]}))

    def meanwhile(name: str) -> None:
        if name == "intake.after_commit" and len(live.wholes) == 1:
            monkeypatch.setattr(points, "listener", None)
            town.ink.receive("shop", request({"parts": [part("P-1", "tx-2", paid="5.00")]}))

    monkeypatch.setattr(points, "listener", meanwhile)
    town.ink.tell_parts("shop")
    town.ink.tell_parts("shop")
    assert [len(whole["parts"]) for whole in live.wholes] == [1, 2]


def test_parts_of_which_no_claim_can_be_made_wait_as_a_failed_report(town: World, live: LiveShop) -> None:
    town.ink.receive("shop", request({"parts": [{"whole": "P-9", "once": "tx-9", "claim": {"nonsense": 1}}]}))
    (result,) = town.ink.tell_parts("shop")
    assert result.outcome == "failed"
    assert town.ink.tell_parts("shop") == []
    assert len(town.ink.failed_events("shop")) == 1
    town.ink.receive("shop", request({"parts": [part("P-9", "tx-10")]}))
    assert [result.outcome for result in town.ink.tell_parts("shop")] == ["registered"]


@pytest.mark.parametrize("point", ["receive.before_commit", "receive.after_commit"])
def test_what_was_not_answered_may_come_again(town: World, point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """Nothing catches it."""

    def kill(name: str) -> None:
        if name == point:
            raise Killed

    monkeypatch.setattr(points, "listener", kill)
    with pytest.raises(Killed):
        town.ink.receive("shop", request({"parts": [part("P-1", "tx-1")]}))
    monkeypatch.setattr(points, "listener", None)
    town.ink.receive("shop", request({"parts": [part("P-1", "tx-1")]}))
    assert [result.outcome for result in town.ink.tell_parts()] == ["registered"]
    assert town.ink.tell_parts() == []


def test_a_part_that_could_not_be_read_again_is_refused(town: World) -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = [deep]
    with pytest.raises(InvalidInput):
        town.ink.receive("shop", request({"parts": [{**part("P-1", "tx-1"), "deep": deep}]}))
    town.ink.receive("shop", request({"parts": [part("P-1", "tx-2")]}))
    assert [result.outcome for result in town.ink.tell_parts()] == ["registered"]


def test_after_a_change_of_the_rules_everything_is_told_anew(town: World, live: LiveShop) -> None:
    town.ink.receive("shop", request({"parts": [part("P-1", "tx-1"), part("P-2", "tx-2")]}))
    town.ink.tell_parts()
    assert [result.outcome for result in town.ink.retell_parts("shop")] == ["repeated", "repeated"]
    assert [whole["whole"] for whole in live.wholes] == ["P-1", "P-2", "P-1", "P-2"]
    with pytest.raises(NotFound):
        town.ink.retell_parts("nowhere")
