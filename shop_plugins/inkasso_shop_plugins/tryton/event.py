"""The host-side event table: a row for each change that inkasso must hear of, in the transaction of the change itself.

A row names the receivable and holds nothing of the debtor: what is reported is read when the row is relayed, so it is never older than
what a row before it said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from trytond.model import Index, ModelSQL, ModelView, fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval
from trytond.transaction import Transaction, without_check_access

from inkasso_shop_plugins.tryton.desk import Desk, Handed, by_queue, configured_desk, snapshot_time
from inkasso_shop_plugins.tryton.extending import Extending
from inkasso_shop_plugins.tryton.guard import guarded, shown
from inkasso_shop_plugins.tryton.record import key_of
from inkasso_shop_plugins.tryton.settlement import came_from, is_receivable, owes

KINDS = (
    ("dunning_level_reached", "Dunning level reached"),
    ("payment_received", "Settled or taken back"),
    ("order_cancelled", "Cancelled"),
    ("order_status_changed", "Dunning changed"),
)
"""What happened; each is a hook of inkasso. A settlement turns out to be a cancellation when it is read."""
RETRY_FIRST = dt.timedelta(minutes=1)
RETRY_MOST = dt.timedelta(hours=12)
_DOUBLED = 10
MANY = 500
"""Rows of one run of the relay: they are one transaction in Tryton."""


class Event(ModelSQL, ModelView):
    """A change of a receivable that inkasso hears of."""

    __name__ = "inkasso.event"
    _rec_name = "key"

    kind = fields.Selection(list(KINDS), "Kind", required=True, readonly=True, sort=False)
    line = fields.Many2One("account.move.line", "Line", required=True, readonly=True, ondelete="CASCADE")
    company = fields.Many2One("company.company", "Company", required=True, readonly=True)
    party = fields.Function(fields.Many2One("party.party", "Party"), "get_party")
    key = fields.Char("Key", required=True, readonly=True)
    relayed_at = fields.Timestamp("Relayed at", readonly=True)
    outcome = fields.Char("Outcome", readonly=True)
    tries = fields.Integer("Tries", required=True, readonly=True)
    next_try = fields.Timestamp("Next Try", readonly=True)
    error = fields.Text("Error", readonly=True)

    @classmethod
    def __setup__(cls) -> None:
        super().__setup__()
        table = cls.__table__()
        cls._order = [("id", "DESC")]
        cls._sql_indexes.update(
            {
                Index(table, (table.line, Index.Equality())),
                Index(table, (table.id, Index.Range()), where=table.relayed_at == None),  # noqa: E711  (SQL)
            }
        )
        cls._buttons.update(
            {"try_again": {"invisible": Bool(Eval("relayed_at")) & ~Bool(Eval("error")), "depends": ["relayed_at", "error"]}}
        )

    @staticmethod
    def default_tries() -> int:
        return 0

    def get_party(self, name: str) -> int | None:
        """Return the debtor."""
        return self.line.party.id if self.line.party else None

    # Writing events

    @classmethod
    def note(cls, kind: str, lines: Sequence[Any]) -> list[Any]:
        """Write a row for each receivable, in this transaction, and ask for the relay once it is committed.

        A line that carries on the debt of a receivable that inkasso knows is no claim of its own: the row is about that one.
        """
        mine = cls._with_rows(line.id for line in lines)
        about = {root.id: root for line in lines for root in ([line] if line.id in mine else cls.known(_behind(line)) or [line])}
        with without_check_access():
            rows = cls.create(
                [{"kind": kind, "line": line.id, "company": line.account.company.id, "key": key_of(line)} for line in about.values()]
            )
        if rows and by_queue():
            cls.__queue__.relay(rows)
        return list(rows)

    @classmethod
    def known(cls, lines: Iterable[Any]) -> list[Any]:
        """Return the receivables among these lines that inkasso knows, and those whose debt, fee or payment such a line is."""
        found: dict[int, Any] = {}
        waiting, seen = list(lines), set[int]()
        while waiting:
            fresh = {line.id: line for line in waiting if line.id not in seen}
            seen |= fresh.keys()
            mine = cls._with_rows(fresh)
            found |= {key: fresh[key] for key in mine}
            waiting = [other for key, line in fresh.items() if key not in mine for other in _behind(line)]
        return list(found.values())

    @classmethod
    def _with_rows(cls, lines: Iterable[int]) -> set[int]:
        with without_check_access():
            return {row.line.id for row in cls.search([("line", "in", list(lines))])}

    @classmethod
    def sweep(cls) -> int:
        """Find receivables on a level that hands over which have no row: reached by other ways than processing, or lost to an error.

        Returns how many rows were written.
        """
        dunnings = Pool().get("account.dunning")
        with without_check_access():
            found = dunnings.search([("procedure.levels.inkasso_hand_over", "=", True), ("blocked", "=", False), ("active", "=", True)])
            lines = [dunning.line for dunning in dunnings.browse(found) if dunning.inkasso_hands_over]
            mine = cls._with_rows(line.id for line in lines)
            unknown = [line for line in lines if line.id not in mine and not cls.known(_behind(line))]
        return len(cls.note("dunning_level_reached", unknown))

    # Relaying them

    @classmethod
    def relay(cls, rows: Sequence[Any]) -> None:
        """Relay these rows: the task that follows the transaction which wrote them. What fails is tried again by the scheduled job."""
        desk = configured_desk()
        if desk is not None:
            cls.hand_in(desk, [row.id for row in rows])

    @classmethod
    def relay_due(cls) -> None:
        """Look for receivables without a row, then relay what is due: the scheduled job."""
        cls.sweep()
        desk = configured_desk()
        if desk is not None:
            cls.hand_in(desk)

    @classmethod
    def hand_in(cls, desk: Desk, only: Sequence[int] | None = None) -> Handed:
        """Hand rows that are due to inkasso, at most ``MANY`` of them; each is marked in this transaction once inkasso has stored it.

        A process that dies before the commit hands them in again: the same report twice is the same claim.
        """
        at = snapshot_time()
        handed = Handed()
        with without_check_access():
            for row in cls.browse(cls._due(at, only)):
                handed = handed.plus(row._hand_in(desk, at))
        return handed

    @classmethod
    def _due(cls, at: dt.datetime, only: Sequence[int] | None) -> list[int]:
        """Return the rows that wait, the oldest first, without those that another process works at."""
        transaction = Transaction()
        table, database = cls.__table__(), transaction.database
        where = (table.relayed_at == None) & ((table.next_try == None) | (table.next_try <= at.replace(tzinfo=None)))  # noqa: E711  (SQL)
        if only is not None:
            where &= table.id.in_(list(only) or [-1])
        query = table.select(table.id, where=where, order_by=[table.id], limit=MANY)
        if database.has_select_for():
            query.for_ = database.get_select_for_skip_locked()("UPDATE")
        with transaction.connection.cursor() as cursor:
            cursor.execute(*query)
            return [row_id for (row_id,) in cursor.fetchall()]

    def _hand_in(self, desk: Desk, at: dt.datetime) -> Handed:
        with guarded(f"event {self.id}") as reading:
            report = self.line.inkasso_report(at)
        if reading.error is not None:
            return self._failed(reading.error, at)
        kind = "order_cancelled" if report["cancelled"] else self.kind
        try:
            result = desk.report(kind, self.company.id, report)
        except Exception as exc:  # noqa: BLE001  (the store, the settings, a plugin: the row says why, and the others go on)
            return self._failed(exc, at)
        problem = shown(result.problem, Transaction().language) if result.problem else None
        self._mark(kind=kind, relayed_at=at.replace(tzinfo=None), outcome=str(result.outcome), error=problem, next_try=None)
        return Handed(done=1, refused=int(problem is not None))

    def _failed(self, error: Exception, at: dt.datetime) -> Handed:
        wait = min(RETRY_FIRST * 2 ** min(self.tries, _DOUBLED), RETRY_MOST)
        self._mark(tries=self.tries + 1, next_try=(at + wait).replace(tzinfo=None), error=shown(error, Transaction().language))
        return Handed(failed=1)

    def _mark(self, **values: Any) -> None:
        self.write([self], values)

    @classmethod
    @ModelView.button
    def try_again(cls, rows: Sequence[Any]) -> None:
        """Report these receivables again, now."""
        with without_check_access():
            cls.write(list(rows), {"relayed_at": None, "next_try": None, "tries": 0, "error": None, "outcome": None})
        if by_queue():
            cls.__queue__.relay(list(rows))


def _behind(line: Any) -> list[Any]:
    """Return the receivables of which a line is the continuation, the fee, or (a part of) the payment."""
    origin = line.move.origin
    fee = [origin.dunning.line] if origin is not None and origin.__name__ == "account.dunning.fee.dunning_level" else []
    if owes(line):
        return [*came_from(line), *fee]
    balanced = [one for one in (line.reconciliation.lines if line.reconciliation else ()) if owes(one)]
    assigned = [one for invoice in line.invoice_payments for one in invoice.lines_to_pay]
    return [*balanced, *assigned] if is_receivable(line) else []


class Cron(Extending, metaclass=PoolMeta):
    """Scheduled jobs."""

    __name__ = "ir.cron"

    @classmethod
    def __setup__(cls) -> None:
        super().__setup__()
        cls.method.selection.append(("inkasso.event|relay_due", "Relay Events to Inkasso"))
