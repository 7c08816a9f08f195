"""Receivables and what settles them: each change of a known receivable leaves an event in the same transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from trytond.pool import Pool, PoolMeta

from inkasso_shop_plugins.tryton.extending import Extending
from inkasso_shop_plugins.tryton.guard import guarded
from inkasso_shop_plugins.tryton.note import NotedMixin
from inkasso_shop_plugins.tryton.record import report_of


class MoveLine(NotedMixin, Extending, metaclass=PoolMeta):
    """A line of a booking; a receivable is one."""

    __name__ = "account.move.line"

    @property
    def inkasso_lines(self) -> Sequence[Any]:
        """The receivable that notes are about."""
        return [self]

    def inkasso_report(self, at: dt.datetime) -> dict[str, Any]:
        """Return what is reported of this receivable, as it stands. Other modules may add to it."""
        return report_of(self, at)


class Reconciliation(Extending, metaclass=PoolMeta):
    """Lines that balance each other (Ausgleich): a payment, a credit note, a cancellation."""

    __name__ = "account.move.reconciliation"

    @classmethod
    def on_modification(cls, mode: str, reconciliations: Sequence[Any], field_names: Iterable[str] | None = None) -> None:
        """Report what reached a known receivable, or was taken back from it."""
        super().on_modification(mode, reconciliations, field_names=field_names)
        if mode in {"create", "delete"}:
            with guarded("reconciliation"):
                _note_settlement([line for one in reconciliations for line in one.lines])


class PaymentLine(Extending, metaclass=PoolMeta):
    """A payment that was assigned to an invoice, and may be a part of its sum."""

    __name__ = "account.invoice-account.move.line"

    @classmethod
    def on_modification(cls, mode: str, payments: Sequence[Any], field_names: Iterable[str] | None = None) -> None:
        """Report a payment in part of a known receivable, and one that was taken away again."""
        super().on_modification(mode, payments, field_names=field_names)
        with guarded("payment"):
            _note_settlement([line for one in payments for line in one.invoice.lines_to_pay])


def _note_settlement(lines: Sequence[Any]) -> None:
    event = Pool().get("inkasso.event")
    event.note("payment_received", event.known(lines))
