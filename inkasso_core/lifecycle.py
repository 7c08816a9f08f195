"""The life cycle of a claim: states, roles, profiles, and who may change what into what.

This is the only table of its kind (``design: section 4``): the library, the command line and every page ask it. A change that it does
not name is refused, with the reason and what would help.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from inkasso_core.model.words import Text


class State(StrEnum):
    """Where a claim stands."""

    WAITING = "waiting"
    READY = "ready"
    RUNNING = "running"
    EXPORTED = "exported"
    HANDED_OVER = "handed_over"
    FAILED = "failed"
    UNCLEAR = "unclear"
    PAUSED = "paused"
    REMOVED = "removed"
    CANCELLED = "cancelled"
    PAID = "paid"
    CLOSED = "closed"


class Role(StrEnum):
    """Who acts. In the profile ``shop`` one clerk has the rights of vendor and operator together."""

    SYSTEM = "system"
    VENDOR = "vendor"
    OPERATOR = "operator"


class Profile(StrEnum):
    """What differs by platform."""

    SHOP = "shop"
    MARKETPLACE = "marketplace"


class Need(StrEnum):
    """A fact that must hold before a change; the step that asks knows which facts hold."""

    GREEN = "green"
    NO_HOLD = "no_hold"
    UNATTENDED = "unattended"
    NOT_IN_FLIGHT = "not_in_flight"
    MANDATE = "mandate"
    LIVE = "live"
    LEFT = "left"
    PROOF = "proof"
    REFUSAL = "refusal"
    ANSWER_LOST = "answer_lost"
    LOOKED_UP = "looked_up"
    ABSENT = "absent"
    REASON = "reason"
    OUTSIDE = "outside"
    REVERTED = "reverted"
    FORMER = "former"
    BEFORE_AGENCY = "before_agency"
    AT_AGENCY = "at_agency"
    AGENCY_PAUSED = "agency_paused"
    CONSENT = "consent"
    RECALLED = "recalled"
    ORDER_ENDED = "order_ended"
    NOTHING_OPEN = "nothing_open"
    AGENCY_CLOSED = "agency_closed"
    AGENCY_TOLD = "agency_told"
    BOUNCED = "bounced"
    PLACEMENT_OPEN = "placement_open"
    NO_PLACEMENT = "no_placement"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: an id for the history, a role, and the tenants and vendors that he may see (None: all)."""

    id: str
    role: Role = Role.OPERATOR
    tenants: frozenset[str] | None = None
    vendors: frozenset[str] | None = None


SYSTEM = Actor("system", Role.SYSTEM)


class Rule(NamedTuple):
    """One row of the table."""

    sources: frozenset[State | None]
    targets: frozenset[State]
    roles: Mapping[Profile, frozenset[Role]]
    needs: frozenset[Need]


class Verdict(NamedTuple):
    """Whether a change is allowed, and if not, why and what would help."""

    allowed: bool
    reason: str
    text: Text
    missing: tuple[Need, ...] = ()


_STATES: dict[State, Text] = {
    State.WAITING: Text("Wartend", "waiting"),
    State.READY: Text("Bereit zur Übergabe", "ready for hand-over"),
    State.RUNNING: Text("Laufend", "running"),
    State.EXPORTED: Text("Übermittelt", "exported"),
    State.HANDED_OVER: Text("Ans Inkasso übergeben", "handed over"),
    State.FAILED: Text("Fehlgeschlagen", "failed"),
    State.UNCLEAR: Text("Ungeklärt", "unclear"),
    State.PAUSED: Text("Blockiert", "paused"),
    State.REMOVED: Text("Entfernt", "removed"),
    State.CANCELLED: Text("Gekündigt", "cancelled"),
    State.PAID: Text("Bezahlt", "paid"),
    State.CLOSED: Text("Abgeschlossen", "closed"),
}
_MARKETPLACE_READY = Text("Gesperrt", "locked")

_NEEDS: dict[Need, Text] = {
    Need.GREEN: Text(
        "Es sind noch nicht alle Bedingungen einer Gruppe erfüllt: `inkasso diagnose` nennt die roten Punkte und die Abhilfe.",
        "Not all conditions of one group are met: `inkasso diagnose` names the red points and the remedy.",
    ),
    Need.NO_HOLD: Text("Es gilt ein Mahnstopp: erst aufheben.", "A hold is in force: lift it first."),
    Need.UNATTENDED: Text(
        "Ohne Person nur, wo das Konto (im Marktplatz der Verkäufer) es will, ohne Warnung und ohne zurückgenommene Freigabe: bitte von "
        "Hand freigeben.",
        "Without a person only where the account (in a marketplace the vendor) wants that, without a warning, and where nobody took a "
        "release back: please release it by hand.",
    ),
    Need.NOT_IN_FLIGHT: Text(
        "Gerade läuft eine Übermittlung: warten, bis sie beantwortet oder geklärt ist.",
        "A transmission is under way: wait until it is answered or resolved.",
    ),
    Need.MANDATE: Text(
        "Für das Konto ist kein Auftrag bestätigt: `inkasso mandate`.", "No mandate is confirmed for the account: `inkasso mandate`."
    ),
    Need.LIVE: Text("Das Konto ist nicht scharf geschaltet: `inkasso go-live`.", "The account is not live: `inkasso go-live`."),
    Need.LEFT: Text("Es hat noch keine Datei das Haus verlassen.", "No file has left yet."),
    Need.PROOF: Text(
        "Ein Beleg der Agentur fehlt: Aktenzeichen oder Bestätigung angeben.",
        "The agency's proof is missing: give its case reference or confirmation.",
    ),
    Need.REFUSAL: Text("Es liegt keine Ablehnung vor.", "There is no refusal."),
    Need.ANSWER_LOST: Text("Die Antwort der Agentur ging nicht verloren.", "The agency's answer was not lost."),
    Need.LOOKED_UP: Text(
        "Bei der Agentur nachsehen und das Ergebnis angeben: `inkasso resolve`.",
        "Look it up at the agency and say what you found: `inkasso resolve`.",
    ),
    Need.ABSENT: Text(
        "Es ist noch nicht erwiesen, dass die Agentur den Fall nicht hat: sie braucht Zeit, ihn anzuzeigen. Später noch einmal nachsehen.",
        "It is not proved yet that the agency does not have the case: it takes its time to show it. Please look it up again later.",
    ),
    Need.REASON: Text("Bitte einen Grund angeben.", "Please give a reason."),
    Need.OUTSIDE: Text(
        "Für eine Übergabe auf anderem Weg: Kanal, Aktenzeichen, Datum (nicht in der Zukunft) und Grund angeben.",
        "For a hand-over made outside: give channel, case reference, date (not in the future) and reason.",
    ),
    Need.REVERTED: Text("Die Agentur hat ihren Status nicht zurückgesetzt.", "The agency did not revert its status."),
    Need.FORMER: Text("Eine Blockierung endet nur im früheren Status.", "A pause ends only in the former state."),
    Need.BEFORE_AGENCY: Text(
        "Der Fall liegt bei der Agentur: dort zurückrufen oder abschließen lassen.",
        "The case is at the agency: have it recalled or closed there.",
    ),
    Need.AT_AGENCY: Text("Der Fall liegt nicht bei der Agentur.", "The case is not at the agency."),
    Need.AGENCY_PAUSED: Text("Die Agentur hat die Pause nicht bestätigt.", "The agency has not confirmed the pause."),
    Need.CONSENT: Text("Die Zustimmung des Verkäufers fehlt.", "The vendor's consent is missing."),
    Need.RECALLED: Text(
        "Die Agentur hat den Rückruf nicht bestätigt: Bestätigung abwarten oder eintragen.",
        "The agency has not confirmed the recall: wait for it or enter it.",
    ),
    Need.ORDER_ENDED: Text("Der Shop hat den Auftrag nicht storniert.", "The shop has not cancelled the order."),
    Need.NOTHING_OPEN: Text("Die Hauptforderung ist noch offen.", "The principal is still open."),
    Need.AGENCY_CLOSED: Text("Die Agentur hat den Fall nicht abgeschlossen.", "The agency has not closed the case."),
    Need.AGENCY_TOLD: Text(
        "Erst der Agentur melden: `inkasso tasks`, `inkasso instructions`.",
        "Tell the agency first: `inkasso tasks`, `inkasso instructions`.",
    ),
    Need.BOUNCED: Text("Keine Zahlung ist zurückgegangen.", "No payment bounced."),
    Need.PLACEMENT_OPEN: Text("Es gibt keine offene Übergabe.", "There is no open placement."),
    Need.NO_PLACEMENT: Text("Eine Übergabe ist noch offen.", "A placement is still open."),
    Need.REOPENED: Text("Die Agentur hat den Fall nicht wieder eröffnet.", "The agency has not reopened the case."),
}

_S, _V, _O = Role.SYSTEM, Role.VENDOR, Role.OPERATOR
_BEFORE = (State.WAITING, State.READY, State.RUNNING, State.FAILED)
_AT_AGENCY = (State.EXPORTED, State.HANDED_OVER)


def _rule(
    sources: Collection[State | None],
    targets: Collection[State] | State,
    roles: Collection[Role],
    *needs: Need,
    marketplace: Collection[Role] | None = None,
) -> Rule:
    """Build a row. ``marketplace`` names the roles there, where they differ; in a shop the clerk is vendor and operator in one."""
    clerk = {_V, _O} if {_V, _O} & set(roles) else set()
    in_shop = frozenset(set(roles) | clerk)
    there = frozenset(roles if marketplace is None else marketplace)
    wanted = {targets} if isinstance(targets, State) else targets
    return Rule(frozenset(sources), frozenset(wanted), {Profile.SHOP: in_shop, Profile.MARKETPLACE: there}, frozenset(needs))


RULES: tuple[Rule, ...] = (
    # Intake and diagnosis
    _rule([None], State.WAITING, [_S]),
    _rule([None, State.WAITING], State.READY, [_S], Need.GREEN, Need.NO_HOLD),
    _rule([State.READY], State.WAITING, [_S]),
    # Release and its withdrawal
    _rule([State.READY], State.RUNNING, [_V, _O], Need.GREEN, Need.NO_HOLD),
    _rule([State.READY], State.RUNNING, [_S], Need.GREEN, Need.NO_HOLD, Need.UNATTENDED),
    _rule([State.RUNNING], State.WAITING, [_V, _O, _S], Need.NOT_IN_FLIGHT),
    _rule([State.RUNNING], State.READY, [_V, _O, _S], Need.NOT_IN_FLIGHT, Need.GREEN, Need.NO_HOLD),
    # Hand-over
    _rule([State.RUNNING], State.HANDED_OVER, [_S], Need.MANDATE, Need.LIVE, Need.PROOF),
    _rule([State.RUNNING], State.EXPORTED, [_S], Need.MANDATE, Need.LIVE, Need.LEFT),
    _rule([State.EXPORTED], State.HANDED_OVER, [_S, _O], Need.PROOF),
    _rule([State.RUNNING, State.EXPORTED], State.FAILED, [_S], Need.REFUSAL),
    _rule([State.EXPORTED], State.FAILED, [_O], Need.REFUSAL, Need.REASON),
    _rule([State.RUNNING], State.UNCLEAR, [_S], Need.ANSWER_LOST),
    _rule([State.UNCLEAR], [State.HANDED_OVER, State.EXPORTED, State.FAILED], [_S], Need.LOOKED_UP),
    _rule([State.UNCLEAR], State.RUNNING, [_S], Need.LOOKED_UP, Need.ABSENT),  # and is sent again
    _rule([State.UNCLEAR], State.RUNNING, [_S], Need.LOOKED_UP, Need.PROOF),  # the agency has it and has not decided
    _rule([State.UNCLEAR], [State.HANDED_OVER, State.EXPORTED], [_O], Need.LOOKED_UP, Need.REASON),
    _rule([State.UNCLEAR], [State.FAILED, State.RUNNING], [_O], Need.LOOKED_UP, Need.ABSENT, Need.REASON),
    _rule([State.FAILED], State.RUNNING, [_V, _O], Need.GREEN, Need.NO_HOLD, marketplace=[_O]),
    _rule([*_BEFORE, State.REMOVED], State.HANDED_OVER, [_O], Need.OUTSIDE, Need.NOT_IN_FLIGHT),
    # At the agency
    _rule([State.HANDED_OVER], State.UNCLEAR, [_S], Need.REVERTED),
    _rule([State.HANDED_OVER], State.FAILED, [_S], Need.REFUSAL),
    _rule([*_AT_AGENCY, State.PAUSED], [State.PAID, State.CLOSED], [_S], Need.AT_AGENCY, Need.AGENCY_CLOSED),
    _rule([*_AT_AGENCY, State.PAUSED], [State.PAID, State.CLOSED], [_O], Need.AT_AGENCY, Need.AGENCY_TOLD, Need.REASON),
    _rule([*_AT_AGENCY, State.PAUSED], State.CANCELLED, [_O], Need.AT_AGENCY, Need.CONSENT, Need.RECALLED),
    _rule([*_AT_AGENCY, State.PAUSED], State.CANCELLED, [_S], Need.AT_AGENCY, Need.RECALLED),
    _rule([State.PAID, State.CLOSED, State.CANCELLED], State.HANDED_OVER, [_S], Need.REOPENED),
    # Pause
    _rule(_BEFORE, State.PAUSED, [_O], Need.NOT_IN_FLIGHT),
    _rule(_AT_AGENCY, State.PAUSED, [_O], Need.AGENCY_PAUSED),
    _rule([State.PAUSED], [*_BEFORE, *_AT_AGENCY], [_O, _S], Need.FORMER),
    # Removal: the merchant takes it out of the queue, and only he brings it back; a marketplace never removes
    _rule([State.WAITING, State.READY, State.FAILED], State.REMOVED, [_V, _O], marketplace=[]),
    _rule([State.REMOVED], State.WAITING, [_O], Need.REASON),
    # Ends before the agency
    _rule([*_BEFORE, State.REMOVED], State.CANCELLED, [_V, _O], Need.BEFORE_AGENCY, Need.NOT_IN_FLIGHT),
    _rule([State.PAUSED], State.CANCELLED, [_V, _O], Need.BEFORE_AGENCY, Need.NOT_IN_FLIGHT, marketplace=[_O]),  # a vendor sees no pause
    _rule([*_BEFORE, State.REMOVED, State.PAUSED], State.CANCELLED, [_S], Need.BEFORE_AGENCY, Need.NOT_IN_FLIGHT, Need.ORDER_ENDED),
    _rule([*_BEFORE, State.REMOVED, State.PAUSED], State.PAID, [_S], Need.BEFORE_AGENCY, Need.NOT_IN_FLIGHT, Need.NOTHING_OPEN),
    _rule([*_BEFORE, State.REMOVED, State.PAUSED], State.PAID, [_O], Need.BEFORE_AGENCY, Need.NOT_IN_FLIGHT),
    # And back
    _rule([State.PAID], State.WAITING, [_S], Need.BOUNCED, Need.NO_PLACEMENT),
    _rule([State.PAID], State.HANDED_OVER, [_S], Need.BOUNCED, Need.PLACEMENT_OPEN),
    _rule([State.CANCELLED, State.CLOSED], State.WAITING, [_O], Need.REASON, Need.NO_PLACEMENT),
)

OPEN_STATES = frozenset({*_BEFORE, *_AT_AGENCY, State.UNCLEAR, State.PAUSED})
"""States in which something may still happen."""
BEFORE_AGENCY = frozenset(_BEFORE)
AT_AGENCY = frozenset(_AT_AGENCY)

_RELEASED_ALREADY = Text(
    "ist schon freigegeben („{de}“); weiter mit `inkasso transmit`.", 'is released already ("{en}"); next: `inkasso transmit`.'
)
_ALREADY = Text("ist schon „{de}“.", 'is "{en}" already.')
_ALLOWED = Text("erlaubt", "allowed")


def state_label(state: State, profile: Profile = Profile.SHOP) -> Text:
    """Return what people read for ``state``; a marketplace calls a ready claim locked (Gesperrt)."""
    if state is State.READY and profile is Profile.MARKETPLACE:
        return _MARKETPLACE_READY
    return _STATES[state]


def is_veiled(state: State, role: Role, profile: Profile) -> bool:
    """True for a pause before a vendor of a marketplace: to him the claim is what it was before, and he can do nothing with it."""
    return state is State.PAUSED and role is Role.VENDOR and profile is Profile.MARKETPLACE


def need_text(need: Need) -> Text:
    """Return what people read where ``need`` is missing: why a change is refused, and what would help."""
    return _NEEDS[need]


def judge(
    source: State | None, target: State, role: Role, profile: Profile = Profile.SHOP, facts: Collection[Need] | None = None
) -> Verdict:
    """Say whether ``role`` may change ``source`` (None: a new claim) into ``target``.

    ``facts`` are the needs that hold; None asks for the permission alone, as a page does that decides which buttons to show. Never
    raises: a refusal is a verdict with its reason (``NO_SUCH_CHANGE``, ``ROLE``, or the first missing need) and what would help.
    """
    rules = _rules(source, target)
    if not rules:
        return Verdict(False, "NO_SUCH_CHANGE", _no_such_change(source, target, profile))
    mine = [rule for rule in rules if role in rule.roles[profile]]
    if not mine:
        return Verdict(False, "ROLE", _not_your_role(rules, target, profile))
    if facts is None or any(rule.needs.issubset(facts) for rule in mine):
        return Verdict(True, "ALLOWED", _ALLOWED)
    # of several ways, the one that lacks least; of those, the one on which most is done already
    nearest = min(mine, key=lambda rule: (len(rule.needs.difference(facts)), -len(rule.needs)))
    gap = tuple(need for need in Need if need in nearest.needs and need not in facts)
    return Verdict(False, gap[0].name, _joined(gap), gap)


@cache
def _rules(source: State | None, target: State) -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES if source in rule.sources and target in rule.targets)


def targets(source: State | None, role: Role, profile: Profile = Profile.SHOP) -> Iterator[State]:
    """Yield the states into which ``role`` may ever change ``source``."""
    return (state for state in State if judge(source, state, role, profile).allowed)


ACTIONS: Mapping[str, tuple[frozenset[State], State]] = {
    "release": (frozenset({State.READY, State.FAILED}), State.RUNNING),
    "withdraw": (frozenset({State.RUNNING}), State.WAITING),
    "cancel": (frozenset(State), State.CANCELLED),
    "mark_paid": (frozenset(State), State.PAID),
    "pause": (frozenset(State), State.PAUSED),
    "remove": (frozenset(State), State.REMOVED),
}
"""What people do to a claim: the method of the facade -> from which states, into which."""


def actions(state: State, role: Role, profile: Profile = Profile.SHOP) -> tuple[str, ...]:
    """Return what ``role`` may do to a claim in ``state``, as the table permits it: what a page shows as buttons."""
    open_to = frozenset(targets(state, role, profile))
    return tuple(name for name, (sources, target) in ACTIONS.items() if state in sources and target in open_to)


def _no_such_change(source: State | None, target: State, profile: Profile) -> Text:
    start = Text("neu", "new") if source is None else state_label(source, profile)
    end = state_label(target, profile)
    if source is target:
        return (_RELEASED_ALREADY if target is State.RUNNING else _ALREADY).fill(**end._asdict())
    ways = sorted({str(state) for rule in RULES if source in rule.sources for state in rule.targets})
    return Text(
        f"Von „{start.de}“ führt kein Weg zu „{end.de}“. Möglich ist: {', '.join(ways) or 'nichts'}.",
        f'There is no way from "{start.en}" to "{end.en}". Possible: {", ".join(ways) or "nothing"}.',
    )


def _not_your_role(rules: Collection[Rule], target: State, profile: Profile) -> Text:
    who = sorted({str(role) for rule in rules for role in rule.roles[profile]})
    end = state_label(target, profile)
    if not who:
        return Text(f"„{end.de}“ gibt es im Profil {profile} nicht.", f'The profile {profile} has no "{end.en}".')
    return Text(f"„{end.de}“ darf in diesem Fall nur setzen: {', '.join(who)}.", f'Here, "{end.en}" may only be set by: {", ".join(who)}.')


def _joined(needs: Collection[Need]) -> Text:
    return Text(" ".join(_NEEDS[need].de for need in needs), " ".join(_NEEDS[need].en for need in needs))
