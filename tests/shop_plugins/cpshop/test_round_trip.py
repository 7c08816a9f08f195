"""A claim written into the agency's 18 columns and read again is the same, for all that the columns carry."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from builders import green_creditor

from inkasso_adapters.mediafinanz_file import MediafinanzFile, MediafinanzFileSettings
from inkasso_core import Claim, Placement


def placed(claim: Claim) -> Placement:
    return Placement(
        our_reference="T-1", idempotency_key="k-1", account="a", creditor=green_creditor(), claims=(claim,), placed_on=dt.date(2026, 6, 1)
    )


@pytest.mark.parametrize("settings", [{}, {"country": "german-name"}, {"dialect": {"encoding": "utf-8"}}], ids=str)
def test_round_trip(taken: Any, good_rows: Any, tmp_path: Path, settings: dict[str, Any]) -> None:
    rows = [
        {**row, "Geschlecht": "c" if row["Firma"] else row["Geschlecht"], "Forderungsgrund": " ".join(row["Forderungsgrund"].split())}
        for row in good_rows
    ]
    claims = taken(rows)
    assert [type(claim) for claim in claims] == [Claim] * len(rows)
    writer = MediafinanzFile(MediafinanzFileSettings.model_validate({"directory": tmp_path, **settings})).writer()
    content = writer.header() + b"".join(writer.row(placed(claim)) for claim in claims)
    assert taken(content) == claims
