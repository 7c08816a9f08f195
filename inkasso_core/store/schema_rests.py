"""The table of rests: which accounts nobody asks anything of for a while, since the agency said so or cannot be reached."""

from __future__ import annotations

import sqlalchemy as sa

from inkasso_core.store.columns import When, metadata

rest = sa.Table(
    "rest",
    metadata,
    sa.Column("account", sa.String(100), primary_key=True),
    sa.Column("asked_until", When),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("guessed_until", When),
)
