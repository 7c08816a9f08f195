"""The tables of a marketplace: what vendors decided, and the copy of their claims that they are shown."""

from __future__ import annotations

import sqlalchemy as sa

from inkasso_core.store.columns import Money, On, When, metadata

vendor_option = sa.Table(
    "vendor_option",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("shop", sa.String(100), nullable=False),
    sa.Column("vendor", sa.String(300)),
    sa.Column("automatic", sa.Boolean, nullable=False),
    sa.Column("chargebacks", sa.Boolean, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("role", sa.String(10), nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("at", When, nullable=False),
    sa.Index("ix_vendor_option_shop_vendor", "shop", "vendor", "id"),
)
"""Rows without a vendor are the shop's own default, noted whenever a run finds that it has changed."""

vendor_publication = sa.Table(
    "vendor_publication",
    metadata,
    sa.Column("shop", sa.String(100), primary_key=True),
    sa.Column("published_at", When),
)
"""The shops whose vendors see what was published last, and no more."""

vendor_view = sa.Table(
    "vendor_view",
    metadata,
    sa.Column("claim_id", sa.String(26), sa.ForeignKey("claim.id"), primary_key=True),
    sa.Column("shop", sa.String(100), nullable=False, index=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False),
    sa.Column("account", sa.String(100)),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("principal_open", Money, nullable=False),
    sa.Column("total_open", Money, nullable=False),
    sa.Column("invoice_number", sa.String(300)),
    sa.Column("due_date", On),
    sa.Column("expected_on", On),
    sa.Column("red", sa.Text, nullable=False),
    sa.Column("warnings", sa.Text, nullable=False),
    sa.Column("revision_no", sa.Integer, nullable=False),
    sa.Column("body_id", sa.String(26), sa.ForeignKey("vault.id"), nullable=False),
    sa.Column("changed_at", When, nullable=False),
    sa.Column("history_id", sa.String(26), nullable=False),
)
"""A claim as its vendor is shown it; ``history_id`` is the last entry of its history that he may read."""
