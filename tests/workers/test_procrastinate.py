"""procrastinate on PostgreSQL: a job commits with what it is for; killed workers and jobs delivered twice do nothing twice."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from workers.conftest import Build
from workers.site import PATIENCE, Site, wait_for

from inkasso_core import ConfigurationError, Inkasso, State
from inkasso_core.settings import build

procrastinate = pytest.importorskip("procrastinate")

from inkasso_core.workers.procrastinate import make_app, retry_stalled  # noqa: E402
from inkasso_core.workers.worker import Worker  # noqa: E402

RUN = "import sys; from procrastinate.cli import main; sys.argv[0] = 'procrastinate'; main()"
APP = "--app=inkasso_core.workers.procrastinate.app"
ENGINE = '[worker]\nengine = "procrastinate"\nevery = 1\n'


@pytest.fixture
def here(site: Build, postgres: Callable[[], str]) -> Site:
    """An installation whose database has procrastinate's tables, too."""
    made: Site = site(database=postgres(), delay=0.5, more=ENGINE)
    assert made.start(APP, "schema", "--apply", program=RUN).wait(PATIENCE) == 0
    return made


def worker(site: Site) -> "subprocess.Popen[bytes]":
    return site.start(APP, "worker", "--concurrency=2", program=RUN)


def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(str(site.database).replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        found = [tuple(row) for row in connection.execute(sa.text(query))] if query.startswith("SELECT") else []
        if not query.startswith("SELECT"):
            connection.execute(sa.text(query))
    engine.dispose()
    return found


def again(site: Site) -> int:
    async def run(app: "procrastinate.App") -> int:
        async with app.open_async():
            return await retry_stalled(app)

    with site.open() as ink:
        return asyncio.run(run(make_app(ink)))


def all_handed_over(site: Site, number: int) -> bool:
    """Do what is due by now, and see whether that was all."""
    with site.open() as ink:
        Worker(ink).once()
    return bool(site.states() == {State.HANDED_OVER: number})


JOBS = "SELECT task_name, status, args FROM procrastinate_jobs WHERE task_name = 'inkasso:wake' ORDER BY id"


def test_the_job_is_deferred_in_the_transaction_that_queues(here: Site) -> None:
    here.released("A-1", "A-2")
    assert rows(here, JOBS) == [("inkasso:wake", "todo", {"account": "wire"})]


def test_a_transaction_that_is_rolled_back_leaves_no_job(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(name: str) -> None:
        if name == "release.before_commit":
            raise KeyboardInterrupt

    monkeypatch.setattr("inkasso_core.points.listener", crash)
    with pytest.raises(KeyboardInterrupt):
        here.released("A-1")
    assert rows(here, JOBS) == []


def test_without_its_tables_everything_else_is_committed(site: Build, postgres: Callable[[], str]) -> None:
    here = site(database=postgres(), more=ENGINE)
    refs = here.released("A-1")
    with here.open() as ink:
        assert ink.find(refs[0]).state is State.RUNNING
        assert ink.due().accounts == ["wire"]


def test_two_workers_and_jobs_delivered_twice_hand_over_once(here: Site) -> None:
    refs = here.released(*(f"A-{n}" for n in range(6)))
    for _ in range(5):
        rows(
            here,
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('inkasso', 'inkasso:wake', '{\"account\": \"wire\"}')",
        )
    processes = [worker(here), worker(here)]
    wait_for(lambda: here.states()[State.HANDED_OVER] == len(refs))
    wait_for(lambda: rows(here, JOBS) == [])  # done, and deleted
    assert here.count() == dict.fromkeys(refs, 1)
    for process in processes:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(PATIENCE) for process in processes] == [0, 0]


def test_a_killed_worker_is_followed_by_another(here: Site) -> None:
    refs = here.released("A-1", "A-2", "A-3")
    first = worker(here)
    wait_for(lambda: here.count().total() >= 1)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait(PATIENCE)
    assert rows(here, JOBS)[0][1] == "doing"
    rows(here, "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 hour'")
    assert again(here) == 1  # this, and a look, tasks do every minute
    second = worker(here)
    wait_for(lambda: rows(here, JOBS) == [])  # done, and deleted
    wait_for(lambda: all_handed_over(here, len(refs)))  # another job of the second may still be sending
    assert here.count() == dict.fromkeys(refs, 1)
    second.send_signal(signal.SIGTERM)
    assert second.wait(PATIENCE) == 0


def test_it_needs_postgresql_and_an_engine_that_is_installed(tmp_path: Path) -> None:
    for engine, words in (("procrastinate", "PostgreSQL"), ("procrastinat", "procrastinate?")):
        with pytest.raises(ConfigurationError, match=words.replace("?", r"\?")) as caught:
            Inkasso(build({"worker": {"engine": engine}}, tmp_path))
        assert caught.value.field == "worker.engine"
