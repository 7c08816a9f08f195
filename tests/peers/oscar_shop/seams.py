"""Where tests reach into the shop: its clock, builders that break, and a process that dies at a named point."""

import datetime as dt
import os
import signal
import sys

from inkasso_core import Claim, Inkasso, points


def now() -> dt.datetime:
    """The time in our store: as many seconds from the real one as the test says, and running on."""
    return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=float(os.environ.get("SHOP_OFFSET", "0")))


def open_installation() -> Inkasso:
    """Open the installation with the test's clock."""
    die_at = os.environ.get("SHOP_DIES_AT")
    if die_at:
        points.listener = lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == die_at else None
    return Inkasso.from_config(f"{os.environ['SHOP_FOLDER']}/inkasso.toml", clock=now)


def broken_builder(order: str) -> Claim:
    """Break, with what nobody may read in a log."""
    raise RuntimeError(f"Jördis Groß-Möller, order {order}")


def exiting_builder(order: str) -> Claim:
    """Break harder."""
    sys.exit(f"Jördis Groß-Möller, order {order}")
