"""How far a poll came: what its cursor holds."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, ConfigDict, ValidationError


class Place(BaseModel):
    """Where the next poll goes on."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    reading: str
    """How documents were read: where the settings for that changed, everything is read again."""
    created: str | None = None
    """When the last document was created, in actindo's own words."""
    reread_at: dt.datetime | None = None
    """When all open claims were last read again."""
    after: str = ""
    """The claim that was read again last, where that is under way."""
    query: str | None = None
    """The digest of the query's last result."""

    @classmethod
    def of(cls, cursor: str | None, reading: str) -> Place:
        """Read a cursor; one that nobody understands, or that was written under other settings, begins anew."""
        try:
            found = cls.model_validate_json(cursor or "{}")
        except ValidationError:
            return cls(reading=reading)
        return found if found.reading == reading else cls(reading=reading, query=found.query)

    def but(self, **changes: object) -> Place:
        """Return another place."""
        return self.model_copy(update=changes)

    @property
    def cursor(self) -> str:
        """Write it down."""
        return self.model_dump_json()
