"""The hooks of shop plugins and policies."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from generators.frame import filled, page, prose, table
from inkasso_core.plugins import spec
from inkasso_core.plugins.manager import ALONE, HOOKS, OBSERVER

KINDS = {
    "event": ("the first answer counts", "the event stays stored as failed, with the reason, and can be replayed; other shops go on"),
    "choice": ("the first answer counts; the routes come last", "the claim waits, with the reason"),
    "review": ("every one, alone", "it counts as a red point: the claim waits, with the reason, and the other reviewers are asked"),
    "observer": ("every one, alone", "the others are told; this one is told again, later and later; after days a person is called"),
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
