"""The debtor: name, age, contacts."""

from __future__ import annotations

import datetime as dt

from inkasso_core.model.diagnosis import Level
from inkasso_core.model.party import age_on
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import NOT_MET, Condition, Result
from inkasso_core.rules.context import Context
from inkasso_core.rules.places import given
from inkasso_core.rules.wording import listing, same

_NAME = Text("Name", "name")
_FIRST_NAME = Text("Vorname", "first name")
_LAST_NAME = Text("Nachname", "last name")
_COMPANY_NAME = Text("Firmenname", "company name")

_TEST_NAMES = frozenset(
    {
        *("asd", "asdf", "asdfg", "asdfgh", "fdsa", "qwe", "qwer", "qwert", "qwerty", "qwertz", "yxcv", "zxcv"),
        *("abc", "abcd", "bar", "dummy", "foo", "muster", "musterfirma", "musterfrau", "mustermann", "na", "test"),
        *("tester", "testfirma", "testkunde", "testperson", "unbekannt", "unknown", "xyz"),
    }
)
_FULL_AGE = 18
_OLDEST = 110
_PLACEHOLDER = dt.date(1970, 1, 1)
"""What software writes that knows no date; 1900-01-01, the other one, is over the age limit anyway."""


def _name_incomplete(context: Context) -> Result | None:
    debtor = context.debtor
    if debtor.organization is not None:
        name = debtor.organization.name
        return None if given(name) else Result({"parts": _COMPANY_NAME}, field="debtor.organization.name")
    person = debtor.person
    if person is None:
        return Result({"parts": _NAME})
    if given(person.first_name) and given(person.last_name):
        return None
    parts = ((person.first_name, _FIRST_NAME), (person.last_name, _LAST_NAME))
    return Result({"parts": listing(name for value, name in parts if not given(value))}, field="debtor.person")


def _name_suspect(context: Context) -> Result | None:
    debtor = context.debtor
    if debtor.organization is not None:
        return NOT_MET if _looks_like_a_test(debtor.organization.name) else None
    person = debtor.person
    if person is None:
        return None
    return NOT_MET if _looks_like_a_test(person.first_name) or _looks_like_a_test(person.last_name) else None


def _looks_like_a_test(name: str | None) -> bool:
    if not name:
        return False
    folded = name.casefold()
    return folded in _TEST_NAMES or (len(folded) > 2 and len(set(folded)) == 1)


def _minor(context: Context) -> Result | None:
    person = context.debtor.person
    if person is None or person.birth_date is None or context.debtor.organization is not None or context.debtor.guardian_consent:
        return None
    contract = context.claim.contract
    concluded_on = contract.concluded_on if contract is not None else None
    then = context.as_of if concluded_on is None else min(concluded_on, context.as_of)
    born_yet = person.birth_date <= context.as_of  # else the date is simply wrong
    return NOT_MET if born_yet and age_on(person.birth_date, then) < _FULL_AGE else None


def _birth_date_implausible(context: Context) -> Result | None:
    person = context.debtor.person
    if person is None or person.birth_date is None:
        return None
    born, today = person.birth_date, context.as_of
    return NOT_MET if born > today or born == _PLACEHOLDER or age_on(born, today) > _OLDEST else None


def _contact_suspect(context: Context) -> Result | None:
    bad = 0
    for contact in context.debtor.contacts:
        if contact.valid is False:
            bad += 1
    return Result({"count": same(bad)}) if bad else None


CONDITIONS = (
    Condition(
        code="NAME_INCOMPLETE",
        level=Level.BLOCK,
        field="debtor",
        message=Text("Name des Schuldners: unvollständig. Es fehlt: {parts}.", "Debtor's name: incomplete. Missing: {parts}."),
        remedy=Text("Den Namen im Shop ergänzen; beim Kunden nachfragen.", "Complete the name in the shop; ask the customer."),
        source="agencies' interfaces ask for it",
        check=_name_incomplete,
    ),
    Condition(
        code="NAME_SUSPECT",
        level=Level.WARN,
        field="debtor",
        message=Text("Name des Schuldners: Er sieht nach einem Test aus.", "Debtor's name: it looks like a test."),
        remedy=Text(
            "Prüfen, ob es eine echte Bestellung ist; wenn ja, bewusst von Hand freigeben.",
            "Check whether the order is real; if it is, release it by hand on purpose.",
        ),
        source="practice",
        check=_name_suspect,
    ),
    Condition(
        code="MINOR",
        level=Level.BLOCK,
        fixed=True,
        field="debtor.person.birth_date",
        message=Text(
            "Geburtsdatum: Bei Vertragsschluss war der Schuldner noch keine 18 Jahre alt.",
            "Date of birth: at the conclusion of the contract the debtor was not yet 18.",
        ),
        remedy=Text(
            "Nicht übergeben, sondern rechtlich prüfen lassen; ein falsches Datum oder die Einwilligung der Eltern im Shop eintragen.",
            "Do not hand over, have a lawyer check it; correct a wrong date in the shop, or enter the parents' consent.",
        ),
        source="BGB §§ 104–110",
        check=_minor,
    ),
    Condition(
        code="BIRTHDATE_IMPLAUSIBLE",
        level=Level.WARN,
        field="debtor.person.birth_date",
        message=Text("Geburtsdatum: Es kann nicht stimmen.", "Date of birth: it cannot be right."),
        remedy=Text("Das Geburtsdatum im Shop berichtigen oder löschen.", "Correct or remove the date of birth in the shop."),
        source="practice",
        check=_birth_date_implausible,
    ),
    Condition(
        code="CONTACT_SUSPECT",
        level=Level.WARN,
        field="debtor.contacts",
        message=Text(
            "Kontakte des Schuldners: ungültige E-Mail-Adressen oder Telefonnummern: {count}.",
            "Debtor's contacts: invalid e-mail addresses or telephone numbers: {count}.",
        ),
        remedy=Text(
            "Im Shop berichtigen oder löschen; für die Übergabe sind sie nicht nötig.",
            "Correct or remove them in the shop; they are not needed for the hand-over.",
        ),
        source="practice",
        check=_contact_suspect,
    ),
)
