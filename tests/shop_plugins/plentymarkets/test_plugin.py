"""The hooks, through pluggy too, and the answer of a real system."""

import json
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path

import pluggy
import pytest

from inkasso_core import Claim, OrderEnd, ShopEventKind
from inkasso_core.plugins import spec
from inkasso_shop_plugins.plentymarkets import Plentymarkets, PlentySettings

SAMPLES = Path(__file__).resolve().parents[4] / "shared/reference/samples"
HOOKS = {
    ShopEventKind.ORDER_STATUS_CHANGED: "inkasso_order_status_changed",
    ShopEventKind.EXPORT_REQUESTED: "inkasso_export_requested",
    ShopEventKind.PAYMENT_RECEIVED: "inkasso_payment_received",
    ShopEventKind.ORDER_CANCELLED: "inkasso_order_cancelled",
}


@pytest.fixture
def manager():
    """A manager that knows the real hooks and this plugin alone."""
    manager = pluggy.PluginManager(spec.PROJECT)
    manager.add_hookspecs(spec)
    manager.register(Plentymarkets())
    manager.check_pending()
    return manager


def test_the_class_says_what_it_is():
    assert Plentymarkets.name == "plentymarkets"
    assert Plentymarkets.Settings is PlentySettings
    assert Plentymarkets.event is ShopEventKind.ORDER_STATUS_CHANGED
    assert Plentymarkets.verified == "stand-in"
    assert Plentymarkets().operations == {"poll", "receive", "examine"}


def test_it_is_found_by_its_name():
    (found,) = entry_points(group="inkasso.plugins", name="plentymarkets")
    assert found.load() is Plentymarkets


@pytest.mark.parametrize("kind", HOOKS)
def test_every_hook_builds_the_claim(order, event, manager, kind):
    found = getattr(manager.hook, HOOKS[kind])(event=event(order, kind))
    assert isinstance(found, Claim)
    assert found.principal == Decimal("120.00")
    assert found.ended is (OrderEnd.CANCELLED if kind is ShopEventKind.ORDER_CANCELLED else None)
    assert found.source.triggered is (kind is not ShopEventKind.ORDER_CANCELLED)


def test_an_order_of_no_concern_is_left_to_others(order, event, manager):
    assert manager.hook.inkasso_order_status_changed(event=event(order | {"typeId": 3})) is None


def test_the_status_counts_for_an_export_too(order, event):
    found = Plentymarkets().inkasso_export_requested(event(order, ShopEventKind.EXPORT_REQUESTED, status="7"))
    assert found.source.triggered is False


@pytest.fixture
def sample():
    """Read a published sample as the reader reads it."""
    if not SAMPLES.is_dir():
        pytest.skip("the published samples lie beside the checkout, and only there")
    return lambda name: json.loads((SAMPLES / name).read_text(encoding="utf-8"), parse_float=Decimal)


def test_the_answer_of_a_real_system(sample, claim):
    found = claim(sample("plentymarkets-order-630.json"), status=["3"])
    assert (found.source.order, found.source.status, found.source.triggered) == ("630", "3", True)
    assert (found.principal, found.currency, found.total_open) == (Decimal("153.99"), "EUR", Decimal("153.99"))
    assert found.subject == "Design Sessel Black&White"
    assert found.contract.concluded_on.isoformat() == "2017-12-13"
    assert (found.debtor.number, found.debtor.language, found.payment_method) == ("104", "de", "4")
    told = {name for name in Claim.model_fields if getattr(found, name) not in (None, (), {})}
    assert told == {"source", "currency", "principal", "debtor", "kind", "subject", "contract", "payment_method"}
    assert found.debtor.person is found.debtor.address is None


def test_the_address_beside_it(sample, claim):
    files = [str(SAMPLES / name) for name in ("plentymarkets-order-630.json", "plentymarkets-address.json")]
    sample(Path(files[0]).name)
    settings = PlentySettings.model_validate({"status": "3"})
    with Plentymarkets().open_export(files[0], settings=settings, beside=files[1:]) as reader:
        (record,) = reader
    debtor = claim(record.data, status="3").debtor
    assert (debtor.person.first_name, debtor.person.last_name, debtor.organization) == ("John", "Doe", None)
    (address,) = debtor.addresses
    assert (address.street, address.house_number) == ("Bürgermeister-Brunner-Straße", "15")
    assert (address.extra, address.postal_code, address.city) == ("third floor, left side", "34117", "Kassel")
    assert address.country == "DE"
    assert [contact.valid for contact in debtor.contacts] == [True, True]
