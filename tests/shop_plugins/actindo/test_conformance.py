# ruff: noqa: RUF012  (class attributes are how a conformance is declared)
"""The plugin keeps the rules of the kit: with an invoice and its notices, as polls store them, and with rows of files."""

import copy
from typing import Any

from inkasso_core import ShopRequest
from inkasso_core.testing import ShopConformance
from inkasso_core.testing.shop import NOW
from inkasso_shop_plugins.actindo import Actindo

from .conftest import PUSH
from .stand_in import CLIENT, REDIRECT, SECRET

SETTINGS: dict[str, Any] = {
    "url": "https://beispiel.dev.actindo.com",
    "client_id": CLIENT,
    "client_secret": SECRET,
    "redirect_uri": REDIRECT,
    "push_secret": PUSH,
    "fields": {"invoice": "rechnungId", "level": "mahnstufe", "open_amount": "offen"},
    "query": {"url": "https://beispiel.actindo.com/download/0123-uuid"},
}


def part(kind: str, at: str = "2026-05-20T08:00:00+00:00", **values: Any) -> dict[str, Any]:
    return {"received_at": at, "payload": {"is": kind, "values": values}}


INVOICE = part(
    "invoice", id=100, number="RE000100", date="2026-03-02", gross="153.99", open_amount="153.99", currency="EUR", payment_type="U",
    customer=20001, first_name="Jördis", last_name="Groß-Möller", street="Lange Straße 7 a", postal_code="01067", city="Dresden",
    country="DE", email="joerdis@example.org",
)  # fmt: skip
NOTICE = part("notice", id=201, number="MA000201", date="2026-04-28", level=3, currency="EUR", gross="156.49")
WHOLE: dict[str, Any] = {"whole": "100", "parts": [INVOICE, NOTICE]}


def paid(whole: dict[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(whole)
    changed["parts"][0]["payload"]["values"]["open_amount"] = "100.00"
    changed["parts"][0]["received_at"] = "2026-05-21T08:00:00+00:00"
    return changed


class TestWholes(ShopConformance):
    plugin_class = Actindo
    entry_point = "actindo"
    settings = SETTINGS
    payload = WHOLE
    newer = paid(WHOLE)
    other = {"whole": "100", "parts": [INVOICE, part("notice", id=201, number="MA000201", date="2026-04-28", level=2, currency="EUR")]}
    request = ShopRequest(headers={"X-Inkasso-Secret": PUSH}, body=b'{"ids": [100, 201]}', received_at=NOW)
    is_signed = False


class TestValues(ShopConformance):
    """The members of the invoice itself, each left out and each replaced by what nobody expects."""

    plugin_class = Actindo
    entry_point = "actindo"
    settings = SETTINGS
    payload = WHOLE
    request = TestWholes.request
    is_signed = False

    def _sound(self, ink: Any, payloads: Any) -> None:
        values = INVOICE["payload"]["values"]
        inner = []
        for name in values:
            for odd in (None, "", [], {}, "🦔" * 50, -1, 10**40, True, ["x"], {"x": "y"}):
                whole = copy.deepcopy(WHOLE)
                whole["parts"][0]["payload"]["values"][name] = odd
                inner.append(whole)
        super()._sound(ink, [*payloads, *inner])


class TestRows(ShopConformance):
    plugin_class = Actindo
    entry_point = "actindo"
    settings = {**SETTINGS, "files": {"rows": "claims"}}
    payload = {
        "document_id": "100", "invoice_number": "RE000100", "invoice_date": "02.03.2026", "level": "3", "notice_date": "28.04.2026",
        "fee": "2,50", "amount": "153,99", "open_amount": "153,99", "due_date": "16.03.2026", "first_name": "Jördis",
        "last_name": "Groß-Möller", "street": "Lange Straße 7 a", "postal_code": "01067", "city": "Dresden", "country": "DE",
        "salutation": "Frau", "email": "joerdis@example.org", "text": "Gartenbank", "changed_at": "20.05.2026 10:00",
        "birth_date": "29.02.1984", "reminder_lock": "0", "customer": "20001", "payment_type": "U",
    }  # fmt: skip
    newer = {**payload, "open_amount": "100,00", "changed_at": "21.05.2026 10:00"}
    other = {**payload, "level": "2"}
    request = TestWholes.request
    is_signed = False


class TestPostings(ShopConformance):
    plugin_class = Actindo
    entry_point = "actindo"
    settings = {**SETTINGS, "files": {"rows": "postings"}}
    payload = {"document_id": "100", "postings": [{**TestRows.payload, "debit": "153,99", "credit": ""}]}
    other = {"postings": [{"document_id": "100", "debit": "153,99"}]}
    request = TestWholes.request
    is_signed = False
