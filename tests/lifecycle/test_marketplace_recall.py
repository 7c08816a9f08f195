"""Taking a case of a marketplace back from its agency: the costs are shown first, the vendor agrees, the agency confirms."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from world import OPERATOR, VENDOR, Script, World, done, refusal, scripted, world

from inkasso_core import Acknowledgement, AgencyStatus, Recall, State, Text

COSTS = Text("Ein Rückruf kostet 81,24 EUR.", "A recall costs 81.24 EUR.")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[World]:
    """A marketplace whose agency can be asked for a case back, and wants money for it."""
    script = Script()

    class Costly(scripted(script)):  # type: ignore[misc]
        name: ClassVar[str] = "costly"

        def recall(self, instruction: Recall) -> Acknowledgement:
            assert instruction.costs_accepted
            return Acknowledgement(done=False)

        def recall_notice(self, agency_reference: str) -> Text:
            return COSTS

    accounts = {"agency": {"agency": "costly"}}
    shops = {"shop": {"profile": "marketplace"}}
    with world(tmp_path, script=script, agencies={"costly": Costly}, accounts=accounts, shops=shops) as town:
        yield town


@pytest.mark.parametrize(
    ("consent", "recalled", "reason"), [(False, False, "CONSENT"), (False, True, "CONSENT"), (True, False, "RECALLED")]
)
def test_what_it_costs_is_said_before_it_is_done(town: World, consent: bool, recalled: bool, reason: str) -> None:
    (ref,) = town.handed_over("M-1", vendor="viktor")
    handled = town.ink.cancel([ref], reason="goodwill", consent=consent, recalled=recalled, actor=OPERATOR)
    assert refusal(handled) == reason
    assert handled[0].problem is not None
    assert COSTS.de in handled[0].problem.text.de
    assert COSTS.en in handled[0].problem.text.en
    assert town.state(ref) is State.HANDED_OVER


def test_a_case_is_asked_back_with_consent_and_accepted_costs_and_ends_when_the_agency_says_so(town: World) -> None:
    (ref,) = town.handed_over("M-1", vendor="viktor")
    ink = town.ink
    assert refusal(ink.recall([ref], reason="goodwill", consent=True, costs_accepted=True, actor=VENDOR)) == "ROLE"
    assert refusal(ink.recall([ref], reason="goodwill", actor=OPERATOR)) == "CONSENT"
    (handled,) = ink.recall([ref], reason="goodwill", consent=True, actor=OPERATOR)
    assert handled.problem is not None
    assert COSTS.de in handled.problem.text.de
    done(ink.recall([ref], reason="goodwill", consent=True, costs_accepted=True, actor=OPERATOR))
    town.transmit()
    ink.follow()
    assert town.state(ref) is State.HANDED_OVER
    town.agency.says(AgencyStatus.RECALLED)
    ink.follow()
    assert town.state(ref) is State.CANCELLED


def test_a_paused_case_is_no_secret_told_by_a_refused_recall(town: World) -> None:
    (ref,) = town.handed_over("M-1", vendor="viktor")
    done(town.ink.pause([ref], reason="undecided", confirmed=True, actor=OPERATOR))
    (handled,) = town.ink.recall([ref], reason="goodwill", consent=True, costs_accepted=True, actor=VENDOR)
    assert handled.problem is not None
    assert handled.stored is not None
    assert handled.stored.state is State.HANDED_OVER
    assert "lockier" not in handled.problem.text.de


def test_before_the_agency_nothing_is_said_of_costs(town: World) -> None:
    (ref,) = town.running("M-1", vendor="viktor")
    done(town.ink.cancel([ref], reason="goodwill", actor=VENDOR))
    assert town.state(ref) is State.CANCELLED
