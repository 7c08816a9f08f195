"""Field mapping of the REST interface, version 2.2: the body of a new claim (section 4.4), and what answers say (section 4.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from inkasso_adapters.mediafinanz.case import Case, Check, at_most, written
from inkasso_adapters.mediafinanz.reading import LONGEST_NAME, members, text
from inkasso_adapters.mediafinanz.settings import MediafinanzRestSettings
from inkasso_core import Address, as_list

STAGE_PRE_COURT = "V"
LEGAL_FORMS = frozenset(
    {"AG", "Einzelunternehmen", "e.G.", "e.K.", "e.V.", "GbR", "GmbH", "GmbH & Co KG", "Inc.", "KG", "KdöR", "Ltd.", "Sonstige"}
)
"""The values that are known; the agency's list goes on. Another legal form is left out: the member is optional."""
PRIVATE, BUSINESS = 1, 2
"""``Communications.Type``, inferred."""
VALID, NOT_VALID = 1, 0
"""``Validity``, inferred."""
LONGEST_REFERENCE, LONGEST_MEMO = 40, 200
CHECKS: tuple[Check, ...] = (
    at_most("invoice.number", LONGEST_REFERENCE, lambda case: case.invoice, "Die Rechnungsnummer", "The invoice number"),
    at_most("note", LONGEST_MEMO, lambda case: case.note, "Die Bemerkung", "The note"),
)
"""What only this interface limits."""


# What is sent


def body_of(case: Case, settings: MediafinanzRestSettings) -> dict[str, Any]:
    """Return the body of ``PUT /collect/claim/new/``."""
    return written(
        {
            "ClientCustomerRefNo": case.invoice,
            "PartnerNo": settings.partner_no,
            "Stage": STAGE_PRE_COURT,
            "Debtor": _debtor(case, settings),
            "Claim": _claim(case, settings),
            "Memo": case.note,
        }
    )


def _debtor(case: Case, settings: MediafinanzRestSettings) -> dict[str, Any]:
    company, form = case.debtor.organization, case.debtor.organization.legal_form if case.debtor.organization else None
    return written(
        {
            "LegalForm": form if form in LEGAL_FORMS else None,
            "PersonType": getattr(settings.person_types, "company" if company else case.person.salutation),
            "Company": case.company or "",  # the sample has it, empty, for a person
            "LastName": case.person.last_name,
            "FirstName": case.person.first_name,
            "BirthDate": case.person.birth_date.isoformat() if case.person.birth_date else None,
            "PostalAddress": _address(case.address),
            "AlternateAddress": _address(case.other_address) if case.other_address else None,
            "Communications": list(_communications(case, settings)) or None,
        }
    )


def _address(address: Address) -> dict[str, Any]:
    return written(
        {
            "Annex": ", ".join(part for part in (address.care_of, address.extra) if part) or None,
            "Street": address.street_line,
            "PostalCode": address.postal_code,
            "City": address.city,
            "CountryCode": address.country,
            "Validity": NOT_VALID if address.undeliverable else VALID,
        }
    )


def _communications(case: Case, settings: MediafinanzRestSettings) -> Iterator[dict[str, Any]]:
    means, kind = settings.means, BUSINESS if case.debtor.is_company else PRIVATE
    invalid = {contact.value for contact in case.debtor.contacts if contact.valid is False}
    for code, found in ((means.email, case.emails), (means.phone, case.phones), (means.mobile, case.mobiles), (means.fax, case.faxes)):
        for value in found if code is not None else ():
            yield {"Means": code, "Type": kind, "Value": value, "Validity": NOT_VALID if value in invalid else VALID}


def _claim(case: Case, settings: MediafinanzRestSettings) -> dict[str, Any]:
    dunned = {"Value": case.charges, "Date": case.reminded_on.isoformat() if case.reminded_on else None}
    invoiced = {"Number": case.invoice, "Value": case.principal, "Date": case.invoiced_on.isoformat() if case.invoiced_on else None}
    return written(
        {
            "Amount": case.principal + case.charges if settings.amount == "total" else case.principal,
            "ContractDate": case.originated_on.isoformat() if case.originated_on else None,
            "ContractualItemCatalogueNo": getattr(settings.catalogue, case.claim.kind),
            "ContractualCondition": settings.contractual_condition,
            "OriginalCreatorName": case.claim.original_creditor,
            "Reason": case.reason,
            "PrincipalClaim": written(invoiced),
            "DunningCosts": written(dunned),  # also of 0.00: the date of the last reminder has no other place
        }
    )


FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "az": "agency_reference",
        "ClientCustomerRefNo": "invoice.number",
        "Memo": "note",
        "Debtor": "debtor",
        "Debtor.LegalForm": "debtor.organization.legal_form",
        "Debtor.PersonType": "debtor.person.salutation",
        "Debtor.Company": "debtor.organization.name",
        "Debtor.LastName": "debtor.person.last_name",
        "Debtor.FirstName": "debtor.person.first_name",
        "Debtor.BirthDate": "debtor.person.birth_date",
        "Debtor.PostalAddress": "debtor.address",
        "Debtor.PostalAddress.Street": "debtor.address.street",
        "Debtor.PostalAddress.PostalCode": "debtor.address.postal_code",
        "Debtor.PostalAddress.City": "debtor.address.city",
        "Debtor.PostalAddress.CountryCode": "debtor.address.country",
        "Debtor.AlternateAddress": "debtor.addresses",
        "Debtor.Communications": "debtor.contacts",
        "Claim": "claim",
        "Claim.Amount": "principal",
        "Claim.ContractDate": "contract.concluded_on",
        "Claim.ContractualItemCatalogueNo": "kind",
        "Claim.OriginalCreatorName": "original_creditor",
        "Claim.Reason": "subject",
        "Claim.PrincipalClaim": "principal",
        "Claim.PrincipalClaim.Number": "invoice.number",
        "Claim.PrincipalClaim.Date": "invoice.issued_on",
        "Claim.DunningCosts": "charges",
        "Claim.DunningCosts.Date": "reminders",
    }
)
"""The agency's path -> ours; a path that is not in it counts as the longest one above it that is."""


# What comes back


class Said(NamedTuple):
    """What an answer says of itself."""

    taken: bool | None
    """``bSuccess``; None where there is none."""
    code: str | None
    fields: tuple[str, ...]


_CODE = re.compile(r"[(\[]\s*([A-Z]{2,5}[0-9]{2,6})\s*[)\]]|\b([A-Z]{3}[0-9]{3})\b")
_CASE_NUMBER = re.compile("[0-9]{11}", re.ASCII)
_CASE_NUMBERS = frozenset(
    {"az", "saz", "aktenzeichen", "saktenzeichen", "filenumber", "casenumber", "claimnumber", "sdata", "adata", "data"}
)
_STATUS_CODES = frozenset({"statuscode", "istatuscode", "status", "istatus", "code"})
_STATUS_TEXTS = frozenset({"statustext", "statusname", "sstatustext", "sstatusname", "statusdetails", "text", "name"})
_DEEPEST = 6


def is_case_number(found: str) -> bool:
    """True for 11 digits, the pattern of the interface."""
    return _CASE_NUMBER.fullmatch(found) is not None


def said_by(answer: Any) -> Said:
    """Read ``bSuccess``, the code and the fields that are complained about, whichever of the two shapes ``aMessage`` has."""
    known = members(answer)
    wrong = [members(entry) for entry in as_list(known.get("aValidationResult"))]
    texts = [part for entry in as_list(known.get("aMessage")) for part in _message(entry)]
    in_texts = next((found[1] or found[2] for part in texts if (found := _CODE.search(part))), None)
    in_results = next((code for entry in wrong if (code := text(entry.get("code"), LONGEST_NAME))), None)
    named = [field for entry in wrong if (field := _field(text(entry.get("name"), LONGEST_NAME)))]
    taken = known.get("bSuccess")
    return Said(taken if isinstance(taken, bool) else None, in_texts or in_results, tuple(dict.fromkeys(named)))


def _message(entry: Any) -> list[str]:
    """A message is ``sKey`` and ``sValue``, or ``sSubject`` and ``sBody``; the key or subject says what kind it is."""
    known = members(entry)
    parts = [known.get("sValue"), known.get("sBody")] if known else [entry]
    return [found for part in parts if (found := text(part)) is not None and known.get("sKey") != "logId"]


def _field(path: str | None) -> str | None:
    """Translate a path; numbers in it are places in a list."""
    steps = [step for step in re.split(r"[.\[\]/]+", path or "") if step and not step.isdigit()]
    known = (".".join(steps[:length]) for length in range(len(steps), 0, -1))
    return next((FIELDS[found] for found in known if found in FIELDS), path)


def case_number_in(answer: Any) -> str | None:
    """Find the case number of a new claim. The answer's form is not published: 11 digits under a likely name are one.

    None where there is none, or several that differ.
    """
    found = {number for number in _texts_under(answer, _CASE_NUMBERS) if is_case_number(number)}
    return found.pop() if len(found) == 1 else None


def status_in(answer: Any) -> tuple[str, str | None]:
    """Find the status code, and what is said of it, under likely names: the answer's form is not published. Empty where there is none."""
    codes = list(dict.fromkeys(code for code in _texts_under(answer, _STATUS_CODES) if code.isdigit()))
    texts = dict.fromkeys(found for found in _texts_under(answer, _STATUS_TEXTS) if not found.isdigit())
    return (codes[0][:LONGEST_NAME] if len(codes) == 1 else ""), text("\n".join(texts))


def _texts_under(node: Any, names: frozenset[str], *, wanted: bool = False, depth: int = 0) -> Iterator[str]:
    """Yield the texts and numbers that stand under one of the names, at whatever depth; a bare answer counts as named."""
    if depth > _DEEPEST:
        return
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield from _texts_under(value, names, wanted=name.casefold() in names, depth=depth + 1)
    elif isinstance(node, list):
        for value in node:
            yield from _texts_under(value, names, wanted=wanted, depth=depth + 1)
    elif (wanted or depth == 0) and (found := text(node)) is not None:
        yield found
