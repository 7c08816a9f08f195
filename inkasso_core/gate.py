"""The gate before a live transmission: mandate, live switch, limits, and whether the account has stopped. All are stored decisions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from inkasso_core.context import Context
from inkasso_core.errors import ConfigurationError, InvalidInput
from inkasso_core.lifecycle import SYSTEM
from inkasso_core.model.words import Text
from inkasso_core.store import instructions, leases, placements, queue, records
from inkasso_core.store.engine import Connection

MANDATE, LIVE, LIMIT, STOPPED, ADOPTED = "mandate", "live", "limit", "stopped", "adopted"
_ALARM = "account_stopped"
Mode = Literal["live", "rehearsal", "stopped"]


class Gate(NamedTuple):
    """What may leave through an account now."""

    mode: Mode
    reason: Text
    claims_left: int | None = None
    """How many claims may still go live before the operator lifts the limit; None without one."""
    amount_left: Decimal | None = None
    """What may still be handed over today, in the claims' currency; None without a limit."""
    is_mandated: bool = False
    """Whether the contract with the agency is confirmed: only then may it hear of a claim, even in a rehearsal."""
    waiting: int = 0
    """How many released claims an exhausted limit keeps back: none of them fits into what is left."""
    since: dt.datetime | None = None
    """From when on claims count towards the first ones; None without that limit. Here, too, where this machine's clock is behind."""


class Mandate(NamedTuple):
    """A confirmation of the contract with the agency."""

    dated: dt.date
    note: str | None
    by: str
    at: dt.datetime
    replaced: Mandate | None = None
    """What was confirmed before, and counts no more."""


def look(context: Context, connection: Connection, account: str) -> Gate:
    """Say whether an account transmits live, rehearses, or has stopped."""
    decided = {kind: row.value for kind, row in records.decided(connection, account).items()}
    if decided.get(STOPPED, {}).get("stopped"):
        return Gate("stopped", _STOPPED.fill(account=account))
    if MANDATE not in decided:
        return Gate("rehearsal", _NO_MANDATE.fill(account=account))
    if not decided.get(LIVE, {}).get("live"):
        return Gate("rehearsal", _NOT_LIVE.fill(account=account), is_mandated=True)
    limit = decided.get(LIMIT, {})
    return Gate(
        "live",
        _LIVE.fill(account=account),
        _claims_left(context, connection, account, limit),
        _amount_left(context, connection, account, limit),
        is_mandated=True,
        since=dt.datetime.fromisoformat(str(limit["since"])) if limit.get("first") is not None else None,
    )


def examine(context: Context, connection: Connection, account: str) -> Gate:
    """Look, and say besides whether an exhausted limit keeps anything back: that asks about all that is released."""
    opened = look(context, connection, account)
    if opened.mode != "live" or (opened.claims_left is None and opened.amount_left is None):
        return opened
    found = queue.waiting(connection, account, context.now(), claims=opened.claims_left, amount=opened.amount_left)
    if found.fitting or not found.claims:
        return opened
    per_day = records.decided(connection, account)[LIMIT].value["per_day"]
    amount = None if per_day is None else Decimal(per_day)
    goes_on = queue.waiting(connection, account, context.now(), claims=opened.claims_left, amount=amount).fitting > 0
    text = _EXHAUSTED_TODAY if goes_on else _EXHAUSTED
    return opened._replace(reason=text.fill(account=account, count=found.claims), waiting=found.claims)


def _claims_left(context: Context, connection: Connection, account: str, limit: dict[str, object]) -> int | None:
    if limit.get("first") is None:
        return None
    since = dt.datetime.fromisoformat(str(limit["since"]))
    gone, _ = queue.gone_since(connection, account, since)
    return max(0, int(str(limit["first"])) - gone)


def _amount_left(context: Context, connection: Connection, account: str, limit: dict[str, object]) -> Decimal | None:
    if limit.get("per_day") is None:
        return None
    midnight = dt.datetime.combine(context.today(), dt.time(), context.settings.zone)
    _, gone = queue.gone_since(connection, account, midnight)
    return max(Decimal(0), Decimal(str(limit["per_day"])) - gone)


def confirm_mandate(context: Context, connection: Connection, account: str, *, dated: dt.date, by: str, note: str | None) -> Mandate:
    """Store who confirmed the contract with the agency, and its date; returns it with what it replaced.

    Raises :class:`InvalidInput` for a day to come: nobody has a contract of tomorrow.
    """
    context.account(account)
    if dated > context.today():
        raise InvalidInput(_NOT_YET.fill(day=Text(f"{dated:%d.%m.%Y}", dated.isoformat())), field="dated", reason="NOT_YET")
    before, now = records.decided(connection, account).get(MANDATE), context.now()
    records.decide(connection, account, MANDATE, {"dated": dated.isoformat(), "note": note}, by=by, at=now)
    return Mandate(dated, note, by, now, _confirmed(before) if before is not None else None)


def _confirmed(decision: Any) -> Mandate:
    return Mandate(dt.date.fromisoformat(decision.value["dated"]), decision.value.get("note"), decision.actor, decision.at)


def go_live(
    context: Context,
    connection: Connection,
    account: str,
    *,
    by: str,
    nothing_to_adopt: bool,
    first: int | None,
    per_day: Decimal | None,
) -> None:
    """Let an account transmit for real, with limits if wanted, else without; a stopped account starts again, within the limits it had.

    Raises :class:`ConfigurationError` without a mandate, or while old hand-overs are not accounted for.
    """
    context.account(account)
    decided = records.decided(connection, account)
    if MANDATE not in decided:
        raise ConfigurationError(_NO_MANDATE.fill(account=account), field=f"accounts.{account}")
    if not nothing_to_adopt:
        _check_accounted_for(connection, account, decided)
    now = context.now()
    if nothing_to_adopt:
        records.decide(connection, account, ADOPTED, {"nothing": True}, by=by, at=now)
    records.decide(connection, account, LIVE, {"live": True}, by=by, at=now)
    stopped = decided.get(STOPPED) is not None and decided[STOPPED].value.get("stopped")
    if stopped:
        records.decide(connection, account, STOPPED, {"stopped": False}, by=by, at=now)
        alarms = [t.id for t in records.tasks(connection, SYSTEM) if (t.kind, t.account) == (_ALARM, account)]
        records.finish_tasks(connection, alarms, by=by, at=now, resolution="live again")
    if not stopped or first is not None or per_day is not None:
        limit = {"first": first, "per_day": None if per_day is None else str(per_day), "since": now.isoformat()}
        records.decide(connection, account, LIMIT, limit, by=by, at=now)


def _check_accounted_for(connection: Connection, account: str, decided: Mapping[str, Any]) -> None:
    """Raise :class:`ConfigurationError` while old hand-overs are not accounted for.

    Every list must be understood to its last row, or somebody says that there is nothing to adopt; without a list, one must be recorded.
    """
    if decided.get(LIVE) is not None and decided[LIVE].value.get("live"):
        return
    lists: dict[str, bool] = {}
    for one in records.decisions(connection, account, ADOPTED):
        if one.get("nothing"):
            lists.clear()
        lists[str(one.get("list", ""))] = bool(one.get("complete", True))
    field = f"accounts.{account}"
    if torn := sorted(name for name, is_complete in lists.items() if not is_complete):
        raise ConfigurationError(_NOT_UNDERSTOOD.fill(account=account, list=", ".join(torn)), field=field)
    if not lists and not placements.any_outside(connection, account):
        raise ConfigurationError(_ADOPT_FIRST.fill(account=account), field=field)


def stop(context: Context, connection: Connection, account: str, *, by: str, reason: Text) -> None:
    """Stop an account: its claims stay running, and one task calls a person. Asked again, it does nothing more."""
    decided = records.decided(connection, account)
    if decided.get(STOPPED) is not None and decided[STOPPED].value.get("stopped"):
        return
    now = context.now()
    records.decide(connection, account, STOPPED, {"stopped": True, **reason._asdict()}, by=by, at=now)
    leases.take_back_of(connection, account, now)  # what others have taken and not sent: none of it goes any more
    instructions.take_back_of(connection, account, now)
    reason = Text(*(words if words.endswith((".", "!", "?")) else f"{words}." for words in reason))
    text = Text(
        f"Das Konto {account} steht still: {reason.de} Danach `inkasso go-live {account}`.",
        f"The account {account} has stopped: {reason.en} Then `inkasso go-live {account}`.",
    )
    records.add_task(connection, tenant="", kind=_ALARM, message=text, at=now, account=account)


_NO_MANDATE = Text(
    "Für das Konto {account} ist kein Auftrag bestätigt: `inkasso mandate {account} --date JJJJ-MM-TT`. Bis dahin wird nur geprobt.",
    "No mandate is confirmed for the account {account}: `inkasso mandate {account} --date YYYY-MM-DD`. Until then it only rehearses.",
)
_NOT_LIVE = Text(
    "Das Konto {account} ist nicht scharf geschaltet und probt nur: `inkasso go-live {account}`.",
    "The account {account} is not live and only rehearses: `inkasso go-live {account}`.",
)
_STOPPED = Text(
    "Das Konto {account} steht still: die Aufgabe dazu nennt den Grund (`inkasso tasks`).",
    "The account {account} has stopped: its task names the reason (`inkasso tasks`).",
)
_LIVE = Text("Das Konto {account} ist scharf geschaltet.", "The account {account} is live.")
_EXHAUSTED = Text(
    "Das Limit des Kontos {account} ist erschöpft: freigegebene Forderungen, die warten: {count}. Mit `inkasso go-live {account} "
    "--first N --per-day BETRAG` neu setzen, ohne diese Angaben aufheben.",
    "The limit of the account {account} is exhausted: released claims that wait: {count}. Set a new one with `inkasso go-live {account} "
    "--first N --per-day AMOUNT`, or lift it without these options.",
)
_EXHAUSTED_TODAY = Text(
    "Das Tageslimit des Kontos {account} ist erschöpft: freigegebene Forderungen, die warten: {count}. Morgen geht es weiter, mit `inkasso "
    "go-live {account} --per-day BETRAG` gleich.",
    "The account {account} has reached its limit for today: released claims that wait: {count}. Tomorrow it goes on, or at once with "
    "`inkasso go-live {account} --per-day AMOUNT`.",
)
_NOT_YET = Text(
    "Der Vertrag kann nicht von einem künftigen Tag sein ({day.de}): den Tag angeben, von dem er ist.",
    "The contract cannot be of a day to come ({day.en}): give the day of which it is.",
)
_NOT_UNDERSTOOD = Text(
    "Von der Liste {list} wurden nicht alle Zeilen verstanden: sie berichtigen und unter demselben Namen noch einmal einlesen (`inkasso "
    "adopt {account} {list}`). Erst dann wird das Konto {account} scharf geschaltet.",
    "Not all rows of the list {list} were understood: correct it, and adopt it again under the same name (`inkasso adopt {account} "
    "{list}`). Only then does the account {account} go live.",
)
_ADOPT_FIRST = Text(
    "Bevor das Konto {account} scharf geschaltet wird: früher von Hand übergebene Fälle eintragen (`inkasso adopt {account} LISTE` oder "
    "`--before TAG`), oder mit --nothing-to-adopt erklären, dass es keine gibt.",
    "Before the account {account} goes live: record what was handed over by hand before (`inkasso adopt {account} LIST` or "
    "`--before DAY`), or state with --nothing-to-adopt that there is none.",
)
