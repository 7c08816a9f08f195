"""One of many ids, as a single parameter: a query for one id and for five hundred is the same text, built and compiled once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


class _Ids(sa.types.TypeDecorator[Any]):
    """Some ids, as the database takes them in one parameter: a JSON array in SQLite, an array in PostgreSQL."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else postgresql.ARRAY(sa.Text()))

    def process_bind_param(self, value: Iterable[str] | None, dialect: sa.Dialect) -> Any:
        ids = list(value or ())
        return json.dumps(ids) if dialect.name == "sqlite" else ids


class _Among(GenericFunction[Any]):
    """Whether a column is one of the ids of a parameter. Of no type: of a boolean, SQLite would be asked whether it equals one."""

    type = sa.types.NullType()
    name = "inkasso_among"
    inherit_cache = True


def among(column: sa.ColumnElement[Any], name: str = "ids") -> sa.ColumnElement[bool]:
    """Return the test that a column is one of the ids that the query is run with under this name."""
    return _Among(column, sa.bindparam(name, type_=_Ids()))


@compiles(_Among, "sqlite")
def _sqlite(element: _Among, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608  (what SQLAlchemy has written)


@compiles(_Among, "postgresql")
def _postgresql(element: _Among, compiler: Any, **options: Any) -> str:
    column, ids = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY({ids})"
