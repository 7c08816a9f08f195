"""What the reader tests share."""

from pathlib import Path
from typing import Any

import pytest
from readers.outcome import Outcome, Read


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write ``content`` to a file and read it: ``read("a.csv", content, dialect=...)``."""

    def write_and_read(name: str, content: str | bytes, **settings: Any) -> Outcome:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Outcome(path, **settings)

    return write_and_read
