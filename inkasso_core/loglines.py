"""Lines of what the steps say of their work: one JSON object a line for machines, or one line for people. Ids, counts and codes alone.

A library writes no logs by itself: :func:`write_to` is for programs, and any other handler of the logger ``inkasso.work`` does as well.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, TextIO, TypeAlias

from inkasso_core.logs import LOG, Value

Kind: TypeAlias = Literal["off", "text", "json"]
_PLAIN = str | int | float | bool | None


class JsonLines(logging.Formatter):
    """``{"at": "2026-01-31T10:00:00.000000Z", "level": "info", "event": "worker.turn", ...}``"""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line; whatever a value holds, it stays one."""
        return json.dumps({"at": _at(record), "level": record.levelname.lower(), **_values(record)}, ensure_ascii=True)


class TextLines(logging.Formatter):
    """``2026-01-31T10:00:00.000000Z info worker.turn part=release moved=3``"""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line; a value that is more than a word stands in quotes."""
        values = _values(record)
        event = values.pop("event")
        told = (f"{name}={_word(value)}" for name, value in values.items() if value is not None)
        return " ".join([_at(record), record.levelname.lower(), str(event), *told])


_FORMATTERS: dict[Kind, type[logging.Formatter]] = {"text": TextLines, "json": JsonLines}


@contextmanager
def write_to(stream: TextIO | None, kind: Kind) -> Iterator[None]:
    """Write what the steps say to a stream, or to standard error, while the block lasts; ``off`` writes nothing."""
    if kind == "off":
        yield
        return
    handler = logging.StreamHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(_FORMATTERS[kind]())
    level, propagates = LOG.level, LOG.propagate
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    try:
        yield
    finally:
        LOG.removeHandler(handler)
        LOG.setLevel(level)
        LOG.propagate = propagates


def _values(record: logging.LogRecord) -> dict[str, Value]:
    """What was said; of a record that is not ours the name of its logger alone, for its text may be anything."""
    said = getattr(record, "inkasso", None)
    if not isinstance(said, dict):
        return {"event": record.name}
    return {name: value if isinstance(value, _PLAIN) else type(value).__name__ for name, value in said.items()}


def _at(record: logging.LogRecord) -> str:
    at = dt.datetime.fromtimestamp(record.created, dt.UTC)
    return f"{at.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _word(value: Value) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if text.isprintable() and text and not set(text) & set(' "=') else json.dumps(text)
