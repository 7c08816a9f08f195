"""Opening, resuming, limits, pipes: what holds for every format."""

import io
import os
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from readers.outcome import Outcome, Read

from inkasso_core.errors import InvalidInput
from inkasso_core.readers import (
    FileRefused,
    Limits,
    NotANumber,
    Record,
    Rejected,
    messages,
    open_records,
    parse_amount,
)

CONTENTS = {
    "a.ndjson": '{"id":1}\n\nbroken\n{"id":3}\n{"id":4}\n',
    "a.json": '[{"id":1}, broken, {"id":3}, {"id":4}]',
    "a.csv": 'id;text\n1;"a\nb"\nbroken\n3;c\n;\n4;"d"\n',
}


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("skip", range(6))
def test_reading_goes_on_where_a_former_run_was_stopped(read: Read, name: str, skip: int) -> None:
    whole = read(name, CONTENTS[name]).entries
    assert [entry.position.index for entry in whole] == [0, 1, 2, 3]
    assert read(name, CONTENTS[name], skip=skip).entries == whole[skip:]


@pytest.mark.parametrize("name", CONTENTS)
def test_a_reader_tells_how_far_it_is(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(CONTENTS[name])
    with open_records(path) as reader:
        assert reader.size == path.stat().st_size
        offsets = [entry.position.offset for entry in reader]
        assert offsets == sorted(offsets)
        assert offsets[-1] == reader.size
        assert next(reader, None) is None


@pytest.mark.parametrize("name", CONTENTS)
def test_the_limit_of_records_ends_the_file(read: Read, name: str) -> None:
    outcome = read(name, CONTENTS[name], limits=Limits(max_rows=3))
    assert [type(entry) for entry in outcome.entries] == [Record, Rejected, Record, Rejected]
    assert (outcome.rejected[-1].code, outcome.rejected[-1].fatal) == ("TOO_MANY_ROWS", True)
    assert not any(entry.fatal for entry in read(name, CONTENTS[name], limits=Limits(max_rows=4)).rejected)


@pytest.mark.parametrize("name", CONTENTS)
def test_a_file_beyond_the_limit_of_bytes_is_refused(read: Read, name: str) -> None:
    size = len(CONTENTS[name])
    assert read(name, CONTENTS[name], limits=Limits(max_bytes=size)).entries
    with pytest.raises(FileRefused, match="larger than") as caught:
        read(name, CONTENTS[name], limits=Limits(max_bytes=size - 1))
    assert caught.value.reason == "FILE_TOO_LARGE"


def test_limits_are_positive() -> None:
    for wrong in ({"max_field": 0}, {"max_line": -1}, {"max_bytes": -1}, {"max_rows": -1}):
        with pytest.raises(ValueError, match="positive"):
            Limits(**wrong)


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Set the bytes of standard input."""

    def feed(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))

    return feed


@pytest.mark.parametrize("name", CONTENTS)
def test_standard_input_is_read_and_left_open(read: Read, piped: Callable[[bytes], None], name: str) -> None:
    piped(CONTENTS[name].encode())
    outcome = Outcome("-")
    expected = read(name, CONTENTS[name])
    assert (outcome.format, outcome.data) == (expected.format, expected.data)
    assert "Standardeingabe" in outcome.rejected[0].message.de
    assert not sys.stdin.buffer.closed


@pytest.mark.parametrize(
    ("content", "before"),
    [(b'{"id":1}\n{"id":2}\n{"id":3}\n', 2), (b'[{"id":1},{"id":2},{"id":3}]', 2), (b"id;amount\n1;5,00\n2;153,99\n", 1)],
)
def test_a_pipe_beyond_the_limit_of_bytes_keeps_what_was_whole(piped: Callable[[bytes], None], content: bytes, before: int) -> None:
    piped(content)
    outcome = Outcome("-", limits=Limits(max_bytes=len(content) - 3))
    assert len(outcome.data) == before, "a cell that was cut short would look whole"
    assert (outcome.rejected[-1].code, outcome.rejected[-1].fatal) == ("FILE_TOO_LARGE", True)
    assert [entry.fatal for entry in outcome.rejected].count(True) == 1


class Failing(io.BytesIO):
    """A disk that fails behind its first bytes."""

    def read1(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise OSError(5, "geheim")
        return super().read1(size)


@pytest.mark.parametrize("name", CONTENTS)
def test_a_read_error_keeps_what_was_read(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Failing(CONTENTS[name].encode()), encoding="utf-8"))
    outcome = Outcome("-")
    assert len(outcome.data) == 3
    assert (outcome.codes[-1], outcome.rejected[-1].fatal) == ("READ_FAILED", True)
    assert "geheim" not in outcome.rejected[-1].message.en


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", CONTENTS)
def test_a_named_pipe_is_read(read: Read, tmp_path: Path, name: str) -> None:
    expected = read(name, CONTENTS[name])
    pipe = tmp_path / f"pipe-{name}"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(CONTENTS[name]))
    writer.start()
    outcome = Outcome(pipe)
    writer.join()
    assert outcome.data == expected.data


def test_lines_are_handed_on_before_the_pipe_ends() -> None:
    program = "from inkasso_core.readers import open_records\nfor entry in open_records('-'): print(entry.data['id'], flush=True)"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        for number in (b"1", b"2"):
            process.stdin.write(b'{"id":' + number + b"}\n")
            process.stdin.flush()
            assert process.stdout.readline().strip() == number
        process.stdin.close()
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("none.csv", "FILE_MISSING", "check the path"),
        ("a\0b", "FILE_MISSING", "check the path"),
        (".", "NOT_A_FILE", "folder"),
        ("a.csv/b.csv", "FILE_MISSING", "path"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path: Path, name: str, code: str, words: str) -> None:
    (tmp_path / "a.csv").write_text("")
    with pytest.raises(FileRefused, match=words) as caught:
        open_records(tmp_path / name)
    assert (caught.value.reason, caught.value.where) == (code, str(tmp_path / name))
    assert isinstance(caught.value, InvalidInput)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a;b")
    path.chmod(0)
    with pytest.raises(FileRefused, match="permissions"):
        open_records(path)


def test_an_unknown_format_is_refused_and_a_known_one_wins(read: Read) -> None:
    with pytest.raises(FileRefused, match="ndjson, json or csv"):
        read("a.xml", "", format="xml")
    assert read("a.csv", '{"id":1}\n{"id":2}', format="ndjson").data == [{"id": 1}, {"id": 2}]
    assert read("a.csv", '{"id":1}\n{"id":2}', format="json").data == [{"id": 1}, {"id": 2}]
    assert read("a.json", "a;b\n1;2\n", format="csv").data == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize("format_", ["json", "ndjson", None])
def test_json_in_utf16_is_refused(read: Read, format_: str | None) -> None:
    with pytest.raises(FileRefused, match="UTF-8") as caught:
        read("a.json", '{"id":1}'.encode("utf-16"), format=format_)
    assert caught.value.reason == "WRONG_ENCODING"


def test_a_service_without_standard_input_reads_files_all_the_same(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert read("a.ndjson", '{"id":1}').data == [{"id": 1}]
    with pytest.raises(FileRefused, match="standard input"):
        open_records("-")


def test_a_refused_file_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Meier;1,5\nGroß;2,5\n")
    with pytest.raises(FileRefused):  # warnings are errors: a file left open would be one
        open_records(path)


def test_an_error_about_a_value_becomes_the_rejection_of_its_record(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("amount;name\ngeheim;x\n")
    with open_records(path) as reader:
        record = next(reader)
        assert isinstance(record, Record)
        with pytest.raises(NotANumber) as caught:
            parse_amount(record.data["amount"])
        rejected = reader.reject(record, caught.value, "amount")
    assert (rejected.code, rejected.field, rejected.position) == ("NOT_A_NUMBER", "amount", record.position)
    assert "a.csv, Zeile 2, Feld amount: kein Betrag" in rejected.message.de
    assert "geheim" not in f"{rejected} {record!r}"


@pytest.mark.parametrize("name", CONTENTS)
def test_what_was_detected_can_be_shown(read: Read, name: str) -> None:
    shown = read(name, CONTENTS[name]).report.texts()
    table = {"encoding": "ascii", "separator": ";", "decimal": "auto", "header": "yes"}
    assert shown == (table if name == "a.csv" else {"encoding": "utf-8"})


@pytest.mark.parametrize("texts", [messages._FILE, messages._RECORD], ids=["file", "record"])
def test_every_message_names_its_remedy_in_both_languages(texts: dict[str, messages.Text]) -> None:
    for text in texts.values():
        assert " Abhilfe: " in text.de
        assert " Remedy: " in text.en
        assert text.de != text.en


def test_names_from_a_file_cannot_disturb_a_terminal(read: Read) -> None:
    outcome = read("a.ndjson", '{"\\u001b[2J' + "k" * 500 + '": "\\u0000"}\n')
    (rejected,) = outcome.rejected
    assert "\x1b" not in rejected.message.en
    assert len(rejected.message.en) < 400


def generated(name: str, rows: int) -> str:
    if name == "a.csv":
        return "id;name;amount\n" + "".join(f'{number};"Groß";153,99\n' for number in range(rows))
    lines = (f'{{"id": {number}, "name": "Groß", "amount": 153.99}}' for number in range(rows))
    return "[" + ",\n".join(lines) + "]" if name == "a.json" else "\n".join(lines)


@pytest.mark.parametrize("name", CONTENTS)
def test_memory_does_not_grow_with_the_file(tmp_path: Path, name: str) -> None:
    peaks = []
    for rows in (5_000, 50_000):
        path = tmp_path / name
        path.write_text(generated(name, rows))
        tracemalloc.start()
        with open_records(path) as reader:
            count = sum(isinstance(entry, Record) for entry in reader)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert count == rows
    assert peaks[1] < peaks[0] + 2**20
    assert peaks[1] < 8 * 2**20


@pytest.mark.parametrize("name", CONTENTS)
def test_a_huge_field_is_not_held(tmp_path: Path, name: str) -> None:
    huge = "x" * 30_000_000
    contents = {
        "a.csv": f"id;text\n1;a\n2;{huge}\n3;c\n",
        "a.json": f'[{{"id":1}},{{"id":2,"text":"{huge}"}},{{"id":3}}]',
        "a.ndjson": f'{{"id":1}}\n{{"id":2,"text":"{huge}"}}\n{{"id":3}}\n',
    }
    path = tmp_path / name
    path.write_text(contents[name])
    tracemalloc.start()
    outcome = Outcome(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert outcome.codes == [None, "FIELD_TOO_LARGE", None]
    assert (outcome.rejected[0].field, peak < 30_000_000) == ("text", True)
