"""What both transports of mediaFinanz share: the name, what the agency has no call for, statuses, and the link to the portal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, TypeVar
from urllib.parse import quote

from inkasso_adapters.mediafinanz import statuses
from inkasso_adapters.mediafinanz.settings import CommonSettings
from inkasso_core import NOT_PUBLISHED, Agency, AgencyStatus, Outcome, StatusReport, Text

CS = TypeVar("CS", bound=CommonSettings)


class Mediafinanz(Agency[CS]):
    """mediaFinanz GmbH, over whatever transport."""

    name: ClassVar[str] = "mediafinanz"
    label: ClassVar[str] = "mediaFinanz GmbH"
    verified: ClassVar[str] = "stand-in"
    documentation: ClassVar[str] = "docs/agencies/mediafinanz.md"
    status_map: ClassVar[Mapping[str, AgencyStatus]] = statuses.KNOWN
    lacks: ClassVar[Mapping[str, Text]] = MappingProxyType(
        # none of these was seen in any client; the manuals are not public, so that the agency has none is not proved
        dict.fromkeys(("find", "receive", "amend", "pause", "resume", "send_document"), NOT_PUBLISHED)
    )

    def __init__(self, settings: CS) -> None:
        super().__init__(settings)
        if settings.portal is None:
            self.withhold("portal_url")

    def portal_url(self, agency_reference: str) -> str:
        """Return the link to the case: the setting ``portal`` with the case number in it."""
        return (self.settings.portal or "{case}").replace("{case}", quote(agency_reference, safe=""))

    def report(
        self,
        agency_reference: str,
        agency_status: str,
        raw: object,
        *,
        reason: Outcome | None = None,
        text: str | None = None,
        at: dt.datetime | None = None,
    ) -> StatusReport:
        """Translate a status code: by what the account says, by what is known, and, where the account wants it, by what was inferred."""
        known = reason or statuses.KNOWN_OUTCOMES.get(agency_status)
        report = super().report(agency_reference, agency_status, raw, reason=known, text=text, at=at)
        own = self.settings.statuses.get(agency_status)
        if own is not None:
            return report.model_copy(update={"status": own, "reason": known if own is report.status else None})
        meaning = statuses.INFERRED.get(agency_status) if self.settings.inferred_statuses else None
        if meaning is None or report.status is not AgencyStatus.UNKNOWN:
            return report
        return report.model_copy(update={"status": meaning.status, "reason": meaning.outcome})
