"""The demo's folder: the configuration, and the shops' files with dates counted from today, so that it works on any day."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from inkasso_core.errors import ConfigurationError
from inkasso_core.model.words import Language, Text
from inkasso_core.settings import Settings, load

CONFIGURATION = "inkasso.toml"
DATABASE = "sqlite:///inkasso.db"
LEDGER = "agency-ledger.jsonl"
"""What arrived at the agency of the account ``dummy``: its own side of the story."""

ORDERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "plenty": ("plenty-orders.json", "plenty-addresses.json"),
        "cp": ("cp-orders.csv",),
        "own": ("own-claims.json",),
    }
)
"""Shop -> the file that it exported, and the files beside it."""
NEXT_DAY = "plenty-next-day.json"

_INVENTED_RATE = "1.00"
_TODAY = re.compile(r"\{today([+-]\d+)?\}")
_AS_WRITTEN = {".csv": ("%d.%m.%Y", "cp1252"), ".json": ("%Y-%m-%d", "utf-8")}
"""Kind of file -> how it writes a date, and its encoding. The shop's CSV is as a German shop on Windows writes it."""


def prepare(folder: Path) -> None:
    """Make the folder if it is not there. Raises :class:`ConfigurationError` for one that holds anything, and for what is no folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_empty = next(folder.iterdir(), None) is None
    except OSError as exc:
        raise ConfigurationError(_UNUSABLE.fill(folder=folder, why=exc.strerror or type(exc).__name__)) from None
    if not is_empty:
        raise ConfigurationError(_NOT_EMPTY.fill(folder=folder))


def write_configuration(folder: Path, language: Language) -> None:
    """Write ``inkasso.toml``."""
    text = _template(CONFIGURATION).replace("{language}", language)
    # a basic string of TOML is written like one of JSON; the ledger's path must be absolute: it would count from the working directory
    ledger = json.dumps(str(folder / LEDGER), ensure_ascii=False)
    (folder / CONFIGURATION).write_text(text.replace("{ledger}", ledger), "utf-8")


def add_rates(folder: Path, known: Mapping[str, dt.date], today: dt.date) -> None:
    """Add invented base rates for the half-years up to ``today`` that this version does not know; ``known``: country -> last day known."""
    lines = []
    for country, last in known.items():
        day = last + dt.timedelta(days=1)
        missing = []
        while day <= today:
            missing.append(f'"{day}" = "{_INVENTED_RATE}"')
            day = dt.date(day.year, 7, 1) if day.month == 1 else dt.date(day.year + 1, 1, 1)
        if missing:
            lines += ["", f"[law.base_rates.{country}]  # invented: newer than this version", *missing]
    if lines:
        with (folder / CONFIGURATION).open("a", encoding="utf-8") as file:
            file.write("\n".join([*lines, ""]))


def configuration(folder: Path) -> Settings:
    """Read the demo's configuration. Its database stays in the folder, whatever the environment says."""
    settings = load(folder / CONFIGURATION)
    return settings.model_copy(update={"inkasso": settings.inkasso.model_copy(update={"database": DATABASE})})


def write_orders(folder: Path, now: dt.datetime, today: dt.date) -> None:
    """Write the shops' files as they would have exported them ``now``, which is ``today`` in the creditor's zone."""
    for name in (*(name for group in ORDERS.values() for name in group), NEXT_DAY):
        form, encoding = _AS_WRITTEN[Path(name).suffix]
        path = folder / name
        path.write_text(dated(_template(name), today, form), encoding)
        os.utime(path, (now.timestamp(), now.timestamp()))  # a file's own time is when the shop reported


def dated(template: str, today: dt.date, form: str) -> str:
    """Return a template with its ``{today}`` and ``{today-45}`` filled in."""
    return _TODAY.sub(lambda found: (today + dt.timedelta(days=int(found[1] or 0))).strftime(form), template)


def _template(name: str) -> str:
    return (files(__package__) / "data" / name).read_text("utf-8")


_NOT_EMPTY = Text(
    "Der Ordner {folder} ist nicht leer: für das Vorspiel einen neuen oder leeren angeben, damit nichts überschrieben wird.",
    "The folder {folder} is not empty: name a new or an empty one for the demo, so that nothing is overwritten.",
)
_UNUSABLE = Text(
    "Der Ordner {folder} lässt sich nicht benutzen ({why}): einen anderen angeben.",
    "The folder {folder} cannot be used ({why}): name another one.",
)
