"""Write the pages of the documentation that are made from the code.

``python docs/generate.py`` writes them; with ``--check`` nothing is written, and the exit code is 1 when one is not current.
To add a page, write a function that returns its text and mark it with ``@page("its/path")``, relative to this folder.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

from inkasso_core.model.schema import claim_schema
from inkasso_core.rules.condition import Condition
from inkasso_core.rules.labels import GROUPS, LEVELS
from inkasso_core.rules.policy import Policy
from inkasso_core.rules.table import all_conditions

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

A source that speaks of practice, of agencies or of a contract is no rule of law.
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
        "## Thresholds of an account\n",
        "Set in `[accounts.NAME.policy]`.\n",
        "\n".join(["| setting | default | meaning |", "|---|---|---|", *_thresholds()]) + "\n",
        "## All conditions\n",
        *(_condition(row) for row in rows),
    ]
    return "\n".join(sections)


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
