"""German or English: ``--lang``, else the settings, else (before they are read) the environment, else German."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from inkasso_core.model.words import Language, Text

_SEAM = "\x1f"
_SECTION = re.compile(r"\[(?=[a-z])")
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")

_PANELS = {
    "argument": Text("Argumente", "Arguments"),
    "option": Text("Angaben", "Options"),
    "command": Text("Befehle", "Commands"),
}
_BUILT_IN = {
    "help": Text("Zeigt diese Hilfe.", "Shows this help."),
    "install_completion": Text("Richtet die Vervollständigung in dieser Shell ein.", "Installs completion for this shell."),
    "show_completion": Text("Zeigt die Vervollständigung, zum Kopieren.", "Shows the completion, to copy it."),
}
"""What Typer itself brings and says in English only."""


class _Voice:
    """A process speaks one language."""

    language: Language = "de"


def both(german: str, english: str) -> str:
    """Return a help text in both languages; :func:`translate` leaves one of them."""
    return f"{german}{_SEAM}{english}"


def speak(language: Language) -> None:
    """Choose the language of everything that follows."""
    _Voice.language = language


def spoken() -> Language:
    """Return the language chosen."""
    return _Voice.language


def say(text: Text) -> str:
    """Return a text in the language chosen."""
    return text.read(spoken())


def asked_for(arguments: Sequence[str]) -> Language | None:
    """Return the language that ``--lang`` names, before anything is parsed: help and usage errors are to speak it, too."""
    languages: dict[str, Language] = {name: name for name in get_args(Language)}
    for number, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == "--lang":
            following = arguments[number + 1] if number + 1 < len(arguments) else ""
            return languages.get(value if equals else following)
    return None


def of_environment(environment: Mapping[str, str] = os.environ) -> Language:
    """Return English where the environment asks for it, else German."""
    locale = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    return "en" if locale.lower().startswith("en") else "de"


def translate(command: Any, language: Language, *, is_shown: bool = False) -> None:
    """Leave one language in the help texts of a command, its parameters, and the commands in it. Typer makes them anew for each call.

    Where they are to be shown (``is_shown``), a section of the settings such as ``[serve]`` is kept from passing for markup.
    """
    for name in ("help", "short_help", "epilog", "rich_help_panel"):
        _choose(command, name, language, is_shown=is_shown)
    for parameter in command.params:
        _translate_parameter(parameter, language, is_shown=is_shown)
    ask = command.get_help_option
    command.get_help_option = lambda context: _translate_parameter(ask(context), language, is_shown=is_shown)
    for inner in getattr(command, "commands", {}).values():
        if not isinstance(getattr(inner, "rich_help_panel", None), str):
            inner.rich_help_panel = _PANELS["command"].read(language)
        translate(inner, language, is_shown=is_shown)


def _translate_parameter(parameter: Any, language: Language, *, is_shown: bool) -> Any:
    if parameter is None:
        return None
    if parameter.name in _BUILT_IN:
        parameter.help = _BUILT_IN[parameter.name].read(language)
    if getattr(parameter, "rich_help_panel", None) is None:
        parameter.rich_help_panel = _PANELS[parameter.param_type_name].read(language)
    for name in ("help", "metavar", "rich_help_panel"):
        _choose(parameter, name, language, is_shown=is_shown and name == "help")
    _show_plainly(parameter)
    return parameter


def _show_plainly(parameter: Any) -> None:
    """Leave Typer's types out of the help: a flag takes no value, and the metavar of an argument says all, its brackets included."""
    if parameter.param_type_name == "argument":
        parameter.get_usage_pieces = lambda _context: [parameter.metavar]
    elif not parameter.is_flag:
        return
    parameter.display_type_rich = lambda ctx: None


def _choose(thing: Any, name: str, language: Language, *, is_shown: bool) -> None:
    value = getattr(thing, name, None)
    if isinstance(value, str) and _SEAM in value:
        german, _, english = value.partition(_SEAM)
        text = german if language == "de" else english
        setattr(thing, name, _SECTION.sub(r"\\\g<0>", text) if is_shown else text)
