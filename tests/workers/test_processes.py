"""Workers as processes of their own: many at once, told to end, killed, and cut off from their database."""

import os
import signal
import subprocess
import time

import sqlalchemy as sa
from workers.conftest import Build
from workers.site import PATIENCE, Site, wait_for

from inkasso_core import State


def ended(process: subprocess.Popen[bytes]) -> int:
    return process.wait(PATIENCE)


def all_handed_over(site: Site, number: int) -> bool:
    return site.states()[State.HANDED_OVER] == number


def test_four_workers_hand_over_each_claim_once(anywhere: Build) -> None:
    site = anywhere(delay=0.02)
    refs = site.released(*(f"A-{n}" for n in range(40)))
    workers = [site.worker() for _ in range(4)]
    wait_for(lambda: all_handed_over(site, len(refs)))
    more = site.released(*(f"B-{n}" for n in range(10)))
    wait_for(lambda: all_handed_over(site, len(refs) + len(more)))
    for process in workers:
        process.send_signal(signal.SIGTERM)
    assert [ended(process) for process in workers] == [0, 0, 0, 0]
    assert site.count() == dict.fromkeys((*refs, *more), 1)
    with site.open() as ink:
        wire = next(one for one in ink.health().accounts if one.account == "wire")
        assert (wire.at_agency, wire.waiting, wire.oldest_due_seconds, wire.failures) == (50, 0, None, {})
        assert not any(part.error or part.is_running for part in ink.health().parts)


def test_a_worker_told_to_end_finishes_its_request_and_leaves_the_rest(anywhere: Build) -> None:
    site = anywhere(delay=1.0)
    refs = site.released("A-1", "A-2", "A-3", "A-4")
    first = site.worker()
    wait_for(lambda: any(said["event"] == "worker.began" for said in site.said()))
    wait_for(lambda: site.count().total() >= 1)  # it is within the second request
    first.send_signal(signal.SIGTERM)
    told = time.monotonic()
    assert ended(first) == 0
    assert time.monotonic() - told < 10
    left = site.states()
    assert left[State.UNCLEAR] == 0
    assert left[State.HANDED_OVER] == site.count().total() < len(refs)
    site.worker()
    wait_for(lambda: all_handed_over(site, len(refs)))
    assert site.count() == dict.fromkeys(refs, 1)


def test_a_killed_worker_is_found_by_the_next_one(site: Build) -> None:
    here = site(delay=0.5)
    refs = here.released("A-1", "A-2", "A-3")
    first = here.worker()
    wait_for(lambda: here.count().total() >= 1)
    os.killpg(first.pid, signal.SIGKILL)
    ended(first)
    here.worker()
    wait_for(lambda: all_handed_over(here, len(refs)))
    assert here.count() == dict.fromkeys(refs, 1)


def test_a_worker_outlives_its_database(site: Build, postgres: "object") -> None:
    address = postgres()  # type: ignore[operator]
    here = site(database=address, delay=0.0)
    worker = here.worker()
    wait_for(lambda: any(said["event"] == "worker.began" for said in here.said()))
    name = sa.make_url(address).database
    admin = sa.create_engine(
        address.replace(f"/{name}", "/postgres").replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(sa.text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name})
        wait_for(lambda: any(said["event"] == "worker.database_away" for said in here.said()))
        time.sleep(3)
        assert worker.poll() is None
        connection.execute(sa.text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    admin.dispose()
    refs = here.released("A-1", "A-2")
    wait_for(lambda: all_handed_over(here, len(refs)))
    wait_for(lambda: any(said["event"] == "worker.database_back" for said in here.said()))
    assert [said["event"] for said in here.said()].count("worker.database_away") == 1
    assert here.count() == dict.fromkeys(refs, 1)
    worker.send_signal(signal.SIGTERM)
    assert ended(worker) == 0
