"""Lists of earlier hand-overs, for tests: as a merchant keeps them."""

import csv
import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from world import OPERATOR, World

DAY = dt.date(2026, 4, 20)
AUTOMATIC: Mapping[str, Mapping[str, Any]] = {"agency": {"mode": "automatic"}}


def listing(folder: Path, *rows: Mapping[str, object], name: str = "alt.csv") -> Path:
    """A list as a merchant keeps it."""
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ["Auftrag", "Rechnung", "Aktenzeichen", "Datum"], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return path


def row(order: str = "", case: str = "AZ-1", *, invoice: str = "", day: str = "20.04.2026") -> dict[str, object]:
    return {"Auftrag": order, "Rechnung": invoice, "Aktenzeichen": case, "Datum": day}


def live(town: World, **options: Any) -> None:
    town.ink.mandate("agency", dated=dt.date(2026, 1, 15), actor=OPERATOR)
    town.ink.go_live("agency", actor=OPERATOR, **options)
