"""The same report twice is the same claim, and the newest report counts, in whatever order reports arrive."""

import datetime as dt
import itertools
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from chaos.player import ROUNDS
from chaos.towns import town_on
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import NOON, World, claim

from inkasso_core import Claim, NotFound, Source, State
from inkasso_core.app import Result
from inkasso_core.store import schema as t
from inkasso_core.store.claims import Stored

SOME = settings(max_examples=25 + 10 * ROUNDS, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Report(NamedTuple):
    """One report of the record: when it was made (None: nobody says), what it says, and whether it starts a claim."""

    at: int | None
    content: int
    triggered: bool = True


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("town")
    url = f"sqlite:///{folder}/test.db" if request.param == "sqlite" else request.getfixturevalue("postgres")()
    with town_on(url, folder, shops={"shop": {}, "canonical": {"plugin": "canonical"}}) as made:
        yield made


# The laws


@st.composite
def histories(draw: st.DrawFn, *, undated: bool = False) -> list[Report]:
    """Reports of one record in some order of arrival. One made at a certain time says a certain thing; it may come more than once.

    Where some are ``undated``, all are triggers: that a record was none is remembered with its date alone.
    """
    said = {at: Report(at, draw(st.integers(0, 3)), undated or draw(st.booleans())) for at in range(6)}
    dated = st.integers(0, 5).map(said.__getitem__)
    loose = st.builds(Report, st.none(), st.integers(0, 3), st.just(True))
    one = st.one_of(dated, loose) if undated else dated
    return draw(st.lists(one, min_size=1, max_size=7))


NUMBERS = itertools.count(1)
BY_VERSION: Callable[[int], dict[str, Any]] = lambda at: {"version": at}  # noqa: E731
BY_TIME: Callable[[int], dict[str, Any]] = lambda at: {"reported_at": NOON + dt.timedelta(minutes=at)}  # noqa: E731


@pytest.mark.parametrize("dating", [BY_VERSION, BY_TIME], ids=["version", "time"])
@SOME
@given(arriving=histories())
def test_the_newest_report_counts(town: World, dating: Callable[[int], dict[str, Any]], arriving: list[Report]) -> None:
    order, results = _arrive(town, arriving, dating)
    newest = max(arriving, key=lambda report: report.at or 0)
    stored = _stored(town, order)
    if stored is None:
        assert not newest.triggered
        return
    assert stored.principal_open == _principal(newest)
    assert _triggered(town, stored) is newest.triggered
    assert stored.state is (State.READY if newest.triggered else State.WAITING)
    assert Counter(result.outcome for result in results)["registered"] == 1


@SOME
@given(arriving=histories(undated=True))
def test_what_nobody_dated_counts_as_it_arrives(town: World, arriving: list[Report]) -> None:
    order, _ = _arrive(town, arriving, BY_VERSION)
    current, last = arriving[0], -1
    for report in arriving:
        if report.at is None or report.at > last:
            current = report
        last = max(last, -1 if report.at is None else report.at)
    stored = _stored(town, order)
    assert stored is not None
    assert stored.principal_open == _principal(current)


@SOME
@given(arriving=histories(undated=True), again=st.randoms(use_true_random=False))
def test_every_report_is_one_revision_at_most(town: World, arriving: list[Report], again: Any) -> None:
    order, results = _arrive(town, arriving, BY_VERSION)
    stored = _stored(town, order)
    assert stored is not None
    revisions = _revisions(town, stored)
    assert len(revisions) == len([result for result in results if result.outcome != "repeated"])
    assert {count for (reported, _), count in Counter((r.reported, r.digest) for r in revisions).items() if reported} <= {1}
    assert [r.no for r in revisions] == list(range(1, len(revisions) + 1))
    assert [r.no for r in revisions if not r.older][-1] == stored.revision_no
    assert len(_noted(town, stored)) == len([r for r in results if r.outcome == "revised"])

    dated = [report for report in arriving if report.at is not None]
    again.shuffle(dated)
    _arrive(town, dated, BY_VERSION, order)
    assert _stored(town, order) == stored


@SOME
@given(arriving=histories())
def test_an_outdated_report_starts_nothing(town: World, arriving: list[Report]) -> None:
    _, results = _arrive(town, arriving, BY_VERSION)
    last = -1
    for report, result in zip(arriving, results, strict=True):
        if result.outcome == "registered":
            assert report.triggered
            assert (report.at or 0) >= last
        last = max(last, report.at or 0)


def _arrive(town: World, reports: Sequence[Report], dating: Callable[[int], dict[str, Any]], order: str = "") -> tuple[str, list[Result]]:
    order = order or f"L-{next(NUMBERS)}"
    return order, town.report(*(_claim(order, report, dating) for report in reports))


def _claim(order: str, report: Report, dating: Callable[[int], dict[str, Any]]) -> Claim:
    dated = {} if report.at is None else dating(report.at)
    source = Source(order=order, status="inkasso", triggered=report.triggered, **dated)
    return claim(order, source=source, principal=_principal(report))


def _principal(report: Report) -> Decimal:
    return Decimal(100 + report.content)


def _stored(town: World, order: str, shop: str = "shop") -> Stored | None:
    try:
        return town.ink.find(order, shop=shop)
    except NotFound:
        return None


def _triggered(town: World, stored: Stored) -> bool:
    return town.ink.show(stored.ref).claim.source.triggered


def _revisions(town: World, stored: Stored) -> list[Any]:
    with town.ink._context.database.read() as connection:
        return list(connection.execute(sa.select(t.revision).where(t.revision.c.claim_id == stored.id).order_by(t.revision.c.no)))


def _noted(town: World, stored: Stored) -> list[Any]:
    return [entry for entry in town.ink.history(stored.ref) if entry.what == "revised"]


# In words


def test_an_equal_report_of_a_later_time_makes_those_between_older(town: World) -> None:
    order, results = _arrive(town, [Report(1, 0), Report(5, 0), Report(3, 1), Report(5, 0)], BY_TIME)
    assert [result.outcome for result in results] == ["registered", "repeated", "older", "repeated"]
    stored = _stored(town, order)
    assert stored is not None
    assert stored.principal_open == Decimal(100)
    assert [(r.no, r.older) for r in _revisions(town, stored)] == [(1, False), (2, True)]


def test_a_record_seen_to_be_none_is_not_started_by_an_older_report(town: World) -> None:
    order, results = _arrive(town, [Report(3, 0, triggered=False), Report(2, 0), Report(1, 1), Report(4, 2)], BY_TIME)
    assert [result.outcome for result in results] == ["ignored", "older", "older", "registered"]
    assert town.state(order) is State.READY


def test_a_report_without_a_date_does_not_make_older_ones_newer(town: World) -> None:
    order, results = _arrive(town, [Report(5, 0), Report(None, 1), Report(3, 2), Report(5, 0), Report(6, 3)], BY_TIME)
    assert [result.outcome for result in results] == ["registered", "revised", "older", "repeated", "revised"]
    stored = _stored(town, order)
    assert stored is not None
    assert stored.principal_open == Decimal(103)


def test_equal_content_of_another_kind_of_date_keeps_the_version(town: World) -> None:
    order, _ = _arrive(town, [Report(5, 0)], BY_VERSION)
    assert _arrive(town, [Report(9, 0)], BY_TIME, order)[1][0].outcome == "repeated"
    assert _arrive(town, [Report(4, 1)], BY_VERSION, order)[1][0].outcome == "older"


# Files


def _export(folder: Path, name: str, at: int, orders: Sequence[str], content: int) -> Path:
    """A file that the shop exported some minutes after noon, with records that bear no time of their own."""
    path = folder / f"{name}.ndjson"
    lines = [_claim(order, Report(None, content), BY_TIME).model_dump_json(exclude_defaults=True) for order in orders]
    path.write_text("\n".join(lines), "utf-8")
    time = (NOON + dt.timedelta(minutes=at)).timestamp()
    os.utime(path, (time, time))
    return path


def test_a_file_ingested_twice_gives_each_claim_once(town: World, tmp_path: Path) -> None:
    orders = [f"T-{number}" for number in range(20)]
    path = _export(tmp_path, "orders", 0, orders, 0)
    first, second = (town.ink.ingest(path, shop="canonical") for _ in range(2))
    assert (first.counts["registered"], second.counts["repeated"]) == (20, 20)
    assert sum(first.counts.values()) == sum(second.counts.values()) == 20
    assert all(len(_revisions(town, town.ink.find(order, shop="canonical"))) == 1 for order in orders)


@pytest.mark.parametrize("arriving", [*itertools.permutations(range(3))], ids=str)
def test_the_newest_file_counts(town: World, arriving: tuple[int, ...], tmp_path: Path) -> None:
    order = f"M-{next(NUMBERS)}"
    paths = [_export(tmp_path, f"day-{day}", day, [order], day) for day in range(3)]
    for day in (*arriving, *arriving):
        town.ink.ingest(paths[day], shop="canonical")
    stored = town.ink.find(order, shop="canonical")
    assert stored.principal_open == Decimal(102)
    assert len(_revisions(town, stored)) == 3


def test_a_copied_file_is_as_old_as_one_says(town: World, tmp_path: Path) -> None:
    order = f"M-{next(NUMBERS)}"
    town.ink.ingest(_export(tmp_path, "new", 5, [order], 1), shop="canonical")
    copied = _export(tmp_path, "old", 9, [order], 0)
    assert town.ink.ingest(copied, shop="canonical", reported_at=NOON).counts["older"] == 1
    assert town.ink.find(order, shop="canonical").principal_open == Decimal(101)
