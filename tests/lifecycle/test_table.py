"""The transition table, every combination of it, against a second one that was written down from the design and not from the code."""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkasso_core.lifecycle import (
    AT_AGENCY,
    BEFORE_AGENCY,
    OPEN_STATES,
    RULES,
    Need,
    Profile,
    Role,
    Rule,
    State,
    judge,
    state_label,
    targets,
)

SHOP, MARKETPLACE = Profile.SHOP, Profile.MARKETPLACE
NEW = "new"

TABLE = """
new                                         > waiting                      | s   | s   |
new waiting                                 > ready                        | s   | s   | green no_hold
ready                                       > waiting                      | s   | s   |
ready                                       > running                      | vo  | vo  | green no_hold
ready                                       > running                      | s   | s   | green no_hold unattended
running                                     > waiting                      | vos | vos | not_in_flight
running                                     > ready                        | vos | vos | not_in_flight green no_hold
running                                     > handed_over                  | s   | s   | mandate live proof
running                                     > exported                     | s   | s   | mandate live left
exported                                    > handed_over                  | vos | os  | proof
running exported                            > failed                       | s   | s   | refusal
exported                                    > failed                       | vo  | o   | refusal reason
running                                     > unclear                      | s   | s   | answer_lost
unclear                                     > handed_over exported failed  | s   | s   | looked_up
unclear                                     > running                      | s   | s   | looked_up absent
unclear                                     > running                      | s   | s   | looked_up proof
unclear                                     > handed_over exported         | vo  | o   | looked_up reason
unclear                                     > running failed               | vo  | o   | looked_up absent reason
failed                                      > running                      | vo  | o   | green no_hold
waiting ready running failed removed        > handed_over                  | vo  | o   | outside not_in_flight
handed_over                                 > unclear                      | s   | s   | reverted
handed_over                                 > failed                       | s   | s   | refusal
waiting ready running failed                > paused                       | vo  | o   | not_in_flight
exported handed_over                        > paused                       | vo  | o   | agency_paused
paused                                      > waiting ready running failed | vos | os  | former
paused                                      > exported handed_over         | vos | os  | former
waiting ready failed                        > removed                      | vo  |     |
removed                                     > waiting                      | vo  | o   | reason
waiting ready running failed removed        > cancelled                    | vo  | vo  | before_agency not_in_flight
paused                                      > cancelled                    | vo  | o   | before_agency not_in_flight
waiting ready running failed removed paused > cancelled                    | s   | s   | before_agency not_in_flight order_ended
exported handed_over paused                 > cancelled                    | vo  | o   | at_agency consent recalled
exported handed_over paused                 > cancelled                    | s   | s   | at_agency recalled
waiting ready running failed removed paused > paid                         | s   | s   | before_agency not_in_flight nothing_open
waiting ready running failed removed paused > paid                         | vo  | o   | before_agency not_in_flight
exported handed_over paused                 > paid closed                  | s   | s   | at_agency agency_closed
exported handed_over paused                 > paid closed                  | vo  | o   | at_agency agency_told reason
paid                                        > waiting                      | s   | s   | bounced no_placement
paid                                        > handed_over                  | s   | s   | bounced placement_open
cancelled closed                            > waiting                      | vo  | o   | reason no_placement
paid closed cancelled                       > handed_over                  | s   | s   | reopened
"""
"""From > to | who in a shop | who in a marketplace | what must hold. Roles: system, vendor, operator; a shop's clerk is both of the last.

``s`` in the row of the recall is the line "recalled → cancelled" of the agency's statuses; the second row ``unclear > running`` is its
"submitted → running".
"""

ROLES = {"s": Role.SYSTEM, "v": Role.VENDOR, "o": Role.OPERATOR}


class Way(NamedTuple):
    """One permission: who may change what into what, once which needs hold."""

    source: State | None
    target: State
    role: Role
    profile: Profile
    needs: frozenset[Need]

    def __str__(self) -> str:
        return f"{self.source or NEW}-{self.target}-{self.role}-{self.profile}-{'+'.join(sorted(self.needs))}"


def written_down() -> Iterator[Way]:
    for line in TABLE.strip().splitlines():
        states, shop, marketplace, needs = line.split("|")
        sources, wanted = (half.split() for half in states.split(">"))
        for profile, letters in ((SHOP, shop), (MARKETPLACE, marketplace)):
            for source, target, letter in product(sources, wanted, letters.strip()):
                yield Way(
                    None if source == NEW else State(source),
                    State(target),
                    ROLES[letter],
                    profile,
                    frozenset(map(Need, needs.split())),
                )


WAYS = list(written_down())
ALLOWED = {way[:4] for way in WAYS}
EVERYTHING = list(product([None, *State], State, Role, Profile))


def test_every_combination_is_asked() -> None:
    assert len(EVERYTHING) == 13 * 12 * 3 * 2
    assert set(EVERYTHING) > ALLOWED


@pytest.mark.parametrize(("source", "target", "role", "profile"), EVERYTHING)
def test_a_change_is_allowed_or_refused_with_a_reason(source: State | None, target: State, role: Role, profile: Profile) -> None:
    verdict = judge(source, target, role, profile)
    assert verdict.allowed is ((source, target, role, profile) in ALLOWED)
    assert verdict.text.de
    assert verdict.text.en
    if verdict.allowed:
        assert verdict.reason == "ALLOWED"
        return
    somebody = any((source, target, other, profile) in ALLOWED for other in Role)
    in_a_shop = any((source, target, other, SHOP) in ALLOWED for other in Role)
    assert verdict.reason == ("ROLE" if somebody or in_a_shop else "NO_SUCH_CHANGE")
    assert verdict.text.de != verdict.text.en
    assert state_label(target, profile).de in verdict.text.de
    assert state_label(target, profile).en in verdict.text.en
    assert "{" not in verdict.text.de + verdict.text.en


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_what_the_design_asks_for_is_enough_and_none_of_it_can_be_left_out(way: Way) -> None:
    source, target, role, profile, needs = way
    assert judge(source, target, role, profile, needs).allowed
    for need in needs:
        verdict = judge(source, target, role, profile, needs - {need})
        assert not verdict.allowed
        assert verdict.missing in {(lacking,) for other in WAYS if other[:4] == way[:4] for lacking in other.needs - (needs - {need})}


OF_RULES = [
    (rule, source, target, role, profile)
    for rule in RULES
    for source, target, profile in product(sorted(rule.sources, key=str), sorted(rule.targets), Profile)
    for role in sorted(rule.roles[profile])
]


@pytest.mark.parametrize(("rule", "source", "target", "role", "profile"), OF_RULES, ids=lambda part: "" if isinstance(part, Rule) else None)
def test_a_rule_names_the_one_need_that_is_missing(rule: Rule, source: State | None, target: State, role: Role, profile: Profile) -> None:
    assert judge(source, target, role, profile, rule.needs).allowed
    rivals = [r for r in RULES if r is not rule and source in r.sources and target in r.targets and role in r.roles[profile]]
    for need in rule.needs:
        held = rule.needs - {need}
        verdict = judge(source, target, role, profile, held)
        assert not verdict.allowed
        # where another way lacks no more than this one and as much of it is done, it may be named instead
        as_near = {tuple(r.needs - held) for r in rivals if len(r.needs - held) == 1 and len(r.needs) >= len(rule.needs)}
        assert verdict.missing == (need,) or verdict.missing in as_near
        assert verdict.reason == verdict.missing[0].name
        assert verdict.text.de != verdict.text.en


def test_the_code_permits_nothing_that_is_not_written_down() -> None:
    found = {Way(source, target, role, profile, rule.needs) for rule, source, target, role, profile in OF_RULES}
    assert found == set(WAYS)


def test_every_need_is_asked_for_somewhere_and_has_a_text() -> None:
    assert {need for rule in RULES for need in rule.needs} == set(Need)
    for need in Need:
        change = next(row[1:] for row in OF_RULES if need in row[0].needs)
        verdict = judge(*change, ())
        assert verdict.text.de
        assert verdict.text.en


@given(
    combination=st.sampled_from(EVERYTHING),
    facts=st.sets(st.sampled_from(list(Need))),
    more=st.sets(st.sampled_from(list(Need))),
)
def test_one_more_fact_never_forbids_what_was_allowed(
    combination: tuple[State | None, State, Role, Profile], facts: set[Need], more: set[Need]
) -> None:
    if judge(*combination, facts).allowed:
        assert judge(*combination, facts | more).allowed
        assert judge(*combination).allowed
    else:
        assert combination not in ALLOWED or set(judge(*combination, facts).missing).isdisjoint(facts)


@given(combination=st.sampled_from(EVERYTHING))
def test_whoever_may_at_all_may_once_everything_holds(combination: tuple[State | None, State, Role, Profile]) -> None:
    assert judge(*combination).allowed is judge(*combination, set(Need)).allowed


@pytest.mark.parametrize(("source", "role", "profile"), list(product([None, *State], Role, Profile)))
def test_targets_are_what_a_page_may_show_as_buttons(source: State | None, role: Role, profile: Profile) -> None:
    assert set(targets(source, role, profile)) == {target for target in State if (source, target, role, profile) in ALLOWED}


# Promises of the design in words, asked of the table


@pytest.mark.parametrize("state", State)
def test_nothing_leads_to_an_agency_in_one_step_but_a_hand_over(state: State) -> None:
    """There is no way from failed to handed over but the record of a hand-over made outside."""
    for role, profile in product(Role, Profile):
        if state in BEFORE_AGENCY | {State.REMOVED} and judge(state, State.HANDED_OVER, role, profile).allowed and role is not Role.SYSTEM:
            everything_else = set(Need) - {Need.OUTSIDE}
            assert judge(state, State.HANDED_OVER, role, profile, everything_else).missing == (Need.OUTSIDE,)
    assert not judge(State.FAILED, State.HANDED_OVER, Role.SYSTEM, SHOP).allowed


def test_a_vendor_of_a_marketplace_starts_withdraws_and_cancels_and_nothing_else() -> None:
    may = {(source, target) for source, target, role, profile in ALLOWED if (role, profile) == (Role.VENDOR, MARKETPLACE)}
    assert {(source, target) for source, target in may if target is not State.CANCELLED} == {
        (State.READY, State.RUNNING),
        (State.RUNNING, State.WAITING),
        (State.RUNNING, State.READY),
    }
    assert not {source for source, target in may if target is State.CANCELLED} & AT_AGENCY


def test_a_shop_has_one_clerk() -> None:
    for source, target in product([None, *State], State):
        assert judge(source, target, Role.VENDOR, SHOP).allowed is judge(source, target, Role.OPERATOR, SHOP).allowed


def test_no_state_becomes_itself_and_every_state_can_be_reached_and_left() -> None:
    edges = {(source, target) for source, target, _, _ in ALLOWED}
    assert not {source for source, target in edges if source is target}
    assert {target for _, target in edges} == set(State)
    assert {source for source, _ in edges} == {None, *State}


def test_the_groups_of_states() -> None:
    assert {State.WAITING, State.READY, State.RUNNING, State.FAILED} == BEFORE_AGENCY
    assert {State.EXPORTED, State.HANDED_OVER} == AT_AGENCY
    assert set(State) - OPEN_STATES == {State.REMOVED, State.CANCELLED, State.PAID, State.CLOSED}


def test_labels() -> None:
    assert ", ".join(state_label(state).de for state in State) == (
        "Wartend, Bereit zur Übergabe, Laufend, Übermittelt, Ans Inkasso übergeben, Fehlgeschlagen, Ungeklärt, Blockiert, Entfernt, "
        "Gekündigt, Bezahlt, Abgeschlossen"
    )
    assert state_label(State.READY, MARKETPLACE).de == "Gesperrt"
    for profile in Profile:
        assert len({state_label(state, profile).de for state in State}) == len(State)
        assert len({state_label(state, profile).en for state in State}) == len(State)
    assert [state_label(state) for state in State if state is not State.READY] == [
        state_label(state, MARKETPLACE) for state in State if state is not State.READY
    ]
