"""The debtor's address: complete, and one at which a letter or a bailiff finds somebody (ladungsfähige Anschrift)."""

from __future__ import annotations

import re

from inkasso_core.model.diagnosis import Level
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import NOT_MET, Condition, Result
from inkasso_core.rules.context import Context
from inkasso_core.rules.places import given, names_a_house
from inkasso_core.rules.wording import listing, same

_STREET = Text("Straße", "street")
_HOUSE_NUMBER = Text("Hausnummer", "house number")
_POSTAL_CODE = Text("Postleitzahl", "postal code")
_CITY = Text("Ort", "city")
_COUNTRY = Text("Land", "country")
_ALL_PARTS = (_STREET, _HOUSE_NUMBER, _POSTAL_CODE, _CITY, _COUNTRY)

_DIGITS = {"DE": 5, "AT": 4, "CH": 4, "LI": 4}
_POSTAL_CODES = {country: re.compile(rf"(?!0+$)[0-9]{{{count}}}") for country, count in _DIGITS.items()}


def _incomplete(context: Context) -> Result | None:
    address = context.address
    if address is None:
        return Result({"parts": listing(_ALL_PARTS)})
    missing = []
    if context.place is None:  # where nobody can be served, another address is needed anyway
        if not given(address.street):
            missing.append(_STREET)
        if not names_a_house(address):
            missing.append(_HOUSE_NUMBER)
    if not given(address.postal_code):
        missing.append(_POSTAL_CODE)
    if not given(address.city):
        missing.append(_CITY)
    if address.country is None:
        missing.append(_COUNTRY)
    return Result({"parts": listing(missing)}) if missing else None


def _not_serviceable(context: Context) -> Result | None:
    return None if context.place is None else Result({"place": context.place})


def _postal_code(context: Context) -> Result | None:
    address = context.address
    if address is None or address.country is None or address.postal_code is None:
        return None
    pattern = _POSTAL_CODES.get(address.country)
    if pattern is None or pattern.fullmatch(address.postal_code) or not given(address.postal_code):
        return None
    return Result({"country": same(address.country), "digits": same(_DIGITS[address.country])})


def _country(context: Context) -> Result | None:
    address = context.address
    if address is None or address.country is None or address.country in context.policy.countries:
        return None
    return Result({"country": same(address.country), "countries": listing(map(same, context.policy.countries))})


def _moved(context: Context) -> Result | None:
    return NOT_MET if context.address is not None and context.address.undeliverable else None


CONDITIONS = (
    Condition(
        code="ADDRESS_INCOMPLETE",
        level=Level.BLOCK,
        field="debtor.addresses",
        message=Text("Anschrift des Schuldners: unvollständig. Es fehlt: {parts}.", "Debtor's address: incomplete. Missing: {parts}."),
        remedy=Text(
            "Die Rechnungsanschrift im Shop ergänzen; beim Kunden nachfragen.",
            "Complete the billing address in the shop; ask the customer.",
        ),
        source="agencies' interfaces ask for the whole address",
        check=_incomplete,
    ),
    Condition(
        code="ADDRESS_NOT_SERVICEABLE",
        level=Level.BLOCK,
        field="debtor.addresses",
        message=Text(
            "Anschrift des Schuldners: {place}; dort kann niemandem etwas zugestellt werden.",
            "Debtor's address: {place}; nobody can be served there.",
        ),
        remedy=Text(
            "Als Rechnungsanschrift im Shop eintragen, wo der Schuldner wohnt oder sein Geschäft hat.",
            "Enter as billing address in the shop where the debtor lives or has his business.",
        ),
        source="practice",
        check=_not_serviceable,
    ),
    Condition(
        code="POSTAL_CODE_INVALID",
        level=Level.BLOCK,
        field="debtor.addresses",
        message=Text(
            "Postleitzahl des Schuldners: In {country} hat sie {digits} Ziffern; diese passt nicht.",
            "Debtor's postal code: in {country} it has {digits} digits; this one does not fit.",
        ),
        remedy=Text("Postleitzahl oder Land im Shop berichtigen.", "Correct the postal code or the country in the shop."),
        source="the countries' postal codes",
        check=_postal_code,
    ),
    Condition(
        code="COUNTRY_UNSUPPORTED",
        level=Level.BLOCK,
        field="debtor.addresses",
        message=Text(
            "Land des Schuldners: Dieses Konto nimmt {country} nicht, nur {countries}.",
            "Debtor's country: this account does not take {country}, only {countries}.",
        ),
        remedy=Text(
            "Eine Agentur bestimmen, die dort arbeitet (routes); tut es diese doch, countries ergänzen.",
            "Choose an agency that works there (routes); if this one does after all, add it to countries.",
        ),
        source="the agency's contract",
        check=_country,
    ),
    Condition(
        code="ADDRESS_UNKNOWN_MOVED",
        level=Level.WARN,
        field="debtor.addresses",
        message=Text("Anschrift des Schuldners: Post kam von dort zurück.", "Debtor's address: mail came back from there."),
        remedy=Text(
            "Die neue Anschrift erfragen, oder von Hand freigeben: Die Agentur muss dann suchen, das kostet.",
            "Ask for the new address, or release it by hand: the agency must then search, at a cost.",
        ),
        source="practice",
        check=_moved,
    ),
)
