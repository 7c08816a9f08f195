"""The recipe for Celery as it stands in the documentation, run against Redis: a task that outlives its visibility time-out comes twice."""

import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from codeblocks import blocks
from peers.proc import free_port, need, running
from workers.conftest import Build
from workers.site import PATIENCE, Site, wait_for

from inkasso_core import State

pytest.importorskip("celery")

SHORT = """
from inkasso_celery import app, wake

app.conf.update(broker_transport_options={"visibility_timeout": 3, "unacked_restore_interval": 1, "unacked_restore_throttle": 1})
"""
"""The recipe, as impatient as Redis lets it be."""
RUN = "import sys; sys.path.insert(0, '.'); from celery.__main__ import main; sys.argv[0] = 'celery'; main()"
TOLD = re.compile(r"Task inkasso\.wake\[([0-9a-f-]+)\] received")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    """A Redis of the test's own that keeps nothing."""
    port = free_port()
    command = [need("redis-server", "redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with running(command, port):
        yield f"redis://127.0.0.1:{port}/0"


def recipe() -> str:
    (found,) = [block.text for block in blocks("docs/workers.md", "python") if block.text.startswith("# inkasso_celery.py\n")]
    return found


def received(site: Site, numbers: range) -> Counter[str]:
    """Task -> how often workers got it."""
    return Counter(task for number in numbers for task in TOLD.findall((site.folder / f"process-{number}.log").read_text("utf-8")))


def test_a_task_that_outlives_its_visibility_hands_over_once(site: Build, broker: str) -> None:
    here: Site = site(delay=9.0)
    (here.folder / "inkasso_celery.py").write_text(recipe(), "utf-8")
    (here.folder / "impatient.py").write_text(SHORT, "utf-8")
    refs = here.released("A-1")
    workers = [worker(here, broker, number) for number in range(2)]
    send = here.start(program="import sys; sys.path.insert(0, '.'); from impatient import wake; wake.delay('wire')", CELERY_BROKER=broker)
    assert send.wait(PATIENCE) == 0
    wait_for(lambda: here.states()[State.HANDED_OVER] == len(refs))
    twice = [task for task, count in received(here, range(2)).items() if count > 1]
    assert twice, "the test shows nothing: no task was delivered twice"
    time.sleep(2)  # whatever was delivered again has looked by now
    assert here.count() == dict.fromkeys(refs, 1)
    for process in workers:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(PATIENCE) for process in workers] == [0, 0]


def worker(here: Site, broker: str, number: int) -> "object":
    options = ("--app", "impatient", "worker", "--concurrency=1", "--loglevel=INFO", f"--hostname=worker-{number}@test")
    return here.start(*options, program=RUN, CELERY_BROKER=broker)
