"""Everything that comes out of one file, for tests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from inkasso_core.readers import Record, Rejected, open_records

Read = Callable[..., "Outcome"]


class Outcome:
    """What a file holds, read to its end."""

    def __init__(self, path: str | Path, **settings: Any) -> None:
        with open_records(path, **settings) as reader:
            self.entries = list(reader)
        self.format = reader.format
        self.report = reader.report

    @property
    def data(self) -> list[dict[str, Any]]:
        return [dict(entry.data) for entry in self.entries if isinstance(entry, Record)]

    @property
    def rejected(self) -> list[Rejected]:
        return [entry for entry in self.entries if isinstance(entry, Rejected)]

    @property
    def codes(self) -> list[str | None]:
        """The code of each rejected record; None in the place of each good one."""
        return [entry.code if isinstance(entry, Rejected) else None for entry in self.entries]
