"""The order that a real plentymarkets system answered, from ingest to the rehearsed file, and the same order as of today to the agency."""

import datetime as dt
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "reference" / "samples"
ORDER, ADDRESS = SAMPLES / "plentymarkets-order-630.json", SAMPLES / "plentymarkets-address.json"
AS_OF = dt.date(2018, 3, 1)
CONFIG = """
[inkasso]
language = "en"

[creditors.main]
name = "Beispiel Handel GmbH"
street = "Musterweg"
house_number = "1"
postal_code = "34117"
city = "Kassel"
input_vat_deductible = true

[accounts.mf]
agency = "mediafinanz-file"
creditor = "main"
settings.directory = "export"

[shops.plenty]
plugin = "plentymarkets"
creditor = "main"
account = "mf"
settings.status = ["3"]
"""
pytestmark = pytest.mark.skipif(not ORDER.exists(), reason="the published sample lies beside the project only where it was laid")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inkasso.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def inkasso(folder: Path, *words: str, code: int = 0) -> str:
    """Run the command as a user does."""
    command = [sys.executable, "-c", "from inkasso_core.cli import main; raise SystemExit(main())", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def reported_later(day: dt.date, **shift: Any) -> dict[str, Any]:
    """The sample with invoice, due date and two reminders, as the shop reports it on ``day``."""
    order: dict[str, Any] = json.loads(ORDER.read_text("utf-8"), parse_float=Decimal)
    moved = dt.timedelta(days=(day - AS_OF).days)

    def on(text: str) -> str:
        return (dt.datetime.fromisoformat(text) + moved).isoformat()

    order["createdAt"] = on("2017-12-13T14:19:37+01:00")
    order["updatedAt"] = on("2018-02-20T09:00:00+01:00")
    due = {"orderId": 630, "typeId": 7, "date": on("2018-01-05T00:00:00+01:00")}
    sent = {"orderId": 630, "typeId": 5, "date": on("2017-12-14T10:00:00+01:00")}
    order["dates"] = [{**entry, "date": on(entry["date"])} for entry in order["dates"]] + [due, sent]
    order["documents"] = [
        {"type": "invoice", "numberWithPrefix": "RE-630", "displayDate": on("2017-12-14T10:00:00+01:00")},
        {"type": "dunning_letter", "numberWithPrefix": "MA-1", "displayDate": on("2018-01-15T10:00:00+01:00")},
        {"type": "dunning_letter", "numberWithPrefix": "MA-2", "displayDate": on("2018-02-01T10:00:00+01:00")},
    ]
    return {**order, **shift}


def write(path: Path, order: dict[str, Any]) -> str:
    path.write_text(json.dumps(order, default=str), encoding="utf-8")
    return str(path)


def test_the_real_order_is_diagnosed_completed_and_rehearsed(folder: Path) -> None:
    day = AS_OF.isoformat()
    inkasso(folder, "ingest", str(ORDER), "--beside", str(ADDRESS), "--shop", "plenty", "--as-of", day)
    found = json.loads(inkasso(folder, "diagnose", "plenty:630", "--as-of", day, "--json"))
    red = {point["code"] for point in found["findings"] if point["level"] == "block"}
    assert red == {"DUE_DATE_MISSING", "REMINDER_MISSING", "INVOICE_NUMBER_MISSING", "INVOICE_DATE_MISSING"}

    newer = write(folder / "newer.json", reported_later(AS_OF))
    inkasso(folder, "ingest", newer, "--beside", str(ADDRESS), "--shop", "plenty", "--as-of", day)
    (claim,) = [json.loads(line) for line in inkasso(folder, "claims", "--json").splitlines()]
    assert (claim["ref"], claim["state"], claim["revision"], claim["principal_open"]) == ("plenty:630", "ready", 2, "153.99")

    inkasso(folder, "release", "plenty:630", "--as-of", day)
    inkasso(folder, "transmit", "--as-of", day)
    (rehearsed,) = (folder / "export" / "rehearsal").glob("*.csv")
    header, row = rehearsed.read_text("cp1252").splitlines()
    assert len(header.split(";")) == len(row.split(";")) == 18
    assert row.split(";")[12:14] == ["RE-630", "153,99"]
    assert row.startswith("John;Doe;m;;Bürgermeister-Brunner-Straße 15;34117;Kassel;DE;")
    assert not list((folder / "export").glob("*.csv")), "a rehearsal hands nothing over"


def test_the_same_order_as_of_today_goes_live(folder: Path) -> None:
    today = dt.datetime.now(dt.UTC).date()
    order = write(folder / "today.json", reported_later(today))
    inkasso(folder, "ingest", order, "--beside", str(ADDRESS), "--shop", "plenty")
    inkasso(folder, "mandate", "mf", "--date", today.isoformat())
    inkasso(folder, "go-live", "mf", "--nothing-to-adopt", "--first", "1")
    inkasso(folder, "release", "plenty:630")
    inkasso(folder, "transmit", "--as-of", today.isoformat(), code=2)
    inkasso(folder, "transmit")
    (exported,) = (folder / "export").glob("*.csv")
    assert exported.read_text("cp1252").splitlines()[1].split(";")[13] == "153,99"
    inkasso(folder, "confirm", "--file", exported.name)
    states = [entry["to_state"] for entry in json.loads(inkasso(folder, "history", "plenty:630", "--json"))["history"]]
    assert states == ["ready", "running", "exported", "handed_over"]
