"""Following by hand: what agencies say of the cases that they have, asked for at once, and what is told to shops of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from inkasso_core.cli import output, words
from inkasso_core.cli.exits import Exit
from inkasso_core.cli.language import both
from inkasso_core.cli.logged import Log, working
from inkasso_core.cli.options import AsJson, ByAccount
from inkasso_core.cli.words import Noun
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Followed

app = typer.Typer()


@app.command(
    "follow",
    rich_help_panel=both("Übergeben", "Handing over"),
    help=both(
        "Fragt Agenturen gleich, wo ihre Fälle stehen, und meldet es den Shops; `inkasso run` tut das mit.",
        "Asks agencies at once where their cases stand, and tells the shops; `inkasso run` does that, too.",
    ),
)
def follow(ctx: typer.Context, account: ByAccount = None, log: Log = None, as_json: AsJson = False) -> None:
    with working(ctx, log) as ink:
        ink.require(account=account)
        followed = ink.follow(account)
    if as_json:
        output.document(followed._asdict())
    elif happened := said_of(followed):
        output.line(", ".join(happened))
    else:
        output.tell(_NOTHING)
    raise typer.Exit(Exit.REFUSED if followed.failed else Exit.DONE)


def said_of(followed: Followed) -> list[str]:
    """Say what following brought, as far as it brought anything."""
    return [words.counted(value, _FOLLOWED[name]) for name, value in followed._asdict().items() if value]


_FOLLOWED = {
    "changed": Noun(Text("bei der Agentur geändert", "changed at the agency")),
    "looked_up": Noun(Text("nachgesehen", "looked up")),
    "tasks": Noun(Text("neue Aufgabe", "new task"), Text("neue Aufgaben", "new tasks")),
    "told": Noun(Text("Nachricht an Shops", "notice to shops"), Text("Nachrichten an Shops", "notices to shops")),
    "received": Noun(Text("Eintrag der Agentur", "entry of an agency"), Text("Einträge der Agentur", "entries of agencies")),
    "failed": Noun(Text("Nachfrage gescheitert", "inquiry failed"), Text("Nachfragen gescheitert", "inquiries failed")),
}
_NOTHING = Text("Nichts Neues.", "Nothing new.")
