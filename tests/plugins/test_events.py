"""Events: the plugin that serves the shop answers, then policy plugins; what breaks is stored, listed, and can be replayed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from world import World, claim, world

from inkasso_core import Claim, Inkasso, InvalidInput, ShopEvent, ShopEventKind, ShopPlugin, ShopSettings, State, Text, hookimpl

Answer = Callable[[ShopEvent], Any]


def nothing(_event: ShopEvent) -> None:
    """None of mine."""


def as_reported(event: ShopEvent) -> Claim:
    return Claim.model_validate(event.payload)


def breaks(_event: ShopEvent) -> None:
    raise KeyError("Erika Beispiel")


class Calls:
    """Answers every event alike, and writes down its name in a common list."""

    def __init__(self, name: str, log: list[str], answer: Answer = nothing) -> None:
        self.called, self.log, self.answer = name, log, answer

    def answered(self, event: ShopEvent) -> Any:
        self.log.append(self.called)
        return self.answer(event)


for kind in ShopEventKind:
    setattr(Calls, f"inkasso_{kind}", hookimpl(lambda self, event: self.answered(event)))


class Shop(Calls, ShopPlugin[ShopSettings]):
    label = "Shop"
    Settings = ShopSettings


def shop(name: str, log: list[str], answer: Answer = nothing) -> Shop:
    made = Shop(name, log, answer)
    made.name = name  # type: ignore[misc]
    return made


def report(order: str = "A-1", **changes: Any) -> dict[str, Any]:
    return claim(order, **changes).model_dump(mode="json")


def send(ink: Inkasso, payload: dict[str, Any], *, to: str = "shop", kind: ShopEventKind = ShopEventKind.ORDER_STATUS_CHANGED) -> Any:
    return getattr(ink, kind.value)(shop=to, payload=payload)


SHOPS = {"shop": {"plugin": "mine"}, "second": {"plugin": "other"}}


# Dispatch


@pytest.mark.parametrize("kind", ShopEventKind)
def test_an_event_goes_to_the_plugin_of_its_shop_and_then_to_policies_by_their_names(tmp_path: Path, kind: ShopEventKind) -> None:
    log: list[str] = []
    plugins = {name: Calls(name, log) for name in ("b-policy", "a-policy", "z-policy")}
    with world(tmp_path, shops=SHOPS, plugins={"other": shop("other", log), **plugins, "mine": shop("mine", log)}) as town:
        assert send(town.ink, report(), kind=kind).outcome == "ignored"
        assert log == ["mine", "a-policy", "b-policy", "z-policy"]
        log.clear()
        send(town.ink, report(), to="second", kind=kind)
        assert log == ["other", "a-policy", "b-policy", "z-policy"]


def test_the_first_answer_counts_and_nobody_after_it_is_asked(tmp_path: Path) -> None:
    log: list[str] = []
    plugins = {"mine": shop("mine", log), "a-policy": Calls("a-policy", log, as_reported), "b-policy": Calls("b-policy", log)}
    with world(tmp_path, shops=SHOPS, plugins=plugins) as town:
        assert send(town.ink, report()).state is State.READY
        assert log == ["mine", "a-policy"]
        plugins["mine"].answer = as_reported
        log.clear()
        send(town.ink, report("A-2"))
        assert log == ["mine"]


def test_a_policy_may_ask_to_be_first_or_wrap_the_answer(tmp_path: Path) -> None:
    log: list[str] = []

    class Early:
        @hookimpl(tryfirst=True)
        def inkasso_order_status_changed(self, event: ShopEvent) -> None:
            log.append("early")

        @hookimpl(wrapper=True)
        def inkasso_dunning_level_reached(self, event: ShopEvent) -> Any:
            found = yield
            return found.model_copy(update={"note": "wrapped"})

    with world(tmp_path, shops=SHOPS, plugins={"mine": shop("mine", log, as_reported), "early": Early}) as town:
        assert send(town.ink, report()).outcome == "registered"
        assert log == ["early", "mine"]
        assert send(town.ink, report("A-2"), kind=ShopEventKind.DUNNING_LEVEL_REACHED).outcome == "registered"
        assert town.ink.show("A-2", shop="shop").claim.note == "wrapped"


def test_an_implementation_may_take_fewer_arguments(tmp_path: Path) -> None:
    told: list[str] = []

    class Terse(ShopPlugin[ShopSettings]):
        name = "mine"
        label = "Terse"

        @hookimpl
        def inkasso_order_status_changed(self) -> Claim:
            return claim("A-1")

        @hookimpl
        def inkasso_choose_account(self) -> str:
            return "second"

        @hookimpl
        def inkasso_review_claim(self, shop: str) -> None:
            told.append(f"reviewed for {shop}")

        @hookimpl
        def inkasso_claim_changed(self) -> None:
            told.append("told")

    with world(tmp_path, accounts={"agency": {}, "second": {}}, shops=SHOPS, plugins={"mine": Terse, "other": shop("other", [])}) as town:
        assert send(town.ink, {}).state is State.READY
        assert town.ink.find("A-1", shop="shop").account == "second"
        town.ink.follow()
        assert told == ["reviewed for shop", "told"]


def test_the_event_carries_what_the_shop_said_and_the_settings_in_the_plugins_own_type(tmp_path: Path) -> None:
    class OwnSettings(ShopSettings):
        status: str

    seen: list[ShopEvent] = []
    mine = shop("mine", [], seen.append)
    mine.Settings = OwnSettings  # type: ignore[misc,assignment]
    shops = {"shop": {"plugin": "mine", "settings": {"status": "5.1"}}}
    with world(tmp_path, shops=shops, plugins={"mine": mine}) as town:
        send(town.ink, {"order": 17})
        (event,) = seen
        assert (event.shop, event.plugin, event.kind, event.payload) == ("shop", "mine", "order_status_changed", {"order": 17})
        assert mine.settings(event) == OwnSettings(status="5.1")
        assert event.received_at == town.clock()
        assert "17" not in repr(event)


# What breaks


@pytest.fixture
def town(tmp_path: Path) -> Any:
    plugins = {"mine": shop("mine", [], as_reported), "other": shop("other", [], as_reported)}
    with world(tmp_path, shops=SHOPS, plugins=plugins) as opened:
        yield opened


def plugin(town: World, name: str = "mine") -> Shop:
    found = town.ink.plugins.shop_plugin(name)
    assert isinstance(found, Shop)
    return found


def failed(town: World) -> list[tuple[str, str, str]]:
    return [(row.shop, row.kind, row.code) for row in town.ink.failed_events()]


def test_an_event_whose_plugin_raised_stays_stored_and_other_shops_go_on(town: World) -> None:
    plugin(town).answer = breaks
    result = send(town.ink, report())
    assert (result.outcome, result.ref, result.state) == ("failed", None, None)
    assert "KeyError" in result.problem.text.en
    assert "Erika" not in str(result.problem) + result.problem.text.de
    assert failed(town) == [("shop", "order_status_changed", "PLUGIN_BROKE")]
    assert send(town.ink, report("B-1"), to="second").state is State.READY
    plugin(town).answer = as_reported
    assert send(town.ink, report("A-2")).state is State.READY, "and so does this shop"


def test_the_same_broken_event_twice_is_one_failed_event(town: World) -> None:
    plugin(town).answer = breaks
    send(town.ink, report())
    send(town.ink, report())
    send(town.ink, report("A-2"))
    assert len(failed(town)) == 2


def refuses(event: ShopEvent) -> None:
    raise InvalidInput(Text("Der Betrag fehlt.", "The amount is missing."), field="amount", reason="AMOUNT_MISSING")


WRONG: list[tuple[Answer, str, str]] = [
    (breaks, "PLUGIN_BROKE", "KeyError"),
    (refuses, "AMOUNT_MISSING", "The amount is missing."),
    (lambda event: {"order": "A-1"}, "PLUGIN", "dict instead of a Claim"),
    (lambda event: True, "PLUGIN", "bool instead of a Claim"),
    (lambda event: Claim.model_validate({**event.payload, "currency": "XXZ"}), "CURRENCY_UNKNOWN", "currency"),
    (lambda event: Claim.model_validate({**event.payload, "principle": "1.00"}), "EXTRA_FORBIDDEN", "principle"),
]


@pytest.mark.parametrize(("answer", "code", "said"), WRONG)
def test_whatever_is_wrong_is_stored_with_its_code_and_words(town: World, answer: Answer, code: str, said: str) -> None:
    plugin(town).answer = answer
    result = send(town.ink, report())
    assert said in result.problem.text.en
    assert failed(town) == [("shop", "order_status_changed", code)]
    assert list(town.ink.claims()) == []


def test_a_policy_that_breaks_fails_only_what_the_shops_plugin_left_to_it(tmp_path: Path) -> None:
    plugins = {"mine": shop("mine", [], as_reported), "other": shop("other", []), "policy": Calls("policy", [], breaks)}
    with world(tmp_path, shops=SHOPS, plugins=plugins) as town:
        assert send(town.ink, report()).state is State.READY
        assert send(town.ink, report("B-1"), to="second").outcome == "failed"


# Replay


def test_a_failed_event_comes_in_after_the_plugin_was_mended(town: World) -> None:
    plugin(town).answer = breaks
    send(town.ink, report(), kind=ShopEventKind.DUNNING_LEVEL_REACHED)
    plugin(town).answer = as_reported
    (result,) = town.ink.replay()
    assert (result.outcome, result.ref, result.state) == ("registered", "shop:A-1", State.READY)
    assert failed(town) == []
    assert town.ink.replay() == []
    assert [entry.what for entry in town.ink.history("shop:A-1")] == ["registered"]


def test_what_is_still_broken_stays_until_it_is_mended(town: World) -> None:
    plugin(town).answer = breaks
    send(town.ink, report())
    for _ in range(3):
        (result,) = town.ink.replay()
        assert result.outcome == "failed"
    assert len(failed(town)) == 1
    plugin(town).answer = nothing
    assert [result.outcome for result in town.ink.replay()] == ["ignored"], "none of ours after all"
    assert failed(town) == []


def test_the_mended_plugin_may_come_with_the_next_start(tmp_path: Path) -> None:
    with world(tmp_path, shops=SHOPS, plugins={"mine": shop("mine", [], breaks), "other": shop("other", [])}) as town:
        send(town.ink, report())
    with world(tmp_path, shops=SHOPS, plugins={"mine": shop("mine", [], as_reported), "other": shop("other", [])}) as town:
        assert [result.ref for result in town.ink.replay()] == ["shop:A-1"]


def test_an_event_keeps_its_time_so_that_a_newer_report_wins_over_its_replay(town: World) -> None:
    old, new = report(version=1), report(version=2, paid="53.99")
    plugin(town).answer = breaks
    send(town.ink, old)
    plugin(town).answer = as_reported
    send(town.ink, new, kind=ShopEventKind.PAYMENT_RECEIVED)
    assert [result.outcome for result in town.ink.replay()] == ["older"]
    assert str(town.ink.find("shop:A-1").principal_open) == "100.00"


def test_one_shop_that_cannot_be_served_does_not_stop_the_replay_of_the_others(tmp_path: Path) -> None:
    plugins = {"mine": shop("mine", [], breaks), "other": shop("other", [], breaks)}
    with world(tmp_path, shops=SHOPS, plugins=plugins) as town:
        send(town.ink, report())
        send(town.ink, report("B-1"), to="second")
    with world(tmp_path, shops={"second": SHOPS["second"]}, plugins={"other": shop("other", [], as_reported)}) as town:
        assert [(result.outcome, result.ref) for result in town.ink.replay()] == [("failed", None), ("registered", "second:B-1")]
        assert failed(town) == [("shop", "order_status_changed", "PLUGIN_BROKE")]


def test_replay_can_be_asked_of_one_shop(town: World) -> None:
    for name, to in (("mine", "shop"), ("other", "second")):
        plugin(town, name).answer = breaks
        send(town.ink, report(), to=to)
        plugin(town, name).answer = as_reported
    assert [result.ref for result in town.ink.replay("second")] == ["second:A-1"]
    assert [row[0] for row in failed(town)] == ["shop"]
