"""The installation that a storm goes over, the agency beside it, and what is loaded before the first process is forked."""

import datetime as dt
import gc
import os
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from chaos import storm_agency, storm_life
from chaos.scenario import SHIFT, Installation, creditor
from chaos.storm_life import CLERK, opened
from chaos.storm_plan import SHOPS, Plan, lines

from inkasso_core import Inkasso

_CONFIG = """
[inkasso]
database = "{database}"

[creditors.firm]
{creditor}
"""
_ACCOUNT = """
[accounts.{name}]
agency = "{agency}"
creditor = "firm"
{more}

[accounts.{name}.settings]
{settings}

[shops.{name}]
plugin = "canonical"
creditor = "firm"
account = "{name}"
"""
_AGENCY_OF = {"wire": "storm", "bulk": "storm-bulk", "staged": "storm-staged", "file": "mediafinanz-file"}
_FILES = 'directory = "outgoing"\ndialect = { encoding = "utf-8" }'
_MORE = {"wire": "at_once = 3"}


def install(folder: Path, database: str, agency: str, shops: Sequence[str] = SHOPS) -> Installation:
    """Write the configuration, and go live."""
    place = Installation(folder, tuple(shops))
    parts = [_CONFIG.format(database=database, creditor=creditor())]
    for name in shops:
        settings = _FILES if name == "file" else f'address = "{agency}{name}/"'
        parts.append(_ACCOUNT.format(name=name, agency=_AGENCY_OF[name], settings=settings, more=_MORE.get(name, "")))
    place.config.write_text("".join(parts), "utf-8")
    with Inkasso.from_config(place.config, upgrade=False, agencies=storm_life.STORM_AGENCIES) as ink:
        ink.upgrade_database()
    with opened(place, SHIFT) as ink:
        for name in shops:
            ink.mandate(name, dated=dt.date(2026, 1, 15), actor=CLERK)
            ink.go_live(name, nothing_to_adopt=True, actor=CLERK)
        ink.run_due()
    return place


def deliver(place: Installation, told: Sequence[str], shop: str, portion: int) -> None:
    """A shop exports a portion, whole or not at all."""
    if told:
        path = place.folder / f"{shop}-{portion:03}.part"
        path.write_text("".join(f"{line}\n" for line in told), "utf-8")
        path.rename(path.with_suffix(".ndjson"))


def warm_up() -> None:
    """Do a little of everything elsewhere, so that all is loaded before processes are forked: a life costs no start then.

    In files alone: what sends to an agency has threads, and nobody forks beside those.
    """
    with tempfile.TemporaryDirectory(prefix="inkasso-warm-") as folder:
        place = install(Path(folder), "sqlite:///inkasso.db", "", ("file",))
        plan = Plan(0, 20)
        for portion in range(plan.portions):
            deliver(place, lines(plan.orders(), "file", portion), "file", portion)
        with opened(place, SHIFT) as ink:
            for step in (storm_life.take_in, storm_life.let_go, storm_life.send, storm_life.confirm, storm_life.follow):
                step(ink, place)
    gc.collect()
    gc.freeze()  # what is there by now is there for good: no fork need look through it


@contextmanager
def agency(place: Path, plan: Plan) -> Iterator[str]:
    """The agency, in a process of its own; yields its address. It ends when nobody is left who could ask it, too."""
    (port, told), (until, ending) = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ending)
        try:
            storm_agency.serve(place / "ledger.jsonl", plan, told, until)
        finally:
            os._exit(0)
    os.close(told)
    os.close(until)
    try:
        with os.fdopen(port) as line:
            yield f"http://127.0.0.1:{int(line.readline())}/"
    finally:
        os.close(ending)
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
