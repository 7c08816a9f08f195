"""The first schema.

Times and dates are ISO text of one width, amounts whole ten-thousandths: see :mod:`inkasso_core.store.schema`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_when = sa.String(27)
_day = sa.String(10)
_money = sa.BigInteger()
_APPEND_ONLY = ("history", "revision", "decision", "vendor_option")

_SQLITE = """
CREATE TRIGGER {table}_{event}_refused BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
_POSTGRESQL_FUNCTION = """
CREATE FUNCTION inkasso_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""
_POSTGRESQL = """
CREATE TRIGGER {table}_refused BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION inkasso_append_only()
"""


def upgrade() -> None:
    """Make all tables, and let the database itself refuse changes to the record."""
    _tables()
    if op.get_bind().dialect.name == "sqlite":
        for table in _APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(_SQLITE.format(table=table, event=verb.lower(), verb=verb))
    else:
        op.execute(_POSTGRESQL_FUNCTION)
        for table in _APPEND_ONLY:
            op.execute(_POSTGRESQL.format(table=table))


def _tables() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("lease_until", _when, nullable=False),
        sa.Column("placed_on", _day, nullable=False),
        sa.Column("created_at", _when, nullable=False),
        sa.Column("ended_at", _when, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("account", "run", name=op.f("uq_batch_account_run")),
    )
    op.create_table(
        "debtor",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("shop", sa.String(length=100), nullable=False),
        sa.Column("lookup", sa.String(length=64), nullable=False),
        sa.Column("created_at", _when, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debtor")),
        sa.UniqueConstraint("shop", "lookup", name=op.f("uq_debtor_shop_lookup")),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", _when, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(op.f("ix_decision_account"), "decision", ["account"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("shop", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("message", sa.JSON(), nullable=True),
        sa.Column("claim_id", sa.String(length=26), nullable=True),
        sa.Column("body_id", sa.String(length=26), nullable=True),
        sa.Column("reported_at", _when, nullable=True),
        sa.Column("received_at", _when, nullable=False),
        sa.Column("settled_at", _when, nullable=True),
        sa.Column("settled_by", sa.String(length=200), nullable=True),
        sa.Column("settled_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("shop", "fingerprint", name=op.f("uq_event_shop_fingerprint")),
    )
    op.create_index("ix_event_status_shop", "event", ["status", "shop"], unique=False)
    op.create_table(
        "hold",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("shop", sa.String(length=100), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("target", sa.String(length=1600), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", _day, nullable=True),
        sa.Column("set_by", sa.String(length=200), nullable=False),
        sa.Column("set_at", _when, nullable=False),
        sa.Column("ended_by", sa.String(length=200), nullable=True),
        sa.Column("ended_at", _when, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_index("ix_hold_shop_scope_target", "hold", ["shop", "scope", "target"], unique=False)
    op.create_table(
        "ingest",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("shop", sa.String(length=100), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("started_at", _when, nullable=False),
        sa.Column("finished_at", _when, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ingest")),
    )
    op.create_index("ix_ingest_shop_fingerprint", "ingest", ["shop", "fingerprint"], unique=False)
    op.create_table(
        "meta",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "placement",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("agency", sa.String(length=100), nullable=False),
        sa.Column("our_reference", sa.String(length=30), nullable=False),
        sa.Column("case_reference", sa.String(length=300), nullable=True),
        sa.Column("agency_status", sa.String(length=20), nullable=True),
        sa.Column("agency_code", sa.String(length=300), nullable=True),
        sa.Column("status_at", _when, nullable=True),
        sa.Column("heard_at", _when, nullable=True),
        sa.Column("asked_at", _when, nullable=True),
        sa.Column("portal_url", sa.Text(), nullable=True),
        sa.Column("channel", sa.String(length=100), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("opened_at", _when, nullable=False),
        sa.Column("placed_on", _day, nullable=True),
        sa.Column("closed_at", _when, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placement")),
        sa.UniqueConstraint("our_reference", name=op.f("uq_placement_our_reference")),
    )
    op.create_index("ix_placement_account_case_reference", "placement", ["account", "case_reference"], unique=False)
    op.create_table(
        "sighting",
        sa.Column("shop", sa.String(length=100), nullable=False),
        sa.Column("record", sa.String(length=1600), nullable=False),
        sa.Column("reported", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=100), nullable=True),
        sa.Column("seen_at", _when, nullable=False),
        sa.PrimaryKeyConstraint("shop", "record", name=op.f("pk_sighting")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("claim_id", sa.String(length=26), nullable=True),
        sa.Column("account", sa.String(length=100), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("message", sa.JSON(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=True),
        sa.Column("due_on", _day, nullable=True),
        sa.Column("created_at", _when, nullable=False),
        sa.Column("done_at", _when, nullable=True),
        sa.Column("done_by", sa.String(length=200), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(op.f("ix_task_claim_id"), "task", ["claim_id"], unique=False)
    op.create_table(
        "tenant",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_at", _when, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tenant")),
    )
    op.create_table(
        "rest",
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("asked_until", _when, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("guessed_until", _when, nullable=True),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_rest")),
    )
    op.create_table(
        "turn",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("lease_until", _when, nullable=True),
        sa.Column("ended_at", _when, nullable=True),
        sa.Column("error", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_turn")),
    )
    op.create_table(
        "vault",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=26), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("created_at", _when, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault")),
    )
    op.create_index(op.f("ix_vault_subject"), "vault", ["subject"], unique=False)
    op.create_table(
        "shop",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("plugin", sa.String(length=100), nullable=False),
        sa.Column("created_at", _when, nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.name"], name=op.f("fk_shop_tenant")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_shop")),
    )
    op.create_table(
        "claim",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("shop", sa.String(length=100), nullable=False),
        sa.Column("record", sa.String(length=1600), nullable=False),
        sa.Column("vendor", sa.String(length=300), nullable=True),
        sa.Column("debtor_id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("former_state", sa.String(length=20), nullable=True),
        sa.Column("account", sa.String(length=100), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("principal_open", _money, nullable=False),
        sa.Column("total_open", _money, nullable=False),
        sa.Column("creditor", sa.String(length=300), nullable=True),
        sa.Column("invoice_number", sa.String(length=300), nullable=True),
        sa.Column("due_date", _day, nullable=True),
        sa.Column("expected_on", _day, nullable=True),
        sa.Column("red", sa.Text(), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("revision_no", sa.Integer(), nullable=False),
        sa.Column("reported", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body_id", sa.String(length=26), nullable=False),
        sa.Column("registered_at", _when, nullable=False),
        sa.Column("changed_at", _when, nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["vault.id"], name=op.f("fk_claim_body_id")),
        sa.ForeignKeyConstraint(["debtor_id"], ["debtor.id"], name=op.f("fk_claim_debtor_id")),
        sa.ForeignKeyConstraint(["shop"], ["shop.name"], name=op.f("fk_claim_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("shop", "record", name=op.f("uq_claim_shop_record")),
    )
    op.create_index("ix_claim_tenant_invoice_number", "claim", ["tenant", "invoice_number"], unique=False)
    sold = sa.text("vendor IS NOT NULL")
    op.create_index(
        "ix_claim_shop_vendor", "claim", ["shop", "vendor", "registered_at"], unique=False, sqlite_where=sold, postgresql_where=sold
    )
    op.create_index(op.f("ix_claim_debtor_id"), "claim", ["debtor_id"], unique=False)
    op.create_index("ix_claim_state_shop", "claim", ["state", "shop", "record"], unique=False)
    op.create_table(
        "instruction",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("placement_id", sa.String(length=26), nullable=False),
        sa.Column("claim_id", sa.String(length=26), nullable=True),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("vendor", sa.String(length=300), server_default=sa.text("''"), nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("key", sa.String(length=26), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.String(length=26), nullable=True),
        sa.Column("not_before", _when, nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("created_at", _when, nullable=False),
        sa.Column("ended_at", _when, nullable=True),
        sa.ForeignKeyConstraint(["body_id"], ["vault.id"], name=op.f("fk_instruction_body_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_instruction_claim_id")),
        sa.ForeignKeyConstraint(["placement_id"], ["placement.id"], name=op.f("fk_instruction_placement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instruction")),
    )
    op.create_index(op.f("ix_instruction_placement_id"), "instruction", ["placement_id"], unique=False)
    op.create_index("ix_instruction_state_account", "instruction", ["state", "account", "id"], unique=False)
    pending = sa.text("verb = 'submit' AND state = 'pending'")
    columns = ["account", "vendor", "id"]
    op.create_index("ix_instruction_pending", "instruction", columns, unique=False, sqlite_where=pending, postgresql_where=pending)
    op.create_table(
        "inbox",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("placement_id", sa.String(length=26), nullable=False),
        sa.Column("claim_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=240), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("body_id", sa.String(length=26), nullable=True),
        sa.Column("sender", sa.String(length=10), nullable=True),
        sa.Column("amount", _money, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("happened_at", _when, nullable=True),
        sa.Column("happened_on", _day, nullable=True),
        sa.Column("received_at", _when, nullable=False),
        sa.Column("read_at", _when, nullable=True),
        sa.Column("read_by", sa.String(length=200), nullable=True),
        sa.Column("answer_id", sa.String(length=26), nullable=True),
        sa.Column("answered_at", _when, nullable=True),
        sa.Column("answered_by", sa.String(length=200), nullable=True),
        sa.Column("done_at", _when, nullable=True),
        sa.Column("done_by", sa.String(length=200), nullable=True),
        sa.Column("done_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["answer_id"], ["instruction.id"], name=op.f("fk_inbox_answer_id")),
        sa.ForeignKeyConstraint(["body_id"], ["vault.id"], name=op.f("fk_inbox_body_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_inbox_claim_id")),
        sa.ForeignKeyConstraint(["placement_id"], ["placement.id"], name=op.f("fk_inbox_placement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("placement_id", "source", name=op.f("uq_inbox_placement_id_source")),
    )
    op.create_index("ix_inbox_claim_id", "inbox", ["claim_id", "id"], unique=False)
    op.create_index(
        "ix_inbox_open",
        "inbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "letter_turn",
        sa.Column("placement_id", sa.String(length=26), nullable=False),
        sa.Column("next_at", _when, nullable=False),
        sa.ForeignKeyConstraint(["placement_id"], ["placement.id"], name=op.f("fk_letter_turn_placement_id")),
        sa.PrimaryKeyConstraint("placement_id", name=op.f("pk_letter_turn")),
    )
    op.create_index("ix_letter_turn_next_at", "letter_turn", ["next_at"], unique=False)
    op.create_table(
        "pause_end",
        sa.Column("claim_id", sa.String(length=26), nullable=False),
        sa.Column("until", _day, nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_pause_end_claim_id")),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_pause_end")),
    )
    op.create_index(op.f("ix_pause_end_until"), "pause_end", ["until"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("instruction_id", sa.String(length=26), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.String(length=26), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("lease_until", _when, nullable=False),
        sa.Column("key", sa.String(length=26), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("code", sa.String(length=100), nullable=True),
        sa.Column("message", sa.JSON(), nullable=True),
        sa.Column("request_id", sa.String(length=26), nullable=True),
        sa.Column("answer_id", sa.String(length=26), nullable=True),
        sa.Column("started_at", _when, nullable=False),
        sa.Column("sent_at", _when, nullable=True),
        sa.Column("ended_at", _when, nullable=True),
        sa.ForeignKeyConstraint(["instruction_id"], ["instruction.id"], name=op.f("fk_attempt_instruction_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("instruction_id", "no", name=op.f("uq_attempt_instruction_id_no")),
    )
    op.create_index("ix_attempt_batch_id_ended_at", "attempt", ["batch_id", "ended_at", "id"], unique=False)
    op.create_index("ix_attempt_started_at", "attempt", ["started_at"], unique=False)
    op.create_table(
        "history",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("claim_id", sa.String(length=26), nullable=False),
        sa.Column("at", _when, nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_history_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
    )
    op.create_index(op.f("ix_history_claim_id"), "history", ["claim_id"], unique=False)
    op.create_table(
        "placement_claim",
        sa.Column("placement_id", sa.String(length=26), nullable=False),
        sa.Column("claim_id", sa.String(length=26), nullable=False),
        sa.Column("revision_no", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("attempt_no", sa.Integer(), nullable=True),
        sa.Column("closed_at", _when, nullable=True),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_placement_claim_claim_id")),
        sa.ForeignKeyConstraint(["placement_id"], ["placement.id"], name=op.f("fk_placement_claim_placement_id")),
        sa.PrimaryKeyConstraint("placement_id", "claim_id", name=op.f("pk_placement_claim")),
    )
    op.create_index(op.f("ix_placement_claim_claim_id"), "placement_claim", ["claim_id"], unique=False)
    op.create_index(
        "uq_placement_claim_open",
        "placement_claim",
        ["claim_id"],
        unique=True,
        sqlite_where=sa.text("open IS 1"),
        postgresql_where=sa.text("open IS true"),
    )
    op.create_table(
        "revision",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("claim_id", sa.String(length=26), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("older", sa.Boolean(), nullable=False),
        sa.Column("reported", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("body_id", sa.String(length=26), nullable=False),
        sa.Column("event_id", sa.String(length=26), nullable=True),
        sa.Column("received_at", _when, nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["vault.id"], name=op.f("fk_revision_body_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_revision_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sa.UniqueConstraint("claim_id", "no", name=op.f("uq_revision_claim_id_no")),
    )
    op.create_table(
        "notice",
        sa.Column("history_id", sa.String(length=26), nullable=False),
        sa.Column("plugin", sa.String(length=100), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", _when, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("told_at", _when, nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("lease_until", _when, nullable=True),
        sa.Column("revived", sa.Integer(), nullable=True),
        sa.Column("dead_at", _when, nullable=True),
        sa.Column("settled_at", _when, nullable=True),
        sa.Column("settled_by", sa.String(length=200), nullable=True),
        sa.Column("settled_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["history_id"], ["history.id"], name=op.f("fk_notice_history_id")),
        sa.PrimaryKeyConstraint("history_id", "plugin", name=op.f("pk_notice")),
    )
    untold = sa.text("told_at IS NULL AND dead_at IS NULL")
    op.create_index("ix_notice_due", "notice", ["next_at", "history_id"], unique=False, sqlite_where=untold, postgresql_where=untold)
    for column in ("dead_at", "owner"):
        there = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_notice_{column}", "notice", [column], unique=False, sqlite_where=there, postgresql_where=there)
    op.create_table(
        "progress",
        sa.Column("instruction_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("value", sa.String(length=1000), nullable=False),
        sa.Column("at", _when, nullable=False),
        sa.ForeignKeyConstraint(["instruction_id"], ["instruction.id"], name=op.f("fk_progress_instruction_id")),
        sa.PrimaryKeyConstraint("instruction_id", "name", name=op.f("pk_progress")),
    )
    op.create_table(
        "pace",
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("minute", _when, nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account", "minute", name=op.f("pk_pace")),
    )
    op.create_table(
        "feed_cursor",
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("cursor", sa.String(length=300), nullable=True),
        sa.Column("fetched_at", _when, nullable=True),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_feed_cursor")),
    )
    op.create_table(
        "feed_entry",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("entry_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("agency_reference", sa.String(length=300), nullable=True),
        sa.Column("our_reference", sa.String(length=300), nullable=True),
        sa.Column("happened_at", _when, nullable=True),
        sa.Column("happened_on", _day, nullable=True),
        sa.Column("body_id", sa.String(length=26), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("placement_id", sa.String(length=26), nullable=True),
        sa.Column("reason", sa.String(length=100), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("received_at", _when, nullable=False),
        sa.Column("settled_at", _when, nullable=True),
        sa.Column("settled_by", sa.String(length=200), nullable=True),
        sa.Column("settled_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["body_id"], ["vault.id"], name=op.f("fk_feed_entry_body_id")),
        sa.ForeignKeyConstraint(["placement_id"], ["placement.id"], name=op.f("fk_feed_entry_placement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_entry")),
        sa.UniqueConstraint("account", "entry_id", name=op.f("uq_feed_entry_account_entry_id")),
    )
    op.create_index(op.f("ix_feed_entry_placement_id"), "feed_entry", ["placement_id"], unique=False)
    op.create_index("ix_feed_entry_status_account", "feed_entry", ["status", "account", "id"], unique=False)
    op.create_table(
        "shop_poll",
        sa.Column("shop", sa.String(length=100), nullable=False),
        sa.Column("cursor_id", sa.String(length=26), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("lease_until", _when, nullable=True),
        sa.Column("polled_at", _when, nullable=True),
        sa.Column("error", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("shop", name=op.f("pk_shop_poll")),
    )
    op.create_table(
        "shop_wanted",
        sa.Column("shop", sa.String(length=100), nullable=False),
        sa.Column("record", sa.String(length=300), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("since", _when, nullable=False),
        sa.PrimaryKeyConstraint("shop", "record", name=op.f("pk_shop_wanted")),
    )
    op.create_table(
        "shop_kept",
        sa.Column("shop", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("value_id", sa.String(length=26), nullable=True),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("lease_until", _when, nullable=True),
        sa.Column("changed_at", _when, nullable=True),
        sa.PrimaryKeyConstraint("shop", "name", name=op.f("pk_shop_kept")),
    )
    op.create_table(
        "shop_whole",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("shop", sa.String(length=100), nullable=False),
        sa.Column("whole", sa.String(length=300), nullable=False),
        sa.Column("above", sa.String(length=300), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("changed_at", _when, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_whole")),
        sa.UniqueConstraint("shop", "whole", name=op.f("uq_shop_whole_shop_whole")),
    )
    op.create_index("ix_shop_whole_above", "shop_whole", ["shop", "above"], unique=False)
    untold = sa.text("told < parts")
    op.create_index("ix_shop_whole_untold", "shop_whole", ["shop", "id"], unique=False, sqlite_where=untold, postgresql_where=untold)
    op.create_table(
        "shop_part",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("whole_id", sa.String(length=26), nullable=False),
        sa.Column("shop", sa.String(length=100), nullable=False),
        sa.Column("once", sa.String(length=300), nullable=False),
        sa.Column("body_id", sa.String(length=26), nullable=False),
        sa.Column("received_at", _when, nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["vault.id"], name=op.f("fk_shop_part_body_id")),
        sa.ForeignKeyConstraint(["whole_id"], ["shop_whole.id"], name=op.f("fk_shop_part_whole_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_part")),
        sa.UniqueConstraint("shop", "once", name=op.f("uq_shop_part_shop_once")),
    )
    op.create_index(op.f("ix_shop_part_whole_id"), "shop_part", ["whole_id"], unique=False)
    op.create_table(
        "vendor_option",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("shop", sa.String(length=100), nullable=False),
        sa.Column("vendor", sa.String(length=300), nullable=True),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("chargebacks", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", _when, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_option")),
    )
    op.create_index("ix_vendor_option_shop_vendor", "vendor_option", ["shop", "vendor", "id"], unique=False)
    op.create_table(
        "vendor_publication",
        sa.Column("shop", sa.String(length=100), nullable=False),
        sa.Column("published_at", _when, nullable=True),
        sa.PrimaryKeyConstraint("shop", name=op.f("pk_vendor_publication")),
    )
    op.create_table(
        "vendor_view",
        sa.Column("claim_id", sa.String(length=26), nullable=False),
        sa.Column("shop", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("principal_open", _money, nullable=False),
        sa.Column("total_open", _money, nullable=False),
        sa.Column("invoice_number", sa.String(length=300), nullable=True),
        sa.Column("due_date", _day, nullable=True),
        sa.Column("expected_on", _day, nullable=True),
        sa.Column("red", sa.Text(), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("revision_no", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.String(length=26), nullable=False),
        sa.Column("changed_at", _when, nullable=False),
        sa.Column("history_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["vault.id"], name=op.f("fk_vendor_view_body_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_vendor_view_claim_id")),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_vendor_view")),
    )
    op.create_index(op.f("ix_vendor_view_shop"), "vendor_view", ["shop"], unique=False)
    op.create_table(
        "adopted",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("shop", sa.String(length=100), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("order_key", sa.String(length=300), nullable=True),
        sa.Column("invoice_key", sa.String(length=300), nullable=True),
        sa.Column("due_before", _day, nullable=True),
        sa.Column("case_reference", sa.String(length=300), nullable=True),
        sa.Column("placed_on", _day, nullable=True),
        sa.Column("channel", sa.String(length=100), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", _when, nullable=False),
        sa.Column("dropped_at", _when, nullable=True),
        sa.Column("dropped_by", sa.String(length=200), nullable=True),
        sa.Column("dropped_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adopted")),
    )
    op.create_index("ix_adopted_shop_order_key", "adopted", ["shop", "order_key"], unique=False)
    op.create_index("ix_adopted_shop_invoice_key", "adopted", ["shop", "invoice_key"], unique=False)
    dated = sa.text("due_before IS NOT NULL")
    op.create_index("ix_adopted_dated", "adopted", ["shop"], unique=False, sqlite_where=dated, postgresql_where=dated)
    op.create_table(
        "adopted_claim",
        sa.Column("claim_id", sa.String(length=26), nullable=False),
        sa.Column("adopted_id", sa.String(length=26), nullable=False),
        sa.Column("at", _when, nullable=False),
        sa.ForeignKeyConstraint(["adopted_id"], ["adopted.id"], name=op.f("fk_adopted_claim_adopted_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_adopted_claim_claim_id")),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_adopted_claim")),
    )
    op.create_index(op.f("ix_adopted_claim_adopted_id"), "adopted_claim", ["adopted_id"], unique=False)
    op.create_table(
        "case_ledger",
        sa.Column("placement_id", sa.String(length=26), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("claimed", _money, nullable=True),
        sa.Column("collected", _money, nullable=True),
        sa.Column("outstanding", _money, nullable=True),
        sa.Column("fees", _money, nullable=True),
        sa.Column("interest", _money, nullable=True),
        sa.Column("paid_out", _money, nullable=True),
        sa.Column("as_of", _day, nullable=True),
        sa.Column("fetched_at", _when, nullable=False),
        sa.ForeignKeyConstraint(["placement_id"], ["placement.id"], name=op.f("fk_case_ledger_placement_id")),
        sa.PrimaryKeyConstraint("placement_id", name=op.f("pk_case_ledger")),
    )
