"""The floor of an export: read and decode the same rows, guard against formulas, and write them with ``csv.writer``.

:func:`transmit` also changes the rows that a live transmission changes: the try is stored before the file, its end after it. Letters that
the encoding lacks become question marks here, which costs nothing; the package transliterates them and reports each.
"""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from floor_intake import connect

_RISKY = ("=", "+", "-", "@", "\t", "\r")
_BATCH = 200
_AT = "2026-06-01T10:00:00.000000Z"
_ROWS = """
SELECT v.body, c.id, i.id, p.id FROM claim c
JOIN placement_claim pc ON pc.claim_id = c.id AND pc.open = 1
JOIN placement p ON p.id = pc.placement_id
JOIN instruction i ON i.placement_id = p.id
JOIN vault v ON v.id = c.body_id
WHERE c.state = ? ORDER BY substr(p.opened_at, 1, 10), c.invoice_number, c.shop, c.record
"""


def export(database: Path, target: Path) -> int:
    """Write the file; return the number of rows."""
    link = connect(database)
    with target.open("w", encoding="cp1252", errors="replace", newline="") as out:
        write = csv.writer(out, delimiter=";").writerow
        number = 0
        for body, *_ in link.execute(_ROWS, ("running",)):
            write(_guarded(_cells(json.loads(body))))
            number += 1
        out.flush()
        os.fsync(out.fileno())
    link.close()
    return number


def transmit(database: Path, target: Path) -> int:
    """Write the file, with the bookkeeping that makes it happen once: the same rows, changed by raw ``sqlite3``."""
    link = connect(database)
    ids = [row[1:] for row in link.execute(_ROWS, ("running",))]
    for batch in _batches(ids):
        link.execute("BEGIN IMMEDIATE")
        link.executemany("UPDATE instruction SET state = 'in_flight', attempts = 1 WHERE id = ?", [(i,) for _, i, _ in batch])
        link.executemany(
            "INSERT INTO attempt (id, instruction_id, no, batch_id, owner, lease_until, key, started_at) "
            "VALUES (?, ?, 1, 'b', 'o', ?, ?, ?)",
            [(f"a{i[1:]}", i, _AT, i, _AT) for _, i, _ in batch],
        )
        link.execute("COMMIT")
    number = export(database, target)
    for batch in _batches(ids):
        link.execute("BEGIN IMMEDIATE")
        link.executemany("UPDATE claim SET state = 'exported', changed_at = ? WHERE id = ?", [(_AT, c) for c, _, _ in batch])
        link.executemany("UPDATE attempt SET outcome = 'exported', ended_at = ? WHERE id = ?", [(_AT, f"a{i[1:]}") for _, i, _ in batch])
        link.executemany("UPDATE instruction SET state = 'done', ended_at = ? WHERE id = ?", [(_AT, i) for _, i, _ in batch])
        link.executemany("UPDATE placement SET placed_on = '2026-06-01' WHERE id = ?", [(p,) for _, _, p in batch])
        link.executemany(
            "INSERT INTO history (id, claim_id, at, actor, role, what, from_state, to_state, details) "
            "VALUES (?, ?, ?, 'system', 'system', 'exported', 'running', 'exported', '{}')",
            [(f"h{c[1:]}", c, _AT) for c, _, _ in batch],
        )
        link.execute("COMMIT")
    link.close()
    return number


def _batches(ids: list[tuple[str, str, str]]) -> Iterator[list[tuple[str, str, str]]]:
    stream = iter(ids)
    while batch := list(islice(stream, _BATCH)):
        yield batch


def _guarded(cells: list[str]) -> list[str]:
    return ["'" + cell if cell[:1] in _RISKY else cell for cell in cells]


def _cells(claim: dict[str, Any]) -> list[str]:
    """The 18 cells of one row."""
    debtor = claim["debtor"]
    person, organization, address = debtor.get("person", {}), debtor.get("organization", {}), debtor["addresses"][0]
    contacts = {contact["kind"]: contact["value"] for contact in debtor.get("contacts", ())}
    paid = sum((Decimal(payment["amount"]) for payment in claim.get("payments", ())), Decimal(0))
    amount = f"{Decimal(claim['principal']) - paid:.2f}".replace(".", ",")
    return [
        *(person.get("first_name", ""), person.get("last_name", ""), "m", organization.get("name", "")),
        *(f"{address['street']} {address['house_number']}", address["postal_code"], address["city"], address.get("country", "DE")),
        *(contacts.get("phone", "").replace("+", "00"), "", "", contacts.get("email", ""), claim["invoice"]["number"], amount),
        *(claim["subject"].replace("×", "x"), _german(claim["service_date"]), _german(claim["reminders"][-1]["sent_on"]), "1"),
    ]


def _german(day: str) -> str:
    return f"{day[8:10]}.{day[5:7]}.{day[:4]}"


def released(database: Path) -> int:
    """Return how many claims are released."""
    link = sqlite3.connect(database)
    try:
        return int(link.execute("SELECT count(*) FROM claim WHERE state = 'running'").fetchone()[0])
    finally:
        link.close()
