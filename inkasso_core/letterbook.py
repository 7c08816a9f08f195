"""The inbox as a table for a spreadsheet: without the texts, which are personal data."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from pathlib import Path
from typing import Any

from inkasso_core import spreadsheet
from inkasso_core.agencies.table import Column, Kind
from inkasso_core.model.words import Language, Text
from inkasso_core.store.inbox import InboxItem


def write_csv(path: Path, found: Iterable[InboxItem], language: Language) -> int:
    """Write items as CSV for a spreadsheet; return the number of rows."""
    columns: list[Column[InboxItem]] = [Column(head.read(language), kind, look) for head, kind, look in _COLUMNS]
    return spreadsheet.write_csv(path, columns, found)


def _day(name: str) -> Any:
    return lambda item: found.date() if (found := getattr(item, name)) is not None else None


_COLUMNS: tuple[tuple[Text, Kind, Any], ...] = (
    (Text("Nummer", "Id"), Kind.REFERENCE, attrgetter("id")),
    (Text("Art", "Kind"), Kind.TEXT, attrgetter("kind")),
    (Text("Forderung", "Claim"), Kind.REFERENCE, attrgetter("ref")),
    (Text("Konto", "Account"), Kind.TEXT, attrgetter("account")),
    (Text("Aktenzeichen", "Case reference"), Kind.REFERENCE, attrgetter("case_reference")),
    (Text("Von", "From"), Kind.TEXT, attrgetter("sender")),
    (Text("Betrag", "Amount"), Kind.AMOUNT, attrgetter("amount")),
    (Text("Währung", "Currency"), Kind.CODE, attrgetter("currency")),
    (Text("Geschehen am", "Happened on"), Kind.DATE, lambda item: item.happened_on or (item.happened_at and item.happened_at.date())),
    (Text("Eingegangen am", "Received on"), Kind.DATE, _day("received_at")),
    (Text("Gelesen am", "Read on"), Kind.DATE, _day("read_at")),
    (Text("Gelesen von", "Read by"), Kind.TEXT, attrgetter("read_by")),
    (Text("Beantwortet am", "Answered on"), Kind.DATE, _day("answered_at")),
    (Text("Beantwortet von", "Answered by"), Kind.TEXT, attrgetter("answered_by")),
    (Text("Stand der Antwort", "State of the answer"), Kind.TEXT, attrgetter("answer_state")),
    (Text("Erledigt am", "Done on"), Kind.DATE, _day("done_at")),
    (Text("Erledigt, weil", "Done because"), Kind.TEXT, attrgetter("done_why")),
)
