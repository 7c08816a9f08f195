"""The tables. Personal data is in ``vault`` alone; every other table carries ids (``design: section 5``).

Instants are UTC in ISO text of one width, dates ISO text: both sort as text, on SQLite and PostgreSQL alike. Amounts are whole numbers
of ten-thousandths of the currency unit, so sums in SQL are exact and no currency of ISO 4217 is rounded.
"""

from __future__ import annotations

import sqlalchemy as sa

from inkasso_core.store.columns import Money, On, When, metadata
from inkasso_core.store.schema_books import adopted as adopted
from inkasso_core.store.schema_books import adopted_claim as adopted_claim
from inkasso_core.store.schema_books import case_ledger as case_ledger
from inkasso_core.store.schema_inbox import inbox as inbox
from inkasso_core.store.schema_inbox import letter_turn as letter_turn
from inkasso_core.store.schema_pauses import pause_end as pause_end
from inkasso_core.store.schema_rests import rest as rest
from inkasso_core.store.schema_shops import shop_kept as shop_kept
from inkasso_core.store.schema_shops import shop_part as shop_part
from inkasso_core.store.schema_shops import shop_poll as shop_poll
from inkasso_core.store.schema_shops import shop_wanted as shop_wanted
from inkasso_core.store.schema_shops import shop_whole as shop_whole
from inkasso_core.store.schema_turns import turn as turn
from inkasso_core.store.schema_vendors import vendor_option as vendor_option
from inkasso_core.store.schema_vendors import vendor_publication as vendor_publication
from inkasso_core.store.schema_vendors import vendor_view as vendor_view

_JSON = sa.JSON(none_as_null=True)
"""What may be missing: then it is NULL, and no JSON text that says ``null``."""


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.String(26), primary_key=True)


def _ref(name: str, target: str, *, optional: bool = False, index: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(26), sa.ForeignKey(f"{target}.id"), nullable=optional, index=index)


meta = sa.Table("meta", metadata, sa.Column("key", sa.String(40), primary_key=True), sa.Column("value", sa.Text, nullable=False))

tenant = sa.Table("tenant", metadata, sa.Column("name", sa.String(100), primary_key=True), sa.Column("created_at", When, nullable=False))

shop = sa.Table(
    "shop",
    metadata,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("tenant", sa.String(100), sa.ForeignKey("tenant.name"), nullable=False),
    sa.Column("plugin", sa.String(100), nullable=False),
    sa.Column("created_at", When, nullable=False),
)

vault = sa.Table(
    "vault",
    metadata,
    _id(),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("subject", sa.String(26), index=True),
    sa.Column("body", sa.Text),
    sa.Column("created_at", When, nullable=False),
)

debtor = sa.Table(
    "debtor",
    metadata,
    _id(),
    sa.Column("tenant", sa.String(100), nullable=False),
    sa.Column("shop", sa.String(100), nullable=False),
    sa.Column("lookup", sa.String(64), nullable=False),
    sa.Column("created_at", When, nullable=False),
    sa.UniqueConstraint("shop", "lookup"),
)

claim = sa.Table(
    "claim",
    metadata,
    _id(),
    sa.Column("tenant", sa.String(100), nullable=False),
    sa.Column("shop", sa.String(100), sa.ForeignKey("shop.name"), nullable=False),
    sa.Column("record", sa.String(1600), nullable=False),
    sa.Column("vendor", sa.String(300)),
    _ref("debtor_id", "debtor", index=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("former_state", sa.String(20)),
    sa.Column("account", sa.String(100)),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("principal_open", Money, nullable=False),
    sa.Column("total_open", Money, nullable=False),
    sa.Column("creditor", sa.String(300)),
    sa.Column("invoice_number", sa.String(300)),
    sa.Column("due_date", On),
    sa.Column("expected_on", On),
    sa.Column("red", sa.Text, nullable=False),
    sa.Column("warnings", sa.Text, nullable=False),
    sa.Column("revision_no", sa.Integer, nullable=False),
    sa.Column("reported", sa.String(40), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    _ref("body_id", "vault"),
    sa.Column("registered_at", When, nullable=False),
    sa.Column("changed_at", When, nullable=False),
    sa.UniqueConstraint("shop", "record"),
    sa.Index("ix_claim_state_shop", "state", "shop", "record"),
    sa.Index("ix_claim_tenant_invoice_number", "tenant", "invoice_number"),
    sa.Index(
        "ix_claim_shop_vendor",
        "shop",
        "vendor",
        "registered_at",
        sqlite_where=sa.text("vendor IS NOT NULL"),
        postgresql_where=sa.text("vendor IS NOT NULL"),
    ),
)

revision = sa.Table(
    "revision",
    metadata,
    _id(),
    _ref("claim_id", "claim"),
    sa.Column("no", sa.Integer, nullable=False),
    sa.Column("older", sa.Boolean, nullable=False),
    sa.Column("reported", sa.String(40), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("changes", sa.Text, nullable=False),
    _ref("body_id", "vault"),
    sa.Column("event_id", sa.String(26)),
    sa.Column("received_at", When, nullable=False),
    sa.UniqueConstraint("claim_id", "no"),
)

event = sa.Table(
    "event",
    metadata,
    _id(),
    sa.Column("shop", sa.String(100), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("fingerprint", sa.String(64)),
    sa.Column("place", sa.Text),
    sa.Column("code", sa.String(60)),
    sa.Column("field", sa.Text),
    sa.Column("message", _JSON),
    sa.Column("claim_id", sa.String(26)),
    sa.Column("body_id", sa.String(26)),
    sa.Column("reported_at", When),
    sa.Column("received_at", When, nullable=False),
    sa.Column("settled_at", When),
    sa.Column("settled_by", sa.String(200)),
    sa.Column("settled_why", sa.Text),
    sa.UniqueConstraint("shop", "fingerprint"),
    sa.Index("ix_event_status_shop", "status", "shop"),
)

sighting = sa.Table(
    "sighting",
    metadata,
    sa.Column("shop", sa.String(100), primary_key=True),
    sa.Column("record", sa.String(1600), primary_key=True),
    sa.Column("reported", sa.String(40), nullable=False),
    sa.Column("status", sa.String(100)),
    sa.Column("seen_at", When, nullable=False),
)

ingest = sa.Table(
    "ingest",
    metadata,
    _id(),
    sa.Column("shop", sa.String(100), nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Column("started_at", When, nullable=False),
    sa.Column("finished_at", When),
    sa.Index("ix_ingest_shop_fingerprint", "shop", "fingerprint"),
)

placement = sa.Table(
    "placement",
    metadata,
    _id(),
    sa.Column("tenant", sa.String(100), nullable=False),
    sa.Column("account", sa.String(100), nullable=False),
    sa.Column("agency", sa.String(100), nullable=False),
    sa.Column("our_reference", sa.String(30), nullable=False, unique=True),
    sa.Column("case_reference", sa.String(300)),
    sa.Column("agency_status", sa.String(20)),
    sa.Column("agency_code", sa.String(300)),
    sa.Column("status_at", When),
    sa.Column("heard_at", When),
    sa.Column("asked_at", When),
    sa.Column("portal_url", sa.Text),
    sa.Column("channel", sa.String(100)),
    sa.Column("outcome", sa.String(40)),
    sa.Column("opened_at", When, nullable=False),
    sa.Column("placed_on", On),
    sa.Column("closed_at", When),
    sa.Index("ix_placement_account_case_reference", "account", "case_reference"),
)

placement_claim = sa.Table(
    "placement_claim",
    metadata,
    sa.Column("placement_id", sa.String(26), sa.ForeignKey("placement.id"), primary_key=True),
    sa.Column("claim_id", sa.String(26), sa.ForeignKey("claim.id"), primary_key=True, index=True),
    sa.Column("revision_no", sa.Integer, nullable=False),
    sa.Column("open", sa.Boolean, nullable=False),
    sa.Column("attempt_no", sa.Integer),
    sa.Column("closed_at", When),
)
# The promise "never twice" in one line: a claim has at most one open placement.
sa.Index(
    "uq_placement_claim_open",
    placement_claim.c.claim_id,
    unique=True,
    sqlite_where=placement_claim.c.open.is_(True),
    postgresql_where=placement_claim.c.open.is_(True),
)

instruction = sa.Table(
    "instruction",
    metadata,
    _id(),
    _ref("placement_id", "placement", index=True),
    _ref("claim_id", "claim", optional=True),
    sa.Column("account", sa.String(100), nullable=False),
    sa.Column("vendor", sa.String(300), nullable=False, server_default=sa.text("''")),
    sa.Column("verb", sa.String(20), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("key", sa.String(26), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    _ref("body_id", "vault", optional=True),
    sa.Column("not_before", When),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("created_at", When, nullable=False),
    sa.Column("ended_at", When),
    sa.Index("ix_instruction_state_account", "state", "account", "id"),
    sa.Index(
        "ix_instruction_pending",
        "account",
        "vendor",
        "id",
        sqlite_where=sa.text("verb = 'submit' AND state = 'pending'"),
        postgresql_where=sa.text("verb = 'submit' AND state = 'pending'"),
    ),
)

progress = sa.Table(
    "progress",
    metadata,
    sa.Column("instruction_id", sa.String(26), sa.ForeignKey("instruction.id"), primary_key=True),
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("value", sa.String(1000), nullable=False),
    sa.Column("at", When, nullable=False),
)

batch = sa.Table(
    "batch",
    metadata,
    _id(),
    sa.Column("account", sa.String(100), nullable=False),
    sa.Column("run", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("totals", sa.JSON, nullable=False),
    sa.Column("size", sa.BigInteger),
    sa.Column("sha256", sa.String(64)),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("lease_until", When, nullable=False),
    sa.Column("placed_on", On, nullable=False),
    sa.Column("created_at", When, nullable=False),
    sa.Column("ended_at", When),
    sa.UniqueConstraint("account", "run"),
)

attempt = sa.Table(
    "attempt",
    metadata,
    _id(),
    _ref("instruction_id", "instruction"),
    sa.Column("no", sa.Integer, nullable=False),
    sa.Column("batch_id", sa.String(26)),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("lease_until", When, nullable=False),
    sa.Column("key", sa.String(26), nullable=False),
    sa.Column("outcome", sa.String(20)),
    sa.Column("code", sa.String(100)),
    sa.Column("message", _JSON),
    sa.Column("request_id", sa.String(26)),
    sa.Column("answer_id", sa.String(26)),
    sa.Column("started_at", When, nullable=False),
    sa.Column("sent_at", When),
    sa.Column("ended_at", When),
    sa.Index("ix_attempt_batch_id_ended_at", "batch_id", "ended_at", "id"),
    sa.Index("ix_attempt_started_at", "started_at"),
    sa.UniqueConstraint("instruction_id", "no"),
)

pace = sa.Table(
    "pace",
    metadata,
    sa.Column("account", sa.String(100), primary_key=True),
    sa.Column("minute", When, primary_key=True),
    sa.Column("requests", sa.Integer, nullable=False),
)

feed_cursor = sa.Table(
    "feed_cursor",
    metadata,
    sa.Column("account", sa.String(100), primary_key=True),
    sa.Column("cursor", sa.String(300)),
    sa.Column("fetched_at", When),
)

feed_entry = sa.Table(
    "feed_entry",
    metadata,
    _id(),
    sa.Column("account", sa.String(100), nullable=False),
    sa.Column("entry_id", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("agency_reference", sa.String(300)),
    sa.Column("our_reference", sa.String(300)),
    sa.Column("happened_at", When),
    sa.Column("happened_on", On),
    _ref("body_id", "vault"),
    sa.Column("status", sa.String(10), nullable=False),
    _ref("placement_id", "placement", optional=True, index=True),
    sa.Column("reason", sa.String(100)),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("received_at", When, nullable=False),
    sa.Column("settled_at", When),
    sa.Column("settled_by", sa.String(200)),
    sa.Column("settled_why", sa.Text),
    sa.UniqueConstraint("account", "entry_id"),
    sa.Index("ix_feed_entry_status_account", "status", "account", "id"),
)

task = sa.Table(
    "task",
    metadata,
    _id(),
    sa.Column("tenant", sa.String(100), nullable=False),
    sa.Column("claim_id", sa.String(26), index=True),
    sa.Column("account", sa.String(100)),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("message", sa.JSON, nullable=False),
    sa.Column("details", _JSON),
    sa.Column("due_on", On),
    sa.Column("created_at", When, nullable=False),
    sa.Column("done_at", When),
    sa.Column("done_by", sa.String(200)),
    sa.Column("resolution", sa.Text),
)

hold = sa.Table(
    "hold",
    metadata,
    _id(),
    sa.Column("tenant", sa.String(100), nullable=False),
    sa.Column("shop", sa.String(100), nullable=False),
    sa.Column("scope", sa.String(10), nullable=False),
    sa.Column("target", sa.String(1600), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("until", On),
    sa.Column("set_by", sa.String(200), nullable=False),
    sa.Column("set_at", When, nullable=False),
    sa.Column("ended_by", sa.String(200)),
    sa.Column("ended_at", When),
    sa.Index("ix_hold_shop_scope_target", "shop", "scope", "target"),
)

decision = sa.Table(
    "decision",
    metadata,
    _id(),
    sa.Column("account", sa.String(100), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("value", sa.JSON, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("at", When, nullable=False),
)

history = sa.Table(
    "history",
    metadata,
    _id(),
    _ref("claim_id", "claim", index=True),
    sa.Column("at", When, nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("role", sa.String(10), nullable=False),
    sa.Column("what", sa.String(20), nullable=False),
    sa.Column("from_state", sa.String(20)),
    sa.Column("to_state", sa.String(20)),
    sa.Column("reason", sa.Text),
    sa.Column("details", _JSON),
)

notice = sa.Table(
    "notice",
    metadata,
    sa.Column("history_id", sa.String(26), sa.ForeignKey("history.id"), primary_key=True),
    sa.Column("plugin", sa.String(100), primary_key=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_at", When, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("told_at", When),
    sa.Column("owner", sa.String(200)),
    sa.Column("lease_until", When),
    sa.Column("revived", sa.Integer),
    sa.Column("dead_at", When),
    sa.Column("settled_at", When),
    sa.Column("settled_by", sa.String(200)),
    sa.Column("settled_why", sa.Text),
    sa.Index(
        "ix_notice_due",
        "next_at",
        "history_id",
        sqlite_where=sa.text("told_at IS NULL AND dead_at IS NULL"),
        postgresql_where=sa.text("told_at IS NULL AND dead_at IS NULL"),
    ),
    sa.Index("ix_notice_dead_at", "dead_at", sqlite_where=sa.text("dead_at IS NOT NULL"), postgresql_where=sa.text("dead_at IS NOT NULL")),
    sa.Index("ix_notice_owner", "owner", sqlite_where=sa.text("owner IS NOT NULL"), postgresql_where=sa.text("owner IS NOT NULL")),
)

APPEND_ONLY = ("history", "revision", "decision", "vendor_option")
"""Tables whose rows are never changed and never deleted; the database itself refuses it."""
