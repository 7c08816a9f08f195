# ruff: noqa: RUF012  (class attributes are how a conformance is declared)
"""Shop plugins of ours keep the kit's rules; and plugins that break one are found out by exactly the checks that are about it."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from builders import green_claim

from inkasso_core import (
    Claim,
    DeliveryRefused,
    Received,
    Reported,
    ShopContext,
    ShopEvent,
    ShopEventKind,
    ShopPlugin,
    ShopRequest,
    ShopSettings,
    Text,
    from_json,
    hookimpl,
    to_json,
)
from inkasso_core.testing import ShopConformance
from inkasso_core.testing.shop import NOW
from inkasso_shop_plugins.canonical import Canonical
from inkasso_shop_plugins.cpshop import CPShop

CLAIM = green_claim().model_dump(mode="json", exclude_defaults=True)
VERSIONED = {**CLAIM, "source": {**CLAIM["source"], "version": 3}}
PAID = {**VERSIONED, "source": {**CLAIM["source"], "version": 4}, "payments": [{"amount": "1.00", "on": "2026-05-02"}]}


class TestCanonical(ShopConformance):
    plugin_class = Canonical
    entry_point = "canonical"
    payload = VERSIONED
    newer = PAID
    other = {**CLAIM, "source": {**CLAIM["source"], "triggered": False}}


class TestCPShop(ShopConformance):
    plugin_class = CPShop
    entry_point = "cpshop"
    settings = {"assertion": {"currency": "EUR"}, "folder": "in", "upload_secret": "geheim-0815-geheim", "dialect": {"decimal": ","}}
    is_signed = False
    payload = {
        "first_name": "Jördis", "last_name": "Groß-Möller", "salutation": "f", "company": "", "street": "Lange Straße 7 a",
        "postal_code": "01067", "city": "Dresden", "country": "DE", "phone": "+49 351 4567890", "email": "joerdis@example.org",
        "order_number": "B-0815", "invoice_number": "R-2026-0815", "amount": "153,99", "reason": "Gartenbank", "service_date": "02.03.2026",
        "reminder_date": "15.04.2026", "claim_type": "1", "status": "Inkasso ist in Arbeit", "changed_at": "2026-05-01 10:00",
    }  # fmt: skip
    newer = {**payload, "amount": "100,00", "changed_at": "2026-05-02 10:00"}
    other = {**payload, "status": "Neu"}
    request = ShopRequest(headers={}, method="PUT", path="geheim-0815-geheim/export.csv", body=b"x", received_at=NOW)

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Any) -> None:
        (tmp_path / "in").mkdir()


# Plugins that break a rule


class Sound(ShopPlugin[ShopSettings]):
    """Keeps all rules: what the broken ones differ from."""

    name = "sound"
    label = "Sound"
    event = ShopEventKind.DUNNING_LEVEL_REACHED

    def receive(self, context: ShopContext[ShopSettings], request: ShopRequest) -> Received:
        if request.header("X-Sum") != str(sum(request.body)):
            raise DeliveryRefused(Text("falsch", "wrong"))
        return Received(reports=(Reported(payload=from_json(request.body)),))

    @hookimpl
    def inkasso_dunning_level_reached(self, event: ShopEvent) -> Claim:
        return Claim.model_validate(event.payload)


class ChangesTheRecord(Sound):
    @hookimpl
    def inkasso_dunning_level_reached(self, event: ShopEvent) -> Claim:
        event.payload["seen"] = True  # type: ignore[index]
        return Claim.model_validate({key: value for key, value in event.payload.items() if key != "seen"})


class NewKeyEachTime(Sound):
    count = 0

    @hookimpl
    def inkasso_dunning_level_reached(self, event: ShopEvent) -> Claim:
        NewKeyEachTime.count += 1
        claim = Claim.model_validate(event.payload)
        return claim.model_copy(update={"source": claim.source.model_copy(update={"order": f"N-{self.count}"})})


class Breaks(Sound):
    @hookimpl
    def inkasso_dunning_level_reached(self, event: ShopEvent) -> Claim:
        return Claim.model_validate({**event.payload, "subject": event.payload["subject"].strip()})


class BelievesEverybody(Sound):
    def receive(self, context: ShopContext[ShopSettings], request: ShopRequest) -> Received:
        return Received(reports=(Reported(payload=from_json(request.body)),))


class PlainSettings(ShopSettings):
    api_key: str = "s3cr3t-of-all"


class ShowsSecrets(Sound):
    Settings = PlainSettings


BODY = to_json({**VERSIONED, "subject": "Gartenbank"})


def suite(plugin: type[ShopPlugin[Any]]) -> type[ShopConformance]:
    class Suite(ShopConformance):
        plugin_class = plugin
        entry_point = "sound"
        payload = {**VERSIONED, "subject": "Gartenbank"}
        newer = {**PAID, "subject": "Gartenbank"}
        request = ShopRequest(headers={"X-Sum": str(sum(BODY))}, body=BODY, received_at=NOW)

    return Suite


CHECKS = sorted(name for name, _ in inspect.getmembers(ShopConformance, inspect.isfunction) if name.startswith("test_"))
MUTANTS: dict[type[ShopPlugin[Any]], set[str]] = {
    Sound: set(),
    ChangesTheRecord: {"test_the_hook_changes_nothing"},
    NewKeyEachTime: {"test_the_same_record_twice_is_one_claim", "test_a_newer_record_is_a_revision", "test_a_request_is_read"},
    Breaks: {"test_a_record_with_something_missing_stops_nobody", "test_a_record_with_something_odd_stops_nobody"},
    BelievesEverybody: {"test_a_request_of_somebody_else_is_refused"},
    ShowsSecrets: {"test_settings_that_sound_secret_are_secret"},
}


@pytest.mark.parametrize("plugin", MUTANTS, ids=lambda plugin: plugin.__name__)
def test_each_broken_rule_is_found_by_its_checks(plugin: type[ShopPlugin[Any]], tmp_path_factory: pytest.TempPathFactory) -> None:
    assert {check for check in CHECKS if _fails(suite(plugin), check, tmp_path_factory)} == MUTANTS[plugin]


def _fails(case: type[ShopConformance], check: str, folders: pytest.TempPathFactory) -> bool:
    made = case()
    function: Callable[..., None] = getattr(made, check)
    try:
        if "ink" in inspect.signature(function).parameters:
            fixture = inspect.unwrap(ShopConformance.ink)
            opened = getattr(fixture, "__pytest_wrapped__", fixture)
            generator = _plain(opened)(made, folders.mktemp("kit"))
            try:
                function(next(generator))
            finally:
                generator.close()
        else:
            function()
    except pytest.skip.Exception:
        return False
    except (AssertionError, pytest.fail.Exception):
        return True
    return False


def _plain(fixture: Any) -> Any:
    """The function behind a fixture."""
    return getattr(fixture, "_fixture_function", None) or getattr(fixture, "obj", None) or fixture
