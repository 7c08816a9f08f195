"""Release: a person, or the system where people let it, lets claims go. Each gets its placement and the instruction to submit it.

What the system may release by itself: in a shop, what an account in automatic mode takes; in a marketplace, what the claim's vendor wants
to go without a check (:mod:`inkasso_core.vendors`). Nowhere what has a red point, a warning that the account does not accept, or a
release that a person took back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from inkasso_core import points, vendors
from inkasso_core.assess import Prepared, assess_prepared, columns, prepare, verdict
from inkasso_core.bundling import Key, bundles, key_of
from inkasso_core.change import Changes, veiled
from inkasso_core.context import Context
from inkasso_core.errors import InkassoError, TransitionRefused
from inkasso_core.lifecycle import SYSTEM, Actor, Need, Role, State
from inkasso_core.model.diagnosis import Diagnosis, Level
from inkasso_core.model.words import Text
from inkasso_core.store import claims, placements
from inkasso_core.store.claims import Filter, Stored
from inkasso_core.store.engine import Connection

CHUNK = 200


class Handled(NamedTuple):
    """What became of one claim that somebody wanted to change."""

    ref: str
    stored: Stored | None
    problem: InkassoError | None = None

    @property
    def ok(self) -> bool:
        """True when it was done."""
        return self.problem is None


def release(context: Context, ids: Sequence[str], actor: Actor, *, as_of: dt.date | None = None) -> Iterator[Handled]:
    """Release claims: each is diagnosed once more, and gets its placement; those of one debtor go together where the agency takes several.

    Yields what became of each, in the order asked, a commit per some hundred.
    """
    with context.database.read() as connection:
        debtors = claims.debtors_of(connection, ids)
    asked, place = list(debtors), 0
    handled: dict[str, Handled] = {}
    for chunk in _chunks(debtors):
        handled.update(zip(chunk, _chunk(context, chunk, actor, as_of or context.today()), strict=True))
        while place < len(asked) and asked[place] in handled:
            yield handled.pop(asked[place])
            place += 1


def release_automatically(context: Context) -> int:
    """Release what may go without a person; return how many."""
    done = 0
    markets = vendors.markets(context, SYSTEM)
    for name, account in sorted(context.settings.accounts.items()):
        places = (None,) if account.mode == "automatic" else tuple(markets)
        for shop in places:
            fit = _fit(context, Filter(states=(State.READY,), account=name, shop=shop), set(account.accept_warnings))
            for handled in release(context, fit, SYSTEM):
                done += handled.ok
                if context.ending.is_set():
                    return done
    return done


def _fit(context: Context, chosen: Filter, accepted: Collection[str]) -> list[str]:
    """Return what may go without a person and has no warning that stops it. All at once: pages would part the claims of one debtor."""
    after, found = "", list[str]()
    while True:
        page, allowed = vendors.fit(context, chosen, after, CHUNK)
        if not page:
            return found
        after = page[-1].id
        found += [stored.id for stored in page if stored.id in allowed and set(stored.warnings) <= set(accepted)]


def _chunks(debtors: Mapping[str, str]) -> Iterator[list[str]]:
    """Part claims into chunks; those of one debtor stay together as long as one chunk can hold them."""
    his: dict[str, list[str]] = {}
    for claim_id, debtor_id in debtors.items():
        his.setdefault(debtor_id, []).append(claim_id)
    chunk: list[str] = []
    for claim_ids in his.values():
        if len(chunk) + len(claim_ids) > CHUNK and chunk:
            yield chunk
            chunk = []
        chunk += claim_ids
        while len(chunk) > CHUNK:
            yield chunk[:CHUNK]
            chunk = chunk[CHUNK:]
    if chunk:
        yield chunk


def _chunk(context: Context, ids: Sequence[str], actor: Actor, as_of: dt.date) -> list[Handled]:
    """Release some claims in one transaction; return what became of each, in the order asked."""
    with context.database.read() as connection:
        asked = claims.by_ids(connection, ids)
    prepared = prepare(context, asked)
    takes = {account: context.claims_per_placement(account) for p in prepared.values() if (account := p.routing.account) is not None}
    with context.database.write() as connection:
        now = claims.by_ids(connection, ids)
        for failed in _failed_since(asked, now):  # somebody else released it, and the agency refused: whoever asked has not seen that
            prepared.pop(failed, None)
        handled = _Release(context, connection, actor, as_of).run(now, prepared, takes)
        points.reach("release.before_commit")
    points.reach("release.after_commit")
    return [handled[claim_id] for claim_id in ids]


def _failed_since(asked: Sequence[Stored], now: Sequence[Stored]) -> list[str]:
    """Return the claims that failed while this release waited for its turn."""
    failed = {s.id for s in asked if s.state is State.FAILED}
    return [s.id for s in now if s.state is State.FAILED and s.id not in failed]


class _Release:
    def __init__(self, context: Context, connection: Connection, actor: Actor, as_of: dt.date) -> None:
        self.context, self.connection, self.actor, self.as_of = context, connection, actor, as_of
        self.changes = Changes(context, actor)
        self.allowed: set[str] = set()

    def run(self, stored: Sequence[Stored], prepared: Mapping[str, Prepared], takes: Mapping[str, int]) -> dict[str, Handled]:
        diagnoses = assess_prepared(self.connection, self.context, stored, prepared, self.as_of)
        if self.actor.role is Role.SYSTEM:
            known = {s.id: prepared[s.id].claim for s in stored if s.id in diagnoses}
            self.allowed = vendors.unattended(self.context, self.connection, stored, known)
        handled = {s.id: self._one(s, diagnoses.get(s.id), prepared.get(s.id)) for s in stored}
        released = [h.stored for h in handled.values() if h.ok and h.stored is not None]
        placements.place_many(self.connection, self._placed(released, prepared, takes), self.changes.at)
        self.changes.flush(self.connection)
        return handled

    def _placed(self, released: Sequence[Stored], prepared: Mapping[str, Prepared], takes: Mapping[str, int]) -> Iterator[placements.New]:
        def key(stored: Stored) -> Key | str:
            account = stored.account or ""
            return stored.id if takes[account] == 1 else key_of(self.context, stored, prepared[stored.id].claim, account)

        for bundle in bundles(released, key, lambda shared: 1 if isinstance(shared, str) else takes[shared.account]):
            account = bundle[0].account or ""
            revisions = [(stored.id, stored.revision_no) for stored in bundle]
            agency = self.context.account(account).agency
            yield placements.New(bundle[0].tenant, account, agency, bundle[0].vendor, self.actor.id, revisions)

    def _one(self, stored: Stored, diagnosis: Diagnosis | None, prepared: Prepared | None) -> Handled:
        if diagnosis is None or prepared is None:
            return Handled(stored.ref, stored, TransitionRefused(_CHANGED.fill(ref=stored.ref), reason="CHANGED"))
        target, facts = verdict(diagnosis)
        fresh = self.changes.refresh(stored, **columns(diagnosis))
        if fresh.state in _QUEUED and target is not fresh.state:
            # what turned red or green since it was queued: the system notes that, whoever asked for the release
            fresh = self.changes.move(fresh, target, facts, reason=" ".join(diagnosis.red) or None, by=SYSTEM)
        if not diagnosis.is_ready and fresh.state in (State.WAITING, State.FAILED):
            return Handled(stored.ref, fresh, TransitionRefused(_red(stored.ref, diagnosis), reason="RED"))
        if self._unattended(stored, diagnosis, prepared):
            facts = facts | {Need.UNATTENDED}
        try:
            return Handled(stored.ref, self.changes.move(fresh, State.RUNNING, facts, account=prepared.routing.account))
        except TransitionRefused as exc:
            return Handled(stored.ref, veiled(self.context, fresh, self.actor), exc)

    def _unattended(self, stored: Stored, diagnosis: Diagnosis, prepared: Prepared) -> bool:
        """Whether no person is needed. In a marketplace the vendor's word stands for the account's mode."""
        account = self.context.settings.accounts.get(prepared.routing.account or "")
        if account is None or stored.id not in self.allowed or not set(diagnosis.warnings) <= set(account.accept_warnings):
            return False
        return account.mode == "automatic" or vendors.has_vendor(self.context, stored)


def _red(ref: str, diagnosis: Diagnosis) -> Text:
    """Why it cannot go: every red point with what helps."""
    red = [f for f in diagnosis.findings if f.level is Level.BLOCK]
    return Text(
        f"{ref}: " + " ".join(f"{f.message.de} {f.remedy.de}" for f in red),
        f"{ref}: " + " ".join(f"{f.message.en} {f.remedy.en}" for f in red),
    )


_QUEUED = (State.WAITING, State.READY)
_CHANGED = Text("{ref}: wurde gerade geändert: bitte noch einmal versuchen.", "{ref}: was changed just now: please try again.")
