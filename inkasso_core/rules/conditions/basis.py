"""What the claim rests on: creditor, subject, contract, invoice; and how clean and how sure the reported texts are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from inkasso_core.model.diagnosis import Level
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import NOT_MET, Condition, Result
from inkasso_core.rules.context import Context
from inkasso_core.rules.places import given
from inkasso_core.rules.wording import listing, same

_STREET = Text("Straße", "street")
_POSTAL_CODE = Text("Postleitzahl", "postal code")
_CITY = Text("Ort", "city")

_FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of writing, so that a text reads otherwise than it is stored."""
_LINE_ENDS = frozenset("\n\r\t")

_FOLLOWS = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
"""The bytes of UTF-8 that follow the first of a sign, as Windows-1252 and ISO 8859-1 show them."""
_GARBLED = re.compile(
    rf"[ÂÃÄÅ][{_FOLLOWS}]|â[{_FOLLOWS}]{{2}}"  # Ã¤ for ä
    r"|[\u2500-\u259f\ufffd]"  # ├ñ for ä
    r"|(?<=[^\W\d_])[„“”°¤§÷³…†‡‰™€]+(?=[^\W\d_])"  # M”ller for Möller
)
"""UTF-8 read in an older encoding, or signs that stand inside no word: an older encoding read as another."""


def _no_creditor(context: Context) -> Result | None:
    return NOT_MET if context.creditor is None else None


def _creditor_incomplete(context: Context) -> Result | None:
    creditor = context.creditor
    if creditor is None or (creditor.street and creditor.postal_code and creditor.city):
        return None
    parts = ((creditor.street, _STREET), (creditor.postal_code, _POSTAL_CODE), (creditor.city, _CITY))
    return Result({"parts": listing(name for value, name in parts if not value)})


def _no_subject(context: Context) -> Result | None:
    return None if given(context.claim.subject) else NOT_MET


def _no_contract_date(context: Context) -> Result | None:
    contract = context.claim.contract
    return NOT_MET if contract is None or contract.concluded_on is None else None


def _no_invoice_number(context: Context) -> Result | None:
    invoice = context.claim.invoice
    return NOT_MET if invoice is None or not given(invoice.number) else None


def _no_invoice_date(context: Context) -> Result | None:
    invoice = context.claim.invoice
    return NOT_MET if invoice is None or invoice.issued_on is None else None


def _unsafe_text(context: Context) -> Result | None:
    unsafe = [path for path, text in _texts(context) if text and not _plain(text) and _is_unsafe(path, text)]
    return Result({"paths": listing(map(same, unsafe))}, field=unsafe[0]) if unsafe else None


def _texts(context: Context) -> Iterator[tuple[str, str | None]]:
    claim, debtor, address = context.claim, context.debtor, context.address
    yield "subject", claim.subject
    if claim.invoice is not None:
        yield "invoice.number", claim.invoice.number
    if debtor.person is not None:
        yield "debtor.person.title", debtor.person.title
        yield "debtor.person.first_name", debtor.person.first_name
        yield "debtor.person.last_name", debtor.person.last_name
    if debtor.organization is not None:
        yield "debtor.organization.name", debtor.organization.name
    if address is not None:
        yield "debtor.address.street", address.street
        yield "debtor.address.extra", address.extra
        yield "debtor.address.care_of", address.care_of
        yield "debtor.address.city", address.city


def _plain(text: str) -> bool:
    """What nearly every text is, and quick to see: begins with a letter or digit, and all of it can be printed."""
    return text[:1].isalnum() and text.isprintable()


def _is_unsafe(path: str, text: str) -> bool:
    allowed = _LINE_ENDS if path == "subject" else frozenset()
    if not given(text):
        return False  # a dash that fills a mandatory field
    if any(sign in _BIDI or (unicodedata.category(sign) == "Cc" and sign not in allowed) for sign in text):
        return True
    return unicodedata.normalize("NFKC", text).lstrip().startswith(_FORMULA_START)


def _garbled(context: Context) -> Result | None:
    paths = [path for path, text in _names(context) if text and not text.isascii() and _GARBLED.search(text)]
    return Result({"paths": listing(map(same, paths))}, field=paths[0]) if paths else None


def _names(context: Context) -> Iterator[tuple[str, str | None]]:
    named = ("first_name", "last_name", "organization.name", "street", "city")
    return ((path, text) for path, text in _texts(context) if path.endswith(named))


def _asserted(context: Context) -> Result | None:
    paths = context.claim.asserted
    return Result({"paths": listing(map(same, paths))}) if paths else None


CONDITIONS = (
    Condition(
        code="CREDITOR_MISSING",
        level=Level.BLOCK,
        field="creditor",
        message=Text("Gläubiger: Es ist keiner bekannt.", "Creditor: none is known."),
        remedy=Text(
            "Den Gläubiger beim Shop in inkasso.toml eintragen, oder mit der Forderung melden.",
            "Enter the creditor with the shop in inkasso.toml, or report it with the claim.",
        ),
        source="RDG § 13a(1) no. 1",
        check=_no_creditor,
    ),
    Condition(
        code="CREDITOR_INCOMPLETE",
        level=Level.BLOCK,
        field="creditor",
        message=Text("Anschrift des Gläubigers: unvollständig. Es fehlt: {parts}.", "Creditor's address: incomplete. Missing: {parts}."),
        remedy=Text(
            "Die Anschrift des Gläubigers beim Shop in inkasso.toml ergänzen.",
            "Complete the creditor's address with the shop in inkasso.toml.",
        ),
        source="RDG § 13a(1) no. 1",
        check=_creditor_incomplete,
    ),
    Condition(
        code="SUBJECT_MISSING",
        level=Level.BLOCK,
        field="subject",
        message=Text("Forderungsgrund: Er fehlt.", "Subject: it is missing."),
        remedy=Text(
            "Angeben, was verkauft oder geleistet wurde, so dass der Schuldner es wiedererkennt.",
            "Say what was sold or done, so that the debtor recognises it.",
        ),
        source="RDG § 13a(1) no. 2",
        check=_no_subject,
    ),
    Condition(
        code="CONTRACT_DATE_MISSING",
        level=Level.BLOCK,
        field="contract.concluded_on",
        message=Text("Vertragsdatum: Es fehlt.", "Contract date: it is missing."),
        remedy=Text("Das Datum der Bestellung im Shop nachtragen.", "Add the date of the order in the shop."),
        source="RDG § 13a(1) no. 2",
        check=_no_contract_date,
    ),
    Condition(
        code="INVOICE_NUMBER_MISSING",
        level=Level.BLOCK,
        field="invoice.number",
        message=Text("Rechnungsnummer: Sie fehlt.", "Invoice number: it is missing."),
        remedy=Text("Die Rechnung im Shop erstellen oder ihre Nummer nachtragen.", "Write the invoice in the shop, or add its number."),
        source="agencies' interfaces ask for it",
        check=_no_invoice_number,
    ),
    Condition(
        code="INVOICE_DATE_MISSING",
        level=Level.BLOCK,
        field="invoice.issued_on",
        message=Text("Rechnungsdatum: Es fehlt.", "Invoice date: it is missing."),
        remedy=Text("Das Datum der Rechnung im Shop nachtragen.", "Add the date of the invoice in the shop."),
        source="agencies' interfaces ask for it",
        check=_no_invoice_date,
    ),
    Condition(
        code="TEXT_UNSAFE",
        level=Level.WARN,
        field="subject",
        message=Text(
            "Text: Steuerzeichen oder ein Formelanfang (= + - @) in: {paths}.",
            "Text: control characters or the start of a formula (= + - @) in: {paths}.",
        ),
        remedy=Text(
            "Den Text im Shop ansehen und berichtigen; im Zweifel ist der Auftrag ein Scherz oder ein Angriff.",
            "Look at the text in the shop and correct it; if in doubt, the order is a prank or an attack.",
        ),
        source="OWASP: CSV injection",
        check=_unsafe_text,
    ),
    Condition(
        code="MOJIBAKE_SUSPECT",
        level=Level.WARN,
        field="debtor",
        message=Text(
            "Text: Die Umlaute sehen nach einem falschen Zeichensatz aus in: {paths}.",
            "Text: the letters look as if they were read in a wrong encoding in: {paths}.",
        ),
        remedy=Text(
            "Den Zeichensatz der Datei beim Shop einstellen und sie noch einmal einlesen, oder den Namen im Shop berichtigen.",
            "Set the file's encoding with the shop and take it in again, or correct the name in the shop.",
        ),
        source="practice: a letter to a garbled name reaches nobody",
        check=_garbled,
    ),
    Condition(
        code="ASSERTED",
        level=Level.INFO,
        field="asserted",
        message=Text(
            "Herkunft: Vom Händler durch seine Einstellungen zugesichert, nicht vom Shop gemeldet: {paths}.",
            "Origin: asserted by the merchant's settings, not reported by the shop: {paths}.",
        ),
        remedy=Text(
            "Nichts zu tun, wenn die Zusicherung auf diesen Auftrag zutrifft; sonst die Angaben im Shop nachtragen.",
            "Nothing to do where the assertion is true of this order; else add the facts in the shop.",
        ),
        source="the merchant answers for what he asserts",
        check=_asserted,
    ),
)
