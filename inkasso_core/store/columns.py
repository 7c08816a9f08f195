"""The types of columns: amounts, instants and dates, as the tables hold them; and how keys and indexes are named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


class Money(sa.types.TypeDecorator[Decimal]):
    """Decimal <-> whole ten-thousandths."""

    impl = sa.BigInteger
    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[Decimal | None], int | None]:
        return _to_ten_thousandths

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[int | None], Decimal | None]:
        return _from_ten_thousandths


class When(sa.types.TypeDecorator[dt.datetime]):
    """An instant <-> ``2026-01-31T10:00:00.000000Z``."""

    impl = sa.String(27)
    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[dt.datetime | None], str | None]:
        return _to_stamp

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[str | None], dt.datetime | None]:
        return _from_stamp


class On(sa.types.TypeDecorator[dt.date]):
    """A date <-> ``2026-01-31``."""

    impl = sa.String(10)
    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[dt.date | None], str | None]:
        return _to_day

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[str | None], dt.date | None]:
        return _from_day


# Each of these runs for every value that is stored or read: the types hand them to the driver without a step in between.

_CENT = Decimal("0.01")


def _to_ten_thousandths(value: Decimal | None) -> int | None:
    return None if value is None else int(value.scaleb(4))


def _from_ten_thousandths(value: int | None) -> Decimal | None:
    if value is None:
        return None
    amount = Decimal(value).scaleb(-4)
    return amount.quantize(_CENT) if value % 100 == 0 else amount


def stamp(at: dt.datetime) -> str:
    """Write an instant as the store does."""
    return _in_utc(at.astimezone(dt.UTC))


@lru_cache(maxsize=1024)
def _in_utc(at: dt.datetime) -> str:
    return f"{at.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"  # strftime writes the year 718 with three digits


def _to_stamp(value: dt.datetime | None) -> str | None:
    return None if value is None else stamp(value)


@lru_cache(maxsize=1024)
def _from_stamp(value: str | None) -> dt.datetime | None:
    return None if value is None else dt.datetime.fromisoformat(value)


def _to_day(value: dt.date | None) -> str | None:
    return None if value is None else value.isoformat()


@lru_cache(maxsize=1024)
def _from_day(value: str | None) -> dt.date | None:
    return None if value is None else dt.date.fromisoformat(value)
