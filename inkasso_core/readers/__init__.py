"""Readers: records out of files of any size, in constant memory. One bad record does not stop the file."""

from inkasso_core.readers._types import (
    ColumnSpec,
    Dialect,
    FileRefused,
    Format,
    Limits,
    Position,
    Record,
    Rejected,
    Report,
)
from inkasso_core.readers.german import (
    Ambiguous,
    NotADate,
    NotANumber,
    SpreadsheetDamage,
    ValueRefused,
    parse_amount,
    parse_date,
    parse_instant,
    refuse_damage,
)
from inkasso_core.readers.reader import Reader, open_records

__all__ = [
    "Ambiguous",
    "ColumnSpec",
    "Dialect",
    "FileRefused",
    "Format",
    "Limits",
    "NotADate",
    "NotANumber",
    "Position",
    "Reader",
    "Record",
    "Rejected",
    "Report",
    "SpreadsheetDamage",
    "ValueRefused",
    "open_records",
    "parse_amount",
    "parse_date",
    "parse_instant",
    "refuse_damage",
]
