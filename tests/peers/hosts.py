"""Shops written in Python, as hosts of our plugins: their packages lie in ``.peers/NAME`` (``tests/peers/NAME.txt``).

    python = host_environment("oscar", tmp_path, the_wheel(tmp_path))

What is made is an environment as the shop's own: the host's packages, the inkasso wheel by pip (so its entry points are found), and what
inkasso depends on, lent by the environment that runs the tests. The host's own version of a package comes first.
"""

import sys
from pathlib import Path

from environments import new_environment

from peers.proc import PEERS, missing


def host_environment(name: str, folder: Path, wheel: Path) -> Path:
    """Make an environment below ``folder`` with the packages of ``.peers/name`` and the wheel; return its interpreter.

    Without these packages, or with those of another Python, the test skips (or fails: ``INKASSO_PEERS_REQUIRED``).
    """
    folder.mkdir(parents=True, exist_ok=True)
    return new_environment(folder, [wheel], host=host_packages(name))


def host_packages(name: str) -> Path:
    """Return the site-packages of a host's environment, for the Python that runs the tests."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = PEERS / name / "lib" / version / "site-packages"
    if not found.is_dir():
        missing(f"the shop {name} for {version}", f"{version} -m venv {PEERS.name}/{name}, then tests/peers/{name}.txt")
    return found
