"""A process that asks the shop once, when it is told to: ``asker FOLDER URL CLOCK``, as a module from the tests' folder."""

import sys
from pathlib import Path

from inkasso_core.shopside import shop_context
from inkasso_shop_plugins.plentymarkets import rights
from inkasso_shop_plugins.plentymarkets.client import Client

from .standin import SharedClock
from .town import town


def main(folder: str, url: str, clock: str) -> None:
    """Say when everything is open; go on at the next line."""
    with town(Path(folder), url, SharedClock(Path(clock))) as ink:
        ours = shop_context(ink._context, "plenty")
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        Client(ours).get("/webstores", right=rights.READ_CLIENTS)


if __name__ == "__main__":
    main(*sys.argv[1:])
