"""In order: ids of rows whose order means something, though they are made by machines whose clocks differ."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from inkasso_core.store import ids


def next_id(connection: sa.Connection, last: sa.Select[Any], **parameters: Any) -> str:
    """Return a new id, greater than the one that this query finds: the row comes after all that it is to come after.

    Ids begin with the time of the process that makes them. Without this, what a person decides on a machine whose clock is behind would
    count as older than what it replaces.
    """
    return ids.new_id(after=connection.scalar(last, parameters))


def pass_by(connection: sa.Connection, last: sa.Select[Any], **parameters: Any) -> None:
    """Do the same for all ids that this process makes from now on."""
    next_id(connection, last, **parameters)
