"""Links into ADU's client portal. How a link to one case looks is not known, so it is a template of the merchant's.

That a note of ADU's linked to the case in its portal, and the address of that portal, are facts (``reference: agency-adu.md`` sections 2
and 2.1); the path behind the link is not visible there.
"""

from __future__ import annotations

import string
from contextlib import suppress
from urllib.parse import quote, urlsplit

from pydantic import field_validator
from pydantic_core import PydanticCustomError

from inkasso_core import AgencySettings

PORTAL = "https://www.auskunft.inkassounternehmen.de/"
"""The client portal, as the manual of the shop system named it until January 2021."""
LONGEST_LINK = 300
_PLACES = frozenset({"case_reference", "our_reference", "order"})
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def fields_of(template: str) -> frozenset[str]:
    """Return the placeholders of a template. Raises ``ValueError`` for one that is none."""
    parts = list(string.Formatter().parse(template))
    if any(form or conversion for _, _, form, conversion in parts):
        raise ValueError("placeholders only")
    return frozenset(field for _, field, _, _ in parts if field is not None)


def filled(template: str, values: dict[str, str | None]) -> str:
    """Put values into an address, each quoted so that it stays one part of it."""
    return template.format(**{field: quote(values.get(field) or "", safe="") for field in fields_of(template)})


def check_address(template: str, places: frozenset[str]) -> str:
    """Return an address with no placeholders but ``places``; only this machine may be spoken to without encryption."""
    if not _is_template(template, places):
        raise PydanticCustomError("address_placeholders", "may hold in braces only: {places}", {"places": ", ".join(sorted(places)) or "-"})
    parts = urlsplit(template)
    if not parts.hostname or "{" in parts.netloc or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)):
        raise PydanticCustomError("address_scheme", "must be an address that begins with https://")
    if parts.username or parts.password:
        raise PydanticCustomError("address_login", "must hold no user and no password: they have settings of their own")
    return template


def _is_template(template: str, places: frozenset[str]) -> bool:
    with suppress(ValueError):
        return fields_of(template) <= places
    return False


class PortalSettings(AgencySettings):
    """Where people find a case."""

    portal: str = PORTAL
    """The portal's start page: where a link leads when the case has no number yet."""
    case_link: str | None = None
    """The link to one case: an address with ``{case_reference}``, ``{our_reference}`` or ``{order}`` in it. ADU publishes none."""

    @field_validator("portal")
    @classmethod
    def _portal(cls, address: str) -> str:
        return check_address(address, frozenset())

    @field_validator("case_link")
    @classmethod
    def _case_link(cls, template: str | None) -> str | None:
        return None if template is None else check_address(template, _PLACES)

    def link(self, *, case_reference: str | None = None, our_reference: str | None = None, order: str | None = None) -> str:
        """Return the link to a case; the start page where the template needs what is not known."""
        known = {"case_reference": case_reference, "our_reference": our_reference, "order": order}
        if self.case_link is None or not all(known[field] for field in fields_of(self.case_link)):
            return self.portal
        link = filled(self.case_link, known)
        return link if len(link) <= LONGEST_LINK else self.portal
