"""Reminders (Mahnungen): enough of them, after the due date, with their deadlines over, and not too long ago.

How many, by which channel and how long to wait is practice and stands in the policy.
"""

from __future__ import annotations

import datetime as dt

from inkasso_core.model.diagnosis import Level
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import Condition, Result
from inkasso_core.rules.context import Context
from inkasso_core.rules.days import add_bank_days, later
from inkasso_core.rules.labels import REMINDED_INVOICE
from inkasso_core.rules.wording import day, same

_WHERE_REMINDED = frozenset({REMINDED_INVOICE})


def _too_few(context: Context) -> Result | None:
    sent, wanted = len(context.dunned), context.policy.reminders
    if sent >= wanted:
        return None
    values = {"sent": same(sent), "reported": same(len(context.claim.reminders)), "wanted": same(wanted), "wait": Text("", "")}
    if len(context.ahead) < wanted - sent:
        return Result(values)
    enough = context.ahead[wanted - sent - 1][0]
    return Result(values | {"wait": _WAIT.fill(day=day(enough))}, expected_on=enough)


_WAIT = Text(
    "Abwarten: Ab {day.de} sind es genug, wenn die Mahnungen mit späterem Datum wirklich hinausgehen. Sonst: ",
    "Wait: from {day.en} they are enough, if the reminders dated ahead are really sent. Otherwise: ",
)


def _before_due(context: Context) -> Result | None:
    due, wanted, sent = context.due, context.policy.reminders, len(context.dunned)
    if due is None or sent < wanted:
        return None
    early = sum(sent_on <= due for sent_on, _ in context.dunned)
    if sent - early >= wanted:
        return None
    return Result({"early": same(early), "wanted": same(wanted), "due": day(due)})


def _overlap(context: Context) -> Result | None:
    previous: dt.date | None = None
    for sent_on, reminder in context.dunned:
        if previous is not None and sent_on <= previous:
            return Result({"sent": day(sent_on), "deadline": day(previous)})
        previous = reminder.deadline
    return None


def _grace(context: Context) -> Result | None:
    if not context.reminders:
        return None
    assumed = context.policy.reminder_deadline_days
    # A reminder dated ahead sets a deadline, too: who was told of a later one may rely on it.
    deadline = max(max(reminder.deadline or later(sent_on, assumed), sent_on) for sent_on, reminder in context.reminders)
    last = add_bank_days(deadline, context.policy.grace_days)
    if last < context.as_of:
        return None
    first = later(last, 1)
    return Result({"deadline": day(deadline), "first": day(first)}, expected_on=first)


def _old(context: Context) -> Result | None:
    if not context.dunned:
        return None
    last, limit = context.dunned[-1][0], context.policy.reminder_max_age_days
    if (context.as_of - last).days <= limit:
        return None
    return Result({"last": day(last), "limit": same(limit)})


CONDITIONS = (
    Condition(
        code="REMINDER_MISSING",
        level=Level.BLOCK,
        field="reminders",
        message=Text(
            "Mahnungen: gemeldet {reported}, davon nachweislich versandt {sent}, verlangt {wanted}.",
            "Reminders: {reported} reported, {sent} of them proved sent, {wanted} wanted.",
        ),
        remedy=Text(
            "{wait}Weiter mahnen, oder Versanddatum und Versandweg der Mahnungen im Shop nachtragen.",
            "{wait}Send the next reminder, or add date and channel of the reminders in the shop.",
        ),
        source="practice",
        check=_too_few,
        only_in=_WHERE_REMINDED,
    ),
    Condition(
        code="REMINDER_BEFORE_DUE",
        level=Level.BLOCK,
        field="reminders",
        message=Text(
            "Mahnungen: {early} nicht nach der Fälligkeit ({due}) versandt; {wanted} danach sind verlangt.",
            "Reminders: {early} not sent after the due date ({due}); {wanted} after it are wanted.",
        ),
        remedy=Text(
            "Nach der Fälligkeit erneut mahnen, oder die Daten im Shop berichtigen.",
            "Send another reminder after the due date, or correct the dates in the shop.",
        ),
        source="BGB § 286(1): a reminder counts after the due date",
        check=_before_due,
        only_in=_WHERE_REMINDED,
    ),
    Condition(
        code="REMINDERS_OVERLAP",
        level=Level.WARN,
        field="reminders",
        message=Text(
            "Mahnungen: Eine ging am {sent} hinaus, bevor die Frist der vorigen ({deadline}) um war.",
            "Reminders: one was sent on {sent}, before the deadline of the one before ({deadline}) was over.",
        ),
        remedy=Text(
            "Daten im Shop prüfen; stimmen sie, bewusst von Hand freigeben.",
            "Check the dates in the shop; if they are right, release it by hand on purpose.",
        ),
        source="practice; some agencies refuse it",
        check=_overlap,
        only_in=_WHERE_REMINDED,
    ),
    Condition(
        code="GRACE_RUNNING",
        level=Level.BLOCK,
        field="reminders",
        message=Text(
            "Mahnfrist: Die letzte endet am {deadline}; danach bleibt noch Zeit für Zahlungen, die unterwegs sind.",
            "Reminder deadline: the last one ends on {deadline}; after it, some time is left for payments under way.",
        ),
        remedy=Text("Abwarten: Ab {first} steht dieser Punkt nicht mehr im Weg.", "Wait: from {first} this point is no longer in the way."),
        source="practice",
        check=_grace,
        only_in=_WHERE_REMINDED,
    ),
    Condition(
        code="LAST_REMINDER_OLD",
        level=Level.WARN,
        field="reminders",
        message=Text(
            "Mahnungen: Die letzte ({last}) liegt mehr als {limit} Tage zurück.",
            "Reminders: the last one ({last}) is more than {limit} days old.",
        ),
        remedy=Text("Noch einmal mahnen, oder bewusst von Hand freigeben.", "Send another reminder, or release it by hand on purpose."),
        source="practice",
        check=_old,
        only_in=_WHERE_REMINDED,
    ),
)
