"""Rests of accounts: until when the agency wants no request, and until when it is left alone because it could not be reached."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import sqlalchemy as sa

from inkasso_core.store.many import Many
from inkasso_core.store.schema import rest


class Rest(NamedTuple):
    """What is known of an account's rest."""

    asked_until: dt.datetime | None = None
    """As the agency asked for: it counts to its end, whatever else is heard."""
    failures: int = 0
    """How often in a row it took nothing, did not answer or could not be reached, and named no time."""
    guessed_until: dt.datetime | None = None
    """As we guess, after several of these: the first answer ends it."""

    def until(self, now: dt.datetime) -> dt.datetime | None:
        """Return the end of the rest; None where there is none now."""
        return max((at for at in (self.asked_until, self.guessed_until) if at is not None and at > now), default=None)


def of(connection: sa.Connection, account: str) -> Rest:
    """Return what is known of an account's rest."""
    row = connection.execute(_OF, {"account": account}).first()
    return Rest(*row) if row is not None else Rest()


def put(connection: sa.Connection, account: str, now: Rest) -> None:
    """Store it; the caller keeps others from deciding about the account meanwhile."""
    if connection.execute(sa.update(rest).where(rest.c.account == account).values(**now._asdict())).rowcount == 0:
        connection.execute(sa.insert(rest).values(account=account, **now._asdict()))


def answered(connection: sa.Connection, account: str) -> None:
    """Note that the agency can be reached. Nearly always nothing is to be changed, and no row is touched then."""
    _ANSWERED.run(connection, [{"b_account": account}])


_OF = sa.select(*(rest.c[name] for name in Rest._fields)).where(rest.c.account == sa.bindparam("account"))
_ANSWERED = Many(
    sa.update(rest)
    .where(rest.c.account == sa.bindparam("b_account"), rest.c.failures > sa.literal_column("0"))
    .values(failures=sa.literal_column("0"), guessed_until=sa.null()),
    ("b_account",),
)
