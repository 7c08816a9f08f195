"""Alembic's entry: runs the migrations on the connection that :mod:`inkasso_core.store.versions` hands over."""

from __future__ import annotations

from alembic import context

from inkasso_core.store.columns import metadata
from inkasso_core.store.schema import APPEND_ONLY as APPEND_ONLY  # every table is known once this is loaded

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
