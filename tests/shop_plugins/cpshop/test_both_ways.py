"""Files in by a watched folder or by upload, status out as tasks and a table: through the facade, killed on the way."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from world import NOON, World, world

from inkasso_core import AgencyStatus, ConfigurationError, DeliveryRefused, InvalidInput, NotFound, ShopRequest, State, points

SECRET = "geheim-0815-geheim"
STATUSES = {"handed_over": "Beim Inkasso", "paid": "Bezahlt", "closed": "Ausgebucht"}
ASSERTION = {
    "currency": "EUR", "invoiced": True, "invoiced_on": "service_date", "ordered_on": "service_date", "due_days_after": 14,
    "due_from": "invoice_date", "due_date_origin": "contract", "performed": True, "reminders": 2, "reminder_days_after_due": [14, 28],
    "reminder_deadline_days": 10, "subject": "Warenlieferung zur Rechnung {invoice_number}",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def town(tmp_path: Path, folder: Path) -> Iterator[World]:
    settings = {
        "folder": str(folder), "settle_seconds": 5, "upload_secret": SECRET, "shop_status": STATUSES, "assertion": ASSERTION,
        "dialect": {"decimal": ","},
    }  # fmt: skip
    with world(tmp_path, shops={"cp": {"plugin": "cpshop", "settings": settings}}) as made:
        yield made


@pytest.fixture
def put(folder: Path, written: Callable[..., bytes], good_rows: Any) -> Callable[..., Path]:
    def make(name: str, rows: Any = None, *, age: float = 60) -> Path:
        path = folder / name
        path.write_bytes(written(good_rows[:1] + good_rows[3:4] if rows is None else rows))
        os.utime(path, (time.time() - age, time.time() - age))
        return path

    return make


def upload(town: World, path: str, body: bytes) -> int:
    received, _ = town.ink.receive("cp", ShopRequest(headers={}, method="PUT", path=path, body=body, received_at=NOON))
    return received.status


def test_a_file_in_the_folder_becomes_claims_and_moves_away(town: World, folder: Path, put: Callable[..., Path]) -> None:
    put("a.csv")
    put("fresh.csv", age=0)
    put("readme.txt")
    (polled,) = town.ink.poll("cp")
    assert polled.problem is None
    assert [result.outcome for result in polled.results] == ["registered", "registered"]
    assert sorted(path.name for path in folder.iterdir()) == ["done", "fresh.csv", "readme.txt"]
    put("a.csv")  # exported once more
    (polled,) = town.ink.poll("cp")
    assert [result.outcome for result in polled.results] == ["repeated", "repeated"]
    assert sorted(path.name for path in (folder / "done").iterdir()) == ["a-2.csv", "a.csv"]


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_taken(town: World, folder: Path, put: Callable[..., Path]) -> None:
    bad = folder / "1-bad.csv"
    bad.write_bytes(b"a;b;c\r\n1;2;3\r\n")
    os.utime(bad, (time.time() - 99, time.time() - 99))
    put("2-good.csv")
    (polled,) = town.ink.poll("cp")
    assert sorted(result.outcome for result in polled.results) == ["failed", "registered", "registered"]
    assert (folder / "refused" / "1-bad.csv").exists()
    assert (folder / "done" / "2-good.csv").exists()
    (event,) = town.ink.failed_events("cp")
    assert event.place == "1-bad.csv"


def test_a_folder_that_is_missing_is_an_error_that_names_it(town: World, folder: Path) -> None:
    folder.rmdir()
    (polled,) = town.ink.poll("cp")
    assert isinstance(polled.problem, ConfigurationError)
    assert str(folder) in polled.problem.text.de


@pytest.mark.parametrize("point", ["intake.before_commit", "intake.after_commit", "poll.stored"])
def test_killed_while_a_file_is_taken_in(
    town: World, folder: Path, put: Callable[..., Path], point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Nothing catches it."""

    def kill(name: str) -> None:
        if name == point:
            raise Killed

    put("a.csv")
    monkeypatch.setattr(points, "listener", kill)
    with pytest.raises(Killed):
        town.ink.poll("cp")
    monkeypatch.setattr(points, "listener", None)
    assert (folder / "a.csv").exists()
    town.ink.poll("cp")
    assert len(list(town.ink.claims())) == 2
    assert (folder / "done" / "a.csv").exists()


def test_an_upload_lies_on_the_disk_before_it_is_answered(town: World, folder: Path, written: Any, good_rows: Any) -> None:
    body = written(good_rows[:1])
    assert upload(town, f"{SECRET}/export.csv", body) == 201
    assert upload(town, f"{SECRET}/export.csv", body) == 201
    assert [path.name for path in folder.iterdir()] == ["export.csv"]
    assert (folder / "export.csv").read_bytes() == body
    assert upload(town, f"{SECRET}/export.csv", written(good_rows[1:2])) == 201
    assert len(list(folder.iterdir())) == 2
    for path in folder.iterdir():
        os.utime(path, (time.time() - 60, time.time() - 60))
    (polled,) = town.ink.poll("cp")
    assert len(polled.results) == 2


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        ("guess-0815-guess-0815/export.csv", b"x", DeliveryRefused),
        ("/export.csv", b"x", DeliveryRefused),
        ("export.csv", b"x", DeliveryRefused),
        (f"{SECRET}/../export.csv", b"x", InvalidInput),
        (f"{SECRET}/.csv", b"x", InvalidInput),
        (f"{SECRET}/a/b.csv", b"x", InvalidInput),
        (f"{SECRET}/a\\b.csv", b"x", InvalidInput),
        (f"{SECRET}/export.exe", b"x", InvalidInput),
        (f"{SECRET}/{'a' * 200}.csv", b"x", InvalidInput),
        (f"{SECRET}/a\n.csv", b"x", InvalidInput),
        (f"{SECRET}/", b"x", InvalidInput),
        (f"{SECRET}/export.csv", b"", InvalidInput),
    ],
)
def test_what_is_no_upload_is_refused(town: World, folder: Path, path: str, body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error) as refused:
        upload(town, path, body)
    assert SECRET not in str(refused.value)
    assert list(folder.iterdir()) == []


def test_without_a_secret_nothing_may_be_uploaded(tmp_path: Path, folder: Path) -> None:
    with world(tmp_path, shops={"cp": {"plugin": "cpshop", "settings": {"folder": str(folder)}}}) as town, pytest.raises(NotFound):
        upload(town, "/export.csv", b"x")


def test_the_status_goes_back_as_tasks_and_as_a_table(town: World, put: Callable[..., Path], tmp_path: Path, good_rows: Any) -> None:
    put("a.csv", good_rows[:1])
    (polled,) = town.ink.poll("cp")
    (result,) = polled.results
    assert result.state is State.READY, result.diagnosis and result.diagnosis.red
    town.ink.release([str(result.ref)])
    town.transmit()
    town.ink.follow()
    (errand,) = town.ink.errands("cp")
    assert (errand.order, errand.status, errand.on) == ("R-1", "Beim Inkasso", town.clock.day)
    assert errand.case_reference is not None
    assert errand.case_reference in errand.text
    town.ink.follow()
    assert len(town.ink.errands()) == 1
    town.agency.says(AgencyStatus.CLOSED_PAID)
    town.ink.follow()
    town.ink.follow()
    (errand,) = town.ink.errands("cp")
    assert errand.status == "Bezahlt"  # the older one was not done, and is not to be done any more
    assert town.ink.export_errands(tmp_path / "zurück.csv", "cp") == 1
    rows = list(csv.reader((tmp_path / "zurück.csv").read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert rows[0][:4] == ["Auftragsnummer", "Neuer Status", "Datum", "Text"]
    assert rows[1][:3] == ["R-1", "Bezahlt", town.clock.day.strftime("%d.%m.%Y")]
    assert town.ink.finish_task(errand.task_id)
    assert town.ink.errands() == []
    assert "Jördis" not in errand.text
