"""The shop plugin ``django`` in a process without Django: what it can do there, and how it says what it cannot."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from world import World, claim, world

from inkasso_core import PluginError, State
from inkasso_shop_plugins.django.plugin import DjangoShop


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    with world(tmp_path, shops={"web": {"plugin": "django"}}, plugins={"django": DjangoShop}) as made:
        yield made


def body(order: str) -> dict[str, object]:
    return claim(order).model_dump(mode="json", exclude_defaults=True)


def test_an_order_that_only_django_knows_is_a_failed_event_that_says_so(town: World) -> None:
    result = town.ink.order_status_changed(shop="web", payload={"order": "17"})
    assert result.outcome == "failed"
    assert result.problem is not None
    assert all("manage.py inkasso_run" in text for text in result.problem.text)
    (failed,) = town.ink.failed_events("web")
    assert failed.field == "shops.web.plugin"
    assert [again.outcome for again in town.ink.replay("web")] == ["failed"]
    assert len(town.ink.failed_events("web")) == 1


def test_a_claim_that_came_along_needs_no_django(town: World) -> None:
    result = town.ink.order_cancelled(shop="web", payload={"order": "17", "claim": body("17"), "reported_at": "2026-05-01T10:00:00+02:00"})
    assert (result.outcome, result.ref, result.state) == ("registered", "web:17", State.READY)
    assert str(town.ink.show("web:17").claim.source.reported_at) == "2026-05-01 08:00:00+00:00"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [({}, "ORDER_MISSING"), ({"order": 17}, "ORDER_MISSING"), ({"order": "18", "claim": {}}, "MISSING"), ({"order": "18"}, None)],
)
def test_what_does_not_fit_is_refused(town: World, payload: dict[str, object], reason: str | None) -> None:
    result = town.ink.export_requested(shop="web", payload=payload)
    assert result.outcome == "failed"
    assert reason is None or getattr(result.problem, "reason", None) == reason


def test_a_claim_of_another_order_is_refused(town: World) -> None:
    result = town.ink.export_requested(shop="web", payload={"order": "18", "claim": body("17")})
    assert getattr(result.problem, "reason", None) == "KEY_MISMATCH"


def test_the_shop_is_told_once_somebody_can(town: World) -> None:
    town.ink.order_cancelled(shop="web", payload={"order": "17", "claim": body("17")})
    assert town.ink.follow().failed == 1
    assert town.ink.follow().failed == 0  # later
    town.clock.forward(days=1)
    assert town.ink.follow().failed == 1


def test_doctor_says_where_to_look(town: World) -> None:
    (finding,) = town.ink.examine("web")
    assert finding.code == "DJANGO_NOT_SET_UP"
    with pytest.raises(PluginError, match="no_such"):
        town.ink.plugins.shop_plugin("no_such")
