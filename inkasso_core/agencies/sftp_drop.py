"""Agencies that take files over SFTP, with the promise of a local directory: no crash exports a claim twice, or loses one.

The sealed file stays in the outbox on this machine until the transmission has stored that it left. Its name there says how far it came,
each name given at once and synced: ``.NAME.part`` (nothing, or a part of it, is on the server), ``.NAME.leaving`` (it lies on the server
whole, as ``NAME.part``, and may have been given its name), ``.NAME.left`` (the server said that it has its name). So a file that is no
longer on the server was collected, or nobody knows: it is never uploaded a second time.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TypeVar

from inkasso_core.agencies import drop
from inkasso_core.agencies.drop import Drop, Found
from inkasso_core.agencies.file import FileAgency
from inkasso_core.agencies.sftp import GONE, SftpFolder, SftpSettings
from inkasso_core.errors import ConfigurationError, TemporarilyUnavailable
from inkasso_core.model.words import Text

PART, LEAVING, LEFT = "part", "leaving", "left"

SFS = TypeVar("SFS", bound=SftpSettings)


class SftpFileAgency(FileAgency[SFS]):
    """An agency that takes a table of claims over SFTP. Authors write :meth:`writer`."""

    def drop(self, directory: Path) -> Drop:
        """Return the folder on the agency's server; ``directory`` is the outbox."""
        return SftpDrop(directory, SftpFolder(self.settings, self.settings.folder, agency=self.name, label=self.label), agency=self.name)


class SftpDrop(Drop):
    """Sealed files go from the outbox to a folder on a server."""

    def __init__(self, directory: Path, folder: SftpFolder, *, agency: str) -> None:
        super().__init__(directory)
        self._folder, self._agency = folder, agency

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._folder.__exit__(kind, error, trace)

    def look(self, name: str, sha256: str, size: int) -> Found:
        """Return how far the file came, asking the server where this machine does not know."""
        stage = drop.stage(self.directory, name, sha256, (LEFT, LEAVING, PART))
        if stage == LEFT:
            return Found.PUBLISHED
        if (same := self._same(name, sha256, size)) is not None:
            return Found.PUBLISHED if same else Found.FOREIGN
        if stage == LEAVING:  # it may have had its name, and been collected since
            return Found.GONE if self._folder.size(_on_server(name)) is None else Found.PART
        return Found.GONE if stage is None else Found.PART

    def publish(self, name: str, sha256: str, size: int) -> None:
        """Upload what is not there yet, compare it, and give it its name."""
        found = self.look(name, sha256, size)
        if found is Found.PUBLISHED:
            return
        if found is Found.FOREIGN:
            raise ConfigurationError(_TAKEN.fill(file=self.where(name)), field="file_name")
        stage = drop.stage(self.directory, name, sha256, (LEAVING, PART))
        if found is Found.GONE or stage is None:
            raise ConfigurationError(_NOTHING.fill(file=name), field="directory")
        part = _on_server(name)
        if not self._same(part, sha256, size):
            self._folder.write(part, drop.staged(self.directory, name, stage))
            if not self._same(part, sha256, size):
                raise TemporarilyUnavailable(_NOT_WHOLE.fill(file=name), agency=self._agency)
        drop.restage(self.directory, name, stage, LEAVING)
        self._folder.rename(part, name)
        drop.restage(self.directory, name, LEAVING, LEFT)

    def settled(self, name: str) -> None:
        """Remove the file from the outbox: it has left, and its copy holds personal data."""
        drop.unstage(self.directory, name, (PART, LEAVING, LEFT))

    def where(self, name: str) -> str:
        """Return the address on the server."""
        return self._folder.where(name)

    def _same(self, name: str, sha256: str, size: int) -> bool | None:
        """Return whether the file on the server is ours, by size, and by digest where it can be read; None where there is none."""
        there = self._folder.size(name)
        if there is None or there != size:
            return None if there is None else False
        digest = self._folder.digest(name)
        return None if digest == GONE else digest in (None, sha256)  # it may be collected at this very moment


def _on_server(name: str) -> str:
    return f"{name}.part"


_TAKEN = Text(
    "{file} gibt es schon, mit anderem Inhalt; nichts wird überschrieben. Die Agentur fragen oder die Einstellung file_name ändern.",
    "{file} is there already, with other content, and nothing is overwritten. Ask the agency, or change the setting file_name.",
)
_NOTHING = Text(
    "{file} fehlt im Ausgangsordner oder ist unvollständig: die Ausgabe wiederholen.",
    "{file} is missing from the outbox or incomplete: repeat the export.",
)
_NOT_WHOLE = Text(
    "{file} kam auf dem Server nicht vollständig an: es wird wieder versucht.",
    "{file} did not arrive on the server whole: it is tried again.",
)
