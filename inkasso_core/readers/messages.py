"""The texts of the readers in German and English: what is wrong, where, and what helps. None holds a value of the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from inkasso_core.model.words import Text
from inkasso_core.readers._types import FileRefused, Position, Rejected, shown

STDIN: Final = "-"


_FILE: Final[Mapping[str, Text]] = {
    "FILE_MISSING": Text(
        de="Datei nicht gefunden. Abhilfe: Pfad prüfen.",
        en="file not found. Remedy: check the path.",
    ),
    "NOT_A_FILE": Text(
        de="ist keine Datei. Abhilfe: den Pfad einer Datei angeben, nicht den eines Ordners.",
        en="is not a file. Remedy: give the path of a file, not of a folder.",
    ),
    "NOT_READABLE": Text(
        de="Datei kann nicht gelesen werden ({reason}). Abhilfe: Zugriffsrechte prüfen.",
        en="file cannot be read ({reason}). Remedy: check its permissions.",
    ),
    "FILE_TOO_LARGE": Text(
        de="größer als {limit} Byte. Abhilfe: Datei teilen oder max_bytes erhöhen.",
        en="larger than {limit} bytes. Remedy: split the file or raise max_bytes.",
    ),
    "UNKNOWN_FORMAT": Text(
        de="unbekanntes Format. Abhilfe: ndjson, json oder csv angeben.",
        en="unknown format. Remedy: give ndjson, json or csv.",
    ),
    "SPREADSHEET": Text(
        de="das ist eine Excel-Datei oder ein Archiv. Abhilfe: in der Tabellenkalkulation als CSV (UTF-8) speichern und diese angeben.",
        en="this is an Excel file or an archive. Remedy: save it as CSV (UTF-8) in your spreadsheet program, and name the CSV file.",
    ),
    "JSON_NOT_UTF8": Text(
        de="JSON in UTF-16. Abhilfe: als UTF-8 speichern, wie es JSON verlangt.",
        en="JSON in UTF-16. Remedy: save it as UTF-8, as JSON demands.",
    ),
    "WRONG_ENCODING": Text(
        de="passt nicht zum eingestellten Zeichensatz {encoding}. Abhilfe: encoding auf auto oder {found} stellen.",
        en="does not fit the configured encoding {encoding}. Remedy: set encoding to auto or {found}.",
    ),
    "LOOKS_LIKE_UTF16": Text(
        de="viele NUL-Zeichen, wie UTF-16 ohne Kennung. Abhilfe: encoding auf utf-16 stellen oder als UTF-8 exportieren.",
        en="many NUL characters, like UTF-16 without its mark. Remedy: set encoding to utf-16 or export as UTF-8.",
    ),
    "GUESS_BROKEN": Text(
        de="Zeile {line} passt nicht zu {encoding}, was nur vermutet war; nichts wurde aufgenommen. Lesbar wäre alles als: {readings}. "
        "Abhilfe: den Zeichensatz beim Shop einstellen (dialect.encoding), dann scheitern nur unpassende Zeilen; oder alles in UTF-8 "
        "exportieren.",
        en="line {line} does not fit {encoding}, which was only guessed; nothing was taken in. All of it could be read as: {readings}. "
        "Remedy: set the encoding with the shop (dialect.encoding), then only rows that do not fit fail; or export all of it in UTF-8.",
    ),
    "SEPARATOR_TIE": Text(
        de="Trennzeichen nicht eindeutig: {found} kommen gleichermaßen in Frage. Abhilfe: separator einstellen.",
        en="separator not clear: {found} are equally possible. Remedy: set separator.",
    ),
    "SEPARATOR_UNKNOWN": Text(
        de="kein Trennzeichen ergibt gleich viele Spalten je Zeile. Abhilfe: separator einstellen oder Export prüfen.",
        en="no separator gives the same number of columns in each row. Remedy: set separator or check the export.",
    ),
    "MISSING_COLUMNS": Text(
        de="es fehlen die Spalten {columns}. Abhilfe: im Export ergänzen oder ihre Überschriften in columns eintragen.",
        en="missing columns {columns}. Remedy: add them to the export, or enter their headings in columns.",
    ),
    "DUPLICATE_COLUMN": Text(
        de="mehrfach vorhandene Spalten {columns}. Abhilfe: jede nur einmal exportieren.",
        en="columns that occur more than once: {columns}. Remedy: export each of them once.",
    ),
    "COLUMN_COUNT": Text(
        de="{found} Spalten je Zeile statt {expected}. Abhilfe: Export prüfen, sonst separator, header und columns.",
        en="{found} columns in each row instead of {expected}. Remedy: check the export, or separator, header and columns.",
    ),
}

_WIDER: Final = {"JSON_NOT_UTF8": "WRONG_ENCODING", "LOOKS_LIKE_UTF16": "WRONG_ENCODING", "GUESS_BROKEN": "WRONG_ENCODING"}
"""Texts of their own under a code that programs know."""

_RECORD: Final[Mapping[str, Text]] = {
    "BROKEN_JSON": Text(
        de="kein gültiges JSON. Abhilfe: diesen Datensatz neu exportieren.",
        en="not valid JSON. Remedy: export this record again.",
    ),
    "BROKEN_LIST": Text(
        de="die JSON-Liste bricht hier ab, der Rest wird nicht gelesen. Abhilfe: Komma oder Klammer davor berichtigen.",
        en="the JSON list breaks off here, the rest is not read. Remedy: correct the comma or bracket before it.",
    ),
    "TRUNCATED": Text(
        de="die Datei endet mitten im Datensatz. Abhilfe: vollständig übertragen oder neu exportieren.",
        en="the file ends in the middle of the record. Remedy: transfer it completely or export again.",
    ),
    "NOT_AN_OBJECT": Text(
        de="ein JSON-Objekt wird erwartet. Abhilfe: je Auftrag ein Objekt exportieren.",
        en="a JSON object is expected. Remedy: export one object per order.",
    ),
    "TOO_DEEP": Text(
        de="zu tief verschachtelt. Abhilfe: Export prüfen.",
        en="nested too deeply. Remedy: check the export.",
    ),
    "WRONG_ENCODING": Text(
        de="passt nicht zum Zeichensatz {encoding}. Abhilfe: {remedy_de}.",
        en="does not fit the encoding {encoding}. Remedy: {remedy_en}.",
    ),
    "BAD_CHARACTER": Text(
        de="enthält ein halbes Zeichen (einzelnes Surrogat). Abhilfe: im Shop berichtigen und neu exportieren.",
        en="contains half a character (a lone surrogate). Remedy: correct it in the shop and export again.",
    ),
    "NUL_BYTE": Text(
        de="enthält ein NUL-Zeichen. Abhilfe: neu exportieren; bei UTF-16 encoding einstellen.",
        en="contains a NUL character. Remedy: export again; for UTF-16 set encoding.",
    ),
    "FIELD_TOO_LARGE": Text(
        de="Wert länger als {limit} Zeichen. Abhilfe: kürzen oder nicht exportieren, sonst max_field erhöhen.",
        en="value longer than {limit} characters. Remedy: shorten it or do not export it, or raise max_field.",
    ),
    "RECORD_TOO_LARGE": Text(
        de="Datensatz länger als {limit} Byte. Abhilfe: große Felder nicht exportieren, sonst max_line erhöhen.",
        en="record longer than {limit} bytes. Remedy: do not export large fields, or raise max_line.",
    ),
    "COLUMN_COUNT": Text(
        de="{found} Spalten statt {expected}. Abhilfe: Texte mit Trennzeichen in Anführungszeichen exportieren.",
        en="{found} columns instead of {expected}. Remedy: export texts that hold a separator in quotes.",
    ),
    "BROKEN_QUOTES": Text(
        de="offenes oder falsch gesetztes Anführungszeichen. Abhilfe: im Text verdoppeln, sonst quote und escape einstellen.",
        en="quote left open or misplaced. Remedy: double it inside a text, or set quote and escape.",
    ),
    "TOO_MANY_ROWS": Text(
        de="mehr als {limit} Datensätze, der Rest wird nicht gelesen. Abhilfe: Datei teilen oder max_rows erhöhen.",
        en="more than {limit} records, the rest is not read. Remedy: split the file or raise max_rows.",
    ),
    "FILE_TOO_LARGE": Text(
        de="mehr als {limit} Byte, der Rest wird nicht gelesen. Abhilfe: Datei teilen oder max_bytes erhöhen.",
        en="more than {limit} bytes, the rest is not read. Remedy: split the file or raise max_bytes.",
    ),
    "READ_FAILED": Text(
        de="Lesefehler des Datenträgers oder der Leitung, der Rest fehlt. Abhilfe: erneut lesen.",
        en="reading failed on the disk or the line, the rest is missing. Remedy: read it again.",
    ),
}

_PLACES: Final[Mapping[str, Text]] = {
    "file": Text("Datei {0}", "file {0}"),
    "stdin": Text("Standardeingabe", "standard input"),
    "line": Text("Zeile {0}", "line {0}"),
    "record": Text("Datensatz {0}", "record {0}"),
    "field": Text("Feld {0}", "field {0}"),
}


def _placed(what: Text, path: str, position: Position | None = None, field: str | None = None) -> Text:
    """Put file, row and field before a text."""
    file = path.encode("utf-8", "backslashreplace").decode()
    places: list[tuple[str, object]] = [("stdin", None) if path == STDIN else ("file", file)]
    if position is not None:
        places.append(("record", position.index + 1) if position.line is None else ("line", position.line))
    if field is not None:
        places.append(("field", shown(field)))
    de = ", ".join(_PLACES[kind].de.format(value) for kind, value in places)
    en = ", ".join(_PLACES[kind].en.format(value) for kind, value in places)
    return Text(f"{de}: {what.de}", f"{en}: {what.en}")


def refused(code: str, path: str, **facts: object) -> FileRefused:
    """Build the error for a file that cannot be taken."""
    return FileRefused(_placed(_FILE[code].fill(**facts), path), where=path, reason=_WIDER.get(code, code))


def rejected(code: str, path: str, position: Position, field: str | None, facts: Mapping[str, object], *, fatal: bool = False) -> Rejected:
    """Build the report of one record that cannot be taken; ``facts`` fill its text."""
    return Rejected(position, code, field, _placed(_RECORD[code].fill(**facts), path, position, field), fatal)


def rejected_for(what: Text, code: str, path: str, position: Position, field: str | None) -> Rejected:
    """Build the same from a text that somebody else has written about one value."""
    return Rejected(position, code, field, _placed(what, path, position, field))
