"""Reading an address: can anybody be served there, and does it name a house?

The words are those that shops and people write in German-speaking countries; a street that merely begins like one of
them (Postfachweg, Packhofstraße) is a street.
"""

from __future__ import annotations

import re

from inkasso_core.model.party import Address, Station
from inkasso_core.model.words import Text

_STREET = r"(?!\s*-?\s*(?:str|weg\b|gasse|allee|platz|ring\b))"
_PARCEL = re.compile(
    # at the start, or behind a post number, a separator or a carrier's name
    r"(?:^|[\d,;:/(]|\b(?:dhl|hermes|dpd|gls|ups)\b)\W*"
    r"(?:(?P<packstation>pack-?station|paket-?station|paketbox)|(?P<post_office>post-?filiale)|(?P<parcel_shop>paket-?shop))"
    rf"(?![^\W\d_]){_STREET}",
    re.IGNORECASE,
)
_BOX = re.compile(
    rf"\W*(?:postfach|post-?lagernd|p\.?\s?o\.?\s?box|pf\.?(?=\s?\d))(?![^\W\d_]){_STREET}",
    re.IGNORECASE,
)
_CARE_OF = re.compile(r"\W*c\s?/\s?o\b", re.IGNORECASE)
_PARCEL_HINT = re.compile(r"station|filiale|paket", re.IGNORECASE)

# A number anywhere, but no ordinal before a word: "Straße des 17. Juni" names no house, "Straße des 17. Juni 135" does.
_NUMBER = re.compile(r"\d+(?!\d)(?!\s?\.\s?[^\W\d_])")
_MANNHEIM = re.compile(r"[A-Za-z]\s?\d{1,2}")
"""A square of Mannheim is a street: "Q7" names no house, "Q7, 24" does."""

_WORDS: dict[Station, Text] = {
    Station.PACKSTATION: Text("Packstation", "parcel locker (Packstation)"),
    Station.POST_OFFICE: Text("Postfiliale", "post office (Postfiliale)"),
    Station.PARCEL_SHOP: Text("Paketshop", "parcel shop"),
    Station.PO_BOX: Text("Postfach", "PO box"),
}
_ONLY_CARE_OF = Text("nur eine c/o-Angabe", "nothing but a c/o line")


def given(text: str | None) -> bool:
    """Whether a text says anything: a dash or a dot that merely fills a mandatory field does not."""
    return text is not None and (text[:1].isalnum() or any(map(str.isalnum, text)))


def unserviceable(address: Address) -> Text | None:
    """Return in words why nobody can be served at ``address`` (keine ladungsfähige Anschrift), or None."""
    station = address.station or _station(address)
    if station:
        return _WORDS[station]
    street = address.street
    if _CARE_OF.match(street) if street and given(street) else given(address.care_of):
        return _ONLY_CARE_OF
    return None


def names_a_house(address: Address) -> bool:
    """Whether the house number is there, in its own field or inside the street line."""
    if given(address.house_number):
        return True
    street = address.street
    return street is not None and _NUMBER.search(street) is not None and _MANNHEIM.fullmatch(street) is None


def _station(address: Address) -> Station | None:
    # A parcel shop may stand beside the shop's own street; a PO box beside a street of the debtor's does no harm.
    for line in (address.street, address.extra, address.care_of):
        if line and _PARCEL_HINT.search(line) and (found := _PARCEL.search(line)):
            return Station[str(found.lastgroup).upper()]
    return Station.PO_BOX if address.street and _BOX.match(address.street) else None
