"""Reading a TOML file that a person wrote: where it breaks is said by line, column and key, with what TOML wants there; never the value."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inkasso_core.errors import ConfigurationError
from inkasso_core.model.words import Text

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_AT = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL)
_KEY = re.compile(r"""\s*(?P<key>[\w.\-]{1,80}|"[^"]{1,80}"|'[^']{1,80}')\s*=""")


def read(path: Path) -> Mapping[str, Any]:
    """Return what stands in the file; a byte order mark, as Windows writes it, does not matter.

    Raises :class:`ConfigurationError` naming file, line, column, key and remedy, ``FileNotFoundError`` where there is none.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as exc:
        raise ConfigurationError(_UNREADABLE.fill(path=path, error=exc.strerror or type(exc).__name__)) from None
    return _parsed(path, _decoded(path, content))


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = 1 if content.startswith(_UTF16) else content.count(b"\n", 0, exc.start) + 1
        raise ConfigurationError(_NOT_UTF8.fill(path=path, line=line)) from None


def _parsed(path: Path, text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as exc:  # ValueError: a number of thousands of digits, too
        raise ConfigurationError(_broken(path, text, str(exc))) from None


def _broken(path: Path, text: str, message: str) -> Text:
    """Turn the parser's message, which may quote what stands there, into words of our own."""
    found = _AT.fullmatch(message)
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    is_inside = found is not None and found["line"] is not None
    number = int(found["line"]) if found and is_inside else _opened(lines)
    place = _PLACE.fill(line=number, column=found["column"]) if found and is_inside else _LEFT_OPEN.fill(line=number)
    key = _KEY.match(lines[number - 1]) if number <= len(lines) else None
    named = f", {key['key']}" if key else ""
    what = found["what"] if found else ""
    wanted = next((wanted for pattern, wanted in _WANTED if pattern.match(what)), _NO_TOML)
    wanted = _CUT_OFF if wanted is _VALUE and not is_inside else wanted
    return Text(f"{path}, {place.de}{named}: {wanted.de}", f"{path}, {place.en}{named}: {wanted.en}")


def _opened(lines: list[str]) -> int:
    """Return the line from which on nothing can be read: what is open at the end was opened there."""
    return next((count + 1 for count in range(len(lines) - 1, 0, -1) if _is_toml("\n".join(lines[:count]))), 1)


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


_UNREADABLE = Text("{path} kann nicht gelesen werden: {error}.", "{path} cannot be read: {error}.")
_NOT_UTF8 = Text(
    "{path}, Zeile {line}: enthält ein Zeichen, das kein UTF-8 ist. Im Editor als UTF-8 speichern („Speichern unter“, Codierung UTF-8).",
    '{path}, line {line}: holds a character that is no UTF-8. Save it as UTF-8 in your editor ("Save as", encoding UTF-8).',
)
_PLACE = Text("Zeile {line}, Spalte {column}", "line {line}, column {column}")
_LEFT_OPEN = Text("Zeile {line}", "line {line}")
_NO_TOML = Text(
    "das ist kein TOML: die Schreibweise mit der Vorlage von `inkasso init` vergleichen.",
    "this is no TOML: compare with the file that `inkasso init` writes.",
)
_VALUE = Text(
    'diesen Wert kennt TOML so nicht: Texte und Beträge in Anführungszeichen ("…", gerade, nicht „…“), Ja und Nein als true und false, '
    "Datum als 2026-01-31.",
    'TOML knows no such value: texts and amounts in straight quotation marks ("…"), yes and no as true and false, a date as 2026-01-31.',
)
_MORE = Text(
    "hinter dem Wert steht noch etwas. Texte, Beträge und Postleitzahlen brauchen Anführungszeichen ganz herum, Bemerkungen ein # davor.",
    "something stands behind the value. Texts, amounts and postal codes need quotation marks around all of it, remarks a # before them.",
)
_QUOTES = Text(
    'das schließende Anführungszeichen fehlt: ein Text steht in einer Zeile zwischen "…".',
    'the closing quotation mark is missing: a text stands in one line between "…".',
)
_BACKSLASH = Text(
    "ein einzelner \\ im Text: Pfade mit / schreiben, oder zwischen '…' statt zwischen \"…\".",
    "a single \\ in a text: write paths with /, or between '…' instead of \"…\".",
)
_EQUALS = Text(
    'hier wird ein Gleichheitszeichen erwartet: name = "wert". Namen bestehen aus a-z, 0-9, _ und -; eine Überschrift steht in [Klammern], '
    "eine Bemerkung hinter #.",
    'an equals sign is expected here: name = "value". Names are made of a-z, 0-9, _ and -; a heading stands in [brackets], '
    "a remark behind #.",
)
_BRACKET = Text(
    'eine Klammer ist nicht geschlossen: [überschrift], ["liste"] oder { name = "wert" }.',
    'a bracket is not closed: [heading], ["list"] or { name = "value" }.',
)
_CUT_OFF = Text("es fehlt ein Wert, oder eine Klammer ist nicht geschlossen.", "a value is missing, or a bracket is not closed.")
_TWICE = Text(
    "das gibt es weiter oben schon: jede Einstellung und jede Überschrift nur einmal schreiben.",
    "this stands further up already: write each setting and each heading once only.",
)
_LINE = Text(
    'hier wird eine Überschrift [so.geschrieben] oder eine Einstellung name = "wert" erwartet.',
    'a heading [written.so] or a setting name = "value" is expected here.',
)
_DATE = Text("dieses Datum gibt es nicht: 2026-01-31 schreiben.", "there is no such date: write 2026-01-31.")
_SIGN = Text(
    "ein unsichtbares Steuerzeichen: die Zeile löschen und neu schreiben.",
    "an invisible control character: delete the line and write it anew.",
)
_WANTED: tuple[tuple[re.Pattern[str], Text], ...] = tuple(
    (re.compile(pattern), wanted)
    for pattern, wanted in (
        (r"Invalid value", _VALUE),
        (r"Expected newline or end of document after a statement", _MORE),
        (
            r"Unterminated string|Illegal character '\\n'|Expected \"'|Expected '\"\"\"'|Expected \"'''\"|Found invalid character '\\n'",
            _QUOTES,
        ),
        (r"Unescaped|Invalid hex value|Escaped character", _BACKSLASH),
        (r"Expected '='", _EQUALS),
        (r"Expected '\]|Unclosed", _BRACKET),
        (r"Cannot|Duplicate", _TWICE),
        (r"Invalid date", _DATE),
        (r"Invalid (?:statement|initial character)", _LINE),
        (r"Illegal character|Found invalid character", _SIGN),
    )
)
"""What the parser says -> what a person is told."""
