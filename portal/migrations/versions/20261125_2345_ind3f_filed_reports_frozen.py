"""filed reports are frozen in the database, too

What was filed (figures, rows, words, files) is refused any change by an ordinary statement, and so is a step that
was taken. Let through: the states after filing, the number, day and scan of the issued paper, and that a person who
is gone is forgotten.

A later migration that copies one of these tables (a batch alteration on SQLite) loses its triggers and must make them
again; `tests/portal/reports/filing/test_filing.py` fails when one forgets.

Revision ID: ind3f
Revises: ind1
Create Date: 2026-11-25 23:45:00+00:00
"""

from alembic import op

revision = "ind3f"
down_revision = "ind1"
branch_labels = None
depends_on = None

KEPT = (
    "id", "plan", "period", "place", "place_name", "area_id", "unit_id", "sector", "number", "target_set", "cut_off",
    "narrative", "snapshot", "digest", "made_at", "filed_at",
)  # fmt: skip
STEP = ("id", "filing_id", "state", "at", "note")
PARTS = ("filing_rows", "filing_file")
KEYS = {"filing_rows": "indicator", "filing_file": "name"}
SAYS = "a filed report is frozen"


def _same(columns, operator):
    return " AND ".join(f"NEW.{one} {operator} OLD.{one}" for one in columns)


def _sqlite():
    abort = f"BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
    yield f"""
    CREATE TRIGGER filing_no_update BEFORE UPDATE ON filing
    WHEN OLD.digest IS NOT NULL AND NOT (
        {_same(KEPT, "IS")}
        AND NEW.state IN ('filed', 'received', 'returned')
        AND (NEW.made_by_id IS OLD.made_by_id OR NEW.made_by_id IS NULL)
    ) {abort}
    """
    yield f"CREATE TRIGGER filing_no_delete BEFORE DELETE ON filing WHEN OLD.digest IS NOT NULL {abort}"
    # INSERT OR REPLACE deletes without calling the trigger above
    yield f"""
    CREATE TRIGGER filing_no_replace BEFORE INSERT ON filing
    WHEN EXISTS (SELECT 1 FROM filing WHERE digest IS NOT NULL AND (id = NEW.id OR (
        plan = NEW.plan AND period = NEW.period AND place = NEW.place AND number = NEW.number))) {abort}
    """
    for table in PARTS:
        yield f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {abort}"
        yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {abort}"
        yield f"""
        CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
        WHEN EXISTS (SELECT 1 FROM {table} WHERE filing_id = NEW.filing_id AND {KEYS[table]} = NEW.{KEYS[table]}) {abort}
        """
    yield f"""
    CREATE TRIGGER filing_step_no_update BEFORE UPDATE ON filing_step
    WHEN NOT (NEW.by_id IS NULL AND {_same(STEP, "IS")}) {abort}
    """
    yield f"CREATE TRIGGER filing_step_no_delete BEFORE DELETE ON filing_step {abort}"
    yield f"""
    CREATE TRIGGER filing_step_no_replace BEFORE INSERT ON filing_step
    WHEN EXISTS (SELECT 1 FROM filing_step WHERE id = NEW.id) {abort}
    """


def _postgresql():
    same = "IS NOT DISTINCT FROM"
    yield f"""
    CREATE FUNCTION filing_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            IF OLD.digest IS NULL OR (
                {_same(KEPT, same)}
                AND NEW.state IN ('filed', 'received', 'returned')
                AND (NEW.made_by_id {same} OLD.made_by_id OR NEW.made_by_id IS NULL)
            ) THEN
                RETURN NEW;
            END IF;
        ELSIF TG_OP = 'DELETE' THEN
            IF OLD.digest IS NULL THEN
                RETURN OLD;
            END IF;
        END IF;
        RAISE EXCEPTION '{SAYS}';
    END
    $$
    """
    yield f"""
    CREATE FUNCTION filing_step_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            IF NEW.by_id IS NULL AND {_same(STEP, same)} THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION '{SAYS}';
    END
    $$
    """
    yield f"""
    CREATE FUNCTION filing_part_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '{SAYS}';
    END
    $$
    """
    for table, function in (
        ("filing", "filing_frozen"),
        ("filing_step", "filing_step_frozen"),
        ("filing_rows", "filing_part_frozen"),
        ("filing_file", "filing_part_frozen"),
    ):
        yield f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"
        yield f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION filing_part_frozen()"


def upgrade():
    for statement in _postgresql() if op.get_bind().dialect.name == "postgresql" else _sqlite():
        op.execute(statement)


def downgrade():
    if op.get_bind().dialect.name == "postgresql":
        for table in ("filing", "filing_step", *PARTS):
            op.execute(f"DROP TRIGGER {table}_no_change ON {table}")
            op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
        for function in ("filing_frozen", "filing_step_frozen", "filing_part_frozen"):
            op.execute(f"DROP FUNCTION {function}()")
        return
    for table in ("filing", "filing_step", *PARTS):
        for kind in ("update", "delete", "replace"):
            op.execute(f"DROP TRIGGER {table}_no_{kind}")
