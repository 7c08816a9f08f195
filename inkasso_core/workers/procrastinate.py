"""procrastinate (PostgreSQL): a job in the same transaction as what it is for, and tasks that only look into our own queue.

A job that is lost, late, delivered twice or run by many at once does no harm: whatever is due is in the database, and is taken there. Jobs
of workers that were killed are run again; a task every minute finds what no job was for.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from functools import cache
from threading import Lock
from typing import Any

import procrastinate
from procrastinate.app import WorkerOptions
from procrastinate.exceptions import JobAborted

from inkasso_core.app import Inkasso
from inkasso_core.errors import ConfigurationError
from inkasso_core.loglines import write_to
from inkasso_core.model.words import Text
from inkasso_core.workers.worker import Worker

QUEUE = "inkasso"
NAMESPACE = "inkasso"
_WAKE = "wake"
_AT_ONCE = 25
"""So many are handed over before a job looks whether it is to end."""
_EVERY_MINUTE = "* * * * *"
_DEFAULTS: WorkerOptions = {"queues": [QUEUE], "delete_jobs": "successful", "shutdown_graceful_timeout": 30.0}
"""What a worker of our own app does where its command line does not say: jobs that are done leave nothing behind."""
_while_it_lasts = ExitStack()
"""What ends with the process."""


def waker(database: str) -> Any:
    """Return what defers a job for each account, within a transaction of ours. Raises :class:`ConfigurationError` without PostgreSQL."""
    _address(database)
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())  # never opened: it writes on the connection that it is given

    def wake(connection: Any, accounts: Collection[str]) -> None:
        job = app.configure_task(f"{NAMESPACE}:{_WAKE}", queue=QUEUE, connection=connection)
        for account in accounts:
            job.defer(account=account)

    return wake


def blueprint(ink: Inkasso) -> procrastinate.Blueprint:
    """Return our tasks, for an app of your own: ``app.add_tasks_from(blueprint(ink), namespace="inkasso")``."""
    tasks = procrastinate.Blueprint()
    alone = Lock()  # one at a time in each process: an adapter keeps one connection to its agency

    @tasks.task(name=_WAKE, queue=QUEUE, pass_context=True)
    def wake(context: procrastinate.JobContext, account: str) -> None:
        """Hand over what is due for an account, and tell observers."""
        with alone:
            _wake(ink, context, account)

    @tasks.periodic(cron=_EVERY_MINUTE, periodic_id=NAMESPACE)
    @tasks.task(name="look", queue=QUEUE, queueing_lock=f"{NAMESPACE}:look", pass_context=True)
    def look(context: procrastinate.JobContext, timestamp: int) -> None:
        """Do what is due, and what time brings, in turns with others."""
        with alone:
            Worker(ink).once()

    @tasks.periodic(cron=_EVERY_MINUTE, periodic_id=NAMESPACE)
    @tasks.task(name="again", queue=QUEUE, queueing_lock=f"{NAMESPACE}:again", pass_context=True)
    async def again(context: procrastinate.JobContext, timestamp: int) -> None:
        """Run jobs again whose worker was killed."""
        await retry_stalled(context.app)

    return tasks


async def retry_stalled(app: procrastinate.App, *, silent_seconds: float = 30) -> int:
    """Run our jobs again whose worker has given no sign of life for so long; return how many. Those of every minute are not run again."""
    count = 0
    for job in await app.job_manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=silent_seconds):
        if job.task_name == f"{NAMESPACE}:{_WAKE}":
            await app.job_manager.retry_job(job)
            count += 1
        else:
            await app.job_manager.finish_job(job, procrastinate.jobs.Status.FAILED, delete_job=True)
    return count


def make_app(ink: Inkasso) -> procrastinate.App:
    """Return an app with our tasks alone, on the database of the installation. Raises :class:`ConfigurationError` without PostgreSQL."""
    address = _address(ink.settings.database_url)
    made = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=address), worker_defaults=_DEFAULTS)
    made.add_tasks_from(blueprint(ink), namespace=NAMESPACE)
    return made


def _wake(ink: Inkasso, context: procrastinate.JobContext, account: str) -> None:
    if account not in ink.settings.accounts:
        return  # of an installation with other settings, or from before an account was taken out: what waits is left to a person
    while True:
        report = ink.wake(account, limit=_AT_ONCE)
        ink.tell_observers()
        if report is None or not report.moved:
            return
        if context.should_abort():
            raise JobAborted


def _address(database: str) -> str:
    """The address in libpq's words."""
    scheme, _, rest = database.partition("://")
    if scheme.partition("+")[0] != "postgresql":
        raise ConfigurationError(_NO_POSTGRES, field="worker.engine")
    return f"postgresql://{rest}"


@cache
def _own_app() -> procrastinate.App:
    ink = Inkasso.from_config()
    _while_it_lasts.enter_context(write_to(None, ink.settings.inkasso.log))
    return make_app(ink)


def __getattr__(name: str) -> Any:
    """``procrastinate --app=inkasso_core.workers.procrastinate.app``: the installation that ``INKASSO_CONFIG`` names."""
    if name == "app":
        return _own_app()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


_NO_POSTGRES = Text(
    "[worker] engine = „procrastinate“ braucht PostgreSQL ([inkasso] database): der Auftrag steht in derselben Transaktion. Mit SQLite "
    "genügt `inkasso worker`.",
    '[worker] engine = "procrastinate" needs PostgreSQL ([inkasso] database): the job stands in the same transaction. With SQLite, '
    "`inkasso worker` is enough.",
)
