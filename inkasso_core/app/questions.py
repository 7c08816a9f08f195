"""The part of the facade that answers: which claims there are, what is known of one, why it is not ready, what the law makes of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from inkasso_core import legal, listing, schedule, vendorview
from inkasso_core.app.base import Part
from inkasso_core.assess import Subject, assess, route_and_review
from inkasso_core.errors import NotFound, NotPermitted
from inkasso_core.faults import Fault, fault_of
from inkasso_core.legal import Lapses, Reckoned
from inkasso_core.lifecycle import Actor, Role, State
from inkasso_core.listing import Details, Trace
from inkasso_core.model.diagnosis import Diagnosis
from inkasso_core.model.statement import Statement
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import Condition
from inkasso_core.rules.table import conditions_of
from inkasso_core.store import arrivals, claims, records, vault
from inkasso_core.store.claims import Filter, Stored
from inkasso_core.store.records import Entry
from inkasso_core.store.transmitted import Transmitted, transmitted


class Questions(Part):
    """Looking."""

    def claims(self, chosen: Filter = Filter(), *, actor: Actor | None = None, limit: int | None = None) -> Iterator[Stored]:  # noqa: B008
        """Stream claims, by shop and key, without personal data; to a vendor of a marketplace as last published."""
        with self._context.database.read() as connection:
            yield from claims.listed(connection, chosen, self._actor(actor), limit=limit)

    def queue(self, chosen: Filter = Filter(), *, actor: Actor | None = None) -> Iterator[Stored]:  # noqa: B008
        """Stream what waits for a release."""
        return self.claims(chosen._replace(states=(State.READY,)), actor=actor)

    def transmitted(
        self,
        chosen: Filter = Filter(),  # noqa: B008
        *,
        since: dt.date | None = None,
        limit: int | None = None,
        actor: Actor | None = None,
    ) -> Iterator[Transmitted]:
        """Stream the claims that left for an agency on ``since`` or later, the newest first, each with where its case stands there.

        Raises :class:`NotPermitted` for a vendor of a marketplace: what he may see of his claims was published to him.
        """
        who = self._actor(actor)
        if who.role is Role.VENDOR:
            raise NotPermitted(_NOT_A_VENDORS_LIST)
        with self._context.database.read() as connection:
            yield from transmitted(connection, chosen, who, since=since, limit=limit)

    def require(self, *, shop: str | None = None, account: str | None = None, actor: Actor | None = None) -> None:
        """Raise :class:`NotFound` for a shop or an account that is not configured, unless there are claims of it from former days."""
        for name, look, its in (
            (shop, self._context.shop, Filter(shop=shop)),
            (account, self._context.account, Filter(account=account)),
        ):
            try:
                if name is not None:
                    look(name)
            except NotFound:
                if not self.count(its, actor=actor):
                    raise

    def count(self, chosen: Filter = Filter(), *, actor: Actor | None = None) -> dict[State, int]:  # noqa: B008
        """Return how many claims there are per state."""
        with self._context.database.read() as connection:
            return claims.count(connection, chosen, self._actor(actor))

    def show(self, ref: str, *, shop: str | None = None, actor: Actor | None = None) -> Details:
        """Return all that is known of a claim, personal data included."""
        who = self._actor(actor)
        with self._context.database.read() as connection:
            stored = self._find(connection, ref, shop, who, exact=False)
            return vendorview.details(connection, listing.details(connection, stored), who)

    def history(self, ref: str, *, shop: str | None = None, actor: Actor | None = None) -> list[Entry]:
        """Return what happened to a claim, oldest first; to a vendor of a marketplace as far as it was published."""
        who = self._actor(actor)
        with self._context.database.read() as connection:
            stored = self._find(connection, ref, shop, who, exact=False)
            return vendorview.story(connection, stored.id, records.read_history(connection, stored.id), who)

    def diagnose(self, ref: str, *, shop: str | None = None, as_of: dt.date | None = None, actor: Actor | None = None) -> Diagnosis:
        """Say why a claim may or may not go, today or as of a date. Changes nothing."""
        with self._context.database.read() as connection:
            stored = self._find(connection, ref, shop, self._actor(actor), exact=False)
            body = vault.take_claim(connection, stored.body_id)
        routing = route_and_review(self._context, body, stored.shop)
        with self._context.database.read() as connection:
            return assess(connection, self._context, [Subject(body, stored, routing)], as_of or self.today())[0]

    def rediagnose(self, *, as_of: dt.date | None = None) -> int:
        """Diagnose all claims in the queue again, for example after a policy was changed; return how many moved."""
        return schedule.rediagnose_all(self._context, as_of)

    def failed_events(self, shop: str | None = None, *, settled: bool = False, actor: Actor | None = None) -> list[Any]:
        """Return reports that could not become claims, with the reason: those that wait, or those that were ``settled``, by whom and why.

        Whose they are is not known: a vendor sees none.
        """
        who = self._actor(actor)
        if who.vendors is not None:
            return []
        with self._context.database.read() as connection:
            rows = arrivals.settled_events(connection, shop) if settled else arrivals.failed_events(connection, shop)
        return [row for row in rows if self._is_of(row.shop, who)]

    def failed_about(self, ref: str, *, shop: str | None = None, actor: Actor | None = None) -> list[Any]:
        """Return failed reports in which the order's number stands: why an order never became a claim."""
        return self.trace(ref, shop=shop, actor=actor).failed

    def trace(self, ref: str, *, shop: str | None = None, actor: Actor | None = None) -> Trace:
        """Say what is known of an order under whose number there is no claim: failed reports, its parts, or that nothing triggered."""
        shop, key = self._split(ref, shop)
        number = key.split("/", 1)[0]
        rows = [row for settled in (False, True) for row in self.failed_events(shop, settled=settled, actor=actor) if row.body_id]
        with self._context.database.read() as connection:
            failed = [row for row in rows if _mentions(vault.take_if_kept(connection, row.body_id), number)]
            asked = self._asked(shop, actor)
            return listing.trace(connection, asked, key, failed, self._actor(actor), self._context.triggers(asked) if asked else ())

    def _asked(self, shop: str | None, actor: Actor | None) -> str | None:
        """The shop, where it is configured and the actor may know of it."""
        config, tenants = self.settings.shops.get(shop or ""), self._actor(actor).tenants
        return shop if config is not None and (tenants is None or config.tenant in tenants) else None

    def conditions(self, group: str, *, account: str | None = None) -> tuple[Condition, ...]:
        """Return all conditions that a group asks, in the order in which people read them; ``account`` may have groups of its own."""
        config = self.settings.accounts.get(account or "")
        return conditions_of(group, config.policy.own_groups if config else {})

    def fault(self, ref: str, *, shop: str | None = None, actor: Actor | None = None) -> Fault | None:
        """Say whether a claim should stand in the queue today and does not: its conditions are met, or its expected day has come."""
        stored = self.find(ref, shop=shop, actor=actor)
        diagnosis = self.diagnose(stored.id, actor=actor)
        with self._context.database.read() as connection:
            return fault_of(stored, diagnosis, records.last_run(connection), self.settings.zone)

    def export(self, path: str | Path, chosen: Filter = Filter(), *, actor: Actor | None = None) -> int:  # noqa: B008
        """Write claims as CSV for a spreadsheet, by vendor, state and period, without personal data; return the number of rows."""
        with self._context.database.read() as connection:
            rows = claims.listed(connection, chosen, self._actor(actor))
            return listing.write_csv(Path(path), rows, self.settings.inkasso.language, self._context.profile)

    # The law

    def statement(self, ref: str, as_of: dt.date | None = None, *, shop: str | None = None, actor: Actor | None = None) -> Statement | None:
        """Return what is owed today or on a date, line by line (Forderungsaufstellung); None where the law that governs is not known."""
        found = self.reckoned(ref, as_of, shop=shop, actor=actor)
        return found.statement if found is not None else None

    def reckoned(self, ref: str, as_of: dt.date | None = None, *, shop: str | None = None, actor: Actor | None = None) -> Reckoned | None:
        """Return what is owed on a day and until when it can be enforced; None where the law that governs is not known."""
        with self._context.database.read() as connection:
            stored = self._find(connection, ref, shop, self._actor(actor), exact=False)
            claim = vault.take_claim(connection, stored.body_id)
        return legal.reckoned(self._context, claim, stored, as_of or self.today())

    def limitation(
        self, *, before: dt.date | None = None, shop: str | None = None, account: str | None = None, actor: Actor | None = None
    ) -> Lapses:
        """Return the claims not ended that lapse (verjähren) on ``before`` or earlier, those that have lapsed included.

        Left out, ``before`` is the end of the year, or the end of the account's time of warning if that is later.
        """
        with self._context.database.read() as connection:
            return legal.lapses(self._context, connection, self._actor(actor), before=before, shop=shop, account=account)


def _mentions(payload: Any, number: str) -> bool:
    """True when some value in a shop's record is exactly this number, as text or as a number."""
    if isinstance(payload, Mapping):
        return any(_mentions(value, number) for value in payload.values())
    if isinstance(payload, list | tuple):
        return any(_mentions(value, number) for value in payload)
    return str(payload).strip() == number


_NOT_A_VENDORS_LIST = Text(
    "Was bei den Agenturen liegt, sieht der Betreiber; ein Verkäufer sieht seine Forderungen mit `inkasso claims`.",
    "What lies with the agencies is for the operator; a vendor sees his claims with `inkasso claims`.",
)
