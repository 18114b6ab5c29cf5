"""the same questions before and after a course: two scores of an enrolment; figures stand on them

Revision ID: pair1
Revises: frz1
Create Date: 2026-11-26 06:00:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "pair1"
down_revision = "frz1"
branch_labels = None
depends_on = None

big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MANY = 2000  # marks of one statement; more is one mark, and everything is built anew
COLUMNS = "user_id, course_id, before_points, after_points, scored_on"
INTO = "INSERT INTO tally_mark (what, person, unit, since)"
EVENTS = {"insert": ("fresh",), "delete": ("gone",), "update": ("gone", "fresh")}


def upgrade():
    op.create_table(
        "paired_score",
        sa.Column("enrolment_id", big, autoincrement=False, nullable=False),
        sa.Column("user_id", big, nullable=False),
        sa.Column("course_id", big, nullable=False),
        sa.Column("before_points", big, nullable=False),
        sa.Column("after_points", big, nullable=False),
        sa.Column("possible", big, nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scored_on", sa.Date(), nullable=False),
        sa.CheckConstraint("possible >= 1", name=op.f("ck_paired_score_something_was_answered_twice")),
        sa.CheckConstraint(
            "before_points >= 0 AND before_points <= possible",
            name=op.f("ck_paired_score_before_is_of_possible"),
        ),
        sa.CheckConstraint(
            "after_points >= 0 AND after_points <= possible",
            name=op.f("ck_paired_score_after_is_of_possible"),
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["enrolment.id"],
            name=op.f("fk_paired_score_enrolment_id_enrolment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_paired_score_user_id_user"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_paired_score_course_id_course")),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_paired_score")),
    )
    op.create_index(
        "ix_paired_score_user_id_course_id",
        "paired_score",
        ["user_id", "course_id", "scored_on", "before_points", "after_points"],
    )
    for statement in _postgresql() if op.get_bind().dialect.name == "postgresql" else _sqlite():
        op.execute(statement)


def _sqlite():
    def row(name):
        return f"{INTO} VALUES ('person', {name}.user_id, NULL, {name}.scored_on);"

    for event, body in (
        ("insert", row("NEW")),
        ("delete", row("OLD")),
        ("update", f"{row('OLD')} {row('NEW')}"),
    ):
        of = f"UPDATE OF {COLUMNS}" if event == "update" else event.upper()
        yield f"CREATE TRIGGER paired_score_tally_{event} AFTER {of} ON paired_score BEGIN {body} END"


def _postgresql():
    for event, names in EVENTS.items():
        marks = " ".join(
            f"{INTO} SELECT DISTINCT 'person', CAST({name}.user_id AS bigint), CAST(NULL AS bigint),"
            f" CAST({name}.scored_on AS date) FROM {name};"
            for name in names
        )
        yield f"""
        CREATE FUNCTION paired_score_tally_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT count(*) FROM (SELECT 1 FROM {names[0]} LIMIT {MANY + 1}) AS first) > {MANY} THEN
                {INTO} VALUES ('all', NULL, NULL, NULL);
            ELSE
                {marks}
            END IF;
            RETURN NULL;
        END $$
        """
        seen = " ".join(f"{'NEW' if name == 'fresh' else 'OLD'} TABLE AS {name}" for name in names)
        yield (
            f"CREATE TRIGGER paired_score_tally_{event} AFTER {event.upper()} ON paired_score"
            f" REFERENCING {seen} FOR EACH STATEMENT EXECUTE FUNCTION paired_score_tally_{event}()"
        )
    yield (
        "CREATE TRIGGER paired_score_tally_truncate AFTER TRUNCATE ON paired_score"
        " FOR EACH STATEMENT EXECUTE FUNCTION tally_all()"
    )


def downgrade():
    postgresql = op.get_bind().dialect.name == "postgresql"
    on = " ON paired_score" if postgresql else ""
    for event in (*EVENTS, *(("truncate",) if postgresql else ())):
        op.execute(f"DROP TRIGGER paired_score_tally_{event}{on}")
        if event in EVENTS and postgresql:
            op.execute(f"DROP FUNCTION paired_score_tally_{event}()")
    op.drop_index("ix_paired_score_user_id_course_id", "paired_score")
    op.drop_table("paired_score")
    op.execute(f"{INTO} VALUES ('all', NULL, NULL, NULL)")  # what was tallied of the pairs goes with them
