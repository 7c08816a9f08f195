"""The hard cases among the demo's orders: what each one is, where it stands after the intake, and where it stands at the end."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from inkasso_core.lifecycle import State
from inkasso_core.model.words import Text


class Case(NamedTuple):
    """One claim of the demo."""

    label: Text
    queued: State
    """After the intake."""
    final: State
    red: tuple[str, ...] = ()
    """What blocks it after the intake."""


_READY, _WAITING, _EXPORTED, _HANDED_OVER = State.READY, State.WAITING, State.EXPORTED, State.HANDED_OVER

CASES: Mapping[str, Case] = MappingProxyType(
    {
        "plenty:10421": Case(Text("Umlaute, ß und ł im Namen", "umlauts, ß and ł in the name"), _READY, _HANDED_OVER),
        "plenty:10422": Case(Text("Anschrift unvollständig", "incomplete address"), _WAITING, _READY, ("ADDRESS_INCOMPLETE",)),
        "plenty:10423": Case(Text("Packstation", "parcel locker (Packstation)"), _WAITING, _WAITING, ("ADDRESS_NOT_SERVICEABLE",)),
        "plenty:10424": Case(Text("teilweise bezahlt: 90 von 240", "partly paid: 90 of 240"), _READY, _HANDED_OVER),
        "plenty:10425": Case(
            Text("zu jung: die Mahnfrist läuft noch", "too young: a deadline is running"), _WAITING, _WAITING, ("GRACE_RUNNING",)
        ),
        "plenty:10426": Case(Text("Kunde bestreitet", "the customer disputes it"), _WAITING, _WAITING, ("DISPUTED",)),
        "plenty:10427": Case(Text("Firma, Anschrift in eigener Datei", "company, address in a file beside"), _READY, _HANDED_OVER),
        "plenty:10428": Case(
            Text("Schweizer Franken: das Konto nimmt Euro", "Swiss francs: the account takes euros"),
            _WAITING,
            _WAITING,
            ("CURRENCY_UNSUPPORTED",),
        ),
        "cp:20311": Case(Text("vom Händler zugesicherte Angaben", "fields asserted by the merchant"), _READY, _HANDED_OVER),
        "cp:20312": Case(Text("zweimal gemeldet: 59,90, dann 74,80", "reported twice: 59.90, then 74.80"), _READY, _EXPORTED),
        "cp:20313": Case(Text("Formeln in Name und Text", "formulas in name and subject"), _READY, _EXPORTED),
        "cp:20315": Case(Text("Betrag „1.234,56“", 'amount "1.234,56"'), _READY, _EXPORTED),
        "cp:20316": Case(Text("PLZ ohne ihre Null: 1067", "postal code without its zero: 1067"), _READY, _EXPORTED),
        "cp:20318": Case(Text("Kleinbetrag", "a small amount"), _READY, _EXPORTED),
        "cp:20319": Case(
            Text("kein Leistungsdatum", "no date of supply"),
            _WAITING,
            _WAITING,
            ("DUE_DATE_MISSING", "REMINDER_MISSING", "CONTRACT_DATE_MISSING", "INVOICE_DATE_MISSING"),
        ),
        "cp:20320": Case(Text("Kundin in Österreich", "a customer in Austria"), _READY, _EXPORTED),
        "own:30001": Case(Text("die Agentur nimmt an", "the agency accepts"), _READY, _HANDED_OVER),
        "own:30002": Case(Text("die Agentur lehnt ab", "the agency refuses"), _READY, State.FAILED),
        "own:30003": Case(Text("die Antwort geht verloren", "the answer is lost"), _READY, _HANDED_OVER),
    }
)
"""``shop:order`` -> its case. What is not here must not become a claim: 10429 and 20317 have another status, 20314 cannot be read."""

FILE_ACCOUNT, WIRE_ACCOUNT = "mediafinanz", "dummy"
LIMIT = 4
"""So many claims may leave through the file account at first."""
