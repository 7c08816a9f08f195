"""Agencies that take claims in a file. What left in a file counts as exported, until somebody confirms that it arrived.

An author declares the table; :mod:`~inkasso_core.agencies.drop` puts the file into a directory so that no crash exports a
claim twice, and the transmission decides what goes into which file.
"""

from __future__ import annotations

import datetime as dt
import string
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, ClassVar, NamedTuple, TypeVar

from pydantic import field_validator
from pydantic_core import PydanticCustomError

from inkasso_core.agencies.base import OPTIONAL_OPERATIONS, Agency, AgencySettings
from inkasso_core.agencies.drop import Drop
from inkasso_core.agencies.table import Changes, TableWriter
from inkasso_core.errors import ClaimInvalid, ConfigurationError, InkassoError, UnsupportedOperation
from inkasso_core.model.agency import Placement, Submission
from inkasso_core.model.words import Text

_PLACEHOLDERS = frozenset({"account", "day", "run"})


class FileSettings(AgencySettings):
    """Where the file goes and what it is called."""

    directory: Path
    """The directory that the files are published in. It is made, readable by its owner only, if it is not there."""
    file_name: str = "{account}-{day}-{run:04d}.csv"
    """The pattern of the name: ``{run}`` (the number of the export, counted per account) must be in it; ``{account}`` and
    ``{day}`` may be. Nothing of a debtor can be in it."""
    manifest: bool = True
    """Whether a manifest with the number of rows, the control total and the digest is published after each file."""

    @field_validator("file_name")
    @classmethod
    def _file_name(cls, pattern: str) -> str:
        try:
            parts = list(string.Formatter().parse(pattern))
            fields = {field for _, field, _, _ in parts if field is not None}
            if any("{" in (form or "") for _, _, form, _ in parts):
                raise ValueError("nested")
            name = pattern.format(account="account", day=dt.date(2026, 1, 31), run=1)
        except (ValueError, KeyError, IndexError, AttributeError):
            fields, name = {""}, ""
        if "run" not in fields or not fields <= _PLACEHOLDERS:
            raise PydanticCustomError(
                "file_name_placeholders",
                "the file name needs {{run}}, may hold {{account}} and {{day}}, and nothing else in braces, "
                "for example {{account}}-{{day}}-{{run:04d}}.csv",
            )
        if Path(name).name != name or name.startswith("."):
            raise PydanticCustomError("file_name_path", "the file name must hold no directory and begin with no dot")
        return pattern

    def name_of(self, *, account: str, day: dt.date, run: int) -> str:
        """Return the name of the file for this run."""
        return self.file_name.format(account=account, day=day, run=run)


FS = TypeVar("FS", bound=FileSettings)


class Rendered(NamedTuple):
    """What was written: how many rows, the control total per currency, and what had to be changed in the cells."""

    rows: int
    totals: Mapping[str, Decimal]
    changes: Changes


class FileAgency(Agency[FS]):
    """An agency that takes a table of claims, one placement a row. Authors write :meth:`writer`."""

    channel: ClassVar[str] = "file"
    lacks: ClassVar[Mapping[str, Text]] = MappingProxyType(
        dict.fromkeys(
            (operation for operation in OPTIONAL_OPERATIONS if operation not in ("check", "rehearse")),
            Text("eine Datei geht nur hin", "a file goes one way"),
        )
    )

    @abstractmethod
    def writer(self) -> TableWriter[Placement]:
        """Return a new writer for one file. Its columns may raise ``ClaimInvalid`` for what the agency will not take."""

    def drop(self, directory: Path) -> Drop:
        """Return where sealed files go; ``directory`` is that of the settings, with its full path."""
        return Drop(directory)

    def amount(self, placement: Placement) -> Decimal:
        """Return what the placement adds to the control total: by default the open principal, in its own currency."""
        return placement.principal_open

    def rehearse(self, placement: Placement) -> str:
        """Return the header and the row as they would stand in the file. Raises ``ClaimInvalid``."""
        writer = _new_writer(self)
        return (writer.header() + _written(self, writer, placement)).decode(writer.dialect.encoding)

    def check(self, placement: Placement) -> None:
        """Write the row to nowhere. Raises ``ClaimInvalid`` when it cannot be expressed."""
        _written(self, self._nowhere, placement)

    @cached_property
    def _nowhere(self) -> TableWriter[Placement]:
        return _new_writer(self)

    def render(
        self,
        placements: Iterable[Placement],
        out: BinaryIO,
        *,
        refused: Callable[[Placement, ClaimInvalid], None] | None = None,
    ) -> Rendered:
        """Write all placements into ``out``, one at a time: a hundred thousand take no more memory than one.

        A placement that cannot be expressed goes to ``refused`` and is left out; without ``refused``, its ``ClaimInvalid``
        is raised.
        """
        writer = _new_writer(self)
        totals: dict[str, Decimal] = {}
        out.write(writer.header())
        for placement in placements:
            try:
                row = _written(self, writer, placement)
            except ClaimInvalid as exc:
                if refused is None:
                    raise
                refused(placement, exc)
                continue
            out.write(row)
            totals[placement.currency] = totals.get(placement.currency, Decimal(0)) + self.amount(placement)
        return Rendered(writer.rows, totals, writer.changes)

    def submit(self, placement: Placement) -> Submission:
        """Always raises ``UnsupportedOperation``: the transmission exports a file instead."""
        raise UnsupportedOperation(
            Text(
                f"{self.label} nimmt Forderungen nur in einer Datei an: die Ausgabe (inkasso transmit) schreibt sie.",
                f"{self.label} takes claims in a file only: the export (inkasso transmit) writes it.",
            ),
            agency=self.name,
        )


def _new_writer(agency: FileAgency[FS]) -> TableWriter[Placement]:
    """Return a new writer. Raises ``ConfigurationError`` where the author's code breaks: no claim can be written then."""
    try:
        return agency.writer()
    except InkassoError:
        raise
    except Exception as exc:  # noqa: BLE001  (a stranger's code; its text goes no further)
        raise ConfigurationError(_BROKEN.fill(agency=agency.label, error=type(exc).__name__)) from None


def _written(agency: FileAgency[FS], writer: TableWriter[Placement], placement: Placement) -> bytes:
    """Return the row. Raises ``ClaimInvalid``, also where the author's code breaks on it: nothing has left yet."""
    try:
        return writer.row(placement)
    except InkassoError:
        raise
    except Exception as exc:  # noqa: BLE001  (a stranger's code; its text, which may quote the debtor, goes no further)
        raise ClaimInvalid(_BROKEN.fill(agency=agency.label, error=type(exc).__name__), agency=agency.name) from None


_BROKEN = Text(
    "Die Anbindung {agency} ist beim Schreiben der Zeile gescheitert ({error}): ihr Paket aktualisieren oder den Fehler melden.",
    "The adapter {agency} broke while writing the row ({error}): update its distribution or report the error.",
)
