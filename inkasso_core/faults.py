"""Met but missing: the conditions of a group are met, or the expected day has come, and the claim still waits (``shop-copecart: 1.3``)."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from inkasso_core.lifecycle import State
from inkasso_core.model.diagnosis import Diagnosis
from inkasso_core.model.words import Text
from inkasso_core.rules.wording import day
from inkasso_core.store import claims
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.records import Run


class Fault(NamedTuple):
    """A claim that should stand in the queue and does not."""

    code: str
    """``MET_BUT_WAITING`` or ``EXPECTED_DAY_PASSED``."""
    group: str | None
    """The group whose conditions are all met."""
    expected_on: dt.date | None
    """The day that was expected, where it has passed."""
    last_run: dt.datetime | None
    """When ``inkasso run`` last finished; None where it never did."""
    to_report: bool
    """True where it was so before the last run, which moves such claims: then the installation is at fault, and waiting does not help."""
    message: Text
    remedy: Text


def fault_of(stored: Stored, diagnosis: Diagnosis, run: Run | None, zone: dt.tzinfo) -> Fault | None:
    """Return the fault of a claim that was diagnosed for today, or None.

    What the last diagnosis left in the store decides whether it was so before the last run: no red point, or an expected day that had come.
    """
    if stored.state is not State.WAITING:
        return None
    came = stored.expected_on is not None and stored.expected_on <= diagnosis.as_of
    if not diagnosis.is_ready and not came:
        return None
    to_report = run is not None and _overlooked(stored, run, run.started.astimezone(zone).date())
    return Fault(
        code="MET_BUT_WAITING" if diagnosis.is_ready else "EXPECTED_DAY_PASSED",
        group=diagnosis.group,
        expected_on=stored.expected_on if came else None,
        last_run=run.finished if run else None,
        to_report=to_report,
        message=_MET if diagnosis.is_ready else _PASSED.fill(day=day(stored.expected_on or diagnosis.as_of)),
        remedy=_REPORT if to_report else _RUN if run else _FIRST_RUN,
    )


def _overlooked(stored: Stored, run: Run, ran_on: dt.date) -> bool:
    came = stored.expected_on is not None and stored.expected_on <= ran_on
    return stored.changed_at < run.started and (came or not stored.red)


class Faults(NamedTuple):
    """How many waiting claims should stand in the queue, by what the last diagnosis left in the store."""

    to_report: int
    """It was so before the last run."""
    to_run: int
    """The next run moves them."""


def count_faults(connection: Connection, today: dt.date, run: Run | None, zone: dt.tzinfo) -> Faults:
    """Count them all."""
    every = claims.count_overlooked(connection, today)
    ours = claims.count_overlooked(connection, run.started.astimezone(zone).date(), before=run.started) if run else 0
    return Faults(ours, every - ours)


_MET = Text(
    "Alle Bedingungen einer Gruppe sind erfüllt, und die Forderung steht trotzdem nicht in der Warteschlange.",
    "All conditions of a group are met, and still the claim does not stand in the queue.",
)
_PASSED = Text(
    "Die Forderung sollte am {day.de} in der Warteschlange erscheinen und steht dort nicht.",
    "The claim was expected to appear in the queue on {day.en} and does not stand there.",
)
_RUN = Text(
    "Das ist seit dem letzten Lauf so geworden: `inkasso run` prüft sie neu und stellt sie ein, wenn nichts mehr dagegen spricht.",
    "It became so since the last run: `inkasso run` diagnoses it again and queues it, if nothing else speaks against it.",
)
_FIRST_RUN = Text(
    "`inkasso run` stellt sie ein. Es ist hier noch nie bis zum Ende gelaufen: mit cron täglich ausführen.",
    "`inkasso run` queues it. It has never run here to its end: have cron run it daily.",
)
_REPORT = Text(
    "Das war schon vor dem letzten Lauf so, der sie hätte einstellen müssen: ein Fehler. `inkasso run` noch einmal ausführen; bleibt es "
    "dabei, mit der Ausgabe von `inkasso diagnose --json` und `inkasso doctor --json` melden.",
    "It was so before the last run, which should have queued it: a fault. Run `inkasso run` once more; if it stays, report it with the "
    "output of `inkasso diagnose --json` and `inkasso doctor --json`.",
)
