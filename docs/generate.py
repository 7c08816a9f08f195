"""Write the pages of the documentation that are made from the code.

``python docs/generate.py`` writes them; with ``--check`` nothing is written, and the exit code is 1 when one is not current.
To add a page, write a function that returns its text and mark it with ``@page("its/path")``, relative to this folder. A page that is
written by hand but for some parts marks each of them with ``<!-- from the code: NAME -->`` and ``<!-- end -->``; see :func:`filled`.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer.main
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import inkasso_core
from inkasso_core.cli.app import app
from inkasso_core.cli.exits import MEANINGS
from inkasso_core.cli.language import translate
from inkasso_core.lifecycle import RULES, Need, Profile, Role, State, need_text, state_label
from inkasso_core.model.party import Creditor
from inkasso_core.model.schema import claim_schema
from inkasso_core.plugins import spec
from inkasso_core.plugins.manager import ALONE, HOOKS, OBSERVER
from inkasso_core.rules.condition import Condition
from inkasso_core.rules.labels import GROUPS, GROUPS_OF, LEVELS
from inkasso_core.rules.policy import Policy
from inkasso_core.rules.table import all_conditions
from inkasso_core.settings import AccountSettings, ActorSettings, General, LawSettings, Route, ShopConfig
from inkasso_core.statuses import STATE_OF
from inkasso_core.store import schema

FOLDER = Path(__file__).resolve().parent
USAGE = "usage: python docs/generate.py [--check]\n"

Generator = Callable[[], str]
PAGES: dict[str, Generator] = {}


def page(path: str) -> Callable[[Generator], Generator]:
    """Register the function that returns the text of the page at ``path``."""

    def register(generator: Generator) -> Generator:
        if path in PAGES:
            raise ValueError(f"two functions make {path}")
        PAGES[path] = generator
        return generator

    return register


MARKED = re.compile(r"(?P<begin><!-- from the code: (?P<name>[\w.-]+) -->\n)(?P<old>.*?)(?P<end><!-- end -->)", re.DOTALL)


def filled(path: str, parts: Mapping[str, str]) -> str:
    """Return the page at ``path`` with its marked parts made anew; raises ``ValueError`` unless it marks each of them once."""
    text = (FOLDER / path).read_text(encoding="utf-8")
    marked = [found["name"] for found in MARKED.finditer(text)]
    if sorted(marked) != sorted(parts):
        raise ValueError(f"{path} marks {sorted(marked)}, made are {sorted(parts)}")
    return MARKED.sub(lambda found: f"{found['begin']}{parts[found['name']].strip()}\n{found['end']}", text)


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table."""
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def prose(text: str | None) -> str:
    """Turn a docstring into one paragraph of Markdown; raises ``ValueError`` where there is none."""
    if not text:
        raise ValueError("something public has no docstring")
    bare = re.sub(r":\w+:`~?([^`<]*\.)?(\w+)`", r"`\2`", " ".join(text.split()))
    return bare.replace("``", "`").replace("|", "\\|")


@page("claim.schema.json")
def claim_json_schema() -> str:
    """The JSON Schema of a claim."""
    return json.dumps(claim_schema(), ensure_ascii=False, indent=2) + "\n"


CONDITIONS_HEAD = """\
# Conditions

A diagnosis asks these conditions about a claim on one day and says which of them are not met, in German and English, each
with the field and the remedy, and with the day from which time alone mends it. The claim is ready when **all** conditions of
**one** group are met. `inkasso diagnose` shows the result.

- A point that **blocks** keeps the claim waiting; one that **warns** wants a person to release it; a **note** only informs.
- A **fixed** condition blocks in every group and cannot be changed. An **adjustable** one can be given another weight for an
  account, `block`, `warn`, `info` or `off`:

  ```toml
  [accounts.NAME.policy.levels]
  SUBJECT_MISSING = "warn"
  ```

What is unknown is never taken for granted: a missing date or part of the address blocks, and where the shop does not say
whether it delivered (`PERFORMANCE_UNKNOWN`), a person must confirm it by releasing. Policy plugins add points of their own,
which stand in every group; a plugin that breaks leaves the red point `REVIEW_FAILED`.

The law that counts is that of the creditor's country, where the debtor lives there, too. Where it is not known, default, interest
and limitation are neither computed nor guessed, and `LAW_NOT_KNOWN` says so. Of a claim that is not due, or whose due date is not
known, default is not asked: `NOT_DUE` or `DUE_DATE_MISSING` already stands in the way.

A source that speaks of practice, of agencies or of a contract is no rule of law.
"""


GROUPS_TEXT = """\
Where an account names no `groups`, those of the shop's profile are in force: in a shop {shop}, in a marketplace {marketplace}.
An account can have groups of its own. Such a group asks what every group asks, and besides only what it names, out of {own}:

```toml
[accounts.NAME.policy]
groups = ["reminded_invoice", "reminded_once"]
own_groups.reminded_once = ["REMINDER_BEFORE_DUE", "GRACE_RUNNING"]
```
"""


@page("conditions.md")
def conditions_page() -> str:
    """All conditions, the groups, and the thresholds of an account."""
    rows = all_conditions()
    overview = [f"| [`{row.code}`](#{row.code.lower()}) | {_weight(row)} | {row.message.en.split(':')[0]} |" for row in rows]
    groups = [f"- `{name}`: {label.en} ({label.de})" for name, label in GROUPS.items()]
    sections = [
        CONDITIONS_HEAD,
        "## Overview\n",
        "\n".join(["| condition | weight | about |", "|---|---|---|", *overview]) + "\n",
        "## Groups\n",
        "Without further words a condition stands in every group.\n",
        "\n".join(groups) + "\n",
        GROUPS_TEXT.format(**{profile: _named(names) for profile, names in GROUPS_OF.items()}, own=_named(_only_in_some(rows))),
        "## Thresholds of an account\n",
        "Set in `[accounts.NAME.policy]`.\n",
        "\n".join(["| setting | default | meaning |", "|---|---|---|", *_thresholds()]) + "\n",
        "## All conditions\n",
        *(_condition(row) for row in rows),
    ]
    return "\n".join(sections)


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _only_in_some(rows: Iterable[Condition]) -> list[str]:
    return [row.code for row in rows if row.only_in]


def _weight(row: Condition) -> str:
    return f"{LEVELS[row.level].en}, {'fixed' if row.fixed else 'adjustable'}"


def _condition(row: Condition) -> str:
    lines = [
        f"### {row.code}\n",
        f"{_weight(row).capitalize()}"
        + (f". Field: `{row.field}`" if row.field else "")
        + (f". Only in: {', '.join(f'`{name}`' for name in sorted(row.only_in))}" if row.only_in else "")
        + f". Source: {row.source}.\n",
        f"- German: {_shown(row.message.de)} *{_shown(row.remedy.de)}*",
        f"- English: {_shown(row.message.en)} *{_shown(row.remedy.en)}*\n",
    ]
    return "\n".join(lines)


def _shown(text: str) -> str:
    """A placeholder is shown as dots."""
    return re.sub(r"\{\w+\}", "…", text)


def _thresholds() -> list[str]:
    defaults, rows = Policy().model_dump(mode="json"), []
    for name, field in Policy.model_fields.items():
        default = defaults[name]
        shown = "–" if default is None else f"`{json.dumps(default)}`"
        rows.append(f"| `{name}` | {shown} | {' '.join((field.description or '').split())} |")
    return rows


API_HEAD = """\
# Public names

Everything that `inkasso_core` exports, made from the code: `from inkasso_core import Claim`. Everything else is private and may change
without notice.
"""
ROOMS = {
    "app": "The facade",
    "settings": "Configuration",
    "model.claim": "A claim",
    "model.circumstances": "What surrounds a claim",
    "model.party": "Debtor and creditor",
    "model.codes": "Codes",
    "model.words": "Texts",
    "lifecycle": "States and roles",
    "model.diagnosis": "Diagnosis",
    "model.statement": "Default, interest, limitation",
    "model.events": "Events",
    "plugins.base": "Shop plugins",
    "plugins.spec": "Hooks",
    "readers": "Reading exported files",
    "agencies.base": "Agency adapters",
    "agencies.file": "Agencies that take files",
    "agencies.table": "Writing tables",
    "model.agency": "Between us and an agency",
    "errors": "Errors",
}
"""Where public names are at home -> what they are about, in the order of the page."""
SAID = {
    "Cell": "What a column reads from an item: text, an amount, a date, or nothing.",
    "Language": "The languages of texts: `de` or `en`.",
    "hookimpl": "Marks a function or method as the implementation of a hook.",
}
"""Names that bear no docstring of their own."""


@page("api.md")
def api_page() -> str:
    """Every public name with the first words of its docstring, by what it is about."""
    homes = inkasso_core._HOMES
    if homes.keys() != ROOMS.keys():
        raise ValueError(f"say what these are about: {sorted(homes.keys() ^ ROOMS.keys())}")
    heads = ("name", "what it is")
    parts = [f"**{title}**\n\n{table(heads, [_public(name) for name in sorted(homes[room])])}" for room, title in ROOMS.items()]
    return "\n".join([API_HEAD, *parts])


def _public(name: str) -> tuple[str, str]:
    words = SAID.get(name) or (inspect.getdoc(getattr(inkasso_core, name)) or "").partition("\n\n")[0]
    return f"`{name}`", prose(re.sub(r",? ?\(?``reference: [^`]*``(?: section [\d.]+)?\)?", "", words))


KINDS = {
    "event": ("the first answer counts", "the event stays stored as failed, with the reason, and can be replayed; other shops go on"),
    "choice": ("the first answer counts; the routes come last", "the claim waits, with the reason"),
    "review": ("every one, alone", "it counts as a red point: the claim waits, with the reason, and the other reviewers are asked"),
    "observer": ("every one, alone", "the others are told; this one is told again, later and later, until it listens"),
}
"""What kind of hook -> who counts, and what happens when an implementation raises or answers with the wrong type."""


def kind_of(hook: str) -> str:
    """Return the kind of a hook, as the manager calls it."""
    if hook in ALONE:
        return "observer" if hook == OBSERVER else "review"
    return "event" if "event" in inspect.signature(getattr(spec, hook)).parameters else "choice"


def signature_of(hook: str) -> str:
    """Return the full signature of a hook, as its specification has it."""
    found = inspect.signature(getattr(spec, hook))
    arguments = ", ".join(f"{name}: {value.annotation}" for name, value in found.parameters.items())
    return f"{hook}({arguments}) -> {found.return_annotation}"


@page("lifecycle.md")
def lifecycle_page() -> str:
    """States, changes by role and profile, needs, and what an agency's status means, as the core's own tables say."""
    states = [(f"`{state}`", *_labels(state)) for state in State]
    changes = [
        (
            _states(rule.sources),
            _states(rule.targets),
            _clerk(rule.roles[Profile.SHOP]),
            _who(rule.roles[Profile.MARKETPLACE]),
            ", ".join(f"`{need}`" for need in Need if need in rule.needs) or "–",
        )
        for rule in RULES
    ]
    needs = [(f"`{need}`", need_text(need).en) for need in Need]
    statuses = [(f"`{status}`", f"`{state}`" if state else "as it was") for status, state in STATE_OF.items()]
    return filled(
        "lifecycle.md",
        {
            "states": table(("state", "German", "English"), states),
            "changes": table(("from", "to", "in a shop", "in a marketplace", "what must hold"), changes),
            "needs": table(("what must hold", "what is said when it does not"), needs),
            "statuses": table(("the agency's status", "the claim"), statuses),
        },
    )


def _labels(state: State) -> tuple[str, str]:
    """The labels in a shop, and in a marketplace where they differ."""
    shop, market = state_label(state), state_label(state, Profile.MARKETPLACE)
    if shop == market:
        return shop.de, shop.en
    return f"{shop.de}; marketplace: {market.de}", f"{shop.en}; marketplace: {market.en}"


def _states(states: Iterable[State | None]) -> str:
    found = set(states)
    return ", ".join(f"`{state}`" if state else "(new)" for state in (None, *State) if state in found)


def _who(roles: Iterable[Role]) -> str:
    found = set(roles)
    return ", ".join(role for role in (Role.VENDOR, Role.OPERATOR, Role.SYSTEM) if role in found) or "nobody"


def _clerk(roles: Iterable[Role]) -> str:
    """In a shop one clerk is vendor and operator."""
    found = set(roles)
    return ", ".join(name for name, role in (("clerk", Role.OPERATOR), ("system", Role.SYSTEM)) if role in found) or "nobody"


@page("hooks.md")
def hooks_page() -> str:
    """Every hook with its signature; the examples are written by hand."""
    rows = [(f"[`{hook}`](#{hook.replace('_', '-')})", kind_of(hook), *KINDS[kind_of(hook)]) for hook in HOOKS]
    sections = {hook: "\n".join(_hook(hook)) for hook in HOOKS}
    return filled("hooks.md", {"overview": table(("hook", "kind", "who counts", "when one fails"), rows), **sections})


def _hook(hook: str) -> Iterator[str]:
    counts, fails = KINDS[kind_of(hook)]
    yield f"({hook.replace('_', '-')})=\n## `{signature_of(hook)}`\n"
    yield f"{prose(getattr(spec, hook).__doc__)}\n"
    yield f"**Who counts:** {counts}. **When it fails:** {fails}."


SECTIONS: dict[str, type[BaseModel]] = {
    "inkasso": General,
    "law": LawSettings,
    "creditors": Creditor,
    "accounts": AccountSettings,
    "policy": Policy,
    "shops": ShopConfig,
    "routes": Route,
    "actors": ActorSettings,
}
"""Part of configuration.md -> the model that reads it."""


@page("configuration.md")
def configuration_page() -> str:
    """Every setting, from the models that read them."""
    heads = ("setting", "default", "meaning")
    return filled("configuration.md", {name: table(heads, _settings(model)) for name, model in SECTIONS.items()})


def _settings(model: type[BaseModel]) -> list[tuple[str, ...]]:
    return [(f"`{name}`", _default(field), prose(field.description)) for name, field in model.model_fields.items()]


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined:
        return "–"
    if isinstance(value, BaseModel | Mapping):
        return "a section of its own" if isinstance(value, BaseModel) else "empty"
    return f"`{json.dumps(list(value) if isinstance(value, tuple) else str(value) if not isinstance(value, bool | int) else value)}`"


TABLES = {
    "meta": "values of the installation: the secret with which customer numbers become lookups, when the last run ended",
    "tenant": "the businesses that use the installation",
    "shop": "the configured shops, written down when they first appear",
    "vault": "**all personal data**: claims as reported, payloads, requests to agencies and their answers",
    "debtor": "a debtor's id, and the keyed digest by which the shop's customer number finds him",
    "claim": "one due item: state, account, amounts, dates, and the id of its body in the vault",
    "revision": "every report of a claim: when, what it changed, and the id of its body",
    "event": "what shops reported; what failed keeps code, field and message, can be replayed, and keeps who settled it, when and why",
    "sighting": "when a record that is no claim was last seen to be none, and with which status, so that an older report starts none",
    "ingest": "how far a file was taken in, so that a killed run continues",
    "placement": "one or more claims at one account: our reference, case reference, agency status",
    "placement_claim": "which claim in which revision is in which placement; a claim is in one open placement at most",
    "instruction": "what is to be told to an agency: the queue",
    "attempt": "every try of an instruction: owner, lease, key, outcome",
    "batch": "export files: name, number of rows, totals, digest, and how far they got",
    "task": "what only a person can do",
    "hold": "holds (Mahnstopps) on a claim, an order, an invoice or a debtor, with reason and last day",
    "decision": "mandate, live switch, limits and stops of accounts: who decided what, and when",
    "history": "everything that happened to a claim: when, who, what, from, to, why",
    "notice": "who is to be told of which entry of the history, and whether he was",
}


@page("store.md")
def store_page() -> str:
    """Every table of the database."""
    if TABLES.keys() != schema.metadata.tables.keys():
        raise ValueError(f"say what these tables hold: {sorted(TABLES.keys() ^ schema.metadata.tables.keys())}")
    heads = ("table", "holds", "rows", "refers to")
    return filled("store.md", {"tables": table(heads, [_table(name) for name in sorted(schema.metadata.tables)])})


def _table(name: str) -> tuple[str, ...]:
    columns = schema.metadata.tables[name]
    refers = sorted({f"`{key.column.table.name}`" for key in columns.foreign_keys})
    rows = "only added" if name in schema.APPEND_ONLY else "change"
    return f"`{name}`", TABLES[name], rows, ", ".join(refers) or "–"


@page("command-line.md")
def command_line_page() -> str:
    """Every command with its options, and the exit codes."""
    root = typer.main.get_command(app)
    translate(root, "en")
    exits = table(("code", "meaning"), [(str(code.value), meaning.en) for code, meaning in MEANINGS.items()])
    sections = [text for name, command in root.commands.items() for text in _command(name, command)]  # type: ignore[attr-defined]
    return filled("command-line.md", {"exits": exits, "global": _parameters(root), "commands": "\n".join(sections)})


def _command(name: str, command: Any) -> Iterator[str]:
    arguments = "".join(f" {p.metavar}" for p in command.params if p.param_type_name == "argument")
    yield f"### inkasso {name}{arguments}\n"
    yield f"{command.help}\n"
    yield _parameters(command)
    for inner, below in getattr(command, "commands", {}).items():
        yield from _command(f"{name} {inner}", below)


def _parameters(command: Any) -> str:
    """What can be given to a command; Typer's own options are left out."""
    own = [p for p in command.params if p.name not in ("install_completion", "show_completion")]
    rows = [(f"`{_spelling(p)}`", f"{'Required. ' if p.required and p.param_type_name == 'option' else ''}{prose(p.help)}") for p in own]
    return table(("", "meaning"), rows) if rows else ""


def _spelling(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar)
    return ", ".join(sorted(parameter.opts, key=len)) + (f" {parameter.metavar}" if parameter.metavar else "")


def stale() -> dict[Path, str]:
    """Return the pages whose file is missing or differs, with the text that it should have."""
    wanted = {FOLDER / path: generator() for path, generator in PAGES.items()}
    return {path: text for path, text in wanted.items() if not path.is_file() or path.read_bytes() != text.encode()}


def main(arguments: list[str]) -> int:
    """Write or check; return the exit code."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write(USAGE)
        return 2
    found = stale()
    if arguments:
        sys.stderr.writelines(f"{path}: not current; run python docs/generate.py\n" for path in found)
        return 1 if found else 0
    for path, text in found.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        sys.stdout.write(f"{path}: written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
