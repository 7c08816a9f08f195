"""The tables of what plugins bring from their shops: how far a poll came, what it is to read, what is kept, and reports in parts."""

from __future__ import annotations

import sqlalchemy as sa

from inkasso_core.store.columns import When, metadata

shop_poll = sa.Table(
    "shop_poll",
    metadata,
    sa.Column("shop", sa.String(100), primary_key=True),
    sa.Column("cursor_id", sa.String(26)),
    sa.Column("owner", sa.String(200)),
    sa.Column("lease_until", When),
    sa.Column("polled_at", When),
    sa.Column("error", sa.String(100)),
)

shop_wanted = sa.Table(
    "shop_wanted",
    metadata,
    sa.Column("shop", sa.String(100), primary_key=True),
    sa.Column("record", sa.String(300), primary_key=True),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("since", When, nullable=False),
)

shop_kept = sa.Table(
    "shop_kept",
    metadata,
    sa.Column("shop", sa.String(100), primary_key=True),
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("value_id", sa.String(26)),
    sa.Column("owner", sa.String(200)),
    sa.Column("lease_until", When),
    sa.Column("changed_at", When),
)

shop_whole = sa.Table(
    "shop_whole",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("shop", sa.String(100), nullable=False),
    sa.Column("whole", sa.String(300), nullable=False),
    sa.Column("above", sa.String(300)),
    sa.Column("parts", sa.Integer, nullable=False),
    sa.Column("told", sa.Integer, nullable=False),
    sa.Column("changed_at", When, nullable=False),
    sa.UniqueConstraint("shop", "whole"),
    sa.Index("ix_shop_whole_above", "shop", "above"),
    sa.Index("ix_shop_whole_untold", "shop", "id", sqlite_where=sa.text("told < parts"), postgresql_where=sa.text("told < parts")),
)

shop_part = sa.Table(
    "shop_part",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("whole_id", sa.String(26), sa.ForeignKey("shop_whole.id"), nullable=False, index=True),
    sa.Column("shop", sa.String(100), nullable=False),
    sa.Column("once", sa.String(300), nullable=False),
    sa.Column("body_id", sa.String(26), sa.ForeignKey("vault.id"), nullable=False),
    sa.Column("received_at", When, nullable=False),
    sa.UniqueConstraint("shop", "once"),
)
