"""The store: SQLAlchemy schema, queries, Alembic migrations, and the vault. The only place that knows the database."""
