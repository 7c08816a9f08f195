"""What people are to enter in their shops by hand, as a table: for shops that no program can write to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from inkasso_core import spreadsheet
from inkasso_core.agencies.table import Column, Kind
from inkasso_core.model.words import Language, Text
from inkasso_core.shopside import ENTER
from inkasso_core.store.records import Task


class Errand(NamedTuple):
    """One line: which order is to get which status, since when, and why."""

    order: str
    status: str | None
    on: dt.date
    text: str
    case_reference: str | None
    portal_url: str | None
    task_id: str


def errands(tasks: Iterable[Task], language: Language, zone: ZoneInfo) -> list[Errand]:
    """Return what of these tasks is to be entered in a shop."""
    return [
        Errand(
            str((task.details or {}).get("order") or ""),
            (task.details or {}).get("status"),
            task.created_at.astimezone(zone).date(),
            task.message.read(language),
            task.case_reference,
            task.portal_url,
            task.id,
        )
        for task in tasks
        if task.kind == ENTER
    ]


def write_csv(path: Path, found: Iterable[Errand], language: Language) -> int:
    """Write them as CSV for a spreadsheet; return the number of rows."""
    columns: list[Column[Errand]] = [Column(head.read(language), kind, attrgetter(name)) for name, head, kind in _COLUMNS]
    return spreadsheet.write_csv(path, columns, found)


_COLUMNS: tuple[tuple[str, Text, Kind], ...] = (
    ("order", Text("Auftragsnummer", "Order number"), Kind.REFERENCE),
    ("status", Text("Neuer Status", "New status"), Kind.TEXT),
    ("on", Text("Datum", "Date"), Kind.DATE),
    ("text", Text("Text", "Text"), Kind.TEXT),
    ("case_reference", Text("Aktenzeichen", "Case reference"), Kind.REFERENCE),
    ("portal_url", Text("Portal", "Portal"), Kind.TEXT),
    ("task_id", Text("Aufgabe", "Task"), Kind.REFERENCE),
)
