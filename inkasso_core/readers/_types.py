"""What goes into a reader (limits, dialect, expected columns) and what comes out (records, rejected rows, a report)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from inkasso_core.errors import InvalidInput
from inkasso_core.model.words import Text

Format: TypeAlias = Literal["ndjson", "json", "csv"]

DecimalSign: TypeAlias = Literal["auto", ",", "."]


class FileRefused(InvalidInput):
    """The file as a whole cannot be taken: it is missing, or nobody could say with certainty what its columns are.

    ``reason`` is for programs, ``text`` for people, ``where`` the file as the caller named it.
    """

    code = "FILE_REFUSED"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a record stands, for messages and for resuming."""

    index: int
    """0-based number of the record in its file; a rejected record has a number too."""
    line: int | None
    """1-based line in which it begins, where the format has lines."""
    offset: int
    """Bytes of the file taken so far, for a progress bar."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record. Its data are personal and stay out of ``repr``."""

    position: Position
    data: Mapping[str, Any] = field(repr=False)
    """A JSON object (numbers as ``int`` or ``Decimal``), or a row: canonical name or the heading itself -> text."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """One record that cannot be taken. The others go on, unless it is ``fatal``: then the rest cannot be read."""

    position: Position
    code: str
    field: str | None
    message: Text
    fatal: bool = False


class Fault(NamedTuple):
    """Why a record cannot be taken, before anybody has put it into words."""

    code: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a reader takes. ``None`` means unlimited: memory stays constant either way."""

    max_bytes: int | None = None
    """Bytes of the whole file."""
    max_rows: int | None = None
    """Records of the whole file, rejected ones included."""
    max_field: int = 1 << 20
    """Characters of one value (1 MiB)."""
    max_line: int = 4 << 20
    """Bytes of one line or one record (4 MiB); the most that is ever held of a single record."""

    def __post_init__(self) -> None:
        if self.max_field < 1 or self.max_line < 1 or min(self.max_bytes or 0, self.max_rows or 0) < 0:
            raise ValueError("limits are positive numbers")


_FOLDED_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def fold(text: str) -> str:
    """Reduce a heading to what people mean by it: ``Rechnungs-Nr.`` is ``rechnungsnr``, ``Straße`` is ``STRASSE``."""
    lowered = unicodedata.normalize("NFKC", text).casefold().translate(_FOLDED_UMLAUTS)
    return "".join(letter for letter in unicodedata.normalize("NFKD", lowered) if letter.isalnum())


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A column that the caller expects: its canonical name and the other headings under which it is accepted."""

    name: str
    spellings: tuple[str, ...] = ()
    required: bool = False
    by_name_only: bool = False
    """Found by its heading only: it does not count where a file without headings is read by position."""

    def headings(self) -> frozenset[str]:
        """Every accepted heading, folded."""
        return frozenset(map(fold, (self.name, *self.spellings)))


_NO_QUOTES: Final = ";,|\t \r\n\0"


class Dialect(BaseModel):
    """How a table is written. What is ``auto`` is detected and reported; what is not certain is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)

    encoding: Literal["auto", "utf-8", "utf-8-sig", "cp1252", "iso-8859-1", "iso-8859-15", "utf-16", "cp850", "mac_roman"] = "auto"
    """``auto``: byte order mark, else UTF-8, else Windows-1252; a file in which one byte does not fit is refused as a whole. DOS code
    page 850 and the rest only on request; of a file in a stated encoding only the rows that do not fit are rejected."""
    separator: Literal["auto", ";", ",", "tab", "|"] = "auto"
    """Sign between two cells."""
    quote: str | None = Field(default='"', min_length=1, max_length=1)
    """Sign around a cell, doubled inside it; ``None`` where the sender never quotes."""
    escape: str | None = Field(default=None, min_length=1, max_length=1)
    """Sign before a quote or separator that is meant literally, for senders that do not double quotes."""
    header: Literal["auto", "yes", "no"] = "auto"
    """Whether the first record holds the headings; ``no`` reads by position."""
    decimal: DecimalSign = "auto"
    """Decimal sign of the amounts; settles what ``1.234`` means. Without it such a value is refused."""
    date_pivot: int = Field(default=70, ge=0, le=100)
    """Two-digit years below it are 20YY, the others 19YY."""
    columns: tuple[ColumnSpec, ...] = ()
    """The expected columns, in the order in which a file without headings has them."""

    @model_validator(mode="after")
    def _signs_differ(self) -> Self:
        signs = [sign for sign in (self.quote, self.escape) if sign is not None]
        if len(set(signs)) < len(signs) or any(sign in _NO_QUOTES for sign in signs):
            raise PydanticCustomError(
                "dialect_signs", "quote and escape are two different signs, neither of them a separator, blank or line end"
            )
        return self

    @field_validator("columns")
    @classmethod
    def _headings_are_unique(cls, columns: tuple[ColumnSpec, ...]) -> tuple[ColumnSpec, ...]:
        owner: dict[str, str] = {}
        for column in columns:
            for heading in column.headings():
                if owner.setdefault(heading, column.name) != column.name:
                    raise ValueError(f"the columns {owner[heading]!r} and {column.name!r} share a heading")
        if len({column.name for column in columns}) != len(columns):
            raise ValueError("two columns have the same name")
        return columns

    @property
    def positional(self) -> tuple[ColumnSpec, ...]:
        """The columns of a file without headings."""
        return tuple(column for column in self.columns if not column.by_name_only)


@dataclass(slots=True)
class Report:
    """What a reader found out about its file. ``encoding`` is ``ascii`` until the first byte beyond it decides."""

    encoding: str = "utf-8"
    separator: str | None = None
    header: bool | None = None
    decimal: DecimalSign = "auto"
    """As configured, else as the first records suggest: to be shown, never a reason to read ``1.234`` one way."""
    columns: tuple[str, ...] = ()
    """The keys of each record, in the order of the file."""
    unknown: tuple[str, ...] = ()
    """Headings that nobody expected; their values are handed on under these names."""
    missing: tuple[str, ...] = ()
    """Expected columns that the file does not have (none of them required)."""

    def texts(self) -> dict[str, str]:
        """What applies to this file, as texts to be shown or stored."""
        found = {"encoding": self.encoding, "separator": self.separator, "decimal": self.decimal}
        if self.header is None:
            return {"encoding": self.encoding}
        return {name: text for name, text in found.items() if text} | {"header": "yes" if self.header else "no"}


_UNPRINTABLE = re.compile(r"[^\w .,:;/()\[\]#+&*-]")


def shown(name: str) -> str:
    """A column or key as a message may show it: short, and without signs that could disturb a terminal."""
    clean = _UNPRINTABLE.sub("?", name)
    return clean if len(clean) <= 80 else clean[:79] + "…"
