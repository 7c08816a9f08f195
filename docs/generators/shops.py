"""Our shop plugins: how orders come in, what goes back, and how far that was verified."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from generators.frame import page, table
from inkasso_core import ShopEventKind, ShopPlugin
from inkasso_core.plugins.manager import GROUP, OBSERVER

OURS = "inkasso_shop_plugins."
YES, NO = "✔", "–"
HEADS = ("plugin", "shop", "events", "is asked", "sends", "told back", "verified")
LEVELS = {
    "live": "orders of a real merchant went over it",
    "sandbox": "the shop's own software ran with it, on invented orders",
    "stand-in": "a server of ours answered it, built after what the shop's maker publishes; the shop itself did not",
    "specification read": "written by what is known of the shop; nobody answered it",
}
"""How a plugin was verified -> what that means, the most first."""

HEAD = """\
# Shops

Which shops there are plugins for, made from the code. *Events*: the hooks that a record of the shop fires. *Is asked*: `inkasso poll` and
every `inkasso run` ask the shop, or a folder, what is new. *Sends*: the shop sends requests to the [intake](../intake.md). *Told back*:
what became of a claim is written into the shop, or asked of a person there. Files go in by `inkasso ingest` with every plugin.

"""
TAIL = """
A shop that is missing here writes [claim JSON](canonical.md) itself, or gets [a plugin of its own](../writing-a-shop-plugin.md).
"""


def plugins() -> list[type[ShopPlugin[Any]]]:
    """Return our plugins by name."""
    points = [point for point in entry_points(group=GROUP) if point.value.startswith(OURS)]
    return [point.load() for point in sorted(points, key=lambda point: point.name)]


def row(kind: type[ShopPlugin[Any]], link: str) -> tuple[str, ...]:
    """Return what a table says of a plugin."""
    offers = kind().operations
    events = [event.value for event in ShopEventKind if hasattr(kind, f"inkasso_{event.value}")]
    return (
        f"[`{kind.name}`]({link})",
        kind.label,
        ", ".join(f"`{event}`" for event in events),
        YES if "poll" in offers else NO,
        YES if "receive" in offers else NO,
        YES if hasattr(kind, OBSERVER) else NO,
        kind.verified,
    )


def short_table() -> str:
    """Return the table of the README."""
    rows = []
    for kind in plugins():
        cells = row(kind, kind.documentation)
        rows.append((cells[0], cells[1], *cells[3:]))
    return table((*HEADS[:2], *HEADS[3:]), rows)


@page("shops/index.md")
def index() -> str:
    """Every plugin of ours."""
    rows = [row(kind, kind.documentation.removeprefix("docs/shops/")) for kind in plugins()]
    levels = "".join(f"- *{name}*: {meaning}\n" for name, meaning in LEVELS.items())
    return f"{HEAD}{table(HEADS, rows)}\n{levels}{TAIL}"
