"""What is given to the facade: one reference or many, a claim, a record; and never a text taken for its letters."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from world import OPERATOR, VENDOR, World, claim, done, refusal, world

from inkasso_core import InvalidInput, NotFound, State
from inkasso_core.release import Handled

Act = Callable[[World, Any], list[Handled]]
ACTS: dict[str, tuple[str, Act, State]] = {
    "release": ("ready", lambda town, refs: town.ink.release(refs, actor=OPERATOR), State.RUNNING),
    "withdraw": ("running", lambda town, refs: town.ink.withdraw(refs, actor=OPERATOR), State.READY),
    "remove": ("ready", lambda town, refs: town.ink.remove(refs, actor=OPERATOR), State.REMOVED),
    "pause": ("ready", lambda town, refs: town.ink.pause(refs, reason="x", actor=OPERATOR), State.PAUSED),
    "cancel": ("ready", lambda town, refs: town.ink.cancel(refs, reason="x", actor=OPERATOR), State.CANCELLED),
    "mark_paid": ("ready", lambda town, refs: town.ink.mark_paid(refs, reason="x", actor=OPERATOR), State.PAID),
    "record_handover": (
        "ready",
        lambda town, refs: town.ink.record_handover(
            refs, channel="Portal", case_reference="AZ-1", on=town.clock.day, reason="x", actor=OPERATOR
        ),
        State.HANDED_OVER,
    ),
}


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("form", [str, lambda ref: [ref], lambda ref: (ref,), lambda ref: {ref}, lambda ref: iter([ref])])
def test_one_reference_or_many(tmp_path: Path, name: str, form: Callable[[str], Any]) -> None:
    before, act, after = ACTS[name]
    with world(tmp_path) as town:
        (ref,) = getattr(town, before)("A-1")
        done(act(town, form(ref)))
        assert town.state(ref) is after


def test_one_reference_inside_a_shop_and_of_an_exported_file(tmp_path: Path) -> None:
    with world(tmp_path, accounts={"agency": {"agency": "plain-file"}}) as town:
        town.ready("A-1")
        done(town.ink.release("A-1", shop="shop", actor=OPERATOR))
        town.transmit()
        ((stored, problem),) = town.ink.confirm("shop:A-1", actor=OPERATOR)
        assert (stored.state, problem) == (State.HANDED_OVER, None)


def test_pauses_end_one_by_one_or_together(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        first, second = town.ready("A-1", "A-2")
        (third,) = town.running("A-3")
        done(town.ink.pause([first, second, third], reason="x", actor=OPERATOR))
        done(town.ink.resume(first, actor=OPERATOR))
        done(town.ink.resume([second, third], actor=OPERATOR))
        assert [town.state(ref) for ref in (first, second, third)] == [State.READY, State.READY, State.RUNNING]
        assert refusal(town.ink.resume(first, actor=OPERATOR)) == "NO_SUCH_CHANGE"
        with pytest.raises(NotFound):
            town.ink.resume([first, "shop:nix"], actor=OPERATOR)
        with pytest.raises(NotFound):
            town.ink.resume(first, actor=VENDOR)


def test_a_settled_claim_is_reinstated_and_an_unclear_one_resolved_by_its_reference_alone(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        (ref,) = town.ready("A-1")
        done(town.ink.remove(ref, actor=OPERATOR))
        done(town.ink.reinstate(ref, reason="x", actor=OPERATOR))
        assert town.state(ref) is State.READY
        unclear = town.unclear("A-2")
        done(town.ink.resolve(unclear, found="AZ-2", reason="x", actor=OPERATOR))
        assert town.state(unclear) is State.HANDED_OVER


@pytest.mark.parametrize("wrong", [{"source": {"order": "A-1"}}, "A-1", None, [claim("A-1")]])
def test_what_is_no_claim_is_refused_at_once_and_stored_nowhere(tmp_path: Path, wrong: Any) -> None:
    with world(tmp_path) as town:
        with pytest.raises(InvalidInput) as caught:
            town.ink.register(wrong, shop="shop")
        assert (caught.value.field, caught.value.reason) == ("claim", "NO_CLAIM")
        for text in caught.value.text:
            assert type(wrong).__name__ in text
            assert "Claim.model_validate" in text
        assert town.ink.failed_events() == []


@pytest.mark.parametrize("wrong", ["{}", b"{}", None, [{}]])
def test_what_is_no_record_is_refused_at_once_and_stored_nowhere(tmp_path: Path, wrong: Any) -> None:
    with world(tmp_path) as town:
        with pytest.raises(InvalidInput) as caught:
            town.ink.order_status_changed(shop="shop", payload=wrong)
        assert (caught.value.field, caught.value.reason) == ("payload", "NO_RECORD")
        assert town.ink.failed_events() == []


@pytest.mark.parametrize("form", [str, Path, lambda name: [name], lambda name: iter([Path(name)])])
def test_one_file_beside_or_many(tmp_path: Path, form: Callable[[str], Any]) -> None:
    (tmp_path / "orders.json").write_text("[]", "utf-8")
    (tmp_path / "addresses.json").write_text("[]", "utf-8")
    shops = {"plenty": {"plugin": "plentymarkets", "settings": {"status": "3-4"}}}
    with world(tmp_path, shops=shops) as town:
        done_with = town.ink.ingest(tmp_path / "orders.json", shop="plenty", beside=form(str(tmp_path / "addresses.json")))
        assert sum(done_with.counts.values()) == 0
