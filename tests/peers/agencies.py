"""The made-up agencies as context managers: over SOAP in an environment with spyne, over HTTP behind Prism."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from peers.proc import free_port, need_python, running
from peers.servers import prism_proxy

_HERE = Path(__file__).parent


@contextlib.contextmanager
def spyne_agency() -> Iterator[str]:
    """Serve ``spyne_agency.py``, which checks requests against its schema; yields its address."""
    port = free_port()
    with running([need_python("spyne"), str(_HERE / "spyne_agency.py"), str(port)], port):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def http_agency(*, nightly: bool = False) -> Iterator[str]:
    """Serve ``http_agency.py`` behind Prism; yields Prism's address."""
    port = free_port()
    env = {**os.environ, **({"NIGHTLY": "1"} if nightly else {})}
    command = [sys.executable, str(_HERE / "http_agency.py"), str(port)]
    with running(command, port, env=env), prism_proxy(_HERE / "http_agency.yaml", f"http://127.0.0.1:{port}") as address:
        yield address
