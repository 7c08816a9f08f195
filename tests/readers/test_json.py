"""NDJSON, arrays, pages and single objects: numbers stay exact, and a broken record costs itself only."""

import io
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from readers.outcome import Read

from inkasso_core.readers import Limits, Record, Rejected
from inkasso_core.readers.json_array import JsonReader
from inkasso_core.readers.json_lines import read_lines
from inkasso_core.readers.source import ByteSource

PAGE = '{"page":1,"totalsCount":2,"isLastPage":true,"entries":[{"id":1},{"id":2}]}'


@pytest.mark.parametrize(
    ("name", "content", "form", "ids"),
    [
        ("a.ndjson", '{"id":1}\n{"id":2}\n', "ndjson", [1, 2]),
        ("a.jsonl", '{"id":1}\r\n\r\n  \r\n{"id":2}', "ndjson", [1, 2]),
        ("a.ndjson", '{"id":1}\r{"id":2}\r', "ndjson", [1, 2]),
        ("a.json", '{"id":1}\n{"id":2}', "ndjson", [1, 2]),
        ("a.json", '{"id":1}', "ndjson", [1]),
        ("a.txt", '\ufeff{"id":1}\n{"id":2}\n', "ndjson", [1, 2]),
        ("export", '{"id":1, "na\n{"id":2}\n', "ndjson", [2]),
        ("a.json", '{\n  "id": 1,\n  "items": [{"id": 7}]\n}\n', "json", [1]),
        ("a.json", '{\n"id": 1}\n{\n"id": 2}\n', "json", [1, 2]),
        ("a.json", '[{"id":1},{"id":2}]', "json", [1, 2]),
        ("a.ndjson", '\ufeff [\n {"id": 1} ,\n {"id": 2}\n]\n', "json", [1, 2]),
        ("a.json", '[{"id":1}][{"id":2}]', "json", [1, 2]),
        ("a.json", PAGE, "json", [1, 2]),
        ("a.ndjson", PAGE, "json", [1, 2]),
        ("a.json", f"{PAGE}\n{PAGE}", "json", [1, 2, 1, 2]),
        ("a.json", '{"entries":[{"id":1}],"page":"1","links":{"next":[]}}', "json", [1]),
        ("a.json", '{"page":1,"entries":[]}', "json", []),
        ("a.json", '{"id":1,"entries":[{"id":5}]}', "ndjson", [1]),
        ("a.json", '{"a": {}\n, "id": 1}', "json", [1]),
        ("a.json", '{"id": x}\n{"id":2}\n', "ndjson", [2]),
        ("a.json", "[]", "json", []),
        ("a.json", "", "json", []),
        ("a.json", " \n", "json", []),
        ("a.ndjson", "", "ndjson", []),
    ],
)
def test_every_shape_of_json_is_told_from_name_and_content(read: Read, name: str, content: str, form: str, ids: list[int]) -> None:
    outcome = read(name, content)
    assert outcome.format == form
    assert [data["id"] for data in outcome.data] == ids


@pytest.mark.parametrize("name", ["a.ndjson", "a.json"])
def test_numbers_are_never_floats(read: Read, name: str) -> None:
    content = '{"cents": 153.99, "rate": 1E-2, "id": 630, "long": 0.1000000000000000055}'
    (data,) = read(name, f"[{content}]" if name == "a.json" else content).data
    assert data == {"cents": Decimal("153.99"), "rate": Decimal("0.01"), "id": 630, "long": Decimal("0.1000000000000000055")}
    assert {type(value) for value in data.values()} == {Decimal, int}


BROKEN = [
    (b'{"a": 1', "BROKEN_JSON"),
    (b'{"a": NaN}', "BROKEN_JSON"),
    (b'{"a": -Infinity}', "BROKEN_JSON"),
    (b'{"a": ' + b"9" * 5000 + b"}", "BROKEN_JSON"),
    (b'{"a": 1e99999999999999999999}', "BROKEN_JSON"),
    (b'{"a": "tab\there"}', "BROKEN_JSON"),
    (b'{"a": 1} x', "BROKEN_JSON"),
    (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "TOO_DEEP"),
    (b"17", "NOT_AN_OBJECT"),
    (b'"text"', "NOT_AN_OBJECT"),
    (b"null", "NOT_AN_OBJECT"),
    (b'{"a": "M\xfcller"}', "WRONG_ENCODING"),
    (b'{"a": "NUL \\u0000"}', "NUL_BYTE"),
    (b'{"a": "\\ud83d"}', "BAD_CHARACTER"),
    (b'{"\\ude00": 1}', "BAD_CHARACTER"),
]


@pytest.mark.parametrize(("line", "code"), BROKEN)
def test_a_broken_line_costs_that_line_only(read: Read, line: bytes, code: str) -> None:
    outcome = read("a.ndjson", b'{"id":1}\n' + line + b'\n{"id":3}\n')
    assert outcome.codes == [None, code, None]
    assert [(entry.position.index, entry.position.line) for entry in outcome.entries] == [(0, 1), (1, 2), (2, 3)]


@pytest.mark.parametrize(("element", "code"), [case for case in BROKEN if case[0] not in (b'{"a": 1', b'{"a": 1} x')])
def test_a_broken_element_costs_that_element_only(read: Read, element: bytes, code: str) -> None:
    outcome = read("a.json", b'[{"id":1},' + element + b',{"id":3}]')
    assert outcome.codes == [None, code, None]
    assert [entry.position.index for entry in outcome.entries] == [0, 1, 2]
    assert {entry.position.line for entry in outcome.entries} == {None}


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        ('[{"id":1},{"id":2},{"id', [None, None, "TRUNCATED"]),
        ('[{"id":1},{"id":2}', [None, None, "TRUNCATED"]),
        ('[{"id":1},{"id":2},', [None, None, "TRUNCATED"]),
        ('[{"id":1},{"id":"x', [None, "TRUNCATED"]),
        ('[{"id":1} {"id":2}]', [None, "BROKEN_LIST"]),
        ('[{"id":1},{"id":2}}', [None, None, "BROKEN_LIST"]),
        ('[{"id":1}],', [None, "BROKEN_LIST"]),
        ('{"page":1,"entries":[{"id":1}]', [None, "TRUNCATED"]),
        ('{"page":1,"entries":[{"id":1},{', [None, "TRUNCATED"]),
        ('{\n"id": 1,', ["TRUNCATED"]),
    ],
)
def test_what_was_read_before_the_break_is_kept(read: Read, content: str, codes: list[str | None]) -> None:
    outcome = read("a.json", content)
    assert outcome.codes == codes
    assert [entry.fatal for entry in outcome.rejected] == [True]


def test_a_last_line_without_its_end_is_named_truncated(read: Read) -> None:
    assert read("a.ndjson", '{"id":1}\n{"id": "Mü').codes == [None, "TRUNCATED"]
    assert read("a.ndjson", '{"id":1}\n{"id": "Mü'.encode()[:-1]).codes == [None, "TRUNCATED"]
    assert read("a.ndjson", '{"id":1}\n{"id": x}').codes == [None, "BROKEN_JSON"]


def test_a_trailing_comma_is_one_rejected_record(read: Read) -> None:
    assert read("a.json", '[{"id":1},]').codes == [None, "BROKEN_JSON"]


def test_what_is_no_json_at_all(read: Read) -> None:
    assert read("a.json", "hello").codes == ["BROKEN_JSON"]
    assert read("a.json", "]").codes == ["BROKEN_LIST"]


def test_escaped_emoji_and_umlauts_pass(read: Read) -> None:
    text = '{"name": "J\\u00fcrgen \\ud83d\\ude00", "path": "C:\\\\u0000"}'
    for name, content in (("a.ndjson", text), ("a.json", f"[{text}]")):
        assert read(name, content).data == [{"name": "Jürgen 😀", "path": "C:\\u0000"}]


SMALL = Limits(max_field=1_000, max_line=4_000)


@pytest.mark.parametrize("size", [1_500, 10_000, 1_000_000])
@pytest.mark.parametrize(("before", "after"), [("", ""), ('\\"\\\\', '\\"'), ("ü\\u00fc", "]}[{")], ids=["plain", "escapes", "brackets"])
def test_a_field_beyond_the_limit_costs_its_record_and_is_named(read: Read, size: int, before: str, after: str) -> None:
    large = f'{{"id":2,"billing":{{"notes":["a","{before}{"x" * size}{after}"]}},"z":"y"}}'
    for name, content in (("a.ndjson", f'{{"id":1}}\n{large}\n{{"id":3}}'), ("a.json", f'[{{"id":1}},{large},{{"id":3}}]')):
        outcome = read(name, content, limits=SMALL)
        assert [data["id"] for data in outcome.data] == [1, 3]
        (rejected,) = outcome.rejected
        assert rejected.code == "FIELD_TOO_LARGE"
        assert rejected.field in ("billing.notes[1]", "billing.notes")
        assert rejected.field in rejected.message.en


def test_a_record_of_many_small_fields_beyond_the_limit(read: Read) -> None:
    large = json.dumps({f"field{number}": "x" * 90 for number in range(500)})
    for name, content in (("a.ndjson", f'{large}\n{{"id":3}}'), ("a.json", f'[{large},{{"id":3}}]')):
        outcome = read(name, content, limits=SMALL)
        assert (outcome.codes, outcome.data) == (["RECORD_TOO_LARGE", None], [{"id": 3}])


def test_an_endless_text_in_an_array_ends_the_file(read: Read) -> None:
    outcome = read("a.json", '[{"id":1},{"text":"' + "x" * 10_000, limits=SMALL)
    assert outcome.codes == [None, "FIELD_TOO_LARGE", "TRUNCATED"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab ü\\"{}[],:', max_size=4), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.lists(st.dictionaries(st.sampled_from(["id", "entries", "näme"]), JSON, max_size=3), max_size=6)


class Dripping(io.BytesIO):
    """Hands out a few bytes at a time, so that every record is cut somewhere."""

    step = 1

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(min(self.step, size or 0))


def drip(content: bytes, step: int) -> ByteSource:
    stream = Dripping(content)
    stream.step = step
    return ByteSource(stream, size=None, max_bytes=None)


@given(OBJECTS, st.booleans(), st.sampled_from([None, 2]), st.integers(1, 40))
def test_what_was_written_is_read_however_it_arrives(
    objects: list[dict[str, Any]], ascii_only: bool, indent: int | None, step: int
) -> None:
    array = json.dumps(objects, ensure_ascii=ascii_only, indent=indent).encode()
    entries = list(JsonReader(drip(array, step), "a.json", Limits(), 0))
    assert [entry.data for entry in entries if isinstance(entry, Record)] == objects
    lines = b"".join(json.dumps(record, ensure_ascii=ascii_only).encode() + b"\n" for record in objects)
    entries = list(read_lines(drip(lines, step), "a.ndjson", Limits(), 0))
    assert [entry.data for entry in entries if isinstance(entry, Record)] == objects


FRAGMENTS = st.lists(
    st.sampled_from(["{", "}", "[", "]", ",", ":", '"', "\\", '"a"', "1", "1.5", "-", "null", " ", "\n", '{"a":1}', "ü"]),
    max_size=30,
).map("".join)


@given(FRAGMENTS | st.binary(max_size=60), st.integers(1, 9))
def test_any_bytes_end_in_records_or_rejections(content: str | bytes, step: int) -> None:
    raw = content.encode() if isinstance(content, str) else content
    for entries in (
        list(JsonReader(drip(raw, step), "a.json", SMALL, 0)),
        list(read_lines(drip(raw, step), "a.ndjson", SMALL, 0)),
    ):
        assert [entry.position.index for entry in entries] == list(range(len(entries)))
        fatal = [isinstance(entry, Rejected) and entry.fatal for entry in entries]
        assert not any(fatal[:-1])


@pytest.mark.parametrize("number", ["12", "1.5", "-0.25", "1e5", "1E+5", "2.5e-3"])
def test_a_number_that_arrives_in_pieces_is_one_number(number: str) -> None:
    entries = list(JsonReader(drip(f'[{number}, {{"a": {number}}}, {number}'.encode(), 1), "a.json", Limits(), 0))
    codes = [entry.code if isinstance(entry, Rejected) else entry.data for entry in entries]
    assert codes == ["NOT_AN_OBJECT", {"a": json.loads(number, parse_float=Decimal)}, "NOT_AN_OBJECT", "TRUNCATED"]


@given(FRAGMENTS, st.integers(1, 9))
def test_the_pieces_in_which_a_file_arrives_do_not_matter(content: str, step: int) -> None:
    whole = list(JsonReader(drip(content.encode(), 1_000), "a.json", Limits(), 0))
    pieces = list(JsonReader(drip(content.encode(), step), "a.json", Limits(), 0))
    assert [getattr(entry, "code", None) for entry in pieces] == [getattr(entry, "code", None) for entry in whole]
    assert [getattr(entry, "data", None) for entry in pieces] == [getattr(entry, "data", None) for entry in whole]
