"""Which claims a command works on: those named, or all that match the filters, after a question."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from inkasso_core.cli import output, words
from inkasso_core.cli.exits import WrongUsage
from inkasso_core.lifecycle import State
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Filter, Inkasso

CHUNK = 200
T = TypeVar("T")


class Narrowing(NamedTuple):
    """The filters as they stand on the command line."""

    shop: str | None = None
    states: Collection[State] | None = None
    account: str | None = None
    vendor: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    order: str | None = None

    def filter(self, ink: Inkasso, default: Collection[State] = ()) -> Filter:
        """Return the filter of the facade; days are whole days in the creditor's zone, both included.

        Raises :class:`NotFound` for a shop or an account that is not configured and has no claims of former days.
        """
        from inkasso_core.app import Filter

        ink.require(shop=self.shop, account=self.account)
        return Filter(
            shop=self.shop,
            states=self.states or default,
            account=self.account,
            vendor=self.vendor,
            order=self.order,
            since=_midnight(ink, self.since),
            until=_midnight(ink, self.until + dt.timedelta(days=1)) if self.until else None,
        )

    @property
    def narrows(self) -> bool:
        """True where a filter other than the shop was given."""
        return any((self.states, self.account, self.vendor, self.since, self.until))


def refs_of(
    ink: Inkasso,
    refs: Sequence[str] | None,
    everything: bool,
    narrowing: Narrowing,
    *,
    default: Collection[State],
    question: Text,
    yes: bool,
) -> list[str]:
    """Return the references to work on; raises :class:`WrongUsage` unless either some are named or all are meant,
    and :class:`NotFound` for one that is not known."""
    if bool(refs) == everything:
        raise WrongUsage(_ONE_OR_ALL)
    if refs:
        if narrowing.narrows:
            raise WrongUsage(_FILTER_WITHOUT_ALL)
        found = (ink.find(ref, shop=narrowing.shop, exact=True) for ref in refs)
        return list(dict.fromkeys(stored.ref for stored in found))  # all known, before the first is touched
    chosen = narrowing.filter(ink, default)
    count = sum(ink.count(chosen).values())
    if count:
        output.confirmed(question, yes=yes, claims=words.counted(count, words.CLAIMS))
    return [stored.ref for stored in ink.claims(chosen)]


def in_chunks(refs: Sequence[str], work: Callable[[Sequence[str]], Sequence[T]], label: str) -> Iterator[T]:
    """Do the work some hundred claims at a time, with a progress bar where there are many; yield what became of each."""
    with output.progress(label, len(refs), unit="claims") as moved:
        for start in range(0, len(refs), CHUNK):
            yield from work(refs[start : start + CHUNK])
            moved(min(start + CHUNK, len(refs)))


def _midnight(ink: Inkasso, day: dt.date | None) -> dt.datetime | None:
    return dt.datetime.combine(day, dt.time(), ink.settings.zone).astimezone(dt.UTC) if day else None


_ONE_OR_ALL = Text(
    "Bitte Forderungen nennen (SHOP:AUFTRAG …) oder --all angeben, nicht beides.", "Name claims (SHOP:ORDER …) or give --all, not both."
)
_FILTER_WITHOUT_ALL = Text("Filter gelten nur zusammen mit --all.", "Filters count only together with --all.")
