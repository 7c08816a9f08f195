"""How a command ends: one table of exit codes, and every error in one or two plain lines."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any

from inkasso_core.cli.language import say
from inkasso_core.errors import ConfigurationError, InkassoError, NotFound, PluginError, StoreError
from inkasso_core.model.words import Text


class Exit(IntEnum):
    """What a script reads."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    DATABASE = 3
    NOT_FOUND = 4
    UNFORESEEN = 70
    INTERRUPTED = 130


MEANINGS: Mapping[Exit, Text] = MappingProxyType(
    {
        Exit.DONE: Text("alles erledigt", "all done"),
        Exit.REFUSED: Text(
            "etwas wurde abgelehnt oder ist nicht in Ordnung (manche Zeilen, Forderungen, Konten); der Rest ist erledigt",
            "something was refused or is not well (some rows, claims, accounts); the rest is done",
        ),
        Exit.USAGE: Text("falscher Aufruf oder falsche Einstellung; nichts geschah", "wrong usage or wrong setting; nothing was done"),
        Exit.DATABASE: Text("die Datenbank ist nicht benutzbar", "the database cannot be used"),
        Exit.NOT_FOUND: Text("es gibt nichts unter diesem Namen; nichts geschah", "nothing is known under that name; nothing was done"),
        Exit.UNFORESEEN: Text("ein Fehler in inkasso oder in einem Plugin", "an error in inkasso or in a plugin"),
        Exit.INTERRUPTED: Text("mit Strg-C unterbrochen; was gespeichert war, bleibt", "interrupted with Ctrl-C; what was stored stays"),
    }
)

_CODES: tuple[tuple[type[InkassoError], Exit], ...] = (
    (StoreError, Exit.DATABASE),
    (NotFound, Exit.NOT_FOUND),
    (ConfigurationError, Exit.USAGE),
    (PluginError, Exit.USAGE),
    (InkassoError, Exit.REFUSED),
)


class WrongUsage(ConfigurationError):
    """A value or a combination on the command line that cannot be taken."""

    code = "USAGE"


def code_of(error: InkassoError) -> Exit:
    """Return the exit code of an error."""
    return next(code for kind, code in _CODES if isinstance(error, kind))


def report(error: BaseException, *, debug: bool) -> Exit:
    """Say on standard error what went wrong, and return the exit code. Values of an unforeseen error are never shown."""
    if debug:
        traceback.print_exception(error)
    if isinstance(error, InkassoError):
        complain(error)
        return code_of(error)
    if isinstance(error, KeyboardInterrupt):
        _print(say(_INTERRUPTED))
        return Exit.INTERRUPTED
    if type(error).__module__.startswith("sqlalchemy."):
        _print(say(_DATABASE.fill(error=_database_error(error))))
        return Exit.DATABASE
    _print(say(_UNFORESEEN.fill(error=type(error).__name__)) + ("" if debug else f"\n{say(_HOW_TO_SEE)}"))
    return Exit.UNFORESEEN


def complain(error: InkassoError) -> None:
    """Say on standard error what is wrong and what helps; the place and the field stand below, where the text does not name them."""
    message = say(error.text)
    named = ((_PLACE, getattr(error, "where", None)), (_FIELD, None if isinstance(error, NotFound) else error.field))
    below = [
        f"{say(label)}: {value}" for label, value in named if value and value not in message and value.replace("_", "-") not in message
    ]
    _print("\n".join([f"{say(_ERROR)}: {message}", *(["  " + ", ".join(below)] if below else [])]))


def complain_of_usage(error: Any) -> None:
    """Say on standard error what is wrong with a call that Typer could not parse."""
    command = error.ctx.command_path if getattr(error, "ctx", None) is not None else "inkasso"
    if type(error).__name__ == "NoArgsIsHelpError":
        return
    _print(f"{say(_ERROR)}: {_usage(error)}\n  {say(_SEE_HELP.fill(command=command))}")


def _usage(error: Any) -> str:
    """Typer's own messages are English; what a person meets most is said in the language chosen."""
    text = _USAGE.get(type(error).__name__)
    if text is None:
        return _reworded(str(error.format_message()))
    parameter = getattr(error, "param", None)
    name = getattr(error, "option_name", None) or ("/".join(parameter.opts) if parameter is not None else "")
    if parameter is not None and parameter.param_type_name == "argument":
        name = parameter.metavar or parameter.name.upper()
    if name in _global_options(error):
        return say(_BEFORE_THE_COMMAND.fill(name=name))
    near = getattr(error, "possibilities", None)
    hint = f" ({', '.join(sorted(near))}?)" if near else ""
    return say(text).format(name=name, message=error.message) + hint


def _global_options(error: Any) -> set[str]:
    """The options of ``inkasso`` itself, where a command of it was given one that it does not know."""
    context = error.ctx
    if type(error).__name__ != "NoSuchOption" or context is None or context.parent is None:
        return set()
    return {name for parameter in context.find_root().command.params for name in parameter.opts}


def _reworded(message: str) -> str:
    for pattern, text in _MESSAGES:
        if found := pattern.fullmatch(message):
            near = found.groupdict().get("near")
            return say(text).format(name=found["name"]) + (f" ({near})" if near else "")
    return message


def _database_error(error: BaseException) -> str:
    """The driver's kind of error, for example ``OperationalError``; its text could hold values."""
    return type(getattr(error, "orig", None) or error).__name__


def _print(text: str) -> None:
    sys.stderr.write("".join(c for c in text if c.isprintable() or c == "\n") + "\n")


_USAGE: Mapping[str, Text] = MappingProxyType(
    {
        "MissingParameter": Text("Es fehlt: {name}", "Missing: {name}"),
        "NoSuchOption": Text("Die Angabe {name} gibt es nicht.", "There is no option {name}."),
        "BadOptionUsage": Text("{name} verlangt einen Wert oder verträgt keinen.", "{name} needs a value, or takes none."),
        "BadParameter": Text("{name} ist falsch: {message}", "{name} is wrong: {message}"),
    }
)
_MESSAGES: tuple[tuple[re.Pattern[str], Text], ...] = (
    (
        re.compile(r"No such command '(?P<name>[^']*)'\.(?: Did you mean (?P<near>.*\?))?"),
        Text("Den Befehl {name} gibt es nicht.", "There is no command {name}."),
    ),
    (re.compile(r"(?P<name>Missing command)\."), Text("Es fehlt der Befehl.", "The command is missing.")),
    (re.compile(r"Got unexpected extra arguments?(?:\(s\))? \((?P<name>.*)\)"), Text("Zu viel: {name}", "Too much: {name}")),
)
_BEFORE_THE_COMMAND = Text(
    "{name} steht vor dem Befehl: inkasso {name} … BEFEHL.", "{name} stands before the command: inkasso {name} … COMMAND."
)
_ERROR = Text("Fehler", "Error")
_PLACE = Text("Stelle", "place")
_FIELD = Text("Feld", "field")
_SEE_HELP = Text("Hilfe: {command} --help", "Help: {command} --help")
_INTERRUPTED = Text(
    "Unterbrochen. Was gespeichert war, bleibt gespeichert; derselbe Aufruf setzt fort.",
    "Interrupted. What was stored stays stored; the same call continues.",
)
_DATABASE = Text(
    "Fehler: Die Datenbank hat den Zugriff verweigert ({error}): Adresse, Rechte und freien Speicher prüfen ([inkasso] database).",
    "Error: the database refused access ({error}): check its address, rights and free space ([inkasso] database).",
)
_UNFORESEEN = Text(
    "Unvorhergesehener Fehler ({error}). Was gespeichert war, bleibt gespeichert.",
    "Unforeseen error ({error}). What was stored stays stored.",
)
_HOW_TO_SEE = Text(
    "Mit `inkasso --debug …` zeigt derselbe Aufruf, wo; die Ausgabe kann personenbezogene Daten enthalten.",
    "With `inkasso --debug …` the same call shows where; the output may hold personal data.",
)
