# ruff: noqa: S101  (what a check asserts is what it says)
"""The conformance of an adapter that talks to its agency: what a hand-over sends, what its answers mean, what must never happen twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from inkasso_core.agencies.file import FileAgency
from inkasso_core.errors import InkassoError, OutcomeUnknown, TemporarilyUnavailable
from inkasso_core.model.agency import AgencyStatus, Placement, StatusReport, Submission
from inkasso_core.testing.common import UNDOCUMENTED, AdapterConformance
from inkasso_core.testing.example import Example, examples_of
from inkasso_core.testing.fakes import RecordingKeeper
from inkasso_core.testing.faults import NOT_REACHED, Fault
from inkasso_core.testing.reply import READS, Replies, Reply, committing, replies_of
from inkasso_core.testing.sample import CHANGING, GIVEN, traced
from inkasso_core.testing.scene import Scene, floats_in, holds, replaced
from inkasso_core.testing.verdict import (
    arrived,
    has_amount,
    in_time,
    insist_on_intact,
    insist_on_meaning,
    meaning_of,
    raised_by,
    rows_of_faults,
    why_not,
)

_ELSEWHERE: Mapping[str, str] = {
    "fetch_feed": "FeedConformance",
    "acknowledge": "FeedConformance",
    "receive": "WebhookConformance",
}
"""Operation -> the class whose checks are about it."""
_ASKS_NOBODY = frozenset({"rehearse", "portal_url"})
_UNDOCUMENTED_NUMBER = "987654"


class AgencyConformance(AdapterConformance):
    """Subclass it, name ``agency_class``, ``settings`` and ``submit_ok``, and pytest runs every check of the kit."""

    submit_ok: ClassVar[Replies] = ()
    """The requests of one hand-over with their answers: ``(method, address, answer)``, or several of them. The one that hands the claim
    over is the last, unless another says ``commits=True``."""
    without_requests: ClassVar[str | None] = None
    """Why no request goes over HTTP, for an adapter that hands over in another way: what is about requests is then skipped, with this
    reason, and the rest is checked."""
    refuse: ClassVar[Example | Sequence[Example] | None] = None
    """The agency's no, to a hand-over."""
    duplicate: ClassVar[Example | Sequence[Example] | None] = None
    """What it answers when it has our reference already."""
    find: ClassVar[Example | Sequence[Example] | None] = None
    status: ClassVar[Example | Sequence[Example] | None] = None
    """Examples of ``fetch_status``; the first one names ``agency_status``, so that an undocumented code can be put in its place."""
    meanings: ClassVar[Mapping[Fault, type[InkassoError]]] = {}
    """Fault -> what the agency documents that it means, where that differs from the rule."""
    cannot: ClassVar[Mapping[Fault, str]] = {}
    """Fault -> why it cannot happen to this adapter."""

    # --- What the checks go through ---

    @classmethod
    def replies(cls) -> tuple[Reply, ...]:
        """Return the replies to a hand-over; skips where there is none to play."""
        if issubclass(cls.agency_class, FileAgency):
            pytest.skip("a file adapter sends no request: FileConformance checks its files")
        if cls.without_requests is not None:
            pytest.skip(cls.without_requests)
        found = replies_of(cls.submit_ok)
        assert found, "name submit_ok: the request of a hand-over, and the agency's yes"
        return found

    @classmethod
    def shown(cls, operation: str) -> tuple[Example, ...]:
        """Return the examples of an operation."""
        given = {"find": cls.find, "fetch_status": cls.status}.get(operation) or cls.examples.get(operation)
        return examples_of(given)

    @classmethod
    def reason_without(cls, fault: Fault) -> str | None:
        """Return why a fault cannot happen to this adapter; None where it can."""
        if cls.without_requests is not None:
            return cls.without_requests
        return why_not(fault, cls.agency_class, replies_of(cls.submit_ok), cls.cannot)

    @classmethod
    def meaning_of(cls, fault: Fault) -> type[InkassoError]:
        """Return what a hand-over raises when its committing request meets the fault."""
        return meaning_of(fault, cls.agency_class, cls.meanings)

    @classmethod
    def rows_of_fault(cls) -> list[Any]:
        """Every fault; those that cannot happen are skipped with the reason."""
        return rows_of_faults({fault: cls.reason_without(fault) for fault in Fault})

    @classmethod
    def rows_of_offered(cls) -> list[str]:
        """The optional operations that the class offers."""
        return sorted(cls.agency_class.operations - {"submit"})

    @classmethod
    def rows_of_changing(cls) -> list[Any]:
        """The operations that change something at the agency and have an example."""
        if cls.without_requests is not None:
            return [pytest.param(None, marks=pytest.mark.skip(reason=cls.without_requests))]
        found = sorted(operation for operation in cls.agency_class.operations & CHANGING if _good(cls.shown(operation)))
        return list(found) or [pytest.param(None, marks=pytest.mark.skip(reason="no operation that changes something has an example"))]

    # --- A hand-over that succeeds ---

    def test_a_yes_is_a_submission_with_the_whole_answer(self, scene: Scene) -> None:
        """``submit`` returns the case reference or a status, and ``raw`` holds the agency's answer, unchanged, without floats."""
        submission = self.submitted(scene)
        assert isinstance(submission, Submission)
        assert submission.status is not AgencyStatus.UNKNOWN
        assert submission.raw is not None, "raw is the proof that the agency has the case"
        if self.without_requests is None:
            assert holds(submission.raw, committing(self.replies()).plain()), "raw is not the agency's answer"
        assert not floats_in(submission.raw), "raw holds a float: read JSON with Decimal"

    def test_a_hand_over_is_one_committing_request(self, scene: Scene) -> None:
        """Exactly one request commits, and nothing is asked that was not announced."""
        answer = committing(self.replies())
        self.submitted(scene)
        scene.insist_on_announced()
        assert scene.sent(answer) == 1

    def test_every_request_has_a_timeout(self, scene: Scene) -> None:
        """No request waits for ever."""
        self.replies()
        self.submitted(scene)
        endless = [str(request) for request in scene.without_timeout]
        assert not endless, f"requests without a time-out: {endless}"

    def test_amounts_and_umlauts_arrive_intact(self, scene: Scene) -> None:
        """What is owed arrives to the cent, and what is sent of the debtor arrives letter by letter."""
        self.replies()
        self.submitted(scene)
        insist_on_intact(self.placed(), scene.requests)

    def test_no_amount_becomes_a_float(self, scene: Scene) -> None:
        """Nowhere is a float made of an amount, not even for a moment."""
        floated: list[str] = []
        self.submitted(scene, traced(self.placed(), floated))
        assert not floated, f"a float was made of {floated}"

    def test_every_claim_of_a_placement_arrives(self, scene: Scene) -> None:
        """Where the agency takes several claims in one case, each arrives with its own amount."""
        self.replies()
        most = scene.agency.claims_per_placement
        if most == 1:
            pytest.skip("takes one claim in a case")
        placement = self.placed(count=min(most, 3))
        self.submitted(scene, placement)
        values = arrived(scene.requests)
        for claim in placement.claims:
            amounts = {claim.principal_open, claim.total_open, claim.principal}
            assert any(has_amount(values, amount) for amount in amounts), f"the amount of {claim.source.key} did not arrive"

    def test_our_reference_arrives(self, scene: Scene) -> None:
        """Where a look-up by our reference is offered, the hand-over names it."""
        if "find" not in self.agency_class.operations:
            pytest.skip("offers no look-up by our reference")
        assert any(self.placed().our_reference in said for said in self.said(scene)), "find is offered, and our reference was not sent"

    def test_the_idempotency_key_arrives(self, scene: Scene) -> None:
        """Where the agency is said to notice a repeated key: the same for every try, and another for another key."""
        if not self.agency_class.idempotent:
            pytest.skip("the agency does not document what a repeated key does")
        placement = self.placed()
        other = placement.model_copy(update={"idempotency_key": f"{placement.idempotency_key[:-1]}f"})
        same = set(self.said(scene)) & set(self.said(scene))
        assert same - set(self.said(scene, other)), "idempotent, and nothing that was sent depends on the key alone"

    def test_a_hand_over_says_nothing_aloud(self, scene: Scene) -> None:
        """The debtor's data and the secrets are in no log, whatever its level, and no secret is in an address."""
        with scene.discreet() as listener:
            submission = self.submitted(scene)
            listener.listen("repr of the submission", repr(submission))
        in_address = [request.method for request in scene.requests for secret in scene.secrets if secret in request.target]
        assert not in_address, "a secret stands in an address, which servers and proxies log"

    def test_an_unknown_member_of_the_answer_is_kept(self, scene: Scene) -> None:
        """An answer may grow: a member that nobody knows disturbs nothing, and its number stays exact in ``raw``."""
        replies = self.replies()
        answer = committing(replies)
        if not isinstance(answer.answer, dict):
            pytest.skip("the answer is no JSON object")
        grown = answer.answering({**answer.answer, "conformance": {"betrag": Decimal("1111.37")}})
        scene.play(*[grown if reply is answer else reply for reply in replies])
        submission = scene.agency.submit(self.placed().kept_by(RecordingKeeper()))
        assert holds(submission.raw, grown.plain()), "raw is not the agency's answer"
        assert not floats_in(submission.raw), "raw holds a float: read JSON with Decimal"

    # --- A hand-over that fails ---

    def test_a_fault_means(self, scene: Scene, fault: Fault) -> None:
        """Each fault raises what the table says; the committing request is sent once, whatever happens; nothing is said aloud."""
        answer, placement = committing(self.replies()), self.placed()
        scene.play(*self.replies(), fault=fault, target=answer)
        with scene.discreet() as listener, scene.in_a_hurry(fault), in_time(fault):
            error = raised_by(lambda: scene.agency.submit(placement.kept_by(RecordingKeeper())))
            listener.listen("the error and its traceback", error)
        insist_on_meaning(error, self.meaning_of(fault), fault)
        assert scene.sent(answer) == 1, "the committing request was sent again"
        assert len(scene.server.asked(answer)) == (0 if fault in NOT_REACHED else 1)

    def test_trouble_before_the_committing_request_is_no_riddle(self, scene: Scene) -> None:
        """Of several requests, one that fails before the committing one leaves nothing open: it may be tried again."""
        replies = self.replies()
        earlier = replies[: replies.index(committing(replies))]
        if not earlier:
            pytest.skip("a hand-over is one request")
        for reply in earlier:
            for fault in (Fault.CUT_AFTER, Fault.SERVER_ERROR):
                scene.play(*replies, fault=fault, target=reply)
                error = raised_by(lambda: scene.made().submit(self.placed().kept_by(RecordingKeeper())))
                assert isinstance(error, TemporarilyUnavailable), f"{fault} at {reply.method} {reply.url}: {type(error).__name__}"
                assert scene.sent(committing(replies)) == 0

    def test_what_was_reached_is_not_repeated(self, scene: Scene) -> None:
        """Of several requests, the next try goes on where the last one ended: what it kept with ``reached`` is not made again."""
        replies = self.replies()
        answer, keeper = committing(replies), RecordingKeeper()
        earlier = [reply for reply in replies[: replies.index(answer)] if reply.method not in READS]
        if not earlier:
            pytest.skip("nothing is made before the committing request")
        scene.play(*replies, fault=Fault.REFUSED, target=answer)
        raised_by(lambda: scene.agency.submit(self.placed().kept_by(keeper)))
        assert keeper.kept, "nothing was kept with placement.reached before the committing request"
        scene.play(*replies)
        scene.agency.submit(keeper.resumed(self.placed()))
        again = [f"{reply.method} {reply.url}" for reply in earlier if scene.sent(reply)]
        assert not again, f"made a second time: {again}"
        assert scene.sent(answer) == 1

    def test_a_refusal(self, scene: Scene) -> None:
        """The agency's no."""
        self.played(scene, "refuse", examples_of(self.refuse), "submit")

    def test_a_duplicate(self, scene: Scene) -> None:
        """What happens when the agency has our reference already."""
        self.played(scene, "duplicate", examples_of(self.duplicate), "submit")

    # --- The other operations ---

    def test_what_it_offers(self, scene: Scene, offered: str) -> None:
        """Every operation that is offered does what its example says; one without an example is reported as not covered."""
        if offered not in scene.agency.operations:
            pytest.skip(f"withheld by these settings: {scene.agency.withheld[offered].en}")
        examples = self.shown(offered)
        if offered in _ASKS_NOBODY:
            self.asks_nobody(scene, offered)
        elif not examples and offered in _ELSEWHERE:
            pytest.skip(f"{_ELSEWHERE[offered]} is about {offered}")
        self.played(scene, offered, examples or (), offered, is_covered=offered in _ASKS_NOBODY)

    def test_an_undocumented_status_survives(self, scene: Scene) -> None:
        """An answer with a status code that nobody knows is a report: ``UNKNOWN``, with the code and the whole answer."""
        self.replies()
        example = next((one for one in self.shown("fetch_status") if one.raises is None and _code_of(one)), None)
        if example is None:
            pytest.skip("status names no example with an agency_status")
        known = _code_of(example)
        strange = _UNDOCUMENTED_NUMBER if known.isdigit() else UNDOCUMENTED
        answers = [reply.answering(replaced(reply.answer, known, strange)) for reply in example.answers()]
        assert answers != list(example.answers()), f"the code {known} is not in the answer of the example"
        scene.play(*answers)
        report = scene.agency.fetch_status(*self.given("fetch_status", example))
        assert isinstance(report, StatusReport)
        assert (report.status, report.agency_status) == (AgencyStatus.UNKNOWN, strange)
        assert any(holds(report.raw, reply.plain()) for reply in answers), "raw is not the agency's answer"

    def test_a_change_whose_answer_is_lost_is_not_repeated(self, scene: Scene, changing: str) -> None:
        """What changes something at the agency is sent once; when the answer is lost, the outcome is unknown."""
        example = _good(self.shown(changing))[0]
        for fault in (Fault.ANSWER_LOST, Fault.SERVER_ERROR):
            scene.play(*example.answers(), fault=fault, target=committing(example.answers()))
            with scene.discreet() as listener:
                error = raised_by(lambda: getattr(scene.agency, changing)(*self.given(changing, example)))
                listener.listen("the error and its traceback", error)
            assert isinstance(error, OutcomeUnknown), f"{fault}: raised {type(error).__name__}"
            assert scene.sent(committing(example.answers())) == 1, "sent again"

    # --- How they are done ---

    def submitted(self, scene: Scene, placement: Placement | None = None) -> Submission:
        """Hand a placement over, the agency says yes."""
        scene.play(*(self.replies() if self.without_requests is None else ()))
        with scene.announced():
            return scene.agency.submit((placement or self.placed()).kept_by(RecordingKeeper()))

    def said(self, scene: Scene, placement: Placement | None = None) -> list[str]:
        """Return what a hand-over says, in its headers and in its body."""
        self.replies()
        self.submitted(scene, placement)
        return [*arrived(scene.requests), *(value for request in scene.requests for value in request.headers.values())]

    def given(self, operation: str, example: Example) -> Sequence[Any]:
        """Return what an operation is called with."""
        return [example.given] if example.given is not None else GIVEN[operation](self.case_reference, self.placed())

    def played(self, scene: Scene, what: str, examples: Sequence[Example], operation: str, *, is_covered: bool = False) -> None:
        """Play examples; skip, and so report, where there is none."""
        if not examples and not is_covered:
            pytest.skip(f"not covered: there is no example of {what}")
        given = (self.placed(),) if operation == "submit" else GIVEN[operation](self.case_reference, self.placed())
        for example in examples:
            scene.play(*example.answers())
            with scene.discreet() as listener, scene.announced():
                found = example.check(getattr(scene.agency, operation), given)
                listener.listen(f"result of {operation}", found if isinstance(found, BaseException) else repr(found))
            scene.insist_on_announced()
            assert not floats_in(getattr(found, "raw", None)), "raw holds a float: read JSON with Decimal"
            assert not scene.without_timeout

    def asks_nobody(self, scene: Scene, operation: str) -> None:
        """Insist that an operation answers by itself, and without a secret."""
        scene.play()
        said = getattr(scene.agency, operation)(*GIVEN[operation](self.case_reference, self.placed()))
        assert not scene.requests, f"{operation} sent something"
        assert isinstance(said, str)
        assert said.strip()
        assert not any(secret in said for secret in scene.secrets), f"{operation} shows a secret"


def _good(examples: Sequence[Example]) -> list[Example]:
    return [example for example in examples if example.raises is None]


def _code_of(example: Example) -> str:
    return str(example.expects.get("agency_status") or "") if isinstance(example.expects, Mapping) else ""
