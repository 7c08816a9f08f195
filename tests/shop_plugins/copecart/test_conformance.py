"""The conformance kit for shop plugins: with notifications, and with a row of a list."""

import copecart as sender

from inkasso_core import ShopRequest
from inkasso_core.testing import ShopConformance
from inkasso_core.testing.shop import NOW
from inkasso_shop_plugins.copecart import CopeCart

BODY = sender.encoded(sender.failed())


class TestNotifications(ShopConformance):
    """What the hook is given once they are stored, and how they arrive."""

    plugin_class = CopeCart
    settings = {"secret": sender.SECRET, "vendors": {"4711": {"secret": "geheim-des-verkaeufers"}}}  # noqa: RUF012
    payload = sender.payload([sender.failed()])
    newer = sender.payload([sender.failed(), sender.refunded(transaction_amount="20")])
    other = sender.payload([sender.made()])
    request = ShopRequest(headers={"X-Copecart-Signature": sender.ipn_signature(BODY)}, body=BODY, received_at=NOW)


class TestNewPlatform(TestNotifications):
    """The same under the other signature, at a vendor's address."""

    request = ShopRequest(
        headers={"X-Cope-Signature": sender.cope_signature(BODY, "geheim-des-verkaeufers", NOW)}, body=BODY, received_at=NOW, path="4711"
    )


class TestLists(ShopConformance):
    """A row of a vendor's list."""

    plugin_class = CopeCart
    settings = {"secret": sender.SECRET}  # noqa: RUF012
    payload = {  # noqa: RUF012
        "order_id": "Ab12Cd34",
        "product_id": "7a66056a",
        "rate_number": "2",
        "vendor_id": "4711",
        "amount": "119,00",
        "currency": "EUR",
        "event": "chargeback",
        "payment_method": "sepa",
        "changed_at": "2026-05-01T10:00:00+02:00",
        "buyer_id": "55501",
        "buyer_firstname": "Änne",
        "buyer_lastname": "Groß",
        "buyer_street": "Lange Straße",
        "buyer_city": "Dresden",
    }
    newer = {**payload, "paid_amount": "20,00", "changed_at": "2026-05-02T10:00:00+02:00"}  # noqa: RUF012
    request = TestNotifications.request
