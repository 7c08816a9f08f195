"""Synthetic claims as canonical JSON lines: the same number always gives the same claim. All persons are invented.

Telephone numbers are written in the ways that customers write them, countries by code or name, some umlauts decomposed, so that every
normalising library has work to do.
"""

from __future__ import annotations

import datetime as dt
import json
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

TODAY = dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)
"""When every measurement takes place: all claims are due and reminded then."""

_FIRST_NAMES = ("Änne", "Jürgen", "Sören", "Wiebke", "Anna", "Karl-Heinz", "Zoë", "Tim")
_LAST_NAMES = ("Müller-Lüdenscheidt", "Groß", "Yıldız", "Schneider", "Strauß", "von der Heide", "Okafor", "Björnsen")
_STREETS = ("Weiße Gasse", "Lange Straße", "Am Mühlbach", "Hauptstr.", "Krähenwinkel", "Bahnhofstraße")
_CITIES = ("Osnabrück", "Dresden", "Köln", "Gießen", "Bad Säckingen", "Hagen")
_COUNTRIES = ("DE", "Deutschland", "DEU", "Germany")
_PHONES = ("+49 541 {0:06d}", "0541 / {0:06d}", "(0541) {0:06d}", "0049-541-{0:06d}")
_SUBJECTS = ("2 x Laufschuh Größe 42; 1 x Socken", "Stuhl Modell Elbe", "1 × Regenjacke, 1 × Mütze", "Jahresabo Bergpost")


def is_ready(number: int) -> bool:
    """Whether the diagnosis finds nothing red in the claim of this number, of a file where not all are ready."""
    return number % 10 not in (3, 7)


def claim(number: int, *, all_ready: bool = False) -> dict[str, Any]:
    """Return one claim. Of ten, one is disputed and one lacks its reminders, unless ``all_ready``."""
    red = None if all_ready or is_ready(number) else number % 10
    data: dict[str, Any] = {
        "source": {
            "order": f"{4_000_000 + number}",
            "order_number": f"B-{number:08d}",
            "status": "inkasso",
            "version": 1,
            "reported_at": "2026-05-30T08:15:00+02:00",
        },
        "currency": "EUR",
        "principal": str(Decimal(2500 + number * 37 % 90_000) / 100),
        "debtor": _debtor(number),
        "subject": _text(number, _SUBJECTS[number % len(_SUBJECTS)]),
        "contract": {"number": f"B-{number:08d}", "concluded_on": "2026-02-26"},
        "invoice": {"number": f"RE-{number:08d}", "issued_on": "2026-03-02"},
        "service_date": "2026-03-03",
        "performed": True,
        "due_date": "2026-03-16",
        "due_date_origin": "invoice",
        "payment_method": "Rechnung",
    }
    if number % 4 == 0:
        data["charges"] = [{"kind": "dunning_fee", "amount": "2.50", "on": "2026-04-20", "reason": "Mahnung"}]
    if number % 5 == 0:
        data["payments"] = [{"amount": "5.00", "on": "2026-04-10", "applies_to": "principal"}]
    if red != 3:
        data["reminders"] = [
            {"level": 1, "sent_on": "2026-04-01", "deadline": "2026-04-15", "channel": "email"},
            {"level": 2, "sent_on": "2026-04-20", "deadline": "2026-05-04", "channel": "letter"},
        ]
    if red == 7:
        data["dispute"] = {"since": "2026-05-05", "reason": "Ware angeblich nie erhalten"}
    return data


def write(path: Path, count: int, *, all_ready: bool = False) -> Path:
    """Write that many claims as NDJSON, unless the file is there."""
    if not path.exists():
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as out:
            out.writelines(_lines(count, all_ready))
        part.replace(path)
    return path


def _lines(count: int, all_ready: bool) -> Iterator[str]:
    for number in range(count):
        yield json.dumps(claim(number, all_ready=all_ready), ensure_ascii=False, separators=(",", ":")) + "\n"


def _debtor(number: int) -> dict[str, Any]:
    debtor: dict[str, Any] = {
        "number": f"K-{number:07d}",
        "capacity": "business" if number % 8 == 5 else "consumer",
        "addresses": [
            {
                "street": _text(number, _STREETS[number % len(_STREETS)]),
                "house_number": f"{1 + number % 180}{' a' if number % 11 == 0 else ''}",
                "postal_code": f"{10_000 + number % 80_000:05d}",
                "city": _text(number, _CITIES[number % len(_CITIES)]),
                "country": _COUNTRIES[number % len(_COUNTRIES)],
            }
        ],
        "contacts": [
            {"kind": "email", "value": f"Kunde.{number}@Example.org"},
            {"kind": "phone", "value": _PHONES[number % len(_PHONES)].format(100_000 + number % 900_000)},
        ],
    }
    if number % 8 == 5:
        debtor["organization"] = {"name": _text(number, f"Möbelhaus Nr. {number} GmbH"), "legal_form": "GmbH"}
    else:
        debtor["person"] = {
            "salutation": ("mr", "ms")[number % 2],
            "first_name": _text(number, _FIRST_NAMES[number % len(_FIRST_NAMES)]),
            "last_name": _text(number, f"{_LAST_NAMES[number // 8 % len(_LAST_NAMES)]}"),
            "birth_date": f"19{50 + number % 45}-0{1 + number % 9}-1{number % 10}",
        }
    return debtor


def _text(number: int, text: str) -> str:
    """Some systems send umlauts as a letter and a mark."""
    return unicodedata.normalize("NFD", text) if number % 16 == 6 else text
