"""Relay what waits in a Tryton database, then end: ``python -m inkasso_shop_plugins.tryton -c trytond.conf -d DATABASE``.

For a scheduler beside Tryton, where its own scheduled jobs do not run. Ends with 1 where rows must wait for another try.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from inkasso_core import InkassoError
from inkasso_shop_plugins.tryton.database import within


def main() -> int:
    """Relay until nothing is due; print how many rows were handed in, refused, and left for another try."""
    arguments = _arguments()
    try:
        within(arguments.config, arguments.database, lambda pool: pool.get("inkasso.event").sweep())
        done = refused = failed = 0
        while True:
            handed = within(arguments.config, arguments.database, lambda pool: _relay(pool, arguments))
            done, refused, failed = done + handed.done, refused + handed.refused, failed + handed.failed
            if not handed.done + handed.failed:
                break
    except InkassoError as exc:
        sys.stderr.write(f"{exc.read('en')}\n")
        return 2
    sys.stdout.write(f"handed in: {done}, refused: {refused}, to be tried again: {failed}\n")
    return int(failed > 0)


def _relay(pool: Any, arguments: argparse.Namespace) -> Any:
    from inkasso_shop_plugins.tryton import desk

    chosen = desk.desk_of(str(arguments.inkasso), arguments.shop) if arguments.inkasso else desk.configured_desk()
    if chosen is None:
        raise desk.not_configured()
    return pool.get("inkasso.event").hand_in(chosen)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m inkasso_shop_plugins.tryton", description="Relay events from Tryton to inkasso.")
    parser.add_argument("-c", "--config", type=Path, required=True, help="trytond.conf")
    parser.add_argument("-d", "--database", required=True, help="the name of the Tryton database")
    parser.add_argument("--inkasso", type=Path, help="inkasso.toml; left out, the one that trytond.conf names")
    parser.add_argument("--shop", help="the shop in inkasso.toml, where trytond.conf does not name it")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
