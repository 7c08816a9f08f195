"""What a vendor of a marketplace lets go without a check: what he decided, else the shop's default, and what that is for a claim.

A claim that stood in the queue while its vendor wanted to look at each himself stays his to release, whatever he decides later: a switch
is about what comes. And a release that a person took back is no longer the system's to give, in any shop, until a person gives it again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Literal, NamedTuple

from inkasso_core.context import Context
from inkasso_core.errors import InvalidInput, NotFound, NotPermitted
from inkasso_core.lifecycle import SYSTEM, Actor, Profile, Role, State
from inkasso_core.model.claim import Claim
from inkasso_core.model.words import Text
from inkasso_core.store import claims, published, vault, vendors
from inkasso_core.store.claims import Filter, Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.vendors import Decided, Stood

Kind = Literal["automatic", "chargebacks"]
LONGEST_NAME = 300


class Options(NamedTuple):
    """What goes without a check for one vendor, today."""

    shop: str
    vendor: str
    automatic: bool
    """Whether new overdue claims do."""
    chargebacks: bool
    """Whether claims whose payment went back do."""
    decided: Decided | None
    """The decision in force, or the shop's default; None where neither counts yet: then nothing goes without a check."""
    default_from: dt.date | None
    """The day from which the shop's default counts; None where the vendor has decided, or has no claim yet."""
    change_from: dt.date | None
    """The day from which the vendor may change it himself; None where he may at any time."""

    @property
    def by(self) -> Literal["vendor", "operator", "default", "nobody"]:
        """Whose decision it is."""
        if self.decided is None:
            return "nobody"
        return "default" if self.decided.role is Role.SYSTEM else "vendor" if self.decided.role is Role.VENDOR else "operator"


class Seller(NamedTuple):
    """A vendor, and how many claims he has in each state."""

    options: Options
    counts: Mapping[State, int]


def note_marketplaces(context: Context, connection: Connection) -> None:
    """Note which shops have vendors, and their defaults where those have changed: what counted when is asked later."""
    shops = context.settings.shops
    markets = [name for name, shop in shops.items() if shop.profile is Profile.MARKETPLACE]
    published.keep_shops(connection, markets, shops.keys() - set(markets))
    for name in markets:
        default = shops[name].vendors
        known = vendors.decisions(connection, name, ()).get(None, [])
        if not known or (known[-1].automatic, known[-1].chargebacks) != (default.automatic, default.chargebacks):
            decided = Decided(default.automatic, default.chargebacks, SYSTEM.id, SYSTEM.role, f"[shops.{name}.vendors]", context.now())
            vendors.decide(connection, name, None, decided)


def markets(context: Context, actor: Actor, shop: str | None = None) -> list[str]:
    """Return the marketplaces that the actor may see, or the one named; raises :class:`NotFound` and :class:`InvalidInput`."""
    if shop is not None:
        _market(context, shop, actor)
        return [shop]
    names = (name for name, config in context.settings.shops.items() if config.profile is Profile.MARKETPLACE)
    return [name for name in sorted(names) if actor.tenants is None or context.shop(name).tenant in actor.tenants]


def _market(context: Context, shop: str, actor: Actor) -> None:
    config = context.shop(shop)
    if actor.tenants is not None and config.tenant not in actor.tenants:
        raise NotFound(_NO_SHOP.fill(shop=shop), field="shop")
    if config.profile is not Profile.MARKETPLACE:
        raise InvalidInput(_NO_MARKET.fill(shop=shop), field="shop")


def require(context: Context, shop: str, vendor: str, actor: Actor) -> None:
    """Raise :class:`NotFound` for a vendor whom the actor may not see, :class:`InvalidInput` for a shop without vendors."""
    _market(context, shop, actor)
    if actor.vendors is not None and vendor not in actor.vendors:
        raise NotFound(_NO_VENDOR.fill(shop=shop, vendor=vendor), field="vendor")
    if not vendor.strip() or len(vendor) > LONGEST_NAME:
        raise InvalidInput(_NO_NAME, field="vendor")


def options(context: Context, connection: Connection, shop: str, vendor: str, actor: Actor) -> Options:
    """Return what goes without a check for a vendor; raises :class:`NotFound` for one of whom nothing is known."""
    require(context, shop, vendor, actor)
    decisions = vendors.decisions(connection, shop, [vendor])
    first = vendors.first_claims(connection, shop, SYSTEM, [vendor]).get(vendor)
    if first is None and vendor not in decisions:
        raise NotFound(_NO_VENDOR.fill(shop=shop, vendor=vendor), field="vendor")
    return _options(context, shop, vendor, decisions, first)


def sellers(context: Context, connection: Connection, shop: str, actor: Actor) -> list[Seller]:
    """Return all vendors of a marketplace that the actor may see, by name."""
    decisions, first = vendors.decisions(connection, shop), vendors.first_claims(connection, shop, actor)
    counted = vendors.counts(connection, shop, actor)
    names = {name for name in decisions if name is not None and (actor.vendors is None or name in actor.vendors)} | first.keys()
    return [Seller(_options(context, shop, name, decisions, first.get(name)), counted.get(name, {})) for name in sorted(names)]


def decide(
    context: Context,
    connection: Connection,
    shop: str,
    vendor: str,
    actor: Actor,
    *,
    automatic: bool | None,
    chargebacks: bool | None,
    reason: str | None,
) -> Options:
    """Store what goes without a check for a vendor, and return it; what is left out stays as it is. Said twice, it is one decision.

    Raises :class:`NotPermitted` for a vendor who changed it not long ago, saying until when, and :class:`InvalidInput` for an operator
    without a reason, or where nothing is said.
    """
    require(context, shop, vendor, actor)
    if automatic is None and chargebacks is None:
        raise InvalidInput(_NOTHING_SAID, field="automatic")
    decisions = vendors.decisions(connection, shop, [vendor])
    first = vendors.first_claims(connection, shop, SYSTEM, [vendor]).get(vendor)
    now = _options(context, shop, vendor, decisions, first)
    wanted = Decided(
        now.automatic if automatic is None else automatic,
        now.chargebacks if chargebacks is None else chargebacks,
        actor.id,
        actor.role,
        reason,
        context.now(),
    )
    if vendor in decisions and (now.automatic, now.chargebacks) == (wanted.automatic, wanted.chargebacks):
        return now
    if actor.role is not Role.VENDOR and not (reason or "").strip():
        raise InvalidInput(_WHY.fill(vendor=vendor), field="reason")
    if actor.role is Role.VENDOR and now.change_from is not None:
        raise NotPermitted(_BOUND.fill(vendor=vendor, de=f"{now.change_from:%d.%m.%Y}", en=now.change_from.isoformat()))
    vendors.decide(connection, shop, vendor, wanted)
    return _options(context, shop, vendor, vendors.decisions(connection, shop, [vendor]), first)


def _options(
    context: Context, shop: str, vendor: str, decisions: Mapping[str | None, Sequence[Decided]], first: dt.datetime | None
) -> Options:
    rules, own, today = context.shop(shop).vendors, decisions.get(vendor, ()), context.today()
    counts_from = _counts_from(context, shop, first)
    line = _line(decisions.get(None, ()), own, counts_from, context.now())
    answers = [decided.at for decided in own if decided.role is Role.VENDOR]
    free = _day(context, answers[-1]) + dt.timedelta(days=rules.change_after_days) if answers else None
    return Options(
        shop,
        vendor,
        bool(line) and line[-1].automatic,
        bool(line) and line[-1].chargebacks,
        line[-1] if line else None,
        _day(context, counts_from) if counts_from is not None and not own else None,
        free if free is not None and free > today else None,
    )


def _counts_from(context: Context, shop: str, first: dt.datetime | None) -> dt.datetime | None:
    """When the shop's default begins to count for a vendor whose first claim came then, unless he answers before."""
    if first is None:
        return None
    day = _day(context, first) + dt.timedelta(days=context.shop(shop).vendors.answer_within_days)
    return dt.datetime.combine(day, dt.time(), context.settings.zone).astimezone(dt.UTC)


def _day(context: Context, at: dt.datetime) -> dt.date:
    return at.astimezone(context.settings.zone).date()


def _line(defaults: Sequence[Decided], own: Sequence[Decided], counts_from: dt.datetime | None, now: dt.datetime) -> list[Decided]:
    """Return what was ever in force for a vendor, in its order: the shop's defaults, until he decided himself.

    A default counts from the day on which he should have answered; of those set before it, the last.
    """
    end = own[0].at if own else now
    if counts_from is None or counts_from > end:
        return list(own)
    early = [one._replace(at=counts_from) for one in defaults if one.at <= counts_from][-1:]
    return [*early, *(one for one in defaults if counts_from < one.at <= end), *own]


# Which claims the system may release


def reason_of(claim: Claim) -> Kind:
    """Return which of a vendor's options a claim falls under: a payment of it went back, or it is overdue."""
    went_back = claim.returns or (claim.source.status or "").casefold().startswith("chargeback")
    return "chargebacks" if went_back else "automatic"


def has_vendor(context: Context, stored: Stored) -> bool:
    """True where a vendor has the say: what the operator of a marketplace sells himself goes as in a shop."""
    shop = context.settings.shops.get(stored.shop)
    return stored.vendor is not None and shop is not None and shop.profile is Profile.MARKETPLACE


def unattended(context: Context, connection: Connection, asked: Sequence[Stored], known: Mapping[str, Claim] | None = None) -> set[str]:
    """Return which of these claims may be released without a person, as far as a person has said so; the account's own word comes besides.

    ``known`` are claims that were read already, by id.
    """
    if not asked:
        return set()
    history = vendors.stood(connection, [stored.id for stored in asked])
    free = [stored for stored in asked if not history[stored.id].withdrawn]
    sold = [stored for stored in free if has_vendor(context, stored)]
    allowed = {stored.id for stored in free} - {stored.id for stored in sold}
    return allowed | _wanted(context, connection, sold, history, known or {})


def _wanted(
    context: Context, connection: Connection, sold: Sequence[Stored], history: Mapping[str, Stood], known: Mapping[str, Claim]
) -> set[str]:
    """Which claims of a marketplace their vendors want to go without a check."""
    whose = {stored.id: (stored.shop, stored.vendor or "") for stored in sold}
    lines = _in_force(context, connection, set(whose.values()))
    maybe = [s for s in sold if any(_goes(lines[whose[s.id]], kind, history[s.id]) for kind in _KINDS)]
    bodies = vault.take_claims(connection, [s.body_id for s in maybe if s.id not in known])
    found = set()
    for stored in maybe:
        claim = known.get(stored.id) or bodies.get(stored.body_id)
        if claim is not None and _goes(lines[whose[stored.id]], reason_of(claim), history[stored.id]):
            found.add(stored.id)
    return found


_KINDS: tuple[Kind, ...] = ("automatic", "chargebacks")


def _in_force(context: Context, connection: Connection, asked: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[Decided]]:
    """Return what was ever in force for these vendors, each by his shop and name."""
    found = {}
    for shop in sorted({shop for shop, _ in asked}):
        names = [name for its, name in asked if its == shop]
        decisions, first = vendors.decisions(connection, shop, names), vendors.first_claims(connection, shop, SYSTEM, names)
        for name in names:
            counts_from = _counts_from(context, shop, first.get(name))
            found[shop, name] = _line(decisions.get(None, ()), decisions.get(name, ()), counts_from, context.now())
    return found


def _goes(line: Sequence[Decided], kind: Kind, stood: Stood) -> bool:
    """Whether a claim goes without a check: the last word is yes, and it was not ready before, while the word was no."""
    answers = [getattr(decided, kind) for decided in line]
    if not answers or not answers[-1]:
        return False
    since = max((number + 1 for number, answer in enumerate(answers) if not answer), default=None)
    return since is None or (stood.ready_since is not None and stood.ready_since >= line[since].at)


def fit(context: Context, chosen: Filter, after: str, size: int) -> tuple[list[Stored], set[str]]:
    """Return the next page of claims that match, and which of them may be released without a person."""
    with context.database.read() as connection:
        page = claims.page(connection, chosen, after=after, size=size)
        return page, unattended(context, connection, page)


_NO_SHOP = Text("Es ist kein Marktplatz „{shop}“ bekannt.", 'No marketplace "{shop}" is known.')
_NO_MARKET = Text(
    "Der Shop „{shop}“ hat keine Verkäufer: [shops.{shop}] profile ist nicht marketplace.",
    'The shop "{shop}" has no vendors: [shops.{shop}] profile is not marketplace.',
)
_NO_VENDOR = Text(
    "In „{shop}“ ist kein Verkäufer „{vendor}“ bekannt: `inkasso vendors` listet alle.",
    'No vendor "{vendor}" is known in "{shop}": `inkasso vendors` lists all.',
)
_NO_NAME = Text("Bitte einen Verkäufer nennen, mit höchstens 300 Zeichen.", "Please name a vendor, with 300 characters at most.")
_NOTHING_SAID = Text(
    "Bitte sagen, was sich ändert: automatic (neue überfällige Forderungen) oder chargebacks (Rückbuchungen).",
    "Please say what changes: automatic (new overdue claims) or chargebacks.",
)
_WHY = Text(
    "Der Betreiber entscheidet für den Verkäufer „{vendor}“ nur mit einem Grund.",
    'The operator decides for the vendor "{vendor}" with a reason only.',
)
_BOUND = Text(
    "Der Verkäufer „{vendor}“ kann das erst am {de} wieder selbst ändern; früher ändert es der Betreiber, mit einem Grund.",
    'The vendor "{vendor}" can change this himself again on {en}; the operator can earlier, with a reason.',
)
