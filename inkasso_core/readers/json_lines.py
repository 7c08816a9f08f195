"""NDJSON: one JSON object a line. A broken line costs that line only."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from functools import partial

from inkasso_core.readers._types import Fault, Limits, Position, Record, Rejected
from inkasso_core.readers.json_parts import DECODER, SUSPECT_BYTES, UNREADABLE, facts_for, fault_in, running_string
from inkasso_core.readers.messages import rejected
from inkasso_core.readers.source import BUFFER, ByteSource


def read_lines(source: ByteSource, path: str, limits: Limits, skip: int) -> Iterator[Record | Rejected]:
    """Read the records from number ``skip`` on.

    Blank lines are no records. Of a line never more than ``max_line`` bytes are held.
    """
    stream = io.BufferedReader(source, BUFFER)
    facts = facts_for(limits)
    offset = index = number = 0
    for number, raw in enumerate(iter(partial(stream.readline, limits.max_line + 1), b""), start=1):
        offset += len(raw)
        if len(raw) > limits.max_line:
            offset += _skip_rest(stream, raw, limits.max_line)
        elif raw.isspace():
            continue
        if index >= skip:
            position = Position(index, number, offset)
            data = _read(raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw, limits)
            if isinstance(data, Fault):
                yield rejected(data.code, path, position, data.field, facts[data.code])
            else:
                yield Record(position, data)
        index += 1
    if code := source.failure:
        yield rejected(code, path, Position(index, number + 1, offset), None, facts[code], fatal=True)


def _read(raw: bytes, limits: Limits) -> dict[str, object] | Fault:
    if len(raw) > limits.max_line:
        return _too_large(raw, limits)
    try:
        data = DECODER.decode(raw.decode())
    except UNREADABLE as error:
        return Fault(_unreadable(error, raw))
    if type(data) is not dict:
        return Fault("NOT_AN_OBJECT")
    if len(raw) > limits.max_field or (b"\\u" in raw and SUSPECT_BYTES.search(raw)):
        return fault_in(data, limits) or data
    return data


def _skip_rest(stream: io.BufferedReader[ByteSource], raw: bytes, size: int) -> int:
    """Pass over what is left of an overlong line, without holding it; returns its length."""
    skipped = 0
    while raw and not raw.endswith(b"\n"):
        raw = stream.readline(size)
        skipped += len(raw)
    return skipped


def _too_large(raw: bytes, limits: Limits) -> Fault:
    running = running_string(raw.decode("utf-8", "replace"))
    if running and running[1] > limits.max_field:
        return Fault("FIELD_TOO_LARGE", running[0])
    return Fault("RECORD_TOO_LARGE")


def _unreadable(error: Exception, raw: bytes) -> str:
    cut_off = not raw.endswith(b"\n")  # only the last line of a file has no end
    if isinstance(error, RecursionError):
        return "TOO_DEEP"
    if isinstance(error, UnicodeDecodeError):
        return "TRUNCATED" if cut_off and error.end == len(raw) else "WRONG_ENCODING"
    return "TRUNCATED" if cut_off and not raw.rstrip().endswith(b"}") else "BROKEN_JSON"
