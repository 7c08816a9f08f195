"""Write the pages of the documentation that are made from the code.

``python docs/generate.py`` writes them; with ``--check`` nothing is written, and the exit code is 1 when one is not current.
To add a page, write a function that returns its text and mark it with ``@page("its/path")``, relative to this folder, in a module of
``generators``. A page that is written by hand but for some parts marks each of them with ``<!-- from the code: NAME -->`` and
``<!-- end -->``; see ``generators.frame.filled``.
"""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
if str(FOLDER) not in sys.path:
    sys.path.insert(0, str(FOLDER))  # the generators lie beside this file, which is no package

import generators  # noqa: E402, F401  (registers all pages)
from generators import frame  # noqa: E402

USAGE = "usage: python docs/generate.py [--check]\n"


def stale() -> dict[Path, str]:
    """Return the pages whose file is missing or differs, with the text that it should have."""
    return {path: text for path, text in frame.wanted().items() if not path.is_file() or path.read_bytes() != text.encode()}


def main(arguments: list[str]) -> int:
    """Write or check; return the exit code."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write(USAGE)
        return 2
    found = stale()
    if arguments:
        sys.stderr.writelines(f"{path}: not current; run python docs/generate.py\n" for path in found)
        return 1 if found else 0
    for path, text in found.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        sys.stdout.write(f"{path}: written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
