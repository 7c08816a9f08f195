"""What both JSON readers share: the decoder, where a value ends, and which value in a record cannot be stored."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NoReturn

from inkasso_core.readers._types import Fault, Limits


def _no_number(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


DECODER: Final = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_number)
"""Numbers become ``int`` or ``Decimal``, never ``float``."""

UNREADABLE: Final = (ValueError, ArithmeticError, RecursionError)
"""What the decoder raises: no JSON, digits or exponents beyond all measure, nesting beyond all measure."""

_PAGE_KEYS: Final = "page|totalsCount|isLastPage|lastPageNumber|firstOnPage|lastOnPage|itemsPerPage"
_SCALAR: Final = r'(?:-?\d+|true|false|null|"[^"\\]*")'
PAGE: Final = re.compile(rf'\{{\s*(?:"(?:{_PAGE_KEYS})"\s*:\s*{_SCALAR}\s*,\s*)*"entries"\s*:\s*\[')
"""Head of a page of plentymarkets' REST answers (``reference: shop-plentymarkets.md 2.6``)."""

SUSPECT: Final = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
"""An escape that may stand for a NUL or half a character."""
SUSPECT_BYTES: Final = re.compile(SUSPECT.pattern.encode())


def facts_for(limits: Limits) -> Mapping[str, Mapping[str, object]]:
    """Say for each code what its text is filled with."""
    utf8 = {
        "encoding": "UTF-8",
        "remedy_de": "als UTF-8 exportieren, wie es JSON verlangt",
        "remedy_en": "export as UTF-8, as JSON demands",
    }
    facts: dict[str, Mapping[str, object]] = {
        "WRONG_ENCODING": utf8,
        "FIELD_TOO_LARGE": {"limit": limits.max_field},
        "RECORD_TOO_LARGE": {"limit": limits.max_line},
        "FILE_TOO_LARGE": {"limit": limits.max_bytes},
    }
    return defaultdict(dict, facts)


def fault_in(data: object, limits: Limits) -> Fault | None:
    """Look through a record for a text that is too long, holds a NUL, or half a character."""
    waiting: list[tuple[str, object]] = [("", data)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            for key, below in value.items():
                name = f"{path}.{key}" if path else key
                if code := _text_fault(key, limits):
                    return Fault(code, name)
                waiting.append((name, below))
        elif isinstance(value, list):
            waiting.extend((f"{path}[{number}]", below) for number, below in enumerate(value))
        elif isinstance(value, str) and (code := _text_fault(value, limits)):
            return Fault(code, path)
    return None


def _text_fault(text: str, limits: Limits) -> str | None:
    if len(text) > limits.max_field:
        return "FIELD_TOO_LARGE"
    if "\0" in text:
        return "NUL_BYTE"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        # Bytes that are no UTF-8 were decoded to U+DC80 and up; an escape can produce the rest as well.
        return "WRONG_ENCODING" if 0xDC80 <= ord(text[error.start]) <= 0xDCFF else "BAD_CHARACTER"
    return None


_STRUCTURE: Final = re.compile(r'["{}\[\],]')
_STRING_REST: Final = re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL)


class ValueEnd:
    """Finds where a value ends without decoding it, over any number of pieces of text; broken inside or not."""

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth
        self._in_string = False
        self._after_backslash = False

    @property
    def open(self) -> bool:
        """Whether a bracket or a text is still to be closed."""
        return self._in_string or self._depth > 0

    def find(self, text: str, start: int) -> int | None:
        """Return the place after the value that began before or at ``start``; None where it goes on in the next piece."""
        place = start
        while True:
            if self._in_string:
                inside = _STRING_REST.match(text, place + self._after_backslash)
                place = inside.end() if inside else len(text)
                self._after_backslash = text[place:] == "\\"
                if place >= len(text) or self._after_backslash:
                    return None
                self._in_string = False
                place += 1
            sign = _STRUCTURE.search(text, place)
            if not sign:
                return None
            place = sign.end()
            if sign[0] == '"':
                self._in_string = True
            elif sign[0] in "[{":
                self._depth += 1
            elif self._depth == 0:
                return sign.start()  # a bare word or number, ended by what comes after it
            elif sign[0] != ",":
                self._depth -= 1
                if self._depth == 0:
                    return place


_TOKEN: Final = re.compile(r'"((?:[^"\\]++|\\.)*+)("?)|[{}\[\],:]', re.DOTALL)


def running_string(text: str) -> tuple[str, int] | None:
    """Return path and length of the text value inside which ``text`` was cut off; None where it was cut elsewhere."""
    path: list[str] = []
    name = last = ""
    for token in _TOKEN.finditer(text):
        match token[0][:1]:
            case '"' if not token[2]:
                return ".".join(filter(None, [*path, name])), token.end(1) - token.start(1)
            case '"':
                last = token[1]
            case ":":
                name = last
            case "{" | "[":
                path.append(name)
                name = ""
            case "}" | "]":
                name = path.pop() if path else ""
            case _:
                pass
    return None
