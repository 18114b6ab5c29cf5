"""tallies: sums of facts by unit and day, and marks by triggers of what must be counted anew

A figure of a province added up every certificate of its families for every page. The sums are kept now, and a trigger
of every table that they stand on writes a mark in the transaction of the fact: no way of writing can forget it, be it
an import, the command line or a statement by hand. Whoever reads counts marked units from the facts.

On PostgreSQL a statement is marked as a whole, and one of thousands of rows with a single mark; SQLite marks each row.
A later migration that copies one of these tables (a batch alteration on SQLite) loses its triggers and must make them
again; `tests/indicators/test_tallies.py` fails when one forgets.

Revision ID: inc1
Revises: ind6o
Create Date: 2026-11-26 02:15:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "inc1"
down_revision = "ind6o"
branch_labels = None
depends_on = None

MANY = 2000
big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# table: columns that matter, key, and the marks of a row (what, person, unit, since) with ROW for NEW or OLD
FACTS = {
    "posting": (
        ("user_id", "unit_id", "audience", "valid_from", "valid_to"),
        ("person", "ROW.user_id", "ROW.unit_id", "ROW.valid_from"),
    ),
    "certificate": (
        ("user_id", "course_id", "audience", "completed_on", "expires_on"),
        ("person", "ROW.user_id", "NULL", "ROW.completed_on"),
    ),
    "revocation": (
        ("certificate_id", "revoked_at"),
        (
            "person",
            "(SELECT c.user_id FROM certificate c WHERE c.id = ROW.certificate_id)",
            "NULL",
            "(SELECT c.completed_on FROM certificate c WHERE c.id = ROW.certificate_id)",
        ),
    ),
    "person_fact": (
        ("user_id", "fact", "valid_from", "valid_to"),
        ("person", "ROW.user_id", "NULL", "ROW.valid_from"),
    ),
    "workshop_attended": (
        ("workshop_id", "user_id", "unit_id", "audience", "on_day", "withdrawn_at"),
        ("person", "ROW.user_id", "NULL", "ROW.on_day"),
    ),
    "household": (
        ("unit_id", "commune_code", "has_child_under_16", "created_at"),
        ("unit", "NULL", "ROW.unit_id", "NULL"),
    ),
    "household_member": (
        ("user_id", "household_id", "added_at"),
        (
            "person",
            "ROW.user_id",
            "(SELECT h.unit_id FROM household h WHERE h.id = ROW.household_id)",
            "NULL",
        ),
    ),
}
OTHERS = {
    "area": ("places", ("code", "kind", "name", "parent_id", "valid_from", "valid_to")),
    "area_past": ("places", ()),
    "area_lineage": ("places", ()),
    "unit": ("places", ("code", "kind", "sector", "name", "area_id", "parent_id", "valid_from", "valid_to")),
    "unit_past": ("places", ()),
    "unit_lineage": ("places", ()),
    "roster_basis": ("places", ()),
    "course": ("places", ("code",)),
    "declaration": ("said", ("plan", "item", "unit_id", "said_on", "value", "file_id", "state")),
    "workshop": ("class", ("plan_item",)),
}
INTO = "INSERT INTO tally_mark (what, person, unit, since)"


def _sqlite():
    for table, (columns, mark) in FACTS.items():
        what, person, unit, since = mark

        def row(name, what=what, person=person, unit=unit, since=since):
            told = ", ".join(one.replace("ROW", name) for one in (person, unit, since))
            return f"{INTO} VALUES ('{what}', {told});"

        yield f"CREATE TRIGGER {table}_tally_insert AFTER INSERT ON {table} BEGIN {row('NEW')} END"
        yield f"CREATE TRIGGER {table}_tally_delete AFTER DELETE ON {table} BEGIN {row('OLD')} END"
        yield (
            f"CREATE TRIGGER {table}_tally_update AFTER UPDATE OF {', '.join(columns)} ON {table}"
            f" BEGIN {row('OLD')} {row('NEW')} END"
        )
    for table, (what, columns) in OTHERS.items():
        body = f"BEGIN {INTO} VALUES ('{what}', NULL, NULL, NULL); END"
        of = f" OF {', '.join(columns)}" if columns else ""
        yield f"CREATE TRIGGER {table}_tally_insert AFTER INSERT ON {table} {body}"
        yield f"CREATE TRIGGER {table}_tally_delete AFTER DELETE ON {table} {body}"
        yield f"CREATE TRIGGER {table}_tally_update AFTER UPDATE{of} ON {table} {body}"


def _postgresql():
    for table, (_columns, mark) in FACTS.items():
        what, *told = mark
        for event, names in (("insert", ("fresh",)), ("delete", ("gone",)), ("update", ("gone", "fresh"))):
            marks = " ".join(
                f"{INTO} SELECT DISTINCT '{what}', CAST({told[0].replace('ROW', name)} AS bigint),"
                f" CAST({told[1].replace('ROW', name)} AS bigint), CAST({told[2].replace('ROW', name)} AS date)"
                f" FROM {name};"
                for name in names
            )
            yield f"""
            CREATE FUNCTION {table}_tally_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF (SELECT count(*) FROM (SELECT 1 FROM {names[0]} LIMIT {MANY + 1}) AS first) > {MANY} THEN
                    {INTO} VALUES ('all', NULL, NULL, NULL);
                ELSE
                    {marks}
                END IF;
                RETURN NULL;
            END $$
            """
            seen = " ".join(
                f"{'NEW' if name == 'fresh' else 'OLD'} TABLE AS {name}" for name in names
            )
            yield (
                f"CREATE TRIGGER {table}_tally_{event} AFTER {event.upper()} ON {table}"
                f" REFERENCING {seen} FOR EACH STATEMENT EXECUTE FUNCTION {table}_tally_{event}()"
            )
        yield (
            f"CREATE TRIGGER {table}_tally_truncate AFTER TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION tally_all()"
        )
    for table, (what, columns) in OTHERS.items():
        of = f" OF {', '.join(columns)}" if columns else ""
        yield (
            f"CREATE TRIGGER {table}_tally AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE{of} ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION tally_{what}()"
        )


def upgrade():
    op.create_index(
        "ix_certificate_audience_unit_id",
        "certificate",
        ["audience", "unit_id", "course_id", "user_id", "completed_on"],
    )
    op.create_table(
        "tally_state",
        sa.Column("id", big, autoincrement=False, nullable=False),
        sa.Column("turn", big, nullable=False),
        sa.Column("places_turn", big, nullable=False),
        sa.Column("said_turn", big, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally_state")),
    )
    op.create_table(
        "tally_day",
        sa.Column("id", big, nullable=False),
        sa.Column("plan", sa.String(40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("basis", sa.String(64), nullable=False),
        sa.Column("ready", sa.Boolean(), nullable=False),
        sa.Column("turn", big, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally_day")),
        sa.UniqueConstraint("plan", "day", name=op.f("uq_tally_day_plan_day")),
    )
    op.create_table(
        "tally",
        sa.Column("id", big, nullable=False),
        sa.Column("day_id", big, nullable=False),
        sa.Column("what", sa.String(10), nullable=False),
        sa.Column("unit", big, nullable=False),
        sa.Column("audience", sa.String(30), nullable=True),
        sa.Column("commune", sa.String(40), nullable=True),
        sa.Column("held", big, nullable=False),
        sa.Column("facts", big, nullable=False),
        sa.Column("person", big, nullable=True),
        sa.Column("people", big, nullable=False),
        sa.ForeignKeyConstraint(
            ["day_id"], ["tally_day.id"], name=op.f("fk_tally_day_id_tally_day"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally")),
    )
    op.create_index("ix_tally_day_id_what_unit", "tally", ["day_id", "what", "unit"])
    op.create_table(
        "tally_mark",
        sa.Column("id", big, nullable=False),
        sa.Column("what", sa.String(10), nullable=False),
        sa.Column("person", big, nullable=True),
        sa.Column("unit", big, nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally_mark")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for what in ("all", *sorted({what for what, _columns in OTHERS.values()})):
            op.execute(f"""
            CREATE FUNCTION tally_{what}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                {INTO} VALUES ('{what}', NULL, NULL, NULL);
                RETURN NULL;
            END $$
            """)
        for statement in _postgresql():
            op.execute(statement)
        return
    for statement in _sqlite():
        op.execute(statement)


def downgrade():
    postgresql = op.get_bind().dialect.name == "postgresql"
    events = ("insert", "delete", "update")
    for table in FACTS:
        for event in (*events, *(("truncate",) if postgresql else ())):
            op.execute(f"DROP TRIGGER {table}_tally_{event}" + (f" ON {table}" if postgresql else ""))
            if postgresql and event != "truncate":
                op.execute(f"DROP FUNCTION {table}_tally_{event}()")
    for table in OTHERS:
        for name in ("",) if postgresql else tuple("_" + event for event in events):
            op.execute(f"DROP TRIGGER {table}_tally{name}" + (f" ON {table}" if postgresql else ""))
    if postgresql:
        for what in ("all", *sorted({what for what, _columns in OTHERS.values()})):
            op.execute(f"DROP FUNCTION tally_{what}()")
    op.drop_table("tally_mark")
    op.drop_index("ix_tally_day_id_what_unit", "tally")
    op.drop_table("tally")
    op.drop_table("tally_day")
    op.drop_table("tally_state")
    op.drop_index("ix_certificate_audience_unit_id", "certificate")
