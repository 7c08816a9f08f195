"""A real SMTP server (aiosmtpd, a process of its own) with STARTTLS or TLS and a password, under the test's own authority."""

import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import trustme

from peers.proc import free_port, running

USER, PASSWORD = "shop", "pässwort-4711"
PROCESS = Path(__file__).with_name("smtp_process.py")


@dataclass
class Inbox:
    """Where the server is, and what arrived there."""

    host: str
    port: int
    folder: Path

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def messages(self) -> list[bytes]:
        """What arrived, as it came."""
        return [path.read_bytes() for path in sorted(self.folder.glob("*.eml"))]

    def answer(self, **at: str) -> None:
        """Say what the server answers at ``mail``, ``rcpt`` and ``data`` from now on; ``cut`` cuts the connection."""
        (self.folder / "answers.json").write_text(json.dumps(at))

    def clear(self) -> None:
        """Forget what arrived, and answer yes again."""
        for path in [*self.folder.glob("*.eml"), *self.folder.glob("answers.json")]:
            path.unlink()


@contextlib.contextmanager
def smtp_server(folder: Path, kind: str = "starttls") -> Iterator[Inbox]:
    """Serve on 127.0.0.1 at a free port; yields the inbox."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    pair = authority.issue_cert("127.0.0.1")
    pair.cert_chain_pems[0].write_to_path(str(folder / "server.pem"))
    pair.private_key_pem.write_to_path(str(folder / "server.key"))
    inbox = Inbox("127.0.0.1", free_port(), folder)
    with running([sys.executable, str(PROCESS), str(folder), str(inbox.port), USER, PASSWORD, kind], inbox.port):
        yield inbox
