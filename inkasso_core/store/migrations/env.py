"""Alembic's entry: runs the migrations on the connection that :mod:`inkasso_core.store.versions` hands over."""

from __future__ import annotations

from alembic import context

from inkasso_core.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
