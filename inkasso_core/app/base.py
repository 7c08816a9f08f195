"""What all parts of the facade share: the open installation, who acts, and finding claims by what people call them."""

from __future__ import annotations

import datetime as dt
import getpass
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from inkasso_core.change import veiled
from inkasso_core.context import Context
from inkasso_core.errors import InkassoError, NotFound, NotPermitted
from inkasso_core.lifecycle import Actor, Role, State, is_veiled
from inkasso_core.model.diagnosis import Diagnosis
from inkasso_core.model.words import Text
from inkasso_core.register import Outcome, Taken
from inkasso_core.settings import Settings
from inkasso_core.store import arrivals, claims
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection

_ID_LENGTH = 26
Refs = str | Iterable[str]
"""One reference (``shop:key``, or the claim's id), or many."""


class Result(NamedTuple):
    """What became of one report from a shop."""

    outcome: Outcome
    """registered, revised, repeated, older, ignored, or failed."""
    ref: str | None
    """``shop:key``: how people and programs name the claim; None where there is none."""
    state: State | None
    diagnosis: Diagnosis | None
    """None where nothing new was said; ask :meth:`Inkasso.diagnose`."""
    problem: InkassoError | None
    """Why it failed; the report stays stored and can be replayed."""


def listed(refs: Refs) -> list[str]:
    """Return the references as a list: a single text is one reference, not so many letters."""
    return [refs] if isinstance(refs, str) else list(refs)


def result_of(taken: Taken) -> Result:
    """Return what a face is told of a report that was taken."""
    stored = taken.stored
    return Result(taken.outcome, stored.ref if stored else None, stored.state if stored else None, taken.diagnosis, taken.problem)


class Part:
    """The base of the facade's parts."""

    _context: Context

    @property
    def settings(self) -> Settings:
        """The configuration."""
        return self._context.settings

    def today(self) -> dt.date:
        """The date in the creditor's zone."""
        return self._context.today()

    def now(self) -> dt.datetime:
        """The time, in UTC."""
        return self._context.now()

    def find(self, ref: str, *, shop: str | None = None, actor: Actor | None = None, exact: bool = False) -> Stored:
        """Return the claim that ``ref`` names: ``shop:key``, the claim's id, or the key inside ``shop``; raises :class:`NotFound`.

        Unless ``exact``, the number of an invoice will do, too, where one claim alone of those that the actor may see bears it; and a
        vendor of a marketplace gets the claim as it was last published, as from everything else that only looks.
        """
        who = self._actor(actor)
        with self._context.database.read() as connection:
            return veiled(self._context, self._find(connection, ref, shop, who, exact=exact), who)

    def _actor(self, actor: Actor | None) -> Actor:
        """The user of the operating system, with the role that the settings give him."""
        if actor is not None:
            return actor
        name = "unknown"
        with suppress(OSError, KeyError):
            name = getpass.getuser()
        rights = self._context.settings.actors.get(name)
        if rights is None:
            return Actor(name, Role.OPERATOR)
        return Actor(
            name,
            rights.role,
            None if rights.tenants is None else frozenset(rights.tenants),
            None if rights.vendors is None else frozenset(rights.vendors),
        )

    def _decider(self, actor: Actor | None, account: str | None = None) -> Actor:
        """Who decides about an account: it may serve many vendors, so that is no vendor's business; nor that of one of several tenants."""
        who = self._actor(actor)
        if who.role is Role.VENDOR or who.vendors is not None:
            raise NotPermitted(_NOT_A_VENDOR)
        if account is not None and not self._is_alone(account, who):
            raise NotPermitted(_NOT_ALONE.fill(account=account))
        return who

    def _is_alone(self, account: str, who: Actor) -> bool:
        """Whether an account serves none but the tenants whom this actor may see."""
        to_all = any(route.account == account for route in self.settings.routes)
        tenants = {shop.tenant for shop in self.settings.shops.values() if to_all or shop.account == account}
        return who.tenants is None or tenants <= who.tenants

    def _find(self, connection: Connection, ref: str, shop: str | None, actor: Actor, *, exact: bool = True) -> Stored:
        """Whatever changes a claim asks for it exactly: an order's number may be another order's invoice number."""
        found = None
        if shop is not None:
            found = claims.by_key(connection, shop, ref, actor)
        if found is None and ":" in ref:
            name, _, key = ref.partition(":")
            found = claims.by_key(connection, name, key, actor)
        if found is None and len(ref) == _ID_LENGTH:
            found = claims.by_id(connection, ref, actor)
        if not exact:
            found = found or self._by_invoice(connection, ref, shop, actor)
            found = claims.as_seen(connection, found, actor) if found is not None else None
        if found is None:
            raise NotFound(_NO_CLAIM.fill(ref=ref, shops=", ".join(sorted(self._context.settings.shops)) or "-"), field="ref")
        return found

    def _by_invoice(self, connection: Connection, ref: str, shop: str | None, actor: Actor) -> Stored | None:
        """The claim with that invoice number; not where the shop has an order of that number, which is no claim."""
        shop, number = self._split(ref, shop)
        if shop is not None and arrivals.sighted(connection, shop, number) is not None:
            return None
        bearing = claims.by_invoice(connection, number, actor, shop)
        return bearing[0] if len(bearing) == 1 else None

    def _is_veiled(self, ref: str, who: Actor) -> bool:
        """Whether somebody is told nothing of a pause of this claim: a vendor of a marketplace."""
        return is_veiled(State.PAUSED, who.role, self._context.profile(ref.partition(":")[0]))

    def _is_of(self, shop: str, actor: Actor) -> bool:
        """Whether a shop, configured or not any more, is of a tenant that the actor may see."""
        config = self.settings.shops.get(shop)
        return actor.tenants is None or (config is not None and config.tenant in actor.tenants)

    def _split(self, ref: str, shop: str | None) -> tuple[str | None, str]:
        """The shop and the number that a reference names."""
        name, colon, key = ref.partition(":")
        return (name, key) if colon and name in self.settings.shops else (shop, ref)

    def _ids(self, refs: Refs, shop: str | None, actor: Actor) -> list[str]:
        with self._context.database.read() as connection:
            return [self._find(connection, ref, shop, actor).id for ref in listed(refs)]


_NO_CLAIM = Text(
    "Es gibt keine Forderung „{ref}“. Nummern stehen so: SHOP:AUFTRAG; Shops: {shops}. `inkasso claims` listet alle.",
    'There is no claim "{ref}". Write SHOP:ORDER; shops: {shops}. `inkasso claims` lists all.',
)
_NOT_A_VENDOR = Text(
    "Über ein Konto entscheidet der Betreiber (Rolle operator), kein Verkäufer.",
    "The operator (role operator) decides about an account, no vendor.",
)
_NOT_ALONE = Text(
    "Das Konto {account} dient auch anderen Mandanten: darüber entscheidet, wer für alle zuständig ist.",
    "The account {account} serves other tenants, too: whoever is in charge of all of them decides about it.",
)
