"""Reviews fail closed: what a reviewer forbids, and what a reviewer breaks on, keeps the claim waiting with the reason."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from world import OPERATOR, claim, world

from inkasso_core import Claim, Finding, Level, ShopPlugin, ShopSettings, State, Text, hookimpl

Judge = Callable[[Claim], Any]


def finding(code: str = "TOO_BIG", level: Level = Level.BLOCK) -> Finding:
    return Finding(code, level, True, "principal", Text("Zu groß.", "Too big."), Text("Fragen.", "Ask."))


class Reviewer:
    """Judges as it is told, and remembers what it was asked about."""

    def __init__(self, judge: Judge = lambda _claim: None) -> None:
        self.judge = judge
        self.asked: list[str] = []

    @hookimpl
    def inkasso_review_claim(self, claim: Claim, shop: str) -> Any:
        self.asked.append(f"{shop}:{claim.source.key}")
        return self.judge(claim)


def breaks(_claim: Claim) -> None:
    raise LookupError("Erika Beispiel")


def test_a_red_finding_keeps_the_claim_waiting_with_its_code(tmp_path: Path) -> None:
    limits = Reviewer(lambda c: finding() if c.principal_open > 100 else None)
    with world(tmp_path, plugins={"limits": limits}) as town:
        (red, green) = town.report(claim("A-1"), claim("A-2", paid="100.00"))
        assert (red.state, green.state) == (State.WAITING, State.READY)
        assert red.diagnosis is not None
        assert red.diagnosis.red == ("TOO_BIG",)
        assert town.ink.find("A-1", shop="shop").red == ("TOO_BIG",)
        (refused,) = town.ink.release(["shop:A-1"], actor=OPERATOR)
        assert "Too big. Ask." in str(refused.problem)


def test_a_yellow_finding_wants_a_person(tmp_path: Path) -> None:
    limits = Reviewer(lambda _claim: finding("ODD", Level.WARN))
    with world(tmp_path, accounts={"agency": {"mode": "automatic"}}, plugins={"limits": limits}) as town:
        town.ready("A-1")
        assert town.ink.find("A-1", shop="shop").warnings == ("ODD",)
        assert town.ink.run_due().released == 0
        town.ink.release(["shop:A-1"], actor=OPERATOR)
        assert town.state("A-1") is State.RUNNING


WRONG: list[tuple[Judge, str]] = [
    (breaks, "LookupError"),
    (lambda _claim: True, "bool"),
    (lambda _claim: "too big", "str"),
    (lambda _claim: [finding()], "list"),
]


@pytest.mark.parametrize(("judge", "said"), WRONG)
def test_a_reviewer_that_breaks_keeps_the_claim_waiting_and_the_others_are_asked_all_the_same(
    tmp_path: Path, judge: Judge, said: str
) -> None:
    reviewers = {"a-first": Reviewer(), "broken": Reviewer(judge), "z-last": Reviewer(lambda _claim: finding("LATE"))}
    with world(tmp_path, plugins=reviewers) as town:
        (result,) = town.report(claim("A-1"))
        assert result.state is State.WAITING
        assert result.diagnosis is not None
        assert set(result.diagnosis.red) == {"REVIEW_FAILED", "LATE"}
        (failed,) = [f for f in result.diagnosis.findings if f.code == "REVIEW_FAILED"]
        for text in failed.message:
            assert "broken" in text
            assert said in text
            assert "Erika" not in text
        assert [reviewer.asked for reviewer in reviewers.values()] == [["shop:A-1"]] * 3


def test_a_mended_reviewer_lets_the_claim_go(tmp_path: Path) -> None:
    reviewer = Reviewer(breaks)
    with world(tmp_path, plugins={"reviewer": reviewer}) as town:
        town.report(claim("A-1"))
        reviewer.judge = lambda _claim: None
        assert town.ink.run_due().moved == 1
        assert town.state("A-1") is State.READY


def test_a_review_that_breaks_between_release_and_transmission_takes_the_claim_back(tmp_path: Path) -> None:
    reviewer = Reviewer()
    with world(tmp_path, plugins={"reviewer": reviewer}) as town:
        town.running("A-1")
        reviewer.judge = breaks
        (report,) = town.transmit()
        assert dict(report.counts) == {"red": 1}
        assert town.agency.sent == []
        assert town.state("A-1") is State.WAITING
        assert town.last("A-1").reason == "REVIEW_FAILED"


def test_a_shop_plugin_reviews_the_claims_of_its_own_shops_only(tmp_path: Path) -> None:
    class Shop(Reviewer, ShopPlugin[ShopSettings]):
        name = "own"
        label = "Own"
        Settings = ShopSettings

    own, policy = Shop(), Reviewer()
    shops = {"shop": {"plugin": "own"}, "second": {}}
    with world(tmp_path, shops=shops, plugins={"own": own, "policy": policy}) as town:
        town.report(claim("A-1"))
        town.report(claim("B-1", invoice=None), shop="second")
        assert own.asked == ["shop:A-1"]
        assert policy.asked == ["shop:A-1", "second:B-1"]
