"""Which account takes a claim: the first plugin that answers, then the routes, then the shop's own; what breaks keeps the claim waiting."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from world import World, claim, world

from inkasso_core import Claim, ShopPlugin, ShopSettings, State, hookimpl

Choice = Callable[[Claim], Any]


class Chooser:
    """Chooses as it is told."""

    def __init__(self, choose: Choice) -> None:
        self.choose = choose
        self.asked = 0

    @hookimpl
    def inkasso_choose_account(self, claim: Claim) -> Any:
        self.asked += 1
        return self.choose(claim)


class Shop(Chooser, ShopPlugin[ShopSettings]):
    name = "own"
    label = "Own"
    Settings = ShopSettings


def breaks(_claim: Claim) -> None:
    raise LookupError("Erika Beispiel")


def nobody(_claim: Claim) -> None:
    """Leave it to the next one."""


def town_with(tmp_path: Path, *, account: str | None = "default", **plugins: Any) -> AbstractContextManager[World]:
    return world(
        tmp_path,
        accounts={"default": {}, "abroad": {}, "chosen": {}, "other": {}},
        shops={"shop": {"plugin": "own" if "own" in plugins else "reports", "account": account}},
        routes=[{"account": "abroad", "country": "AT"}],
        plugins=plugins,
    )


def of_austria(order: str = "A-1") -> Claim:
    made = claim(order)
    address = made.debtor.addresses[0].model_copy(update={"country": "AT", "postal_code": "1010"})
    return made.model_copy(update={"debtor": made.debtor.model_copy(update={"addresses": (address,)})})


def account_of(town: World, order: str = "A-1") -> str | None:
    return town.ink.find(order, shop="shop").account


def test_the_first_answer_wins_the_shops_own_plugin_before_policies_by_their_names(tmp_path: Path) -> None:
    own, first, second = Shop(nobody), Chooser(lambda _claim: "chosen"), Chooser(lambda _claim: "other")
    with town_with(tmp_path, **{"b-policy": second, "a-policy": first, "own": own}) as town:
        town.report(of_austria())
        assert account_of(town) == "chosen"
        assert (own.asked, first.asked, second.asked) == (1, 1, 0)
        own.choose = lambda _claim: "other"
        town.report(claim("A-2"))
        assert account_of(town, "A-2") == "other"
        assert first.asked == 1


def test_none_leaves_it_to_the_routes_and_they_to_the_shops_own_account(tmp_path: Path) -> None:
    with town_with(tmp_path, policy=Chooser(nobody)) as town:
        town.report(of_austria("A-1"), claim("A-2"))
        assert (account_of(town, "A-1"), account_of(town, "A-2")) == ("abroad", "default")


def test_without_any_plugin_it_is_the_same(tmp_path: Path) -> None:
    with town_with(tmp_path) as town:
        town.report(of_austria("A-1"), claim("A-2"))
        assert (account_of(town, "A-1"), account_of(town, "A-2")) == ("abroad", "default")


def test_where_nobody_chooses_the_claim_waits_with_what_helps(tmp_path: Path) -> None:
    with town_with(tmp_path, account=None, policy=Chooser(nobody)) as town:
        (result,) = town.report(claim("A-1"))
        assert result.state is State.WAITING
        assert result.diagnosis is not None
        (red,) = [finding for finding in result.diagnosis.findings if finding.code in result.diagnosis.red]
        assert red.code == "NO_ACCOUNT"
        assert "[[routes]]" in red.remedy.en


WRONG: list[tuple[Choice, str]] = [
    (breaks, "LookupError"),
    (lambda _claim: "nowhere", "not configured. Configured: abroad, chosen, default, other."),
    (lambda _claim: 7, "int instead of the name of an account"),
]


@pytest.mark.parametrize(("choose", "said"), WRONG)
def test_a_choice_that_breaks_keeps_the_claim_waiting_with_the_reason(tmp_path: Path, choose: Choice, said: str) -> None:
    policy = Chooser(choose)
    with town_with(tmp_path, policy=policy) as town:
        (result,) = town.report(claim("A-1"))
        assert result.state is State.WAITING
        assert result.diagnosis is not None
        assert result.diagnosis.red == ("NO_ACCOUNT",)
        (red,) = [finding for finding in result.diagnosis.findings if finding.code == "NO_ACCOUNT"]
        assert said in red.message.en
        assert red.message.de != red.message.en
        assert "Erika" not in str(red)
        assert account_of(town) is None
        policy.choose = lambda _claim: "chosen"
        assert town.ink.run_due().moved == 1
        assert (town.state("A-1"), account_of(town)) == (State.READY, "chosen")


def test_a_choice_that_breaks_at_release_stops_the_release(tmp_path: Path) -> None:
    policy = Chooser(lambda _claim: "chosen")
    with town_with(tmp_path, policy=policy) as town:
        town.ready("A-1")
        policy.choose = breaks
        (refused,) = town.ink.release(["shop:A-1"])
        assert not refused.ok
        assert town.state("A-1") is State.WAITING
        assert town.agency.sent == []


def test_the_account_chosen_at_release_is_the_one_that_transmits(tmp_path: Path) -> None:
    policy = Chooser(lambda _claim: "chosen")
    with town_with(tmp_path, policy=policy) as town:
        town.ready("A-1")
        policy.choose = lambda _claim: "other"
        town.ink.release(["shop:A-1"])
        town.transmit()
        (placed,) = town.agency.sent
        assert placed.account == "other"
