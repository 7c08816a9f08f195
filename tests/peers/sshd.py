"""OpenSSH's server as a file drop: keys of its own, one folder, nothing but SFTP."""

import contextlib
import getpass
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from peers.proc import free_port, need, running

_CONFIG = """Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
PidFile none
AuthorizedKeysFile {folder}/user.pub
PasswordAuthentication {passwords}
KbdInteractiveAuthentication no
PermitRootLogin yes
UsePAM no
StrictModes no
MaxStartups 100
Subsystem sftp internal-sftp
ForceCommand internal-sftp -d {drop}
"""


class Drop(NamedTuple):
    """A running server."""

    port: int
    drop: Path
    """The folder in which a session begins."""
    key: Path
    """The private key that is let in."""
    host_key: str
    """The server's public key."""

    def settings(self, outbox: Path, **more: Any) -> dict[str, Any]:
        """Settings of an account that delivers there."""
        given = {"host": "127.0.0.1", "port": self.port, "username": getpass.getuser(), "key_file": self.key, "host_key": self.host_key}
        return {"directory": outbox, "connect_timeout": 10, "read_timeout": 10, **given, **more}


@contextlib.contextmanager
def sshd(folder: Path, *, passwords: bool = False) -> Iterator[Drop]:
    """Serve ``folder / "drop"`` by SFTP."""
    program, keygen = need("sshd", "openssh-server"), need("ssh-keygen", "openssh-client")
    drop, port = folder / "drop", free_port()
    drop.mkdir()
    for name in ("host", "user"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(parents=True, exist_ok=True)
    config = folder / "sshd_config"
    config.write_text(_CONFIG.format(port=port, folder=folder, drop=drop, passwords="yes" if passwords else "no"))
    with running([program, "-D", "-f", str(config)], port):
        yield Drop(port, drop, folder / "user", (folder / "host.pub").read_text().strip())
