"""A folder on an agency's SFTP server: the connection, its few operations, and what a failure means. The only place that knows paramiko.

The server's key must be known beforehand: nobody is asked, and nothing is learnt at the first contact. A wrong key, a missing folder and
a refused permission stop the account; a refused login does so too; whatever else goes wrong may go well later, and is asked again.
"""

from __future__ import annotations

import base64
import binascii
import errno
import hashlib
import posixpath
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from inkasso_core.agencies.file import FileSettings
from inkasso_core.agencies.wire import CONNECT_SECONDS, READ_SECONDS
from inkasso_core.errors import AuthenticationFailed, ConfigurationError, InkassoError, TemporarilyUnavailable
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    import paramiko

PORT = 22
GONE = ""
"""The digest of a file that is not there."""
_BLOCK = 1 << 15
_OWNER_ONLY = 0o700


class SftpSettings(FileSettings):
    """Settings of every agency that takes files over SFTP: the server, its key, our login; ``directory`` is the outbox on this machine."""

    host: str = Field(min_length=1)
    """The name or address of the server; the agency tells it."""
    port: int = Field(default=PORT, ge=1, le=65535)
    username: str = Field(min_length=1)
    password: SecretStr | None = None
    """The password; left out where a key is used."""
    key_file: Path | None = None
    """The file of our private key (OpenSSH or PEM), relative to the working directory."""
    key_passphrase: SecretStr | None = None
    """What opens the private key, where it is locked."""
    host_key: str | None = None
    """The server's public key as in ``known_hosts``, for example ``ssh-ed25519 AAAA…``. This or ``known_hosts`` must be there."""
    known_hosts: Path | None = None
    """A file of known server keys, relative to the working directory."""
    folder: str = "."
    """The folder on the server that the files go into."""
    connect_timeout: float = Field(default=CONNECT_SECONDS, gt=0)
    """Seconds to connect, and to log in."""
    read_timeout: float = Field(default=READ_SECONDS, gt=0)
    """Seconds that the server may be silent."""

    @field_validator("host_key")
    @classmethod
    def _host_key(cls, line: str | None) -> str | None:
        if line is not None and _key_parts(line) is None:
            raise PydanticCustomError("host_key", "write the server's key as in known_hosts, for example ssh-ed25519 AAAA…")
        return line

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.host_key is None and self.known_hosts is None:
            raise PydanticCustomError("host_key_missing", "host_key or known_hosts must name the server's key: ask the agency for it")
        if self.password is None and self.key_file is None:
            raise PydanticCustomError("login_missing", "password or key_file must be there")
        return self


class SftpFolder:
    """A folder on the server, used as a context manager. It connects with its first operation.

    Every operation raises ``ConfigurationError``, ``AuthenticationFailed``, or ``TemporarilyUnavailable``.
    """

    def __init__(self, settings: SftpSettings, folder: str, *, agency: str, label: str) -> None:
        self.settings, self.folder = settings, folder
        self._agency, self._label = agency, label
        self._client: paramiko.SSHClient | None = None
        self._opened: paramiko.SFTPClient | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._client is not None:
            self._client.close()
        self._client = self._opened = None

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes; None where there is none."""
        with self._told():
            try:
                return int(self._sftp.stat(self._path(name)).st_size or 0)
            except FileNotFoundError:
                self._sftp.stat(self.folder)  # a folder that is missing is another matter
                return None

    def digest(self, name: str) -> str | None:
        """Return the SHA-256 digest of a file; None where the server takes files and does not show them, ``GONE`` where it is not there."""
        found = hashlib.sha256()
        with self._told():
            try:
                file = self._sftp.open(self._path(name), "rb")
            except PermissionError:
                return None
            except FileNotFoundError:
                return GONE
            with file:
                while block := file.read(_BLOCK):
                    found.update(block)
        return found.hexdigest()

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        with self._told(), self._sftp.open(self._path(name), "rb") as file:
            return bytes(file.read())

    def write(self, name: str, source: Path) -> None:
        """Write a file, over another one of this name."""
        with self._told(), source.open("rb") as file:
            self._sftp.putfo(file, self._path(name), confirm=False)

    def rename(self, name: str, new: str) -> None:
        """Give a file another name, at once, where the server knows how to; a server that does not takes it as two steps."""
        with self._told():
            old_path, new_path = self._path(name), self._path(new)
            try:
                self._sftp.posix_rename(old_path, new_path)
            except OSError as exc:
                if type(exc) is not OSError or exc.errno is not None:
                    raise
                self._sftp.rename(old_path, new_path)  # without the extension: refused where the new name is taken

    def names(self) -> list[str]:
        """Return the names of all plain files, in order; what the server does not tell the kind of may be one."""
        with self._told():
            found = self._sftp.listdir_attr(self.folder)
        return sorted(str(entry.filename) for entry in found if not entry.st_mode or stat.S_ISREG(entry.st_mode))

    def make(self, name: str) -> None:
        """Make a folder inside, unless it is there."""
        with self._told():
            try:
                self._sftp.stat(self._path(name))
            except FileNotFoundError:
                self._sftp.mkdir(self._path(name), _OWNER_ONLY)

    def where(self, name: str) -> str:
        """Return the address of a file, for people."""
        return f"sftp://{self.settings.host}/{posixpath.normpath(self._path(name)).lstrip('/')}"

    def _path(self, name: str) -> str:
        return posixpath.join(self.folder, name)

    @property
    def _sftp(self) -> paramiko.SFTPClient:
        if self._opened is None:
            self._opened = self._connect()
        return self._opened

    def _connect(self) -> paramiko.SFTPClient:
        settings, library = self.settings, _paramiko()
        client: paramiko.SSHClient = library.SSHClient()
        self._client = client
        client.set_missing_host_key_policy(library.RejectPolicy())
        self._learn_host_keys(client)
        client.connect(
            settings.host,
            port=settings.port,
            username=settings.username,
            password=settings.password.get_secret_value() if settings.password else None,
            pkey=self._private_key(library),
            timeout=settings.connect_timeout,
            banner_timeout=settings.connect_timeout,
            auth_timeout=settings.connect_timeout,
            channel_timeout=settings.connect_timeout,
            allow_agent=False,
            look_for_keys=False,
        )
        opened = client.open_sftp()
        channel = opened.get_channel()
        if channel is not None:
            channel.settimeout(settings.read_timeout)
        return opened

    def _learn_host_keys(self, client: paramiko.SSHClient) -> None:
        settings, library = self.settings, _paramiko()
        if settings.known_hosts is not None:
            try:
                client.load_host_keys(str(settings.known_hosts.expanduser()))
            except (OSError, library.SSHException):
                raise ConfigurationError(_NO_FILE.fill(label=self._label, setting="known_hosts"), field="known_hosts") from None
        if settings.host_key is not None and (parts := _key_parts(settings.host_key)) is not None:
            name = settings.host if settings.port == PORT else f"[{settings.host}]:{settings.port}"
            try:
                key = library.PKey.from_type_string(*parts)
            except (library.SSHException, library.UnknownKeyType, ValueError, IndexError):
                raise ConfigurationError(_NO_HOST_KEY.fill(label=self._label), field="host_key") from None
            client.get_host_keys().add(name, parts[0], key)

    def _private_key(self, library: Any) -> paramiko.PKey | None:
        settings = self.settings
        if settings.key_file is None:
            return None
        phrase = settings.key_passphrase.get_secret_value().encode() if settings.key_passphrase else None
        try:
            key: paramiko.PKey = library.PKey.from_path(settings.key_file.expanduser(), phrase)
        except (OSError, ValueError, TypeError, library.SSHException, library.UnknownKeyType):
            raise ConfigurationError(_NO_FILE.fill(label=self._label, setting="key_file"), field="key_file") from None
        return key

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what paramiko and the network raise into what the caller may do next."""
        library = _paramiko()
        try:
            yield
        except InkassoError:
            raise
        except library.BadHostKeyException:
            raise ConfigurationError(_OTHER_KEY.fill(label=self._label), field="host_key") from None
        except library.AuthenticationException:
            raise AuthenticationFailed(_LOGIN.fill(label=self._label), agency=self._agency) from None
        except library.IncompatiblePeer:
            raise ConfigurationError(_NO_METHOD.fill(label=self._label), field="host") from None
        except library.SSHException as exc:
            if "not found in known_hosts" in str(exc):
                raise ConfigurationError(_OTHER_KEY.fill(label=self._label), field="host_key") from None
            raise TemporarilyUnavailable(_AWAY.fill(label=self._label), agency=self._agency) from None
        except (OSError, EOFError) as exc:
            if (text := _STOPS.get(getattr(exc, "errno", None) or 0)) is not None:
                raise ConfigurationError(text.fill(label=self._label, folder=self.folder), field="folder") from None
            raise TemporarilyUnavailable(_AWAY.fill(label=self._label), agency=self._agency) from None
        except UnicodeDecodeError:
            raise ConfigurationError(_NO_NAME.fill(label=self._label, folder=self.folder), field="folder") from None


def _paramiko() -> Any:
    try:
        import paramiko
    except ImportError:
        raise ConfigurationError(_NO_PARAMIKO) from None
    return paramiko


def _key_parts(line: str) -> tuple[str, bytes] | None:
    """Return kind and bytes of a public key as ``known_hosts`` or a ``.pub`` file writes it, with or without the host before it."""
    words = line.split()
    for kind, key in pairwise(words):
        if kind.startswith(("ssh-", "ecdsa-", "sk-")):  # a host may be called so, too
            with suppress(binascii.Error):
                return kind, base64.b64decode(key, validate=True)
    return None


_MISSING = Text(
    "{label}: den Ordner {folder} gibt es auf dem Server nicht (Einstellung folder).",
    "{label}: there is no folder {folder} on the server (setting folder).",
)
_FORBIDDEN = Text(
    "{label}: im Ordner {folder} auf dem Server fehlt die Berechtigung: die Agentur fragen.",
    "{label}: permission is missing in the folder {folder} on the server: ask the agency.",
)
_STOPS = {errno.ENOENT: _MISSING, errno.EACCES: _FORBIDDEN}
_OTHER_KEY = Text(
    "{label}: der Server weist sich mit einem anderen Schlüssel aus als hinterlegt: nichts wurde gesendet. Erst bei der Agentur "
    "nachfragen, dann host_key oder known_hosts ändern.",
    "{label}: the server shows another key than the one in the settings: nothing was sent. Ask the agency first, then change host_key or "
    "known_hosts.",
)
_LOGIN = Text(
    "{label} lehnt die Zugangsdaten ab (SFTP): die Einstellungen des Kontos prüfen.",
    "{label} refuses the credentials (SFTP): check the settings of the account.",
)
_NO_METHOD = Text(
    "{label}: Server und Programm haben kein gemeinsames Verfahren zur Verschlüsselung: die Agentur fragen.",
    "{label}: server and program share no method of encryption: ask the agency.",
)
_AWAY = Text(
    "{label} ist über SFTP nicht erreichbar oder nahm die Datei nicht an: es wird wieder versucht.",
    "{label} cannot be reached by SFTP, or did not take the file: it is tried again.",
)
_NO_NAME = Text(
    "{label}: im Ordner {folder} auf dem Server liegt eine Datei, deren Name kein UTF-8 ist: die Agentur bitten, sie umzubenennen.",
    "{label}: in the folder {folder} on the server lies a file whose name is no UTF-8: ask the agency to rename it.",
)
_NO_FILE = Text(
    "{label}: die Datei der Einstellung {setting} fehlt oder lässt sich nicht lesen.",
    "{label}: the file of the setting {setting} is missing or cannot be read.",
)
_NO_HOST_KEY = Text("{label}: host_key ist kein Schlüssel eines Servers.", "{label}: host_key is no key of a server.")
_NO_PARAMIKO = Text("Für SFTP fehlt ein Paket: pip install 'inkasso[sftp]'.", "A package is missing for SFTP: pip install 'inkasso[sftp]'.")
