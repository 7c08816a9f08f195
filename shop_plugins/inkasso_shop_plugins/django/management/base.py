"""What the commands share: the open installation, or why there is none, without a trace that nobody can read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import BaseCommand, CommandError

from inkasso_core import Inkasso, InkassoError
from inkasso_shop_plugins.django.installation import installation


class InkassoCommand(BaseCommand):
    """A command that needs our store."""

    @contextmanager
    def opened(self) -> Iterator[Inkasso]:
        """Open the installation; what it breaks on, there or later, is said in a line, and the command ends with an error."""
        try:
            yield installation()
        except InkassoError as exc:
            raise CommandError(exc.text.en) from None
        except CommandError:
            raise
        except Exception as exc:  # noqa: BLE001  (a database that is away raises many things)
            raise CommandError(f"Ended early, on {type(exc).__name__}: is the inkasso database there? The next run goes on.") from None
