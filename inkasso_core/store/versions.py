"""Which version a database has, and how it is brought to ours. Alembic is loaded only when there is something to migrate."""

from __future__ import annotations

import sqlalchemy as sa

from inkasso_core.errors import StoreError
from inkasso_core.model.words import Text

HEAD = "0001"
"""The newest migration of this version of inkasso."""
KNOWN = ("0001",)
_PACKAGE = "inkasso_core.store:migrations"


def found(engine: sa.Engine) -> str | None:
    """Return the database's migration, or None for an empty database."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        version = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return None if version is None else str(version)


def is_current(version: str | None) -> bool:
    """True when nothing is to be done."""
    return version == HEAD


def refuse_newer(version: str | None, address: str) -> None:
    """Raise :class:`StoreError` for a version that this inkasso does not know."""
    if version is None or version in KNOWN:
        return
    raise StoreError(
        Text(
            f"Die Datenbank {address} gehört zu einer neueren Version von inkasso (Stand {version}, bekannt bis {HEAD}): "
            "bitte inkasso aktualisieren. An der Datenbank wurde nichts geändert.",
            f"The database {address} belongs to a newer version of inkasso (level {version}, known up to {HEAD}): "
            "please update inkasso. Nothing was changed in the database.",
        ),
        field="inkasso.database",
    )


def upgrade(engine: sa.Engine) -> None:
    """Apply all missing migrations in one transaction: of two processes, the second finds them applied."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", _PACKAGE)
    config.set_main_option("path_separator", "os")
    with engine.connect().execution_options(inkasso_write=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
