"""The vault: the one place of personal data. Everything else carries ids; emptying a body later erases without losing a record."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa
from pydantic import BaseModel, ValidationError
from pydantic_core import CoreConfig, PydanticSerializationError, SchemaValidator, to_json

from inkasso_core.describe import problems
from inkasso_core.errors import NotFound, StoreError
from inkasso_core.model.claim import Claim, Written
from inkasso_core.model.feed import FeedEntry, Message
from inkasso_core.model.words import Text
from inkasso_core.store.among import among
from inkasso_core.store.ids import new_id
from inkasso_core.store.many import Many
from inkasso_core.store.schema import vault

CLAIM, PAYLOAD, REQUEST, ANSWER, FEED, KEPT, TELLING = "claim", "payload", "request", "answer", "feed", "kept", "telling"
LETTER = "letter"
_NORMALISERS = frozenset({"function-before", "function-after", "function-wrap"})


class Sealed(NamedTuple):
    """A body on its way into the vault; its repr shows no more than ids."""

    id: str
    kind: str
    subject: str | None
    body: str

    def __repr__(self) -> str:
        return f"Sealed({self.id}, {self.kind})"


def seal(kind: str, body: object, *, subject: str | None = None) -> Sealed:
    """Give ``body`` an id. ``subject`` is the debtor that it is about, so that erasure finds it."""
    return Sealed(new_id(), kind, subject, dump(body))


def seal_answer(raw: object, *, subject: str) -> Sealed:
    """Seal what an adapter brought back. After the agency's yes nothing may fail: what JSON cannot hold is kept as Python shows it."""
    return Sealed(new_id(), ANSWER, subject, _dump_raw(raw))


def seal_entry(entry: FeedEntry) -> Sealed:
    """Seal an entry of an agency's feed, whose debtor is not known yet; nothing may fail here either."""
    whole = entry.model_dump(exclude_defaults=True, exclude={"raw": True, "report": {"raw"}})
    report = entry.report.raw if entry.report is not None else None
    return Sealed(new_id(), FEED, None, f'{{"entry":{dump(whole)},"raw":{_dump_raw(entry.raw)},"report":{_dump_raw(report)}}}')


def seal_message(message: Message, *, subject: str) -> Sealed:
    """Seal a message of a case; nothing may fail here either."""
    whole = message.model_dump(exclude_defaults=True, exclude={"raw"})
    return Sealed(new_id(), LETTER, subject, f'{{"entry":{dump(whole)},"raw":{_dump_raw(message.raw)}}}')


def take_entry(connection: sa.Connection, body_id: str) -> FeedEntry:
    """Return an entry of an agency's feed as it was stored; raises :class:`NotFound` when it was erased."""
    body = take(connection, body_id)
    entry = FeedEntry.model_validate({**body["entry"], "raw": body["raw"]})
    report = None if entry.report is None else entry.report.model_copy(update={"raw": body["report"]})
    return entry.model_copy(update={"report": report})


def replace(connection: sa.Connection, body_id: str, body: object) -> None:
    """Put another body in the place of one: for values that a plugin keeps, which are no record."""
    connection.execute(sa.update(vault).where(vault.c.id == body_id).values(body=dump(body)))


def erase(connection: sa.Connection, body_ids: Iterable[str]) -> None:
    """Empty bodies; what carries their ids stays."""
    connection.execute(sa.update(vault).where(vault.c.id.in_(sorted(body_ids))).values(body=None))


def assign(connection: sa.Connection, body_id: str, subject: str) -> None:
    """Note whom a body is about that was stored before that was known."""
    connection.execute(sa.update(vault).where(vault.c.id == body_id).values(subject=subject))


def seal_written(written: Written, *, subject: str) -> Sealed:
    """Give a claim's body an id."""
    return Sealed(new_id(), CLAIM, subject, written.body)


def put(connection: sa.Connection, sealed: Iterable[Sealed], at: dt.datetime) -> None:
    """Store bodies."""
    _PUT.run(connection, ({**s._asdict(), "created_at": at} for s in sealed))


_PUT = Many(sa.insert(vault), (*Sealed._fields, "created_at"))


def take(connection: sa.Connection, body_id: str) -> Any:
    """Return a body that was stored as JSON; raises :class:`NotFound` when it was erased."""
    return json.loads(_body(connection, body_id), parse_float=Decimal)


def take_if_kept(connection: sa.Connection, body_id: str) -> Any:
    """Return a body that was stored as JSON, or None when it was erased."""
    body = connection.scalar(sa.select(vault.c.body).where(vault.c.id == body_id))
    return None if body is None else json.loads(body, parse_float=Decimal)


def take_claim(connection: sa.Connection, body_id: str) -> Claim:
    """Return a stored claim exactly as it was stored; raises :class:`NotFound` when it was erased."""
    return read_claim(_body(connection, body_id))


def take_stored(connection: sa.Connection, body_ids: list[str]) -> dict[str, str]:
    """Return many stored bodies by their ids, still to be read: one at a time, so that no more than one claim is held."""
    return {row.id: row.body for row in connection.execute(_STORED, {"ids": body_ids})}


_STORED = sa.select(vault.c.id, vault.c.body).where(among(vault.c.id), vault.c.body.is_not(None))


def take_claims(connection: sa.Connection, body_ids: list[str]) -> dict[str, Claim]:
    """Return many stored claims by the ids of their bodies."""
    return {body_id: read_claim(body) for body_id, body in take_stored(connection, body_ids).items()}


def read_claim(body: str) -> Claim:
    """Read a stored claim without normalising it again: what was handed over stays what was stored, whatever a library learns later.

    Raises :class:`StoreError` for a body that no version of inkasso has stored.
    """
    try:
        return parse_claim(body)
    except ValidationError as exc:
        fields = ", ".join(problem.field for problem in problems(exc))
        raise StoreError(_DAMAGED.fill(fields=fields), field=fields) from None


def parse_claim(body: str) -> Claim:
    """Read a claim in its stored form; raises ``ValidationError``, without the rejected values, for one that is not sound."""
    return _STORED_CLAIM.validate_json(body)  # type: ignore[no-any-return]


def dump(body: object) -> str:
    """Write a body: models without what is merely default, everything else as JSON with exact numbers."""
    if isinstance(body, BaseModel):
        return body.model_dump_json(exclude_defaults=True, warnings=False)
    try:
        return to_json(body, fallback=_plain).decode()
    except PydanticSerializationError:  # half a character, which a text in memory can hold and UTF-8 cannot
        return json.dumps(body, default=_plain, separators=(",", ":"))


def _dump_raw(raw: object) -> str:
    try:
        return dump(raw)
    except (TypeError, ValueError, RecursionError):
        return dump({"type": type(raw).__name__, "shown": repr(raw)})


def _plain(value: object) -> object:
    if isinstance(value, Decimal | dt.date):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")


def _body(connection: sa.Connection, body_id: str) -> str:
    body = connection.scalar(sa.select(vault.c.body).where(vault.c.id == body_id))
    if body is None:
        raise NotFound(Text("Diese Daten wurden gelöscht.", "These data were erased."))
    return str(body)


def _stored_form(model: type[BaseModel]) -> SchemaValidator:
    """The model's own validator, less the Python functions that normalise input: types, limits and structure are still checked."""
    schema = model.__pydantic_core_schema__
    parts = set(_models(schema))
    for part in parts:  # of a part that is complete pydantic would take the validator that it has, with its normalisers
        part.__pydantic_complete__ = False
    try:
        return SchemaValidator(_without_normalisers(schema), CoreConfig(hide_input_in_errors=True))
    finally:
        for part in parts:
            part.__pydantic_complete__ = True


def _models(node: Any) -> Iterator[type[BaseModel]]:
    if isinstance(node, dict):
        if node.get("type") == "model":
            yield node["cls"]
        for value in node.values():
            yield from _models(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from _models(value)


def _without_normalisers(node: Any) -> Any:
    if isinstance(node, dict):
        if node.get("type") in _NORMALISERS:
            return _without_normalisers(node["schema"])
        return {key: _without_normalisers(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return type(node)(_without_normalisers(value) for value in node)
    return node


_STORED_CLAIM = _stored_form(Claim)
_DAMAGED = Text(
    "Eine gespeicherte Forderung ist beschädigt ({fields}): die Datenbank aus einer Sicherung wiederherstellen.",
    "A stored claim is damaged ({fields}): restore the database from a backup.",
)


def bodies(connection: sa.Connection, query: sa.Select[Any]) -> Iterator[Any]:
    """Stream rows of ``query`` in constant memory."""
    yield from connection.execution_options(stream_results=True, yield_per=500).execute(query)
