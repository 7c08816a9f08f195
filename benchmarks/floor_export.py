"""The floor of an export: what anybody must at least do who writes the same file from the same database.

Read the same rows in the order of the file, decode the stored claims, put an apostrophe before what a spreadsheet would run, and write
with ``csv.writer``. For the live transmission besides: raw ``sqlite3`` making the same changes to the same rows, as many to a commit as
the package. No diagnosis, no check, no life cycle. The file is the same to the byte.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from floor_intake import AT, connect

ACCOUNT = "agency"
CHUNK = 200
"""Claims to a commit, as in the package's transmission."""
HEADER = (
    *("Vorname", "Nachname", "Geschlecht", "Firma", "Strasse", "PLZ", "Ort", "Land", "Telefon 1", "Telefon 2", "Fax", "Email"),
    *("Rechnungsnr", "Forderungsbetrag", "Forderungsgrund", "Leistungsdatum", "Mahndatum", "Forderungstyp"),
)
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_SALUTATIONS = {"mr": "m", "ms": "f"}
_ROWS = """
SELECT vault.body, claim.*, instruction.*, placement.our_reference, placement_claim.revision_no FROM instruction
JOIN placement ON placement.id = instruction.placement_id
JOIN placement_claim ON placement_claim.placement_id = placement.id
JOIN claim ON claim.id = placement_claim.claim_id
JOIN vault ON vault.id = claim.body_id
WHERE instruction.state = ? AND instruction.account = ?
ORDER BY substr(placement.opened_at, 1, 10), claim.invoice_number, claim.shop, claim.record
"""


class File:
    """Reading, decoding, guarding and writing alone."""

    def __init__(self, size: int, folder: Path) -> None:
        self.size = size
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "floor.csv"
        self.database = Path(shutil.copy(folder.parent / f"released-{size}" / "bench.db", folder / "bench.db"))

    def run(self) -> None:
        link = connect(self.database)
        write(link, self.file, "pending")
        link.close()

    def check(self) -> dict[str, Any]:
        from ours import written

        return written(str(self.file), self.size)


class Live(File):
    """The same, and every row changed that a live transmission changes."""

    def run(self) -> None:
        link = connect(self.database)
        waiting = link.execute(
            "SELECT instruction.id, instruction.key, placement_claim.placement_id, placement_claim.claim_id FROM instruction "
            "JOIN placement_claim ON placement_claim.placement_id = instruction.placement_id "
            "WHERE instruction.state = 'pending' AND instruction.account = ? ORDER BY instruction.id",
            (ACCOUNT,),
        ).fetchall()
        for number, chunk in enumerate(_chunks(waiting)):
            link.execute("BEGIN IMMEDIATE")
            link.executemany("UPDATE instruction SET state = 'in_flight', attempts = 1 WHERE id = ?", [(row[0],) for row in chunk])
            link.executemany(
                "INSERT INTO attempt (id, instruction_id, no, batch_id, owner, lease_until, key, started_at) VALUES (?, ?, 1, ?, ?, ?, ?, ?)",
                [(f"A{number:05d}{at:020d}", row[0], "B" * 26, "floor:1:1", AT, row[1], AT) for at, row in enumerate(chunk)],
            )
            link.execute("COMMIT")
        write(link, self.file, "in_flight")
        for number, chunk in enumerate(_chunks(waiting)):
            link.execute("BEGIN IMMEDIATE")
            link.executemany("UPDATE claim SET state = 'exported', changed_at = ? WHERE id = ?", [(AT, row[3]) for row in chunk])
            link.executemany(
                "INSERT INTO history (id, claim_id, at, actor, role, what, from_state, to_state, reason, details) "
                "VALUES (?, ?, ?, 'system', 'system', 'exported', 'running', 'exported', NULL, ?)",
                [(f"Z{number:05d}{at:020d}", row[3], AT, f'{{"account": "agency", "file": "{self.file.name}"}}') for at, row in enumerate(chunk)],
            )
            link.executemany("UPDATE attempt SET outcome = 'exported', ended_at = ? WHERE instruction_id = ?", [(AT, row[0]) for row in chunk])
            link.executemany("UPDATE instruction SET state = 'done', ended_at = ? WHERE id = ?", [(AT, row[0]) for row in chunk])
            link.executemany("UPDATE placement SET placed_on = ? WHERE id = ?", [(AT[:10], row[2]) for row in chunk])
            link.execute("COMMIT")
        link.close()

    def check(self) -> dict[str, Any]:
        link = connect(self.database)
        (done,) = link.execute("SELECT count(*) FROM claim WHERE state = 'exported'").fetchone()
        link.close()
        assert done == self.size, done
        return super().check()


def write(link: sqlite3.Connection, file: Path, state: str) -> None:
    """Write the file of all instructions in that state, and return once it lies on the disk."""
    rows = link.execute(_ROWS, (state, ACCOUNT))
    column = {name[0]: number for number, name in reversed(list(enumerate(rows.description)))}
    body, principal, invoice = column["body"], column["principal_open"], column["invoice_number"]
    with file.open("w", newline="", encoding="cp1252") as out:
        writer = csv.writer(out, delimiter=";")
        writer.writerow(HEADER)
        for row in rows:
            cells = _cells(json.loads(row[body]), row[principal], row[invoice])
            writer.writerow(["'" + cell if cell[:1] in _RISKY else cell for cell in cells])
        out.flush()
        os.fsync(out.fileno())


def _cells(claim: dict[str, Any], principal: int, invoice: str) -> tuple[str, ...]:
    debtor = claim["debtor"]
    address, person, company = debtor["addresses"][0], debtor.get("person", {}), debtor.get("organization")
    contacts = {contact["kind"]: contact["value"] for contact in debtor["contacts"]}
    cents = principal // 100
    return (
        person.get("first_name", ""),
        person.get("last_name", ""),
        "c" if company else _SALUTATIONS[person["salutation"]],
        company["name"] if company else "",
        f"{address['street']} {address['house_number']}",
        address["postal_code"],
        address["city"],
        address["country"],
        "00" + contacts["phone"][1:],
        "",
        "",
        contacts["email"],
        invoice,
        f"{cents // 100},{cents % 100:02d}",
        claim["subject"],
        _day(claim["service_date"]),
        _day(claim["reminders"][-1]["sent_on"]),
        "1",
    )


def _day(text: str) -> str:
    return f"{text[8:]}.{text[5:7]}.{text[:4]}"


def _chunks(rows: list[Any]) -> Iterator[list[Any]]:
    stream = iter(rows)
    while chunk := list(islice(stream, CHUNK)):
        yield chunk
