"""``manage.py inkasso_run``: relay, reconcile, and all that time brings, in the shop's own process. For cron."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from inkasso_core import Inkasso
from inkasso_shop_plugins.django.conf import options
from inkasso_shop_plugins.django.management.base import InkassoCommand
from inkasso_shop_plugins.django.management.commands import inkasso_reconcile, inkasso_relay
from inkasso_shop_plugins.django.reconcile import reconcile
from inkasso_shop_plugins.django.relay import forget, relay


class Command(InkassoCommand):
    """Everything that is due."""

    help = "Relays, reconciles, transmits, follows and writes back: everything that is due. Safe to repeat, and to kill."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--no-reconcile", action="store_true", help="compare no orders: for runs between two nights")
        parser.add_argument("--replay", action="store_true", help="try failed events again, for example after the claim builder was mended")

    def handle(self, **given: Any) -> None:
        """Do all of it; ends with an error where our store did not take all events."""
        with self.opened() as ink:
            problem = self._bring(ink, reconciles=not given["no_reconcile"])
            if given["replay"]:
                self.stdout.write(f"replayed {len(ink.replay(options().shop))}")
            ran = ink.run_due()
        self.stdout.write(f"moved {ran.moved}, released {ran.released}, told {ran.followed.told}, failed {ran.followed.failed}")
        forget(days=options().keep_days)
        if problem is not None:
            raise CommandError(f"The inkasso database did not take all ({problem}): what is left is relayed by the next run.")

    def _bring(self, ink: Inkasso, *, reconciles: bool) -> str | None:
        """Bring what the shop has to say; return why not all of it was taken."""
        done = relay(ink)
        self.stdout.write(inkasso_relay.said(done))
        if reconciles and done.problem is None:
            self.stdout.write(inkasso_reconcile.said(reconcile(ink)))
            done = relay(ink)
            self.stdout.write(inkasso_relay.said(done))
        return done.problem
