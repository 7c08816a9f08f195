"""The conditions of a claim, and its JSON Schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from generators.frame import page
from inkasso_core.model.schema import claim_schema
from inkasso_core.rules.condition import Condition
from inkasso_core.rules.labels import GROUPS, GROUPS_OF, LEVELS
from inkasso_core.rules.policy import Policy
from inkasso_core.rules.table import all_conditions


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
