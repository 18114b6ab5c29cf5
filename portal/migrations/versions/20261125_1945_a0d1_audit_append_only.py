"""the audit trail is append-only in the database, too

Whoever reaches the database by another way than the portal cannot rewrite the trail by an ordinary statement either.
One change is let through: the foreign key forgets the actor when the person is gone from the table of people.

A later migration that copies `audit_entry` (a batch alteration on SQLite) loses its triggers and must make them again;
`tests/architecture/test_audit_triggers.py` fails when one forgets.

Revision ID: a0d1
Revises: 0001
Create Date: 2026-11-25 19:45:00+00:00
"""

from alembic import op

revision = "a0d1"
down_revision = "0002"
branch_labels = None
depends_on = None

SQLITE = (
    """
    CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
    WHEN NOT (
        NEW.actor_id IS NULL
        AND NOT EXISTS (SELECT 1 FROM "user" WHERE id = OLD.actor_id)
        AND NEW.id IS OLD.id AND NEW.at IS OLD.at AND NEW.code IS OLD.code
        AND NEW.target IS OLD.target AND NEW.facts IS OLD.facts
    )
    BEGIN
        SELECT RAISE(ABORT, 'the audit trail is append-only');
    END
    """,
    """
    CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
    BEGIN
        SELECT RAISE(ABORT, 'the audit trail is append-only');
    END
    """,
    # INSERT OR REPLACE deletes without calling the trigger above
    """
    CREATE TRIGGER audit_entry_no_replace BEFORE INSERT ON audit_entry
    WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id)
    BEGIN
        SELECT RAISE(ABORT, 'the audit trail is append-only');
    END
    """,
)

POSTGRESQL = (
    """
    CREATE FUNCTION audit_entry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            IF NEW.actor_id IS NULL
                AND NOT EXISTS (SELECT 1 FROM "user" WHERE id = OLD.actor_id)
                AND (NEW.id, NEW.at, NEW.code, NEW.target, NEW.facts)
                    IS NOT DISTINCT FROM (OLD.id, OLD.at, OLD.code, OLD.target, OLD.facts)
            THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'the audit trail is append-only';
    END
    $$
    """,
    """
    CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_append_only()
    """,
    """
    CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_append_only()
    """,
)


def upgrade():
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_entry_no_change ON audit_entry")
        op.execute("DROP TRIGGER audit_entry_no_truncate ON audit_entry")
        op.execute("DROP FUNCTION audit_entry_append_only()")
        return
    for name in ("audit_entry_no_update", "audit_entry_no_delete", "audit_entry_no_replace"):
        op.execute(f"DROP TRIGGER {name}")
