"""A configuration that is no TOML: line, column, key and remedy, in both languages, and never the value."""

from pathlib import Path

import pytest
from merchant import Desk

from inkasso_core.errors import ConfigurationError
from inkasso_core.settings import load
from inkasso_core.tomlfile import read

BROKEN = (
    ("performed = ja", "Zeile 2, Spalte 13, performed: ", "true und false", "true"),
    ("currency = EUR", "Zeile 2, Spalte 12, currency: ", "Anführungszeichen", "quotation marks"),
    ("name = „Geheim“", "Zeile 2, Spalte 8, name: ", "gerade", "straight"),
    ("postal_code = 01067", "Zeile 2, Spalte 16, postal_code: ", "Postleitzahlen", "postal codes"),
    ("minimum = 20,00", "Zeile 2, Spalte 13, minimum: ", "Beträge", "amounts"),
    ('city = "Geheim', "Zeile 2, Spalte 15, city: ", "schließende Anführungszeichen", "closing quotation mark"),
    ("city = 'Geheim\nstreet = 1", "Zeile 2, city: ", "schließende Anführungszeichen", "closing quotation mark"),
    ('directory = "C:\\Geheim"', "Zeile 2, Spalte 18, directory: ", "Pfade mit /", "paths with /"),
    ('directory = "C:\\Users"', "Zeile 2, Spalte ", "Pfade mit /", "paths with /"),
    ("[shops.geheim", "Zeile 2, Spalte 14: ", "Klammer", "bracket"),
    ("[inkasso]", "Zeile 2, Spalte ", "nur einmal", "once only"),
    ('language = "de"\nlanguage = "en"', "Zeile 3, Spalte 16, language: ", "nur einmal", "once only"),
    ("geheim", "Zeile 2, Spalte 7: ", "Gleichheitszeichen", "equals sign"),
    ('straße = "Geheim"', "Zeile 2, Spalte 5, straße: ", "a-z", "a-z"),
    ("= 3", "Zeile 2, Spalte 1: ", "Überschrift", "heading"),
    ("since = 2026-02-31", "Zeile 2, Spalte 9, since: ", "2026-01-31", "2026-01-31"),
    ('city = "Ge\x01heim"', "Zeile 2, Spalte 11, city: ", "Steuerzeichen", "control character"),
    ('columns = ["Geheim",\n"x",\n\n', "Zeile 2, columns: ", "Klammer", "bracket"),
    ('note = """Geheim\nx = 1\n', "Zeile 2, note: ", "schließende", "closing"),
    ('codes = { geheim = "1"', "Zeile 2, Spalte 23, codes: ", "Klammer", "bracket"),
    ("columns = " + "[" * 100_000, "Zeile 2, ", "Vorlage", "inkasso init"),
)


@pytest.mark.parametrize(("line", "place", "german", "english"), BROKEN, ids=lambda value: value[:12])
def test_line_column_and_key_are_named_with_the_remedy(tmp_path: Path, line: str, place: str, german: str, english: str) -> None:
    file = tmp_path / "inkasso.toml"
    file.write_text(f"[inkasso]\n{line}\n", "utf-8", newline="\r\n")
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    text = caught.value.text
    assert text.de.startswith(f"{file}, {place}")
    assert german in text.de
    assert english in text.en
    assert "line " in text.en
    for said in text:
        assert "Geheim" not in said.removeprefix(str(file))


@pytest.mark.parametrize(
    ("content", "line"),
    [("[inkasso]\n# Müller\n".encode("cp1252"), 2), ("\n\nx = 'ü'\n".encode("latin-1"), 3), ("[inkasso]\n".encode("utf-16"), 1)],
)
def test_what_is_no_utf8_names_its_line_and_the_remedy(empty: Desk, content: bytes, line: int) -> None:
    Path("inkasso.toml").write_bytes(content)
    ran = empty.run("queue", code=2)
    assert f"inkasso.toml, Zeile {line}: " in ran.err
    assert "als UTF-8 speichern" in ran.err
    assert "Save it as UTF-8" in empty.run("--lang", "en", "queue", code=2).err


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    file = tmp_path / "inkasso.toml"
    file.write_text('[inkasso]\nlanguage = "en"\n', "utf-8-sig")
    assert load(file).inkasso.language == "en"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read(tmp_path)
