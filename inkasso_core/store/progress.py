"""What the tries of a submission reached at the agency before its committing request: so that the next one goes on from there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from inkasso_core.store.queue import IN_FLIGHT
from inkasso_core.store.schema import attempt, instruction, progress


def keep(connection: sa.Connection, attempt_id: str, name: str, value: str, at: dt.datetime) -> bool:
    """Store what a try reached; False, and nothing is stored, where the try was given up meanwhile."""
    query = (
        sa.select(instruction.c.id)
        .join(attempt, attempt.c.instruction_id == instruction.c.id)
        .where(attempt.c.id == attempt_id, instruction.c.state == IN_FLIGHT, instruction.c.attempts == attempt.c.no)
    )
    instruction_id = connection.scalar(query)
    if instruction_id is None:
        return False
    this = sa.and_(progress.c.instruction_id == instruction_id, progress.c.name == name)
    if connection.execute(sa.update(progress).where(this).values(value=value, at=at)).rowcount == 0:
        connection.execute(sa.insert(progress).values(instruction_id=instruction_id, name=name, value=value, at=at))
    return True


def of(connection: sa.Connection, instruction_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """Return, per instruction, the names and values that were reached; instructions without any are left out."""
    found: dict[str, dict[str, str]] = {}
    if not instruction_ids:
        return found
    query = sa.select(progress).where(progress.c.instruction_id.in_(sorted(instruction_ids))).order_by(progress.c.at)
    for row in connection.execute(query):
        found.setdefault(row.instruction_id, {})[row.name] = row.value
    return found
