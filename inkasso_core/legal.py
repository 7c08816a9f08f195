"""What the law makes of stored claims: what is owed and until when; and for how long the values last from which that is computed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal, NamedTuple

from inkasso_core.context import Context
from inkasso_core.lifecycle import OPEN_STATES, Actor
from inkasso_core.model.claim import Claim, Source
from inkasso_core.model.party import Debtor
from inkasso_core.model.statement import Limitation, Statement
from inkasso_core.model.words import Text
from inkasso_core.rules.law.frame import Law, law_of
from inkasso_core.rules.law.laws import tables
from inkasso_core.rules.law.statement import reckon
from inkasso_core.rules.law.tables import TableInfo
from inkasso_core.rules.policy import Policy
from inkasso_core.rules.wording import day
from inkasso_core.store import claims, vault
from inkasso_core.store.claims import Filter, Stored
from inkasso_core.store.engine import Connection

WARN_DAYS = 60
"""So many days before a table runs out it is time to look for its next row."""
_LONGEST = 40
"""Years: no regular limitation takes longer."""
_PAGE = 500
_NO_POLICY = Policy()


def law_for(context: Context, claim: Claim, stored: Stored) -> Law | None:
    """Return the law that governs a stored claim; None where it is not known."""
    return law_of(context.creditor_of(claim, stored.shop, stored.account), claim.debtor, context.laws)


# One claim


class Reckoned(NamedTuple):
    """What the law says of one claim on one day."""

    statement: Statement
    limitation: Limitation | None
    """None where neither due date nor judgment is known."""


def reckoned(context: Context, claim: Claim, stored: Stored, as_of: dt.date) -> Reckoned | None:
    """Return what is owed on ``as_of``, and until when; None where the law is not known."""
    law = law_for(context, claim, stored)
    if law is None:
        return None
    policy = _policy(context, stored.account)
    statement = reckon(claim, law, as_of, day_count=policy.day_count, delivery_days=policy.delivery_days)
    return Reckoned(statement, law.limitation(claim))


def _policy(context: Context, account: str | None) -> Policy:
    config = context.settings.accounts.get(account or "")
    return config.policy if config is not None else _NO_POLICY


# What lapses


class Lapsing(NamedTuple):
    """A claim that is not ended, and when it lapses (Verjährung)."""

    stored: Stored
    last_day: dt.date
    """The last day on which it can be enforced."""
    days_left: int
    """Days until then: 0 on the last day, below zero once it has lapsed."""
    unsure: tuple[Text, ...]
    """What was reported that may have moved the last day later."""


class Lapses(NamedTuple):
    """What lapses by ``until``, the first to lapse first, of one day the greatest open principal first."""

    until: dt.date
    claims: list[Lapsing]
    law_not_known: int
    """Claims as old as these about which nothing is said, because the law that governs them is not known."""


def lapses(
    context: Context,
    connection: Connection,
    actor: Actor,
    *,
    before: dt.date | None = None,
    shop: str | None = None,
    account: str | None = None,
) -> Lapses:
    """Return the claims that lapse on ``before`` or earlier, those that have lapsed included.

    Left out, ``before`` is the end of the year, or the end of the account's time of warning (``limitation_warning_days``) if that is later.
    A claim without an open principal is left out. The store is asked for claims that are due long enough; the law decides.
    """
    today = context.today()
    until = before or max(_until(context, today, name) for name in (None, *context.settings.accounts))
    due_by = max(filter(None, (_due_by(law, until) for law in context.laws.values())), default=None)
    found: list[Lapsing] = []
    not_known, after = 0, ""
    chosen = Filter(shop=shop, account=account, states=OPEN_STATES, due_by=due_by)
    while due_by is not None and (page := claims.page(connection, chosen, after=after, size=_PAGE, actor=actor)):
        after = page[-1].id
        bodies = vault.take_claims(connection, [stored.body_id for stored in page])
        for stored in page:
            claim = bodies.get(stored.body_id)
            if claim is None or stored.principal_open <= 0:
                continue
            law = law_for(context, claim, stored)
            limitation = law.limitation(claim) if law is not None else None
            not_known += law is None
            if limitation is not None and limitation.last_day <= (before or _until(context, today, stored.account)):
                found.append(Lapsing(stored, limitation.last_day, (limitation.last_day - today).days, limitation.unsure))
    found.sort(key=lambda one: (one.last_day, one.stored.currency, -one.stored.principal_open, one.stored.ref))
    return Lapses(until, found, not_known)


def _until(context: Context, today: dt.date, account: str | None) -> dt.date:
    warned = min(_policy(context, account).limitation_warning_days, (dt.date.max - today).days)
    return max(dt.date(today.year, 12, 31), today + dt.timedelta(days=warned))


def _due_by(law: Law, until: dt.date) -> dt.date | None:
    """The latest due date of a claim that may lapse by ``until``: what else a claim reports only moves its last day later."""
    for year in range(until.year, max(until.year - _LONGEST, dt.MINYEAR), -1):
        plain = Claim(source=Source(order="-"), currency="EUR", principal=Decimal(0), debtor=Debtor(), due_date=dt.date(year, 1, 1))
        limitation = law.limitation(plain)
        if limitation is not None and limitation.last_day <= until:
            return dt.date(year, 12, 31)
    return None


# The tables


class LegalTable(NamedTuple):
    """A legal table, and whether it will last."""

    info: TableInfo
    health: Literal["ok", "warn", "error"]
    """``warn`` some weeks before it runs out, ``error`` once it has run out."""
    days_left: int | None
    """Days until its last one, below zero once it has run out; None: until the law changes."""
    text: Text
    """How long it lasts, and what to do."""


def legal_tables(context: Context) -> list[LegalTable]:
    """Return every legal table, those that run out first."""
    found = [_table(info, context.today()) for info in tables(context.laws)]
    return sorted(found, key=lambda table: (table.days_left is None, table.days_left or 0))


def _table(info: TableInfo, today: dt.date) -> LegalTable:
    if info.covers_until is None:
        return LegalTable(info, "ok", None, _LASTING)
    left = (info.covers_until - today).days
    health: Literal["ok", "warn", "error"] = "error" if left < 0 else "warn" if left <= WARN_DAYS else "ok"
    following = info.covers_until + dt.timedelta(days=1)
    section = f"law.{info.name}.{info.country}"
    return LegalTable(
        info, health, left, _TOLD[health].fill(info=info, day=day(info.covers_until), days=left, next=following, section=section)
    )


_LASTING = Text("Gilt, bis sich das Recht ändert.", "Holds until the law changes.")
_REMEDY = Text(
    'inkasso aktualisieren, oder den amtlichen Wert in inkasso.toml unter [{section}] eintragen: "{next}" = "…"',
    'update inkasso, or enter the official value in inkasso.toml under [{section}]: "{next}" = "…"',
)
_TOLD = {
    "ok": Text("Reicht bis {day.de}.", "Lasts until {day.en}."),
    "warn": Text(
        f"{{info.label.de}} ({{info.country}}): reicht nur noch {{days}} Tage, bis {{day.de}}. Abhilfe: {_REMEDY.de}",
        f"{{info.label.en}} ({{info.country}}): lasts for {{days}} more days only, until {{day.en}}. Remedy: {_REMEDY.en}",
    ),
    "error": Text(
        f"{{info.label.de}} ({{info.country}}): am {{day.de}} abgelaufen; für spätere Tage keine Zinsen. Abhilfe: {_REMEDY.de}",
        f"{{info.label.en}} ({{info.country}}): ran out on {{day.en}}; no interest for later days. Remedy: {_REMEDY.en}",
    ),
}
