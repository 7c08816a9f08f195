"""The table of turns: which part of what time brings is being done, by whom, and when it was last done."""

from __future__ import annotations

import sqlalchemy as sa

from inkasso_core.store.columns import When, metadata

turn = sa.Table(
    "turn",
    metadata,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("owner", sa.String(200)),
    sa.Column("lease_until", When),
    sa.Column("ended_at", When),
    sa.Column("error", sa.String(100)),
)
