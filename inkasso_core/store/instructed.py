"""Instructions as people and programs look at them: what an agency was told of a case, or is to be told, without personal data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from inkasso_core.lifecycle import Actor
from inkasso_core.model.words import Text
from inkasso_core.store import instructions, vault


class Instructed(NamedTuple):
    """One thing that an agency was told of a case, or is to be told: without personal data."""

    id: str
    ref: str
    verb: str
    """``report_payment``, ``amend``, ``recall``, …"""
    what: str
    """Amount and day of a payment, what changed, the last day of a pause, kind and size of a document; of a message nothing."""
    state: str
    """``pending``, ``in_flight``, ``done``, ``told`` (the agency decides later), ``refused``, ``unclear``, ``by_hand`` or ``withdrawn``."""
    account: str
    our_reference: str
    case_reference: str | None
    actor: str
    created_at: dt.datetime
    tries: int
    next_at: dt.datetime | None
    """When it is tried again at the earliest, where it waits for that."""
    ended_at: dt.datetime | None
    message: Text | None
    """What the agency or the adapter said, where it was no yes."""


def instructed(
    connection: sa.Connection,
    actor: Actor,
    *,
    states: Sequence[str] | None = instructions.WANTED,
    account: str | None = None,
    claim_id: str | None = None,
    instruction_id: str | None = None,
) -> list[Instructed]:
    """Return what agencies are told of cases that they have: what waits, is unclear or was refused; without ``states`` all of it."""
    found = instructions.listed(connection, actor, states=states, account=account, claim_id=claim_id, instruction_id=instruction_id)
    return [
        Instructed(
            row.queued.id,
            row.ref,
            row.queued.verb,
            _what(vault.take_if_kept(connection, row.queued.body_id)),
            row.queued.state,
            row.queued.account,
            row.our_reference,
            row.case_reference,
            row.queued.actor,
            row.queued.created_at,
            row.queued.attempts,
            row.queued.not_before,
            row.queued.ended_at,
            Text(**row.message) if row.message else None,
        )
        for row in found
    ]


def _what(body: Mapping[str, Any] | None) -> str:
    """Say in a few words what is told, without what only the vault may hold."""
    if body is None:
        return ""
    if "payment" in body:
        return f"{body['amount']} {body['currency']}, {body['received_on']}"
    if "content" in body:
        return f"{body['kind']}, {max(1, len(body['content']) * 3 // 4 // 1024)} kB"
    if body.get("until"):
        return str(body["until"])
    return ", ".join(body.get("changed", ()))


def said(connection: sa.Connection, instruction_id: str) -> Mapping[str, Any]:
    """Return what an instruction tells, personal data included, but for the content of a document; nothing where it was erased."""
    queued = instructions.by_id(connection, instruction_id)
    body = vault.take_if_kept(connection, queued.body_id) if queued is not None else None
    return {name: value for name, value in (body or {}).items() if name != "content"}
