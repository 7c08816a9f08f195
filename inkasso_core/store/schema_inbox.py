"""The tables of the inbox: what agencies wrote, asked and collected, and when each case was last asked for its messages."""

from __future__ import annotations

import sqlalchemy as sa

from inkasso_core.store.columns import Money, On, When, metadata

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("account", sa.String(100), nullable=False),
    sa.Column("placement_id", sa.String(26), sa.ForeignKey("placement.id"), nullable=False),
    sa.Column("claim_id", sa.String(26), sa.ForeignKey("claim.id"), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("source", sa.String(240), nullable=False),
    sa.Column("digest", sa.String(64)),
    sa.Column("body_id", sa.String(26), sa.ForeignKey("vault.id")),
    sa.Column("sender", sa.String(10)),
    sa.Column("amount", Money),
    sa.Column("currency", sa.String(3)),
    sa.Column("happened_at", When),
    sa.Column("happened_on", On),
    sa.Column("received_at", When, nullable=False),
    sa.Column("read_at", When),
    sa.Column("read_by", sa.String(200)),
    sa.Column("answer_id", sa.String(26), sa.ForeignKey("instruction.id")),
    sa.Column("answered_at", When),
    sa.Column("answered_by", sa.String(200)),
    sa.Column("done_at", When),
    sa.Column("done_by", sa.String(200)),
    sa.Column("done_why", sa.Text),
    sa.UniqueConstraint("placement_id", "source"),
    sa.Index("ix_inbox_claim_id", "claim_id", "id"),
    sa.Index("ix_inbox_open", "id", sqlite_where=sa.text("done_at IS NULL"), postgresql_where=sa.text("done_at IS NULL")),
)
"""``source`` is the agency's own id of the item, or ours of what it came with: what comes twice is one."""

letter_turn = sa.Table(
    "letter_turn",
    metadata,
    sa.Column("placement_id", sa.String(26), sa.ForeignKey("placement.id"), primary_key=True),
    sa.Column("next_at", When, nullable=False),
    sa.Index("ix_letter_turn_next_at", "next_at"),
)
"""When the agency is to be asked for the messages of a case at the earliest."""
