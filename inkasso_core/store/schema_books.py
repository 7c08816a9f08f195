"""The tables of what was handed over before inkasso did it, and of the money of cases as their agencies keep it."""

from __future__ import annotations

import sqlalchemy as sa

from inkasso_core.store.columns import Money, On, When, metadata

adopted = sa.Table(
    "adopted",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("shop", sa.String(100), nullable=False),
    sa.Column("account", sa.String(100), nullable=False),
    sa.Column("order_key", sa.String(300)),
    sa.Column("invoice_key", sa.String(300)),
    sa.Column("due_before", On),
    sa.Column("case_reference", sa.String(300)),
    sa.Column("placed_on", On),
    sa.Column("channel", sa.String(100), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("at", When, nullable=False),
    sa.Column("dropped_at", When),
    sa.Column("dropped_by", sa.String(200)),
    sa.Column("dropped_why", sa.Text),
    sa.Index("ix_adopted_shop_order_key", "shop", "order_key"),
    sa.Index("ix_adopted_shop_invoice_key", "shop", "invoice_key"),
    sa.Index(
        "ix_adopted_dated", "shop", sqlite_where=sa.text("due_before IS NOT NULL"), postgresql_where=sa.text("due_before IS NOT NULL")
    ),
)
"""One hand-over made outside, by the number of an order or an invoice, or all that was due before a day."""

adopted_claim = sa.Table(
    "adopted_claim",
    metadata,
    sa.Column("claim_id", sa.String(26), sa.ForeignKey("claim.id"), primary_key=True),
    sa.Column("adopted_id", sa.String(26), sa.ForeignKey("adopted.id"), nullable=False, index=True),
    sa.Column("at", When, nullable=False),
)
"""The claims that were taken as handed over outside: each once."""

case_ledger = sa.Table(
    "case_ledger",
    metadata,
    sa.Column("placement_id", sa.String(26), sa.ForeignKey("placement.id"), primary_key=True),
    sa.Column("currency", sa.String(3), nullable=False),
    *(sa.Column(name, Money) for name in ("claimed", "collected", "outstanding", "fees", "interest", "paid_out")),
    sa.Column("as_of", On),
    sa.Column("fetched_at", When, nullable=False),
)
"""What the agency last said of the money of a case."""
