"""``manage.py inkasso_relay``: events of the shop's table become events of our store."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import close_old_connections

from inkasso_shop_plugins.django.installation import installation
from inkasso_shop_plugins.django.management.base import InkassoCommand
from inkasso_shop_plugins.django.relay import Relayed, relay


class Command(InkassoCommand):
    """Relay once, or all the time."""

    help = "Takes the shop's events over into the inkasso database: once, or all the time with --loop."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--loop", action="store_true", help="go on until SIGTERM or Ctrl-C")
        parser.add_argument("--every", type=float, default=2.0, metavar="SECONDS", help="pause between two looks with --loop (2)")
        parser.add_argument(
            "--now", action="store_true", help="take also events that another relay has just taken, or that wait for a repeat"
        )

    def handle(self, **given: Any) -> None:
        """Relay; a single pass that ended early ends with an error, so that cron tells."""
        if given["loop"]:
            self._loop(given["every"], everything=given["now"])
            return
        with self.opened() as ink:
            done = relay(ink, everything=given["now"])
        self.stdout.write(said(done))
        if done.problem is not None:
            raise CommandError(f"The inkasso database did not take all ({done.problem}): what is left is relayed by the next run.")

    def _loop(self, every: float, *, everything: bool) -> None:
        ends = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ends.set())
        while not ends.is_set():
            close_old_connections()
            try:
                done = relay(installation(), everything=everything)
            except Exception as exc:  # noqa: BLE001  (either database may be away for a while: the loop is there when it comes back)
                self.stderr.write(f"inkasso_relay: {type(exc).__name__}")
            else:
                everything = False
                if done.taken:
                    self.stdout.write(said(done))
                    self.stdout.flush()
            ends.wait(every)


def said(done: Relayed) -> str:
    """Return in words what a pass did."""
    return f"relayed {done.taken}, of these failed {done.failed}"
