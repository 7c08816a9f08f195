"""What travels between the core and a shop plugin besides events: requests that a shop sends, pages of a poll, and where a case stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from inkasso_core.model._base import Instant, Model, Name, Reference
from inkasso_core.model.agency import AgencyStatus, Outcome
from inkasso_core.model.events import ShopEventKind
from inkasso_core.model.feed import Delivery


class Part(Model):
    """Says that a report is only a part of what is known of one claim: the core keeps all parts, and the hook is given them together.

    For shops that tell of single transactions (a sale, a failed debit, a chargeback) and never of an order as it stands.
    """

    shown: ClassVar[frozenset[str]] = frozenset({"whole", "once", "above", "latest"})

    whole: Reference
    """What the parts belong together by, such as ``ORDER/PRODUCT/INSTALMENT``: one claim at most comes of it."""
    once: Reference
    """What names this part in its shop, whatever it belongs to: the same one again, in whatever order, is kept once."""
    above: Reference | None = None
    """What the whole itself belongs to, such as ``ORDER/PRODUCT``: the parts that bear that name as their ``whole`` are told with its own,
    and a new one of them is told to everything below."""
    latest: bool = False
    """Whether it is a record as it stands, and no transaction: then another one of that name takes the place of the one before, and the
    plugin is told anew; one that says the same changes nothing."""


class Reported(Model):
    """One report of a shop, as a plugin read it from a page or a request."""

    shown: ClassVar[frozenset[str]] = frozenset({"kind", "part"})

    kind: ShopEventKind | None = None
    """The hook that it fires; None for the plugin's own :attr:`ShopPlugin.event`, which is what the parts of a whole fire."""
    payload: Mapping[str, Any] = Field(repr=False)
    """The record, as JSON can hold it."""
    part: Part | None = None
    reported_at: Instant | None = None
    """When the report was made, where the payload itself does not say."""


class Page(Model):
    """Some of what a poll found. Reports and place are stored in one commit before the next page is asked for."""

    shown: ClassVar[frozenset[str]] = frozenset({"cursor", "read", "total"})

    reports: tuple[Reported, ...] = ()
    files: tuple[str, ...] = Field(default=(), repr=False)
    """Exported files to be taken in, as ``inkasso ingest`` does: a killed one goes on where it was. One that cannot be read as a whole is
    kept as a failed report, and its ``FileRefused`` is raised where the page was yielded; who does not catch it ends the poll."""
    cursor: str | None = Field(default=None, max_length=10_000, repr=False)
    """Where a poll goes on from here, in the plugin's own words; None leaves the place as it was."""
    read: tuple[str, ...] = ()
    """The records that were wanted and are done with: those in ``reports``, and those that the shop does not know."""
    total: int | None = None
    """How many records there are, as far as the shop says so: for the progress that people see."""


class Asked(Model):
    """What a poll is asked for."""

    cursor: str | None = Field(default=None, repr=False)
    """Where the last poll came to; None for the first."""
    wanted: tuple[str, ...] = ()
    """Records that the shop said have changed, by their ids: to be read whatever the cursor says."""


class ShopRequest(Delivery):
    """A request that a shop sent to its own route of the intake."""

    shown: ClassVar[frozenset[str]] = frozenset({"method", "received_at"})

    method: str = "POST"
    path: str = Field(default="", repr=False)
    """What stands behind the shop's route, without a leading slash; it may hold a secret."""
    query: Mapping[str, str] = Field(default_factory=dict, repr=False)


class Received(Model):
    """What a plugin read from a request, and how it is to be answered once that is stored."""

    shown: ClassVar[frozenset[str]] = frozenset({"wanted", "status"})

    reports: tuple[Reported, ...] = ()
    wanted: tuple[Reference, ...] = ()
    """Records that the next poll is to read, by their ids in the shop."""
    status: int = Field(default=200, ge=200, le=599)
    body: bytes = Field(default=b"OK", repr=False)
    media_type: str = "text/plain; charset=utf-8"


class Case(Model):
    """Where a claim stands at its agency, as far as people in the shop may know it: nothing of the debtor."""

    shown: ClassVar[frozenset[str]] = frozenset({"account", "our_reference", "status"})

    account: Reference
    agency: Reference
    """The agency's name, as people read it."""
    our_reference: Reference
    case_reference: Name = None
    """The agency's (Aktenzeichen)."""
    portal_url: Name = None
    """Where the case stands in the agency's portal."""
    status: AgencyStatus | None = None
    agency_code: Name = None
    """The agency's own word for its status."""
    outcome: Outcome | None = None
    placed_on: dt.date | None = None
    is_open: bool = True
