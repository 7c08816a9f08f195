# ruff: noqa: S101  (what a check asserts is what it says)
"""The conformance of a batch: many placements, one committing request, one answer each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from inkasso_core.errors import AgencyError, OutcomeUnknown
from inkasso_core.model.agency import Placement, Submission
from inkasso_core.model.words import Text
from inkasso_core.testing.common import Conformance
from inkasso_core.testing.faults import NOT_REACHED, Fault
from inkasso_core.testing.reply import Replies, Reply, committing, replies_of
from inkasso_core.testing.sample import sample_placement, traced
from inkasso_core.testing.scene import Scene
from inkasso_core.testing.verdict import in_time, insist_on_intact, insist_on_meaning, meaning_of, rows_of_faults, why_not


class BatchConformance(Conformance):
    """Subclass it for an adapter with ``submit_batch``; besides ``agency_class`` and ``settings`` it needs ``batch_ok``.

    The answers are about ``sample_placement(number=1)``, ``sample_placement(number=2)`` and so on, which have references of their own.
    """

    batch_count: ClassVar[int] = 2
    batch_ok: ClassVar[Replies] = ()
    """The requests of a batch in which everything is taken."""
    batch_partial: ClassVar[Replies] = ()
    """The same, but the answer says nothing about the last placement."""
    batch_refuse: ClassVar[Replies] = ()
    """The same, but the last placement is refused."""
    meanings: ClassVar[Mapping[Fault, type[AgencyError]]] = {}
    cannot: ClassVar[Mapping[Fault, str]] = {}

    @classmethod
    def placements(cls) -> list[Placement]:
        """Return the placements of the batch."""
        return [sample_placement(number=number) for number in range(1, cls.batch_count + 1)]

    @classmethod
    def rows_of_fault(cls) -> list[Any]:
        """Every fault; those that cannot happen are skipped with the reason."""
        replies = replies_of(cls.batch_ok)
        return rows_of_faults({fault: why_not(fault, cls.agency_class, replies, cls.cannot) for fault in Fault})

    def test_each_placement_has_its_answer(self, scene: Scene) -> None:
        """One answer each, by our reference, with the agency's answer in ``raw``; one request commits them all."""
        with scene.discreet():
            answers = self.submitted(scene, self.batch_ok, "batch_ok")
        assert set(answers) == {placement.our_reference for placement in self.placements()}
        assert all(isinstance(answer, Submission) and answer.raw is not None for answer in answers.values())
        references = [answer.agency_reference for answer in answers.values() if isinstance(answer, Submission)]
        assert len(set(references)) == len(references) or not any(references), "two placements were given the same case"
        scene.insist_on_announced()
        assert scene.sent(self.committing()) == 1
        assert not scene.without_timeout

    def test_every_placement_arrives_intact(self, scene: Scene) -> None:
        """The amounts of each placement arrive to the cent, its debtor letter by letter, and its reference."""
        self.submitted(scene, self.batch_ok, "batch_ok")
        values = [value for request in scene.requests for value in request.values()]
        for placement in self.placements():
            insist_on_intact(placement, scene.requests)
            assert any(placement.our_reference in value for value in values), "a reference did not arrive"

    def test_no_amount_becomes_a_float(self, scene: Scene) -> None:
        """Nowhere is a float made of an amount."""
        floated: list[str] = []
        scene.play(*replies_of(self.batch_ok))
        scene.agency.submit_batch([traced(placement, floated) for placement in self.placements()])
        assert not floated, f"a float was made of {floated}"

    def test_a_missing_answer_is_no_yes(self, scene: Scene) -> None:
        """A placement about which the agency says nothing is missing from the result, or of unknown outcome; the others have theirs."""
        answers = self.submitted(scene, self.batch_partial, "batch_partial")
        *others, last = self.placements()
        assert isinstance(answers.get(last.our_reference), OutcomeUnknown | None), "silence was taken for a yes"
        assert all(isinstance(answers[placement.our_reference], Submission) for placement in others)

    def test_a_refused_placement_is_alone(self, scene: Scene) -> None:
        """A no is about one placement: the others are taken all the same."""
        answers = self.submitted(scene, self.batch_refuse, "batch_refuse")
        *others, last = self.placements()
        assert isinstance(answers[last.our_reference], AgencyError)
        assert not isinstance(answers[last.our_reference], OutcomeUnknown)
        assert all(isinstance(answers[placement.our_reference], Submission) for placement in others)

    def test_a_fault_means(self, scene: Scene, fault: Fault) -> None:
        """Each fault holds for the whole batch; the committing request is sent once, whatever happens."""
        replies = replies_of(self.batch_ok)
        scene.play(*replies, fault=fault, target=committing(replies))
        with scene.discreet() as listener, scene.in_a_hurry(fault), in_time(fault):
            error = self._outcome(scene)
            listener.listen("the error and its traceback", error)
        insist_on_meaning(error, meaning_of(fault, self.agency_class, self.meanings), fault)
        assert scene.sent(committing(replies)) == 1, "the committing request was sent again"
        assert len(scene.server.asked(committing(replies))) == (0 if fault in NOT_REACHED else 1)

    def _outcome(self, scene: Scene) -> Exception:
        """Return what is raised; a result that says nothing of any placement leaves their outcome unknown, too."""
        try:
            answers = scene.agency.submit_batch(self.placements())
        except Exception as exc:  # noqa: BLE001  (whatever an adapter raises is looked at)
            return exc
        said = [answer for answer in answers.values() if not isinstance(answer, OutcomeUnknown)]
        assert not said, "a failure counts as an answer"
        return OutcomeUnknown(_SILENCE, agency=scene.agency.name)

    def committing(self) -> Reply:
        """Return the reply to the request that commits."""
        return committing(replies_of(self.batch_ok))

    def submitted(self, scene: Scene, replies: Replies, name: str) -> Mapping[str, Submission | AgencyError]:
        """Hand the batch over."""
        found = replies_of(replies)
        if not found:
            pytest.skip(f"not covered: {name} names no answers")
        assert scene.agency.batch_size >= self.batch_count, "batch_size is smaller than batch_count"
        scene.play(*found)
        return scene.agency.submit_batch(self.placements())


_SILENCE = Text("Die Antwort sagt nichts.", "The answer says nothing.")
