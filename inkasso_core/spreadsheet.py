"""A table as a file for a spreadsheet: complete under its name or not there at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from inkasso_core.agencies import drop
from inkasso_core.agencies.table import Column, TableDialect, TableWriter

T = TypeVar("T")


def write_csv(path: Path, columns: Sequence[Column[T]], rows: Iterable[T]) -> int:
    """Write one row for each item, under a first line with the columns' names; return the number of rows."""
    writer: TableWriter[T] = TableWriter(columns, TableDialect(encoding="utf-8-sig", target="spreadsheet"))

    def fill(out: Any) -> int:
        out.write(writer.header())
        number = 0
        for item in rows:
            out.write(writer.row(item))
            number += 1
        return number

    part = drop.write_part(path.parent, path.name, fill)
    path.unlink(missing_ok=True)
    drop.publish(path.parent, path.name, part.sha256)
    return part.result
