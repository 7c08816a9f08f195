"""Every hook is documented with its signature, its meaning and an example that works."""

import datetime as dt
import inspect
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from builders import green_claim, green_debtor
from codeblocks import DOCS, Block, blocks, run

from inkasso_core import Claim, ClaimEvent, ClaimEventKind, Level, OrderEnd, ShopEvent, ShopEventKind, ShopPlugin, ShopSettings
from inkasso_core.plugins import spec
from inkasso_core.plugins.manager import HOOKS, Plugins

PAGE = "docs/hooks.md"
LONGEST = 15


class Silent(ShopPlugin[ShopSettings]):
    """A shop plugin without a hook: what it leaves unanswered goes to the example."""

    name = "silent"
    label = "Silent"


def signature(hook: str) -> str:
    found = inspect.signature(getattr(spec, hook))
    return f"{hook}{found}".replace("'", "")


def sections() -> dict[str, str]:
    """The page below its headings of the second level."""
    parts = re.split(r"^## (.+)$", (DOCS / "hooks.md").read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def example_of(hook: str) -> Block:
    (found,) = [block for block in blocks(PAGE, "python") if f"def {hook}(" in block.text]
    return found


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_its_heading_with_the_full_signature(hook: str) -> None:
    assert f"`{signature(hook)}`" in sections()


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_its_meaning_and_says_what_happens_when_it_fails(hook: str) -> None:
    section = sections()[f"`{signature(hook)}`"]
    assert "**When it fails:**" in section
    by_hand = section.partition("<!-- end -->")[2].partition("```")[0]
    assert len(by_hand.split()) > 10


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_a_short_example_in_its_section(hook: str) -> None:
    example = example_of(hook)
    assert example.text.strip() in sections()[f"`{signature(hook)}`"]
    assert len(example.text.splitlines()) <= LONGEST


def test_nothing_else_has_a_section() -> None:
    assert list(sections()) == [f"`{signature(hook)}`" for hook in HOOKS]


# The examples work


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run(PAGE, tmp_path_factory.mktemp("hooks"))


@pytest.fixture
def plugins(names: dict[str, Any]) -> Callable[[str], Plugins]:
    """Return the plugins of an installation in which only the example of this hook is a policy."""

    def made(hook: str) -> Plugins:
        (example,) = [value for value in names.values() if inspect.isclass(value) and hook in vars(value)]
        found = Plugins(serving={"shop": "silent"}, extra={"silent": Silent, "example": example})
        assert found.broken == []
        assert "example" in found.policy_names
        return found

    return made


ORDER = {
    "id": "A-1",
    "type": "order",
    "version": 3,
    "status": "collection",
    "total": "153.99",
    "items": "1 x Sessel",
    "customer": green_debtor().model_dump(mode="json", exclude_none=True),
}
EVENTS: list[tuple[ShopEventKind, dict[str, Any], Callable[[Claim], Any], Any]] = [
    (ShopEventKind.ORDER_STATUS_CHANGED, ORDER, lambda c: (c.subject, c.source.triggered), ("1 x Sessel", True)),
    (ShopEventKind.ORDER_STATUS_CHANGED, {**ORDER, "status": "shipped"}, lambda c: c.source.triggered, False),
    (
        ShopEventKind.DUNNING_LEVEL_REACHED,
        {"order": ORDER, "notices": [{"level": 1, "sent": "2026-04-01", "pay_until": "2026-04-15"}]},
        lambda c: [(r.level, r.deadline) for r in c.reminders],
        [(1, dt.date(2026, 4, 15))],
    ),
    (ShopEventKind.EXPORT_REQUESTED, {**ORDER, "invoice": "R-7"}, lambda c: c.invoice and c.invoice.number, "R-7"),
    (
        ShopEventKind.PAYMENT_RECEIVED,
        {"order": ORDER, "payments": [{"amount": "53.99", "on": "2026-05-01", "id": "P-1"}]},
        lambda c: c.principal_open,
        Decimal("100.00"),
    ),
    (ShopEventKind.ORDER_CANCELLED, {"order": ORDER, "reason": "withdrawal"}, lambda c: c.ended, OrderEnd.REVOKED),
    (ShopEventKind.ORDER_CANCELLED, {"order": ORDER, "reason": "lost"}, lambda c: c.ended, OrderEnd.CANCELLED),
    (
        ShopEventKind.DISPUTE_RAISED,
        {"order": ORDER, "ticket": {"opened": "2026-05-01", "text": "Nie erhalten"}},
        lambda c: c.dispute and (c.dispute.is_open, c.dispute.reason),
        (True, "Nie erhalten"),
    ),
]


def test_every_event_is_asked_below() -> None:
    assert {kind for kind, *_ in EVENTS} == set(ShopEventKind)


@pytest.mark.parametrize(("kind", "payload", "look", "seen"), EVENTS)
def test_the_example_of_an_event_builds_the_claim(
    plugins: Callable[[str], Plugins], kind: ShopEventKind, payload: dict[str, Any], look: Callable[[Claim], Any], seen: Any
) -> None:
    event = ShopEvent(id="1", kind=kind, shop="shop", received_at=dt.datetime(2026, 6, 1, tzinfo=dt.UTC), payload=payload)
    claim = plugins(f"inkasso_{kind}").answer(event)
    assert claim is not None
    assert claim.source.key == "A-1"
    assert look(claim) == seen


def test_the_example_of_an_order_leaves_alone_what_is_none(plugins: Callable[[str], Plugins]) -> None:
    event = ShopEvent(
        id="1",
        kind=ShopEventKind.ORDER_STATUS_CHANGED,
        shop="shop",
        received_at=dt.datetime(2026, 6, 1, tzinfo=dt.UTC),
        payload={**ORDER, "type": "offer"},
    )
    assert plugins("inkasso_order_status_changed").answer(event) is None


def test_the_example_of_a_choice_chooses(plugins: Callable[[str], Plugins]) -> None:
    ask = plugins("inkasso_choose_account").choose_account
    assert ask(green_claim(), "shop") is None
    assert ask(green_claim(principal=Decimal("5000.01")), "shop") == "lawyer"


def test_the_example_of_a_review_reviews(plugins: Callable[[str], Plugins]) -> None:
    ask = plugins("inkasso_review_claim").review
    assert ask(green_claim(), "shop") == ()
    (finding,) = ask(green_claim(debtor=green_debtor(number="K-7")), "shop")
    assert (finding.code, finding.level) == ("REGULAR_CUSTOMER", Level.BLOCK)


def test_the_example_of_an_observer_hears_twice_and_keeps_it_once(names: dict[str, Any]) -> None:
    at = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    event = ClaimEvent("E1", ClaimEventKind.QUEUED, at, "shop", "C1", "A-1", "ready", "acme", None)
    journal = names["Journal"]()
    told = Plugins(serving={}, extra={"example": journal})
    told.tell("example", event)
    told.tell("example", event)
    assert journal.lines == {"E1": "2026-06-01 shop:A-1 queued ready"}
