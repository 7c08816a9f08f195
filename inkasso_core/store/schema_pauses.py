"""The table of pauses that end by themselves."""

from __future__ import annotations

import sqlalchemy as sa

from inkasso_core.store.columns import On, metadata

pause_end = sa.Table(
    "pause_end",
    metadata,
    sa.Column("claim_id", sa.String(26), sa.ForeignKey("claim.id"), primary_key=True),
    sa.Column("until", On, nullable=False, index=True),
)
"""The last day of a claim's pause; it counts as long as the claim is paused."""
