"""Asking the rules: gathers what the store knows about claims, asks conditions and reviewers, and says where each should stand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from inkasso_core.adopted import matched, numbered
from inkasso_core.context import Context
from inkasso_core.discretion import of_debtors, unsaid
from inkasso_core.errors import InkassoError
from inkasso_core.lifecycle import AT_AGENCY, Need, Profile, State
from inkasso_core.model.claim import Claim
from inkasso_core.model.diagnosis import Diagnosis, Finding, Level
from inkasso_core.model.words import Text
from inkasso_core.rules.diagnose import diagnose
from inkasso_core.rules.facts import Facts, HoldFact
from inkasso_core.rules.policy import Policy
from inkasso_core.store import claims, records, vault
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection

_PLACED = AT_AGENCY | {State.UNCLEAR}
_NO_POLICY = Policy()


class Routing(NamedTuple):
    """Which account takes a claim, and what reviewers found: asked outside of any transaction, since it runs strangers' code."""

    account: str | None
    findings: tuple[Finding, ...]


class Subject(NamedTuple):
    """A claim to be assessed. ``stored`` is what the store knows, or will know once it is written."""

    claim: Claim
    stored: Stored
    routing: Routing


class Prepared(NamedTuple):
    """A claim that was read and routed before a transaction, and the revision that this holds for."""

    revision_no: int
    claim: Claim
    routing: Routing


def route_and_review(context: Context, claim: Claim, shop: str) -> Routing:
    """Choose the account and ask the reviewers. What breaks here keeps the claim waiting, with the reason."""
    findings = context.plugins.review(claim, shop)
    try:
        account = context.route(claim, shop)
    except InkassoError as exc:
        return Routing(None, (*findings, _account_finding(unsaid(exc, of_debtors([claim]), _ROUTE_BROKEN).text)))
    except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
        return Routing(None, (*findings, _account_finding(_ROUTE_BROKEN.fill(error=type(exc).__name__))))
    if account is None:
        findings = (*findings, _account_finding(_NO_ROUTE))
    return Routing(account, findings)


def prepare(context: Context, stored: Sequence[Stored]) -> dict[str, Prepared]:
    """Read claims and ask plugins about them, before a transaction that is to act on them. Returns claim id -> what was found."""
    with context.database.read() as connection:
        bodies = vault.take_claims(connection, [s.body_id for s in stored])
    return {
        s.id: Prepared(s.revision_no, bodies[s.body_id], route_and_review(context, bodies[s.body_id], s.shop))
        for s in stored
        if s.body_id in bodies
    }


def assess_prepared(
    connection: Connection, context: Context, stored: Sequence[Stored], prepared: Mapping[str, Prepared], as_of: dt.date
) -> dict[str, Diagnosis]:
    """Diagnose claims that were prepared; one that was revised since is left out: the next run sees it."""
    same = [s for s in stored if s.id in prepared and prepared[s.id].revision_no == s.revision_no]
    subjects = [Subject(prepared[s.id].claim, s, prepared[s.id].routing) for s in same]
    return {s.id: found for s, found in zip(same, assess(connection, context, subjects, as_of), strict=True)}


def assess(connection: Connection, context: Context, subjects: Sequence[Subject], as_of: dt.date) -> list[Diagnosis]:
    """Diagnose claims on ``as_of``, with holds, duplicates and mandates as they stand in the database."""
    facts = _facts(connection, context, subjects)
    accounts = context.settings.accounts
    result = []
    for subject, known in zip(subjects, facts, strict=True):
        account = accounts.get(subject.routing.account or "")
        result.append(diagnose(subject.claim, known, account.policy if account else _NO_POLICY, as_of))
    return result


def verdict(diagnosis: Diagnosis) -> tuple[State, set[Need]]:
    """Say where a claim in the queue stands by its diagnosis, and which needs of the life cycle that proves."""
    if not diagnosis.is_ready:
        return State.WAITING, set()
    return State.READY, {Need.GREEN, Need.NO_HOLD}


def columns(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return the columns of a claim that a diagnosis fills. A ready claim has no red point: what another group lacks is none of its own."""
    return {"red": () if diagnosis.is_ready else diagnosis.red, "warnings": diagnosis.warnings, "expected_on": diagnosis.expected_on}


def _facts(connection: Connection, context: Context, subjects: Sequence[Subject]) -> list[Facts]:
    held = _holds(connection, {s.stored.shop for s in subjects})
    twins = _twins(connection, subjects)
    before = matched(connection, (numbered(s.claim, s.stored, s.routing.account) for s in subjects if s.stored.state not in _PLACED))
    mandated = {name: _has_mandate(connection, name) for name in {s.routing.account for s in subjects} if name}
    return [
        Facts(
            creditor=context.creditor_of(s.claim, s.stored.shop, s.routing.account),
            holds=tuple(fact for key in _hold_keys(s.stored) for fact in held.get(key, ())) if held else (),
            same_invoice=twins.get(s.stored.id, ()),
            placed_at=(s.stored.account or "")
            if s.stored.state in _PLACED
            else before[s.stored.id].account
            if s.stored.id in before
            else None,
            mandate=mandated.get(s.routing.account or "", False),
            currency_of_others=_other_currencies(connection, s.stored),
            reviews=s.routing.findings,
            profile=_profile(context, s.stored.shop),
            laws=context.laws,
        )
        for s in subjects
    ]


def _profile(context: Context, shop: str) -> Profile:
    """The profile by which groups are chosen: a shop that is no longer configured gets the fewest."""
    config = context.settings.shops.get(shop)
    return config.profile if config else Profile.SHOP


def _holds(connection: Connection, shops: Iterable[str]) -> Mapping[tuple[str, str, str], list[HoldFact]]:
    found: dict[tuple[str, str, str], list[HoldFact]] = {}
    for shop in shops:
        for hold in records.holds(connection, shop):
            fact = HoldFact(hold.scope, hold.reason, hold.until)  # type: ignore[arg-type]
            found.setdefault((hold.shop, hold.scope, hold.target), []).append(fact)
    return found


def _hold_keys(stored: Stored) -> list[tuple[str, str, str]]:
    return [(stored.shop, scope, target) for scope, target in hold_targets(stored).items() if target is not None]


def hold_targets(stored: Stored) -> Mapping[str, str | None]:
    """Return what a hold (Mahnstopp) on this claim is put on, by its scope; None where the claim has no such thing."""
    return {"claim": stored.record, "order": stored.order, "invoice": stored.invoice_number, "debtor": stored.debtor_id}


def _twins(connection: Connection, subjects: Sequence[Subject]) -> Mapping[str, tuple[str, ...]]:
    """Claims of the same creditor with the same invoice number, in the store and among the subjects themselves.

    Only the younger of two is a duplicate: the one registered first keeps its way.
    """
    numbers = {s.stored.invoice_number for s in subjects if s.stored.invoice_number}
    if not numbers:
        return {}
    tenants = {s.stored.tenant for s in subjects}
    found: dict[tuple[str, str | None, str], dict[str, Stored]] = {}
    for tenant in tenants:
        for (creditor, number), there in claims.same_invoice(connection, tenant, numbers).items():
            found[tenant, creditor, number] = {stored.id: stored for stored in there}
    for s in subjects:
        if s.stored.invoice_number:
            found.setdefault((s.stored.tenant, s.stored.creditor, s.stored.invoice_number), {})[s.stored.id] = s.stored
    result = {}
    for group in found.values():
        if len(group) > 1:
            for stored in group.values():
                result[stored.id] = tuple(other.ref for other in group.values() if _before(other, stored))
    return result


def _before(other: Stored, stored: Stored) -> bool:
    """True when ``other`` came first, or is with an agency already. Instalments of one order share an invoice rightly."""
    if other.id == stored.id or (other.shop, other.order) == (stored.shop, stored.order):
        return False
    mine, its = stored.state in _PLACED, other.state in _PLACED
    return its if mine != its else (other.registered_at, other.id) < (stored.registered_at, stored.id)


def _other_currencies(connection: Connection, stored: Stored) -> tuple[str, ...]:
    """The currencies of the order's other claims; an order that is one claim has none."""
    if stored.order == stored.record:
        return ()
    return claims.currencies_of_order(connection, stored.shop, stored.order, without=stored.record)


def _has_mandate(connection: Connection, account: str) -> bool:
    return "mandate" in records.decided(connection, account)


def _account_finding(text: Text) -> Finding:
    return Finding("NO_ACCOUNT", Level.BLOCK, True, "account", text, _ACCOUNT_REMEDY)


_NO_ROUTE = Text("Für diese Forderung ist kein Inkasso-Konto bestimmt.", "No agency account is chosen for this claim.")
_ROUTE_BROKEN = Text(
    "Die Wahl des Inkasso-Kontos durch ein Plugin ist fehlgeschlagen ({error}).", "A plugin failed to choose the agency account ({error})."
)
_ACCOUNT_REMEDY = Text(
    "In inkasso.toml [shops.NAME] account setzen oder eine passende [[routes]] ergänzen.",
    "Set [shops.NAME] account in inkasso.toml or add a matching [[routes]] entry.",
)
