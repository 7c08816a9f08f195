"""Peers as context managers: PHP's web server (for SoapServer), Prism as a mock and as a proxy."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from peers.proc import free_port, need, need_prism, running

_QUIET = {"SCARF_ANALYTICS": "false"}


@contextlib.contextmanager
def php(folder: Path, *, env: dict[str, str] | None = None, workers: int = 4) -> Iterator[str]:
    """Serve a folder of PHP scripts; yields the address."""
    port = free_port()
    command = [need("php", "php-cli php-soap php-xml"), "-d", "soap.wsdl_cache_enabled=0", "-d", "display_errors=0"]
    command += ["-S", f"127.0.0.1:{port}", "-t", str(folder)]
    with running(command, port, env={**os.environ, "PHP_CLI_SERVER_WORKERS": str(workers), **(env or {})}):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def prism_mock(document: Path) -> Iterator[str]:
    """Serve an OpenAPI document by its examples; requests that do not fit it are refused. Yields the address."""
    port = free_port()
    with running([*need_prism(), "mock", str(document), "-h", "127.0.0.1", "-p", str(port)], port, env={**os.environ, **_QUIET}):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def prism_proxy(document: Path, behind: str) -> Iterator[str]:
    """Stand before a server and answer with 500 what does not fit an OpenAPI document, in either direction. Yields the address."""
    port = free_port()
    command = [*need_prism(), "proxy", str(document), behind, "-h", "127.0.0.1", "-p", str(port), "--errors"]
    with running(command, port, env={**os.environ, **_QUIET}):
        yield f"http://127.0.0.1:{port}"
