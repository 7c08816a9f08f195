"""A PostgreSQL server of the tests' own: a fresh cluster on a free port of this machine, ended with the tests."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

PATIENCE = 60
"""Seconds that a server may take to answer."""
_WATCHED = '"$@" & while read -r order; do kill -QUIT $!; wait $!; "$@" & done; kill -QUIT $!; wait $!; rm -rf data'
"""Runs a server until standard input ends, however the tests end; then nothing of it needs to be kept. For each line it is stopped at once,
as if it had crashed, and started again."""


def _programs() -> Path | None:
    """The folder of the newest server's programs: Debian keeps them off the path."""
    there = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3].partition(".")[0]))
    on_path = shutil.which("initdb")
    return there[-1].parent if there else Path(on_path).parent if on_path else None


def missing_postgres() -> str | None:
    """Return why there can be no server, or None."""
    if _programs() is None:
        return "PostgreSQL is not installed (Debian: postgresql)"
    if os.getuid() == 0 and shutil.which("runuser") is None:
        return "PostgreSQL does not run as root, and there is no runuser"
    return None


class Postgres:
    """A running server. It forgets everything with its folder, so it need not wait for the disk, unless it is to be ``durable``."""

    def __init__(self, *, durable: bool = False) -> None:
        self._fsync = "on" if durable else "off"
        programs = _programs()
        assert programs is not None
        # not in pytest's folder: the server's own user could not enter that
        self._temporary = tempfile.TemporaryDirectory(prefix="inkasso-postgres-")
        self._folder, self._programs, self._made = Path(self._temporary.name), programs, 0
        self._as_user: list[str] = []
        if os.getuid() == 0:  # as root the server refuses to run
            shutil.chown(self._folder, "postgres", "postgres")
            self._as_user = ["runuser", "-u", "postgres", "--"]

    def __enter__(self) -> "Postgres":
        data = str(self._folder / "data")
        self._run("initdb", "--pgdata", data, "--auth", "trust", "--username", "postgres", "--encoding", "UTF8", "--no-sync")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": self._fsync, "max_connections": "50"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "server.log").open("wb") as log:
            self._server = subprocess.Popen(
                [*self._as_user, "sh", "-c", _WATCHED, "sh", str(self._programs / "postgres"), "-D", data, "-p", str(self._port), *options],
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._await()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait(PATIENCE)
        self._temporary.cleanup()

    def database(self) -> str:
        """Make an empty database and return its address."""
        self._made += 1
        name = f"test_{self._made}"
        self._run("createdb", "--host", "127.0.0.1", "--port", str(self._port), "--username", "postgres", name)
        return f"postgresql://postgres@127.0.0.1:{self._port}/{name}"

    def crash(self) -> None:
        """Stop it at once, without a checkpoint, in the midst of whatever it does, and start it again: it recovers from its log."""
        assert self._server.stdin is not None
        was = self._pid()
        self._server.stdin.write(b"crash\n")
        self._server.stdin.flush()
        end = time.monotonic() + PATIENCE
        while (now := self._pid()) is None or now == was:
            if time.monotonic() > end:
                raise RuntimeError((self._folder / "server.log").read_text("utf-8", "replace"))
            time.sleep(0.02)
        self._await()

    def _pid(self) -> str | None:
        """The server's process, as its own file says; None while there is none."""
        try:
            return (self._folder / "data" / "postmaster.pid").read_text("utf-8").partition("\n")[0] or None
        except OSError:
            return None

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, str(self._programs / program), *arguments]
        subprocess.run(command, cwd=self._folder, check=True, capture_output=True, timeout=PATIENCE)

    def _await(self) -> None:
        end = time.monotonic() + PATIENCE
        ready = [str(self._programs / "pg_isready"), "--quiet", "--host", "127.0.0.1", "--port", str(self._port)]
        while subprocess.run(ready, check=False, timeout=PATIENCE).returncode != 0:
            if time.monotonic() > end:
                raise RuntimeError((self._folder / "server.log").read_text("utf-8", "replace"))
            time.sleep(0.05)
