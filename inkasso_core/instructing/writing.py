"""What people write to the agency: messages, documents, and the answers to what stands in the inbox."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from inkasso_core.agencies.attachments import Attachment
from inkasso_core.change import Changes, veiled
from inkasso_core.consequences import ANSWER_KIND
from inkasso_core.context import Context
from inkasso_core.errors import InvalidInput, NotFound, NotPermitted, TransitionRefused
from inkasso_core.lifecycle import SYSTEM, Actor, Profile, Role
from inkasso_core.model.words import Text
from inkasso_core.store import claims, inbox, instructions, placements, queue, records, vault
from inkasso_core.store.claims import Stored
from inkasso_core.store.engine import Connection
from inkasso_core.store.inbox import InboxItem
from inkasso_core.store.instructions import SEND_DOCUMENT, SEND_MESSAGE, Queued
from inkasso_core.store.placements import Open
from inkasso_core.telling.news import note, queue_up
from inkasso_core.telling.texts import ASKED_FOR, by_hand, named

LONGEST = 10_000
"""Characters of a message."""
LARGEST = 10 * 1024 * 1024
"""Bytes of a document."""
DOCUMENT_KINDS = ("invoice", "reminder", "contract", "delivery", "title", "other")


class Letter(NamedTuple):
    """A message or a document on its way; its repr shows no more than which of the two."""

    verb: str
    body: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Letter({self.verb})"


def message(text: str) -> Letter:
    """Return a message; raises :class:`InvalidInput` for one that says nothing, or too much."""
    words = text.strip()
    if not words or not any(char.isalnum() for char in words):
        raise InvalidInput(_NO_TEXT, field="text")
    if len(words) > LONGEST:
        raise InvalidInput(_LONG_TEXT.fill(most=LONGEST), field="text")
    if "\0" in words or any("\ud800" <= char <= "\udfff" for char in words):
        raise InvalidInput(_ODD_TEXT, field="text")
    return Letter(SEND_MESSAGE, {"text": words})


def document(source: str | Path | bytes, *, kind: str, file_name: str | None, media_type: str | None) -> Letter:
    """Return a document, read from a file or given as bytes; raises :class:`InvalidInput` naming what is wrong with it."""
    if kind not in DOCUMENT_KINDS:
        raise InvalidInput(_NO_KIND.fill(kinds=", ".join(DOCUMENT_KINDS)), field="kind")
    content, name = (source, file_name) if isinstance(source, bytes) else _read(Path(source), file_name)
    if not content:
        raise InvalidInput(_EMPTY, field="document")
    if len(content) > LARGEST:
        raise InvalidInput(_LARGE.fill(most=LARGEST // 1024 // 1024), field="document")
    name = name or kind + (mimetypes.guess_extension(media_type or "") or "")
    guessed = media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    fit = Attachment(kind, name[-_LONGEST_NAME:], guessed, content).sendable()
    body = {"kind": kind, "file_name": fit.file_name, "media_type": fit.media_type, "content": base64.b64encode(content).decode()}
    return Letter(SEND_DOCUMENT, {**body, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)})


def _read(path: Path, file_name: str | None) -> tuple[bytes, str]:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1), file_name or path.name
    except OSError as exc:
        raise InvalidInput(_UNREADABLE.fill(path=path, why=exc.strerror or type(exc).__name__), field="document", where=str(path)) from None


def write(context: Context, claim_id: str, actor: Actor, letter: Letter) -> str:
    """Queue what somebody writes about a claim that its agency has; returns the instruction's id.

    The same text or document that still waits to be told is told once. Where no program can tell it, there is a task for a person. Raises
    :class:`TransitionRefused` where no agency has the claim, :class:`NotPermitted` for a vendor of a marketplace.
    """
    with context.database.write() as connection:
        changes = Changes(context, actor)
        (stored,) = claims.by_ids(connection, [claim_id], lock=True)
        _permit(context, stored, actor)
        placement_id = placements.newest(connection, claim_id)
        placed = placements.of_id(connection, placement_id) if placement_id is not None else None
        if placed is None or placed.instruction_state not in (None, queue.DONE):
            raise TransitionRefused(_NOT_THERE.fill(ref=veiled(context, stored, actor).ref), reason="NOT_AT_AGENCY")
        instruction_id = _queue(connection, changes, stored, placed, letter)
        changes.flush(connection)
    return instruction_id


def answer(context: Context, item: InboxItem, actor: Actor, letter: Letter, *, again: bool) -> str:
    """Answer what an agency asked or wrote: queues the answer, and finishes the task, in one commit; returns the instruction's id.

    Raises :class:`TransitionRefused` for what was answered before, unless ``again``; :class:`NotPermitted` for a vendor of a marketplace.
    """
    with context.database.write() as connection:
        changes = Changes(context, actor)
        inside = inbox.inside(connection, item.id, lock=True)
        (stored,) = claims.by_ids(connection, [inside.claim_id], lock=True)
        _permit(context, stored, actor)
        if inside.answer_id is not None and not again:
            raise TransitionRefused(_ANSWERED.fill(id=item.id), reason="ANSWERED_ALREADY")
        placed = placements.of_id(connection, inside.placement_id)
        instruction_id = _queue(connection, changes, stored, placed, letter, anew=True)  # two questions may have one answer: each is told
        inbox.note_answer(connection, item.id, instruction_id, by=actor.id, at=changes.at)
        _finish(connection, changes, stored, inbox.ANSWERED)
        changes.flush(connection)
    return instruction_id


def settle(context: Context, items: Sequence[InboxItem], actor: Actor, reason: str | None) -> list[str]:
    """Note that items need nobody's care any more, questions with a reason; returns those that did until now."""
    if not reason and any(item.kind == inbox.QUESTION and item.done_at is None for item in items):
        raise InvalidInput(_NO_REASON, field="reason")
    with context.database.write() as connection:
        changes = Changes(context, actor)
        about = {inbox.inside(connection, item.id, lock=True).claim_id for item in items}
        stored = claims.by_ids(connection, sorted(about), lock=True)
        for one in stored:
            _permit(context, one, actor)
        settled = inbox.note_done(connection, [item.id for item in items], by=actor.id, at=changes.at, why=reason)
        for one in stored:
            _finish(connection, changes, one, reason or "read")
        changes.flush(connection)
    return settled


def answered_by_hand(context: Context, connection: Connection, task: records.Task, actor: Actor, resolution: str | None) -> None:
    """Note that a person answered elsewhere what a task asked for: its questions are answered, too, where it was his to answer."""
    if task.kind != ANSWER_KIND or task.claim_id is None:
        return
    (stored,) = claims.by_ids(connection, [task.claim_id])
    if may_write(context, stored.shop, actor):
        questions = inbox.open_questions(connection, task.claim_id)
        inbox.note_done(connection, questions, by=actor.id, at=context.now(), why=resolution or "answered elsewhere")


def may_write(context: Context, shop: str, actor: Actor) -> bool:
    """Whether somebody speaks to the agency: in a marketplace that is the operator; in a shop one clerk does everything."""
    return actor.role is not Role.VENDOR or context.profile(shop) is Profile.SHOP


def _permit(context: Context, stored: Stored, actor: Actor) -> None:
    if not may_write(context, stored.shop, actor):
        raise NotPermitted(_OPERATOR_ONLY)


def _queue(connection: Connection, changes: Changes, stored: Stored, placed: Open, letter: Letter, *, anew: bool = False) -> str:
    waiting = None if anew else _waiting(connection, stored, placed, letter)
    if waiting is not None:
        return waiting.id
    can = placed.instruction_id is not None and changes.context.offers(placed.account, letter.verb)
    state = queue.PENDING if can else queue.REFUSED
    instruction_id = queue_up(connection, changes, stored, placed, letter.verb, letter.body, state=state)
    queued = instructions.by_id(connection, instruction_id)
    if queued is None:
        raise NotFound(_NOT_THERE.fill(ref=stored.ref))
    note(changes, stored, queued, state)
    if not can:
        told = ASKED_FOR[letter.verb]
        text = by_hand(changes, stored, named(stored, told.text.fill(ref=stored.ref)), letter.verb)
        changes.task(connection, stored, told.kind, text, account=placed.account)
    return instruction_id


def _waiting(connection: Connection, stored: Stored, placed: Open, letter: Letter) -> Queued | None:
    """The same that still waits to be told: who sends it twice means it once."""
    for row in instructions.of_claim(connection, placed.placement_id, stored.id, letter.verb):
        if row.state == queue.PENDING and vault.take_if_kept(connection, row.body_id) == dict(letter.body):
            return row
    return None


def _finish(connection: Connection, changes: Changes, stored: Stored, resolution: str) -> None:
    """Finish the task once no question about the claim is open."""
    if inbox.open_questions(connection, stored.id):
        return
    tasks = [task.id for task in records.tasks(connection, SYSTEM, claim_id=stored.id) if task.kind == ANSWER_KIND]
    records.finish_tasks(connection, tasks, by=changes.actor.id, at=changes.at, resolution=resolution)


_LONGEST_NAME = 100
_NO_TEXT = Text("Bitte einen Text angeben.", "Please give a text.")
_LONG_TEXT = Text("Der Text ist zu lang: höchstens {most} Zeichen.", "The text is too long: {most} characters at most.")
_ODD_TEXT = Text("Der Text enthält Zeichen, die sich nicht senden lassen.", "The text holds characters that cannot be sent.")
_NO_KIND = Text("Die Art der Unterlage ist eine von: {kinds}.", "The kind of the document is one of: {kinds}.")
_EMPTY = Text("Die Unterlage ist leer.", "The document is empty.")
_LARGE = Text("Die Unterlage ist zu groß: höchstens {most} MB.", "The document is too large: {most} MB at most.")
_UNREADABLE = Text("Die Datei {path} lässt sich nicht lesen: {why}.", "The file {path} cannot be read: {why}.")
_NOT_THERE = Text(
    "{ref}: Keine Agentur hat diese Forderung: erst nach der Übergabe lässt sich dazu schreiben.",
    "{ref}: no agency has this claim: it can be written about only after its hand-over.",
)
_ANSWERED = Text(
    "Eintrag {id} ist schon beantwortet: mit --again noch einmal antworten.", "Item {id} was answered already: answer again with --again."
)
_NO_REASON = Text(
    "Bitte angeben, warum die Frage keine Antwort braucht, oder wo sie beantwortet wurde.",
    "Please say why the question needs no answer, or where it was answered.",
)
_OPERATOR_ONLY = Text("Der Agentur schreibt der Betreiber, kein Verkäufer.", "The operator writes to the agency, no vendor.")
