"""Reading addresses as shops and people write them."""

import pytest
from builders import green_address

from inkasso_core.model.party import Station
from inkasso_core.rules.places import names_a_house, unserviceable


def german(**changes: str | None) -> str | None:
    text = unserviceable(green_address(**changes))
    return text.de if text else None


STATIONS = [
    ("Packstation 145", "Packstation"),
    ("PACKSTATION", "Packstation"),
    ("DHL Packstation Nr. 145", "Packstation"),
    ("DHL-Packstation 145", "Packstation"),
    ("Pack-Station 145", "Packstation"),
    ("Packstation145", "Packstation"),
    ("1234567890 Packstation 145", "Packstation"),
    ("Postnummer 123456, Packstation 145", "Packstation"),
    ("Paketbox 12", "Packstation"),
    ("Postfiliale 512", "Postfiliale"),
    ("POSTFILIALE", "Postfiliale"),
    ("Hermes PaketShop 31415", "Paketshop"),
    ("Paket-Shop Kiosk am Markt", "Paketshop"),
    ("Postfach 10 12 34", "Postfach"),
    ("postfach", "Postfach"),
    ("PF 101234", "Postfach"),
    ("P.O. Box 12", "Postfach"),
    ("PO Box 12", "Postfach"),
    ("postlagernd", "Postfach"),
    ("c/o Bergmann", "nur eine c/o-Angabe"),
    ("C / O Bergmann, Gasse 3", "nur eine c/o-Angabe"),
]


@pytest.mark.parametrize(("street", "found"), STATIONS)
def test_nobody_can_be_served_there(street: str, found: str) -> None:
    assert german(street=street, house_number=None) == found


STREETS = [
    "Postfachweg 3",
    "Postfach-Straße 3",
    "Am Postfach 3",
    "Packhofstr. 5",
    "Packstationsweg 5",
    "Alte Poststraße 12",
    "Postfilialenweg 2",
    "Paketshopstraße 1",
    "Stationsweg 4",
    "An der Poststation 4",
    "Pfarrgasse 7",
    "Pfaffenweg 12",
    "Coburger Straße 8",
    "Colmarer Weg 8",
]


@pytest.mark.parametrize("street", STREETS)
def test_a_street_that_sounds_like_one(street: str) -> None:
    assert german(street=street, house_number=None) is None


@pytest.mark.parametrize("station", Station)
def test_the_shops_own_mark_counts(station: Station) -> None:
    assert german(station=station) is not None


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ({"extra": "Packstation 145"}, "Packstation"),
        ({"care_of": "DHL Paketshop"}, "Paketshop"),
        ({"extra": "Postfach 1234"}, None),
        ({"extra": "3. Stock links"}, None),
        ({"care_of": "Bergmann"}, None),
        ({"care_of": "Bergmann", "street": None}, "nur eine c/o-Angabe"),
        ({"care_of": "Bergmann", "street": "-"}, "nur eine c/o-Angabe"),
        ({"care_of": "-", "street": None}, None),
    ],
)
def test_the_lines_beside_the_street(line: dict[str, str | None], found: str | None) -> None:
    assert german(**line) == found


@pytest.mark.parametrize(
    ("street", "number", "there"),
    [
        ("Lange Straße", "7 a", True),
        ("Lange Straße", "-", False),
        ("Lange Straße", None, False),
        ("Lange Straße 7", None, True),
        ("Lange Str.7a-c", None, True),
        ("Lange Straße7", None, True),
        ("Lange Straße 7, 3. OG", None, True),
        ("12, rue du Port", None, True),
        ("Straße des 17. Juni", None, False),
        ("Straße des 17. Juni 135", None, True),
        ("Platz des 4.Juli", None, False),
        ("Q7", None, False),
        ("Q 7", None, False),
        ("Q7, 24", None, True),
        ("L 15, 7-9", None, True),
        (None, None, False),
        (None, "12", True),
    ],
)
def test_house_numbers(street: str | None, number: str | None, there: bool) -> None:
    assert names_a_house(green_address(street=street, house_number=number)) is there
