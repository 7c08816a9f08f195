"""The command ``inkasso``: its global options, its language, and what happens when something goes wrong."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from typer.core import TyperGroup

from inkasso_core._version import __version__
from inkasso_core.cli import (
    adopt,
    agencies,
    books,
    bring,
    diagnosis,
    events,
    feed,
    following,
    inbox,
    interrupt,
    law,
    look,
    notices,
    poll,
    send,
    serve,
    setup,
    shop_plugins,
    telling,
    transmitted,
    vendors,
    waiting,
    work,
    worker,
)
from inkasso_core.cli.exits import MEANINGS, Exit, WrongUsage, complain_of_usage, report
from inkasso_core.cli.language import asked_for, both, of_environment, speak, translate
from inkasso_core.cli.session import Session
from inkasso_core.model.words import Language, Text

# The one name by which old and new versions of Typer alike give the class of all usage errors.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]


class Root(TyperGroup):
    """The group of all commands. Chooses the language before anything is parsed, and turns every error into lines and an exit code."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run one call and exit. In a program of one's own, ``standalone_mode=False`` returns the exit code instead."""
        given = options.pop("args", args[0] if args else None)
        standalone = options.pop("standalone_mode", True)
        arguments = sys.argv[1:] if given is None else list(given)
        language = asked_for(arguments) or of_environment()
        speak(language)
        translate(self, language, is_shown=True)
        code = self._run(arguments, options)
        if standalone:
            sys.exit(code)
        return code

    def _run(self, arguments: list[str], options: dict[str, Any]) -> int:
        debug = "--debug" in arguments
        try:
            with interrupt.heard():
                code = super().main(arguments, standalone_mode=False, **options)
        except _UsageError as exc:
            complain_of_usage(exc)
            return Exit.USAGE
        except (KeyboardInterrupt, typer.Abort):
            return report(KeyboardInterrupt(), debug=False)
        except Exception as exc:  # noqa: BLE001  (the last one to hear of it: says so, without a value, and returns a code)
            return report(exc, debug=debug)
        if code == Exit.INTERRUPTED:  # newer versions of Typer catch Ctrl-C themselves
            return report(KeyboardInterrupt(), debug=False)
        return code if isinstance(code, int) else Exit.DONE


def _exit_codes() -> str:
    """Return the table of exit codes for the end of ``inkasso --help``."""

    def told(language: Language) -> str:
        title = Text("Ende mit", "Exit codes").read(language)
        return f"{title}: " + " · ".join(f"{code.value} {meaning.read(language)}" for code, meaning in MEANINGS.items())

    german, english = (told(language) for language in get_args(Language))
    return both(german, english)


app = typer.Typer(
    name="inkasso",
    cls=Root,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help=both(
        "Übergibt überfällige Aufträge eines Shops an Inkassounternehmen: einmal, mit Diagnose, und mit dem Weg zurück.",
        "Hands overdue orders of a shop over to collection agencies: once, with a diagnosis, and with the way back.",
    ),
    epilog=_exit_codes(),
    context_settings={"help_option_names": ["--help", "-h"]},
)
for part in (
    setup,
    agencies,
    shop_plugins,
    bring,
    poll,
    serve,
    events,
    look,
    transmitted,
    law,
    diagnosis,
    work,
    waiting,
    telling,
    inbox,
    vendors,
    feed,
    notices,
    adopt,
    books,
    send,
    following,
    worker,
):
    app.add_typer(part.app)


def _language(text: str) -> Language:
    found: dict[str, Language] = {name: name for name in get_args(Language)}
    if text not in found:
        raise WrongUsage(_NO_LANGUAGE.fill(text=text))
    return found[text]


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"inkasso {__version__}\n")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            metavar="FILE",
            envvar="INKASSO_CONFIG",
            help=both("Einstellungen; sonst inkasso.toml.", "Settings; left out, inkasso.toml."),
        ),
    ] = None,
    lang: Annotated[
        str | None,
        typer.Option(
            "--lang",
            metavar="de|en",
            parser=_language,
            help=both("Sprache; sonst die der Einstellungen.", "Language; left out, that of the settings."),
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help=both("Sagt mehr.", "Says more."))] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug",
            help=both("Zeigt bei Fehlern, wo; kann Personenbezogenes zeigen.", "Shows where an error arose; may show personal data."),
        ),
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help=both("Zeigt die Version.", "Shows the version."))
    ] = False,
) -> None:
    ctx.obj = Session(config, asked_for([f"--lang={lang}"]) if lang else None, verbose, debug)


_NO_LANGUAGE = Text("„{text}“ gibt es hier nicht: de oder en.", '"{text}" is not possible here: de or en.')
