"""``inkasso demo``: the whole way of invented claims, from two shops' orders to the agency and back, in a few seconds.

It plays on the facade alone, with the plugins and adapters that are installed, and checks itself at the end: an exit code of 0 says that
everything came out as told.
"""

from __future__ import annotations

import datetime as dt
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from inkasso_core.app import Inkasso
from inkasso_core.cli.demo import after, before, handover, material
from inkasso_core.cli.demo.expected import Difference, differences
from inkasso_core.cli.demo.play import Act, Facts, Play
from inkasso_core.cli.demo.stage import Stage
from inkasso_core.cli.exits import Exit
from inkasso_core.cli.language import say, speak
from inkasso_core.cli.output import document
from inkasso_core.errors import InkassoError
from inkasso_core.model.words import Language, Text

__all__ = ["ACTS", "Derailed", "demo"]

ACTS: tuple[Act, ...] = (*before.ACTS, *handover.ACTS, *after.ACTS)

Clock = Callable[[], dt.datetime]


class Derailed(InkassoError):
    """An act could not be played to its end."""

    code = "DERAILED"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def demo(folder: Path | None, language: Language, pause: bool = False, as_json: bool = False, *, clock: Clock = _now) -> int:
    """Play the demo and return the exit code: 0 where everything came out as told, else 1.

    ``folder`` must be new or empty and is kept; without one, nothing is left behind. ``pause`` waits for the Enter key after each act.
    ``as_json`` prints the facts of each act instead. ``clock`` says what time it is. Raises :class:`ConfigurationError` for a folder that
    cannot be used, :class:`Derailed` where an act breaks.
    """
    speak(language)
    stage = Stage(pause=pause, quiet=as_json)
    if folder is not None:
        material.prepare(folder)
        return _present(folder.resolve(), language, stage, clock, as_json=as_json, kept=True)
    with TemporaryDirectory(prefix="inkasso-demo-") as temporary:
        return _present(Path(temporary).resolve(), language, stage, clock, as_json=as_json, kept=False)


def _present(folder: Path, language: Language, stage: Stage, clock: Clock, *, as_json: bool, kept: bool) -> int:
    began = perf_counter()
    stage.tell(_OPENING, "dim", folder=folder)
    material.write_configuration(folder, language)
    with Inkasso(material.configuration(folder), clock=clock, upgrade=False) as ink:
        rates = {table.info.country: table.info.covers_until for table in ink.legal_tables() if table.info.covers_until is not None}
        material.add_rates(folder, rates, ink.today())
    with Inkasso(material.configuration(folder), clock=clock) as ink:
        material.write_orders(folder, clock(), ink.today())
        facts = _perform(Play(ink, folder, stage))
        young = ink.find("plenty:10425").expected_on
    wrong = differences(facts)
    if as_json:
        document({"ok": not wrong, "differences": wrong, "acts": facts, "folder": str(folder) if kept else None})
    _close(stage, wrong, perf_counter() - began)
    if kept:
        stage.tell(_NEXT)
        for command in ("claims", f"diagnose plenty:10425 --as-of {young}", "tasks"):
            stage.command(f"{_program()} --config {shlex.quote(str(folder / material.CONFIGURATION))} {command}")
    else:
        stage.tell(_KEEP, command=_program())
    stage.tell(_OWN, command=_program())
    stage.command(f"{_program()} init {say(_FOLDER)} --shop-plugin NAME")
    stage.tell(_PAGES)
    return Exit.REFUSED if wrong else Exit.DONE


def _program() -> str:
    """The command as it was called, where the shell does not find it by its name alone: in an environment that nobody activated."""
    called = Path(sys.argv[0])
    found = shutil.which(called.name)
    is_found = found is not None and Path(found).exists() and called.exists() and Path(found).samefile(called)
    return "inkasso" if called.stem != "inkasso" or is_found else shlex.quote(str(called))


def _perform(play: Play) -> dict[str, Facts]:
    facts = {}
    for number, act in enumerate(ACTS, start=1):
        play.stage.chapter(act.title, act.why)
        try:
            facts[act.name] = act.perform(play)
        except Exception as exc:
            why = exc.text if isinstance(exc, InkassoError) else Text(type(exc).__name__, type(exc).__name__)
            raise Derailed(
                Text(
                    f"Das Vorspiel brach in Akt {number} ({act.title.de}) ab: {why.de}",
                    f"The demo broke in act {number} ({act.title.en}): {why.en}",
                )
            ) from exc
    return facts


def _close(stage: Stage, wrong: list[Difference], seconds: float) -> None:
    """Say how it came out."""
    stage.gap()
    if not wrong:
        stage.tell(_RIGHT, "bold green", acts=len(ACTS), seconds=f"{seconds:.1f}")
        return
    stage.tell(_WRONG, "bold red", number=len(wrong))
    for where, expected, found in wrong:
        stage.tell(_DIFFERENCE, "red", where=where, expected=expected, found=found)


_OPENING = Text(
    "Personen, Aufträge und Beträge sind erfunden. Ordner: {folder}",
    "Persons, orders and amounts are invented. Folder: {folder}",
)
_RIGHT = Text(
    "Alle {acts} Akte gingen aus wie erzählt ({seconds} s).",
    "All {acts} acts came out as told ({seconds} s).",
)
_WRONG = Text("{number} Angaben sind anders als erzählt:", "{number} facts are not as told:")
_DIFFERENCE = Text("  {where}: erwartet {expected}, gefunden {found}", "  {where}: expected {expected}, found {found}")
_KEEP = Text(
    "Mit `{command} demo ORDNER` bleibt der Ordner stehen, zum Weiterspielen.",
    "With `{command} demo FOLDER` the folder is kept, to go on playing.",
)
_NEXT = Text("Zum Weiterspielen:", "What to try next:")
_OWN = Text("Mit eigenen Aufträgen (`{command} shops` listet die Namen):", "With orders of your own (`{command} shops` lists the names):")
_FOLDER = Text("mein-shop", "my-shop")
_PAGES = Text(
    "Weiter geht es in README.md (Five minutes for a merchant's clerk) und docs/quickstart.md.",
    "README.md (Five minutes for a merchant's clerk) and docs/quickstart.md go on from there.",
)
