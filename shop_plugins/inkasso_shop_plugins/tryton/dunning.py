"""Dunning: levels that hand over, what was sent to the debtor, and the event that a level brings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from trytond.model import ModelSQL, ModelView, fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval
from trytond.transaction import Transaction, inactive_records, without_check_access

from inkasso_shop_plugins.tryton.extending import Extending
from inkasso_shop_plugins.tryton.guard import guarded
from inkasso_shop_plugins.tryton.note import NotedMixin


class Level(Extending, metaclass=PoolMeta):
    """A level of a dunning procedure (Mahnstufe)."""

    __name__ = "account.dunning.level"

    inkasso_hand_over = fields.Boolean("Hand Over to Agency", help="A receivable that reaches this level is given to a collection agency.")
    inkasso_account = fields.Char(
        "Agency Account",
        states={"invisible": ~Bool(Eval("inkasso_hand_over"))},
        help="The name of an account in inkasso.toml; left empty, its routes decide.",
    )
    inkasso_sent = fields.Boolean("Is Sent to Debtor", help="Whether this level is a notice that the debtor receives.")
    inkasso_grace = fields.TimeDelta("Time to Pay", help="How long the notice of this level leaves the debtor to pay.")

    @classmethod
    def __register__(cls, module_name: str) -> None:
        """Levels that were there before this module sent notices: what else are they for."""
        is_new = not cls.__table_handler__(module_name).column_exist("inkasso_sent")
        super().__register__(module_name)
        if is_new:
            table = cls.__table__()
            with Transaction().connection.cursor() as cursor:
                cursor.execute(*table.update([table.inkasso_sent], [True]))

    @staticmethod
    def default_inkasso_hand_over() -> bool:
        return False

    @staticmethod
    def default_inkasso_sent() -> bool:
        return True


class Dunning(NotedMixin, Extending, metaclass=PoolMeta):
    """The dunning of one receivable (Mahnung)."""

    __name__ = "account.dunning"

    @property
    def inkasso_lines(self) -> Sequence[Any]:
        """The receivable that notes are about."""
        return [self.line]

    @property
    def inkasso_reached(self) -> int:
        """The number of the level that was processed last, counted from 1; zero where none was."""
        return len(self._reached())

    @property
    def inkasso_hands_over(self) -> bool:
        """Whether a level that hands over was processed, and nobody has blocked the dunning since."""
        return not self.blocked and any(level.inkasso_hand_over for level in self._reached())

    @property
    def inkasso_account(self) -> str | None:
        """The agency account that the highest of these levels names."""
        named = [level.inkasso_account for level in self._reached() if level.inkasso_hand_over and level.inkasso_account]
        return named[-1] if named else None

    def _reached(self) -> list[Any]:
        levels = list(self.procedure.levels)
        at = levels.index(self.level)
        return levels[: at if self.state == "draft" else at + 1]

    @classmethod
    def process(cls, dunnings: Sequence[Any]) -> None:
        """Let the levels take effect; those that hand over leave an event in the same transaction. Ours never breaks it."""
        taking = [dunning for dunning in dunnings if not dunning.blocked and dunning.state == "draft"]
        super().process(dunnings)
        if taking:
            pool = Pool()
            with guarded("dunning processed"):
                pool.get("inkasso.notice").note(cls.browse([dunning.id for dunning in taking]))
                pool.get("inkasso.event").note(
                    "dunning_level_reached", [dunning.line for dunning in taking if dunning.level.inkasso_hand_over]
                )

    @classmethod
    def on_modification(cls, mode: str, dunnings: Sequence[Any], field_names: Iterable[str] | None = None) -> None:
        """Report a dunning that was blocked, freed or deleted, where the receivable is known."""
        super().on_modification(mode, dunnings, field_names=field_names)
        if mode == "delete" or (mode == "write" and "blocked" in (field_names or ())):
            with guarded("dunning changed"):
                pool = Pool().get("inkasso.event")
                pool.note("order_status_changed", pool.known([dunning.line for dunning in dunnings]))


class Notice(ModelSQL, ModelView):
    """A dunning notice as it was processed: ``account.dunning`` itself keeps the date of the last level only."""

    __name__ = "inkasso.notice"

    line = fields.Many2One("account.move.line", "Line", required=True, readonly=True, ondelete="CASCADE")
    number = fields.Integer("Level", required=True, readonly=True)
    name = fields.Char("Name", readonly=True)
    date = fields.Date("Date", required=True, readonly=True)
    deadline = fields.Date("Deadline", readonly=True)
    sent = fields.Boolean("Sent to Debtor", readonly=True)

    @classmethod
    def __setup__(cls) -> None:
        super().__setup__()
        cls._order = [("date", "ASC"), ("number", "ASC"), ("id", "ASC")]

    @classmethod
    def note(cls, dunnings: Sequence[Any]) -> None:
        """Keep what was just processed."""
        with without_check_access():
            cls.create([cls._written(dunning) for dunning in dunnings])

    @classmethod
    def of(cls, lines: Sequence[Any]) -> list[Any]:
        """Return the notices about these lines, the oldest first.

        Of a dunning that was processed before this module was activated, the last level is all that Tryton still knows.
        """
        with without_check_access():
            found = list(cls.search([("line", "in", [line.id for line in lines])]))
        noted = {notice.line.id for notice in found}
        late = [one for one in dunnings_of(lines) if one.line.id not in noted and one.state != "draft" and one.date]
        return sorted([*found, *(cls(**cls._written(dunning)) for dunning in late)], key=lambda notice: notice.date)

    @classmethod
    def _written(cls, dunning: Any) -> dict[str, Any]:
        level, date = dunning.level, dunning.date
        deadline = date + level.inkasso_grace if level.inkasso_grace is not None else None
        return {
            "line": dunning.line.id,
            "number": dunning.inkasso_reached,
            "name": level.rec_name,
            "date": date,
            "deadline": deadline.date() if isinstance(deadline, dt.datetime) else deadline,
            "sent": bool(level.inkasso_sent),
        }


def dunnings_of(lines: Sequence[Any]) -> list[Any]:
    """Return the dunnings of these lines, also those that Tryton hides because the line is settled."""
    with without_check_access(), inactive_records():
        return list(Pool().get("account.dunning").search([("line", "in", [line.id for line in lines])]))
