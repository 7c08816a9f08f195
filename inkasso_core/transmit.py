"""Transmit: what was released goes to its agency, once, and then what is to be told of the cases that it has.

Every try is stored before it is made, every answer before anyone hears of it.

An account that is not live rehearses: everything is shown, nothing leaves, nothing changes.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from inkasso_core import export, gate, owner, resting, sending
from inkasso_core.agencies.base import Agency
from inkasso_core.agencies.file import FileAgency
from inkasso_core.answers import Answered, store_answers
from inkasso_core.context import Context
from inkasso_core.discretion import AGENCY_QUOTES, unsaid
from inkasso_core.errors import (
    ConfigurationError,
    InkassoError,
    Interrupted,
    NotFound,
    PluginError,
    TemporarilyUnavailable,
    VariableMissing,
)
from inkasso_core.instructing import sending as telling
from inkasso_core.lifecycle import SYSTEM
from inkasso_core.logs import say
from inkasso_core.model.agency import Placement
from inkasso_core.model.words import Text
from inkasso_core.placing import rehearsed
from inkasso_core.report import AccountReport, Item, OnItem, Run
from inkasso_core.store import batches, instructions, leases, queue


def transmit(
    context: Context,
    *,
    account: str | None = None,
    as_of: dt.date | None = None,
    limit: int | None = None,
    rehearse: bool = False,
    on_item: OnItem | None = None,
) -> list[AccountReport]:
    """Transmit what is due, for one account or all, and return a report per account.

    With ``rehearse`` nothing leaves, wherever an account is live. ``as_of`` rehearses as of a date: it never reaches a live transmission,
    so an account that is live refuses it without ``rehearse`` (:class:`ConfigurationError`).
    """
    recover(context)
    telling.recover(context)
    with owner.working() as me:
        return [
            _account(
                Run(context, me, name, as_of or context.today(), limit, on_item or _ignore), dated=as_of is not None, rehearse=rehearse
            )
            for name in _due_accounts(context, account)
        ]


def _due_accounts(context: Context, account: str | None) -> list[str]:
    if account is not None:
        context.account(account)
        return [account]
    with context.database.read() as connection:
        now, unfinished = context.now(), batches.unfinished(connection)
        waiting = {*queue.pending_accounts(connection, now), *instructions.accounts(connection, now)}
        return sorted({*waiting, *(batch.account for batch in unfinished)})


def _account(run: Run, *, dated: bool, rehearse: bool) -> AccountReport:
    with run.context.database.read() as connection:
        opened = gate.look(run.context, connection, run.account)
    if rehearse and opened.mode == "live":
        opened = opened._replace(mode="rehearsal", reason=_REHEARSED.fill(account=run.account))
    if dated and opened.mode == "live":
        raise ConfigurationError(_NO_AS_OF.fill(account=run.account), field="as_of")
    report = AccountReport(run.account, opened.mode, opened.reason)
    if opened.mode == "stopped":
        return report
    if opened.mode == "live" and (rests := _resting(run)) is not None:
        return _rests(run, report, rests)
    try:
        adapter = run.context.adapter(run.account)
        if _is_scarce(run, opened):
            report = _told(run, adapter, report)
            return report if report.mode == "stopped" else _kept_back(run, _through(run, adapter, report, opened))
        return _kept_back(run, _told(run, adapter, _through(run, adapter, report, opened)))
    except VariableMissing as exc:
        return report._replace(mode="stopped", reason=exc.text)  # here and now: another process may have the variable
    except (PluginError, ConfigurationError, NotFound) as exc:
        unsaid(exc, run.context.secrets_of(run.account), AGENCY_QUOTES)
        if opened.mode == "live":
            with run.context.database.write() as connection:
                gate.stop(run.context, connection, run.account, by=SYSTEM.id, reason=exc.text)
        return report._replace(mode="stopped", reason=exc.text)


def _is_scarce(run: Run, opened: gate.Gate) -> bool:
    """Whether the agency takes only so many requests: then news of the cases that it has goes before thousands of new ones."""
    limits = run.context.account(run.account)
    return opened.mode == "live" and (limits.per_minute is not None or limits.per_day is not None)


def _kept_back(run: Run, report: AccountReport) -> AccountReport:
    """Say where an exhausted limit keeps released claims back, or the agency is left alone."""
    if report.mode != "live":
        return report
    if (rests := _resting(run)) is not None:
        return _rests(run, report, rests)
    with run.context.database.read() as connection:
        left = gate.examine(run.context, connection, run.account)
    return report._replace(reason=left.reason, waiting=left.waiting) if left.waiting else report


def _resting(run: Run) -> dt.datetime | None:
    with run.context.database.read() as connection:
        return resting.until(run.context, connection, run.account)


def _rests(run: Run, report: AccountReport, until: dt.datetime) -> AccountReport:
    return report._replace(reason=resting.text(run.context, run.account, until), rests_until=until)


def _through(run: Run, adapter: Agency[Any], report: AccountReport, opened: gate.Gate) -> AccountReport:
    if isinstance(adapter, FileAgency):
        return export.rehearse(run, adapter, report) if opened.mode == "rehearsal" else export.export(run, adapter, report)
    return _rehearse(run, adapter, report, opened) if opened.mode == "rehearsal" else _live(run, adapter, report)


def _told(run: Run, adapter: Agency[Any], report: AccountReport) -> AccountReport:
    """Tell what is to be told of cases that the agency has, after it was given the new ones."""
    if report.mode == "stopped":
        return report
    limit = None if run.limit is None else max(0, run.limit - report.total)
    items = telling.tell(run, adapter, limit) if report.mode == "live" else telling.rehearse(run, limit)
    for item in items:
        report = report.with_item(item)
        run.on_item(item)
        if item.result == "stopped":
            report = report._replace(mode="stopped", reason=item.text or report.reason)
    return report


# Rehearsal


def _rehearse(run: Run, adapter: Agency[Any], report: AccountReport, opened: gate.Gate) -> AccountReport:
    """Show what would be sent. Whatever the adapter says, nothing is stored and no state changes.

    An agency that checks claims itself is asked to only once there is a mandate: before that it must not hear of a debtor.
    """
    may_check = "check" in adapter.operations and (opened.is_mandated or not adapter.asks_to_check)
    may_check = may_check and (not adapter.asks_to_check or _resting(run) is None)
    for ready in rehearsed(run.context, run.account, run.day, run.limit):
        if ready.placement is None:
            item = Item(ready.ref, "red", text=ready.why)
        else:
            item = _rehearsed(adapter, ready.ref, ready.placement, may_check=may_check)
        report = report.with_item(item)
        run.on_item(item)
    return report


def _rehearsed(adapter: Agency[Any], ref: str, placement: Placement, *, may_check: bool) -> Item:
    shown: str | None = None
    try:
        shown = adapter.rehearse(placement) if "rehearse" in adapter.operations else None
        if may_check:
            adapter.check(placement)
    except TemporarilyUnavailable:
        return Item(ref, "unchecked", text=_NOT_CHECKED, shown=shown)
    except InkassoError as exc:
        return Item(ref, "refused", text=exc.text, shown=shown)
    except Exception as exc:  # noqa: BLE001  (a stranger's code; it breaks itself only)
        return Item(ref, "refused", text=_REHEARSAL_BROKE.fill(error=type(exc).__name__))
    return Item(ref, "rehearsed", shown=shown)


# Live


def _live(run: Run, adapter: Agency[Any], report: AccountReport) -> AccountReport:
    told = _Told(run, report)
    sending.send(run, adapter, told.tell)
    return told.report


class _Told:
    """A report that grows with what is told."""

    def __init__(self, run: Run, report: AccountReport) -> None:
        self.run, self.report = run, report

    def tell(self, item: Item) -> None:
        """Add an item, and tell whoever listens."""
        self.report = self.report.with_item(item)
        if item.result == "stopped":
            self.report = self.report._replace(mode="stopped", reason=item.text or self.report.reason)
        self.run.on_item(item)


def recover(context: Context) -> int:
    """Find tries whose process is gone, and return how many.

    What was not marked as sent was certainly not sent: it is pending again, with the same key. Of the others nobody knows whether they
    arrived: their claims become ``unclear``. Files are recovered by their own account's next transmission.
    """
    now = context.now()
    with context.database.read() as connection:
        abandoned = [a for a in leases.in_flight(connection) if owner.is_gone(a.owner, a.lease_until, now)]
    unsent = [lost.attempt_id for lost in abandoned if not lost.is_sent]
    if unsent:
        with context.database.write() as connection:
            leases.give_back(connection, unsent, now)
    sent = [lost for lost in abandoned if lost.is_sent]
    for lost in sent:
        store_answers(context, [Answered(lost.job, lost.attempt_id, Interrupted(_INTERRUPTED))])
    if abandoned:
        say("transmit.recovered", unclear=len(sent), not_sent=len(unsent))
    return len(abandoned)


def _ignore(_item: Item) -> None:
    """Nobody listens."""


_NO_AS_OF = Text(
    "Das Konto {account} ist scharf geschaltet: ein Stichtag (--as-of) gilt nur für Proben.",
    "The account {account} is live: a date (--as-of) is for rehearsals only.",
)
_REHEARSED = Text(
    "Probe: nichts wird gesendet, obwohl das Konto {account} scharf geschaltet ist.",
    "A rehearsal: nothing is sent, although the account {account} is live.",
)
_NOT_CHECKED = Text(
    "Die Agentur war für ihre eigene Prüfung nicht zu erreichen: was gesendet würde, steht fest, ob sie es annähme, nicht.",
    "The agency could not be reached for its own check: what would be sent is certain, whether it would take it is not.",
)
_REHEARSAL_BROKE = Text(
    "Die Anbindung ist bei der Probe gescheitert ({error}): ihr Paket aktualisieren oder den Fehler melden.",
    "The adapter broke in the rehearsal ({error}): update its distribution or report the error.",
)
_INTERRUPTED = Text(
    "Die Übermittlung wurde unterbrochen: ob die Agentur den Fall hat, ist nicht bekannt.",
    "The transmission was interrupted: whether the agency has the case is not known.",
)
