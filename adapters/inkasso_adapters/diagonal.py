"""Diagonal Inkasso GmbH: claims over HTTPS, SFTP or in a file, in a shape that is set.

Diagonal publishes no interface. Facts (``reference: agency-diagonal.md`` section 2): its terms and what a recall costs; that claims of a
platform show up there the next day, that a case is halted for at most 42 days at a time, that none is recalled once it is in court, and
that a vendor gets access to its portal with his first claim. Everything else is settings.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from pydantic import Field

from inkasso_adapters._calls import AnswerPaths
from inkasso_adapters._table import SftpTableAgency, SftpTableSettings, TableAgency, TableAgencySettings
from inkasso_adapters._wired import ConfiguredHttp, ConfiguredHttpSettings
from inkasso_core import (
    Acknowledgement,
    AgencySettings,
    AgencyStatus,
    ClaimInvalid,
    FeedEntry,
    FeedKind,
    Pause,
    Placement,
    Recall,
    Text,
    Transports,
)

NAME, LABEL, PAGE = "diagonal", "Diagonal Inkasso", "docs/agencies/diagonal.md"
LONGEST_PAUSE = 42
"""Days."""
_IN_COURT = frozenset({AgencyStatus.JUDICIAL, AgencyStatus.ENFORCEMENT, AgencyStatus.MONITORING})


class DiagonalSettings(AgencySettings):
    """What is the same for every transport."""

    client_number: str | None = None
    """Our client number (Mandant), where one serves for all, or for the vendors that ``client_numbers`` does not name."""
    client_numbers: Mapping[str, str] = Field(default_factory=dict)
    """Vendor, as the shop names him -> his client number. A claim of a vendor without one is refused."""
    recall_costs: str | None = Field(default=None, min_length=1, max_length=500)
    """What a recall costs under your own agreement; left out, the agency's terms are quoted."""


_FIRST_CLAIM = Text(
    "Mit der ersten Forderung eines Händlers schickt ihm Diagonal den Zugang zum Portal per E-Mail; vorher gibt es keinen.",
    "With a vendor's first claim Diagonal sends him access to its portal by e-mail; before that there is none.",
)


class _Diagonal:
    """What is the same for every transport."""

    name: ClassVar[str] = NAME
    label: ClassVar[str] = LABEL
    verified: ClassVar[str] = "stand-in"
    documentation: ClassVar[str] = PAGE
    first_claim_notice: ClassVar[Text | None] = _FIRST_CLAIM
    """What a vendor is told when his first claim has been handed over."""
    settings: Any

    def recall_notice(self, agency_reference: str) -> Text:
        """Return what a recall costs: to be shown, and accepted by a person, before :class:`Recall` is told."""
        own = self.settings.recall_costs
        return _RECALL_COSTS if own is None else _OWN_COSTS.fill(costs=own)

    def known_of_us(self) -> dict[str, Any]:
        """Return what our record holds besides the placement."""
        return {"client_number": self.settings.client_number}

    def own(self, placement: Placement) -> dict[str, Any]:
        """Return besides the vendor's client number; None where there is none, or not one for all claims."""
        vendors = {claim.source.vendor for claim in placement.claims}
        numbers = {self.settings.client_numbers.get(vendor or "", self.settings.client_number) for vendor in vendors}
        return {**self.known_of_us(), "client_number": numbers.pop() if len(numbers) == 1 else None}

    def needed(self) -> tuple[str, ...]:
        """Return what must be there: the client number, too, where vendors have their own."""
        return (*self.settings.required, *(("client_number",) if self.settings.client_numbers else ()))


class DiagonalHttpSettings(ConfiguredHttpSettings, DiagonalSettings):
    """Diagonal over HTTPS."""

    longest_pause: int = Field(default=LONGEST_PAUSE, ge=1, le=366)
    """Days that a case is halted for, at most."""
    portal_access_codes: tuple[str, ...] = ()
    """Status codes of the feed that say that a vendor was given access to the portal."""


class DiagonalHttp(_Diagonal, ConfiguredHttp[DiagonalHttpSettings]):
    """Diagonal over HTTPS: pauses with an end, recalls with their costs, and none once a case is in court."""

    Settings = DiagonalHttpSettings

    def __init__(self, settings: DiagonalHttpSettings) -> None:
        super().__init__(settings)
        if "recall" in self.operations and "fetch_status" not in self.operations:
            self.withhold("recall", _NO_GUARD)

    def known_of_us(self) -> dict[str, Any]:
        """Return our login, and the client number."""
        return {"client_id": self.settings.client_id, "client_number": self.settings.client_number}

    def pause(self, instruction: Pause) -> Acknowledgement:
        """Ask to halt the case until a day. Raises ``ClaimInvalid`` without one, and for one that is too far ahead."""
        last = instruction.asked_on + dt.timedelta(days=self.settings.longest_pause)
        if instruction.until is None or not instruction.asked_on <= instruction.until <= last:
            raise ClaimInvalid(_NO_END.fill(days=self.settings.longest_pause), agency=self.name, fields=("until",))
        return super().pause(instruction)

    def recall(self, instruction: Recall) -> Acknowledgement:
        """Ask for the case back. Raises ``ClaimInvalid`` while nobody accepted what it costs, for a case that is in court, or may be."""
        if not instruction.costs_accepted:
            notice = self.recall_notice(instruction.agency_reference)
            raise ClaimInvalid(Text(f"{notice.de} {_NOT_ACCEPTED.de}", f"{notice.en} {_NOT_ACCEPTED.en}"), agency=self.name)
        status = self.fetch_status(instruction.agency_reference).status
        if status in _IN_COURT or status is AgencyStatus.UNKNOWN:
            raise ClaimInvalid(_UNKNOWN if status is AgencyStatus.UNKNOWN else _COURT, agency=self.name)
        return super().recall(instruction)

    def entry(self, item: Any, paths: AnswerPaths) -> FeedEntry:
        """Read one entry; that a vendor was given access to the portal is a message, not a status."""
        found = super().entry(item, paths)
        if found.report is None or found.report.agency_status not in self.settings.portal_access_codes:
            return found
        text = found.text or _FIRST_CLAIM.de
        return found.model_copy(update={"kind": FeedKind.MESSAGE, "report": None, "text": text})


class DiagonalFileSettings(TableAgencySettings, DiagonalSettings):
    """Diagonal by file."""

    transport: Literal["file"] = "file"
    """Always ``file``."""


class DiagonalFile(_Diagonal, TableAgency[DiagonalFileSettings]):
    """Diagonal by file."""

    verified: ClassVar[str] = "specification read"
    Settings = DiagonalFileSettings


class DiagonalSftpSettings(SftpTableSettings, DiagonalSettings):
    """Diagonal over SFTP."""

    transport: Literal["sftp"] = "sftp"
    """Always ``sftp``."""


class DiagonalSftp(_Diagonal, SftpTableAgency[DiagonalSftpSettings]):
    """Diagonal over SFTP."""

    channel: ClassVar[str] = "interface"
    Settings = DiagonalSftpSettings


DIAGONAL = Transports(
    name=NAME,
    label=LABEL,
    by_transport=MappingProxyType({"http": DiagonalHttp, "sftp": DiagonalSftp, "file": DiagonalFile}),
)

_RECALL_COSTS = Text(
    "Eine Rücknahme (Storno) kostet nach den AGB von Diagonal (Stand November 2023) eine Vergütung wie 1,2 Gebühren nach RVG, mindestens "
    "59,00 EUR je Akte, gleich aus welchem Grund.",
    "Taking a case back (Storno) costs, by Diagonal's terms of November 2023, a fee like 1.2 fees of the RVG, at least 59.00 EUR per "
    "case, whatever the reason.",
)
_OWN_COSTS = Text("Kosten einer Rücknahme bei Diagonal: {costs}", "Costs of taking a case back from Diagonal: {costs}")
_NOT_ACCEPTED = Text("Das hat noch niemand bestätigt.", "Nobody has accepted this yet.")
_COURT = Text(
    "Der Fall ist bei Gericht oder tituliert: über die Schnittstelle wird er nicht zurückgenommen. Mit Diagonal sprechen.",
    "The case is in court, or has a title: it is not taken back through the interface. Talk to Diagonal.",
)
_UNKNOWN = Text(
    "Der Status des Falls steht nicht in status_map: er könnte bei Gericht sein. Den Status dort eintragen oder mit Diagonal sprechen.",
    "The status of the case is not in status_map: it may be in court. Add the status there, or talk to Diagonal.",
)
_NO_GUARD = Text(
    "dazu muss operations.fetch_status eingestellt sein: ein Fall bei Gericht darf nicht zurückgenommen werden",
    "operations.fetch_status must be set for it: a case in court must not be taken back",
)
_NO_END = Text(
    "Diagonal hält einen Fall höchstens {days} Tage an und braucht das Ende der Pause (until); danach lässt sie sich erneuern.",
    "Diagonal halts a case for {days} days at most and needs the end of the pause (until); it can be renewed afterwards.",
)
