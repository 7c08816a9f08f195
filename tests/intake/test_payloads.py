"""The record as it came is what is stored and replayed, whatever a plugin does to it in between."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from world import claim, world

from inkasso_core import Claim, ShopEvent, ShopPlugin, ShopSettings, State, hookimpl
from inkasso_core.intake import replay


class Greedy(ShopPlugin[ShopSettings]):
    """Takes the record apart while reading it, and breaks unless it was mended."""

    name = "greedy"
    label = "Greedy"
    Settings = ShopSettings

    def __init__(self) -> None:
        self.mended = False

    @hookimpl
    def inkasso_order_status_changed(self, event: ShopEvent) -> Claim:
        """Return the claim of the payload, and leave nothing of it."""
        payload: Any = event.payload
        found = Claim.model_validate(payload["claim"])
        payload["claim"].clear()
        payload.clear()
        payload["rest"] = object()
        if not self.mended:
            raise LookupError("broken")
        return found


def record(order: str = "A-1") -> dict[str, Any]:
    return {"claim": json.loads(claim(order).model_dump_json(exclude_defaults=True))}


def test_a_plugin_that_takes_the_record_apart_leaves_it_whole_for_the_replay(tmp_path: Path) -> None:
    greedy = Greedy()
    with world(tmp_path, shops={"shop": {"plugin": "greedy"}}, plugins={"greedy": greedy}) as town:
        assert town.ink.order_status_changed(shop="shop", payload=record()).outcome == "failed"
        assert town.ink.order_status_changed(shop="shop", payload=record()).outcome == "failed"
        assert len(town.ink.failed_events()) == 1, "the same report twice is one failed event"
        greedy.mended = True
        assert [result.outcome for result in town.ink.replay()] == ["registered"]
        assert (town.state("A-1"), town.ink.failed_events()) == (State.READY, [])


def test_reports_that_go_on_failing_keep_no_later_one_from_its_turn(tmp_path: Path) -> None:
    greedy = Greedy()
    with world(tmp_path, shops={"shop": {"plugin": "greedy"}}, plugins={"greedy": greedy}) as town:
        for number in range(5):
            town.ink.order_status_changed(shop="shop", payload=record(f"A-{number}"))
        results = replay(town.ink._context, page=2)
        assert [result.outcome for result in results] == ["failed"] * 5
        assert len(town.ink.failed_events()) == 5
        greedy.mended = True
        assert [result.outcome for result in replay(town.ink._context, page=2)] == ["registered"] * 5


def test_a_record_that_json_cannot_hold_fails_alone(tmp_path: Path) -> None:
    greedy = Greedy()
    greedy.mended = True
    with world(tmp_path, shops={"shop": {"plugin": "greedy"}}, plugins={"greedy": greedy}) as town:
        result = town.ink.order_status_changed(shop="shop", payload={**record(), "session": object()})
        assert result.outcome == "failed"
        assert result.problem is not None
        assert (result.problem.field, getattr(result.problem, "reason", None)) == ("payload", "NOT_JSON")
        assert result.problem.text.de != result.problem.text.en
        assert [row.code for row in town.ink.failed_events()] == ["NOT_JSON"]
        assert town.ink.order_status_changed(shop="shop", payload=record()).outcome == "registered"
