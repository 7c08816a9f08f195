"""A whole installation for tests: shops, accounts, an agency that answers as it is told, and a clock that moves on demand.

    town = world(tmp_path, accounts={"agency": {"mode": "automatic"}})
    town.report(claim("A-1"))           # what the shop says
    town.agency.answers(lost())         # what the agency will say next
    town.ink.release(["shop:A-1"])      # the facade itself
    town.transmit()
    assert town.state("A-1") is State.UNCLEAR

Claims are green on the clock's day, so that a test changes only what it is about. All persons and companies are invented.
"""

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import builders

from inkasso_core import (
    Actor,
    Agency,
    AgencySettings,
    AgencyStatus,
    Claim,
    ClaimEvent,
    Column,
    Contract,
    FileAgency,
    FileSettings,
    Inkasso,
    Invoice,
    Kind,
    OutcomeUnknown,
    Payment,
    Placement,
    Reminder,
    Role,
    ShopEvent,
    ShopPlugin,
    ShopSettings,
    Source,
    State,
    StatusReport,
    Submission,
    TableDialect,
    TableWriter,
    Text,
    hookimpl,
)
from inkasso_core.app import Result
from inkasso_core.release import Handled
from inkasso_core.report import AccountReport
from inkasso_core.settings import build
from inkasso_core.store.engine import Database
from inkasso_core.store.records import Entry, Task

NOON = dt.datetime.combine(builders.AS_OF, dt.time(10), dt.UTC)
"""Noon in Berlin on the day on which claims are green."""
DATABASE = "test.db"
OPERATOR = Actor("olga", Role.OPERATOR)
VENDOR = Actor("viktor", Role.VENDOR, vendors=frozenset({"viktor"}))


class Clock:
    """The time of a test: it stands still until it is moved. ``clock()`` is now, in UTC."""

    def __init__(self, at: dt.datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> dt.datetime:
        return self.at

    @property
    def day(self) -> dt.date:
        """Today."""
        return self.at.date()

    def forward(self, **by: float) -> None:
        """Move on, for example ``forward(days=3)``."""
        self.at += dt.timedelta(**by)


# Claims


def claim(
    order: str = "A-1",
    *,
    product: str | None = None,
    instalment: int | None = None,
    vendor: str | None = None,
    status: str = "inkasso",
    triggered: bool = True,
    version: int | None = None,
    customer: str | None = None,
    paid: str | None = None,
    level: int = 2,
    as_of: dt.date = builders.AS_OF,
    **changes: Any,
) -> Claim:
    """A claim that nothing stops or warns of on ``as_of``, the day on which the clock of :func:`world` starts.

    Each order has a debtor and an invoice of its own. ``paid`` is the sum that the shop has received; ``level`` is how often it
    reminded; every other keyword replaces that field of the claim. Two claims of one order that differ are two reports of it: without a
    ``version``, the later one counts.
    """
    shift = as_of - builders.AS_OF
    values: dict[str, Any] = {
        "source": Source(
            order=order, product=product, instalment=instalment, vendor=vendor, status=status, triggered=triggered, version=version
        ),
        "debtor": builders.green_debtor(number=customer or f"K-{order}"),
        "contract": Contract(number=order, concluded_on=dt.date(2026, 2, 26) + shift),
        "invoice": Invoice(number=f"RE-{order}", issued_on=dt.date(2026, 3, 2) + shift),
        "service_date": dt.date(2026, 3, 3) + shift,
        "due_date": dt.date(2026, 3, 16) + shift,
        "reminders": tuple(_reminder(number, shift) for number in range(1, level + 1)),
    }
    if paid is not None:
        values["payments"] = (Payment(amount=Decimal(paid), on=as_of),)
    return builders.green_claim(**{**values, **changes})


def _reminder(level: int, shift: dt.timedelta) -> Reminder:
    sent = dt.date(2026, 4, 1) + (level - 1) * dt.timedelta(days=19) + shift
    return Reminder(level=level, sent_on=sent, deadline=sent + dt.timedelta(days=14), channel="letter")


# The agency


Answer = Submission | Exception | Callable[[Placement], Submission]


@dataclass
class Script:
    """The other side of the line: what the agency was sent, what it answers next, and what it knows."""

    sent: list[Placement] = field(default_factory=list)
    """Every placement that reached it, in order."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Every look-up and question for a status: operation and reference."""
    cases: dict[str, StatusReport] = field(default_factory=dict)
    """Our reference -> where the case stands. What it takes is ``active`` until :meth:`says` says otherwise."""
    troubles: dict[str, Exception] = field(default_factory=dict)
    """Operation (``find``, ``fetch_status``) -> what it raises."""
    default: Answer | None = None
    """What it answers when nothing else was set; None takes every placement."""
    _next: deque[Answer] = field(default_factory=deque)

    def answers(self, *answers: Answer) -> None:
        """Set what the next submissions are answered with: a submission, an error to raise, or a function of the placement.

        When they are used up, the ``default`` counts.
        """
        self._next.extend(answers)

    def says(self, status: AgencyStatus, *, reference: str | None = None, **more: Any) -> None:
        """Set where a case stands: the last one that was sent, or the one with our ``reference``."""
        ours = reference or self.sent[-1].our_reference
        self.cases[ours] = StatusReport(
            **{"agency_reference": case_of(ours), "status": status, "agency_status": f"code-{status}", "raw": {"s": status.value}, **more}
        )

    def forgets(self, reference: str | None = None) -> None:
        """Let the agency not know the case: the request never arrived."""
        del self.cases[reference or self.sent[-1].our_reference]

    def submit(self, placement: Placement) -> Submission:
        """Answer as told; what it takes, and what it lost the answer of, it knows from now on."""
        self.sent.append(placement)
        answer = self._next.popleft() if self._next else self.default or taken(placement)
        if isinstance(answer, OutcomeUnknown | Submission) or callable(answer):
            self.says(AgencyStatus.ACTIVE)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Submission):
            if answer.status is not AgencyStatus.ACTIVE:
                self.says(answer.status)
            return answer
        return answer(placement)

    def ask(self, operation: str, reference: str) -> None:
        """Note a question, or fail as told."""
        self.asked.append((operation, reference))
        if operation in self.troubles:
            raise self.troubles[operation]


def case_of(our_reference: str) -> str:
    """The agency's case reference for ours."""
    return f"AZ-{our_reference[-8:]}"


def taken(placement: Placement) -> Submission:
    """The agency's yes."""
    return Submission(agency_reference=case_of(placement.our_reference), agency_status="open", raw={"s": "open"})


def undecided(placement: Placement) -> Submission:
    """The agency has it and has not decided yet."""
    return taken(placement).model_copy(update={"status": AgencyStatus.SUBMITTED})


def lost() -> OutcomeUnknown:
    """The answer is lost; the case has arrived, unless :meth:`Script.forgets` is told."""
    return OutcomeUnknown(Text("Die Antwort ging verloren.", "The answer was lost."), agency="scripted")


def scripted(
    script: Script, *, finds: bool = True, settles_after: dt.timedelta | None = dt.timedelta(0), several: int = 1
) -> type[Agency[Any]]:
    """An adapter that asks ``script``; without ``finds`` it offers nothing but to submit. It takes ``several`` claims in one case."""
    delay = settles_after

    class Scripted(Agency[AgencySettings]):
        name: ClassVar[str] = "scripted"
        label: ClassVar[str] = "Scripted agency"
        settles_after: ClassVar[dt.timedelta | None] = delay
        claims_per_placement = several

        def submit(self, placement: Placement) -> Submission:
            return script.submit(placement)

    if not finds:
        return Scripted

    class Finding(Scripted):
        def find(self, our_reference: str) -> StatusReport | None:
            script.ask("find", our_reference)
            return script.cases.get(our_reference)

        def fetch_status(self, agency_reference: str) -> StatusReport:
            script.ask("fetch_status", agency_reference)
            return next(report for report in script.cases.values() if report.agency_reference == agency_reference)

    return Finding


class PlainFile(FileAgency[FileSettings]):
    """An agency that takes a table of three columns."""

    name: ClassVar[str] = "plain-file"
    label: ClassVar[str] = "Plain file"
    Settings = FileSettings

    def writer(self) -> TableWriter[Placement]:
        """Our reference, the name, the open principal."""
        return TableWriter(
            [
                Column("reference", Kind.REFERENCE, lambda p: p.our_reference),
                Column("name", Kind.TEXT, lambda p: p.debtor.person.last_name if p.debtor.person else None),
                Column("amount", Kind.AMOUNT, lambda p: p.principal_open),
            ],
            TableDialect(encoding="utf-8"),
        )


# The shop


class Reports(ShopPlugin[ShopSettings]):
    """A shop that reports claims in their JSON form, and remembers what it was told back."""

    name = "reports"
    label = "Reports"
    Settings = ShopSettings

    def __init__(self) -> None:
        self.told: list[ClaimEvent] = []

    @hookimpl
    def inkasso_dunning_level_reached(self, event: ShopEvent) -> Claim:
        """Return the claim of the payload."""
        return Claim.model_validate(event.payload)

    @hookimpl
    def inkasso_payment_received(self, event: ShopEvent) -> Claim:
        """Return the claim of the payload."""
        return Claim.model_validate(event.payload)

    @hookimpl
    def inkasso_order_cancelled(self, event: ShopEvent) -> Claim:
        """Return the claim of the payload."""
        return Claim.model_validate(event.payload)

    @hookimpl
    def inkasso_claim_changed(self, event: ClaimEvent) -> None:
        """Remember it."""
        self.told.append(event)


# The installation


@dataclass
class World:
    """An open installation with everything around it. ``ink`` is the facade; the rest saves words in tests."""

    ink: Inkasso
    clock: Clock
    agency: Script
    """The agency behind every account whose adapter is ``scripted``."""
    shop: Reports
    folder: Path
    """The folder of the configuration; accounts with the adapter ``plain-file`` write into ``folder / account``."""

    def report(self, *claims: Claim, shop: str = "shop") -> list[Result]:
        """Let the shop report claims, one after the other."""
        return [self.ink.register(one, shop=shop) for one in claims]

    def ready(self, *orders: str, shop: str = "shop", **changes: Any) -> list[str]:
        """Report a green claim per order, and return their refs: they stand in the queue."""
        results = self.report(*(claim(order, **changes) for order in orders), shop=shop)
        assert {result.state for result in results} == {State.READY}, [r.diagnosis and r.diagnosis.red for r in results]
        return [str(result.ref) for result in results]

    def running(self, *orders: str, shop: str = "shop", **changes: Any) -> list[str]:
        """Report and release a green claim per order; return their refs."""
        refs = self.ready(*orders, shop=shop, **changes)
        done(self.ink.release(refs, actor=OPERATOR))
        return refs

    def handed_over(self, *orders: str, shop: str = "shop", **changes: Any) -> list[str]:
        """Report, release and transmit a green claim per order; return their refs."""
        refs = self.running(*orders, shop=shop, **changes)
        self.transmit()
        assert {self.state(ref) for ref in refs} == {State.HANDED_OVER}
        return refs

    def unclear(self, order: str = "A-1", *, arrived: bool = True) -> str:
        """Report, release and transmit a green claim, and lose the answer, and maybe the request too; return its ref."""
        (ref,) = self.running(order)
        self.agency.answers(lost())
        self.transmit()
        assert self.state(ref) is State.UNCLEAR
        if not arrived:
            self.agency.forgets()
        return ref

    def transmit(self, account: str | None = None, **options: Any) -> list[AccountReport]:
        """Transmit what is due."""
        return self.ink.transmit(account, **options)

    def state(self, ref: str, shop: str = "shop") -> State:
        """Where a claim stands, by ref (``shop:key``) or by its key."""
        return self.ink.find(ref, shop=shop).state

    def tasks(self, kind: str | None = None) -> list[Task]:
        """The open tasks, of one kind or all."""
        return [task for task in self.ink.tasks() if kind in (None, task.kind)]

    def finish(self, kind: str) -> None:
        """Do the one open task of a kind."""
        (task,) = self.tasks(kind)
        assert self.ink.finish_task(task.id, resolution="done", actor=OPERATOR)

    def trail(self, ref: str, shop: str = "shop") -> list[str]:
        """The states that a claim went through, in order."""
        entries = self.ink.history(ref, shop=shop)
        return [str(e.to_state) for e in entries if e.to_state != e.from_state]

    def last(self, ref: str, shop: str = "shop") -> Entry:
        """The newest entry of a claim's history."""
        return self.ink.history(ref, shop=shop)[-1]

    def go_live(self, account: str, **options: Any) -> None:
        """Confirm the mandate and go live."""
        self.ink.mandate(account, dated=dt.date(2026, 1, 15), actor=OPERATOR)
        self.ink.go_live(account, nothing_to_adopt=True, actor=OPERATOR, **options)


def done(handled: list[Handled]) -> list[Handled]:
    """Check that everything was done, and return it."""
    assert [str(h.problem) for h in handled if not h.ok] == []
    return handled


def refusal(handled: list[Handled]) -> str:
    """Return why the only one was refused."""
    (one,) = handled
    assert one.problem is not None
    assert one.problem.text.de
    assert one.problem.text.en
    return str(getattr(one.problem, "reason", one.problem.code))


@contextmanager
def world(
    tmp_path: Path,
    *,
    accounts: Mapping[str, Mapping[str, Any]] | None = None,
    shops: Mapping[str, Mapping[str, Any]] | None = None,
    clock: Clock | None = None,
    script: Script | None = None,
    finds: bool = True,
    settles_after: dt.timedelta | None = dt.timedelta(0),
    several: int = 1,
    agencies: Mapping[str, type[Agency[Any]]] | None = None,
    plugins: Mapping[str, object] | None = None,
    live: bool = True,
    **sections: Any,
) -> Iterator[World]:
    """Open an installation in ``tmp_path``, on a SQLite file; opened again there, it goes on where it was.

    Left out, there is one shop ``shop`` and one account ``agency``. ``accounts`` and ``shops`` name what differs from the default, by
    name: an account has the adapter ``scripted`` (or ``plain-file``, or one of ``agencies``), a shop the plugin ``reports`` (or one of
    ``plugins``) and the first account. ``live`` confirms each account's mandate and goes live; ``sections`` are more of
    ``inkasso.toml``, such as ``routes`` or ``actors``.
    """
    script, shop, clock = script or Script(), Reports(), clock or Clock()
    if not (tmp_path / DATABASE).exists():
        (tmp_path / DATABASE).write_bytes(_empty_database())
    adapters = {
        "scripted": scripted(script, finds=finds, settles_after=settles_after, several=several),
        PlainFile.name: PlainFile,
        **(agencies or {}),
    }
    accounts = accounts or {"agency": {}}
    settings = build(
        {
            "inkasso": {"database": f"sqlite:///{DATABASE}"},
            "creditors": {"firm": builders.green_creditor().model_dump(mode="json", exclude_none=True)},
            "accounts": {name: _account(name, changes) for name, changes in accounts.items()},
            "shops": {name: _shop(next(iter(accounts)), changes) for name, changes in (shops or {"shop": {}}).items()},
            **sections,
        },
        tmp_path,
    )
    with Inkasso(settings, agencies=adapters, plugins={Reports.name: shop, **(plugins or {})}, clock=clock) as ink:
        town = World(ink, clock, script, shop, tmp_path)
        for name in accounts if live else ():
            if ink.gate(name).mode == "rehearsal":
                town.go_live(name)
        yield town


@cache
def _empty_database() -> bytes:
    """A database on which all migrations were run: once for all tests, since that takes longer than most of them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / DATABASE
        database = Database(f"sqlite:///{path}")
        database.open()
        database.close()
        return path.read_bytes()


def _account(name: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    values = {"agency": "scripted", "creditor": "firm", **changes}
    if values["agency"] == PlainFile.name:
        values.setdefault("settings", {"directory": name})
    return values


def _shop(account: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    return {"plugin": Reports.name, "creditor": "firm", "account": account, **changes}
