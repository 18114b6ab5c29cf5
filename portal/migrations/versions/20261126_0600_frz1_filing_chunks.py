"""filed rows in chunks: a page of a filed figure reads what it shows, not half a million rows

Until now all rows behind a figure were one compressed JSON list. They are cut into chunks of 500 (of one kind each),
each with a summary: what it holds of each state, reason and group, from which key to which, of which units. The digest
stays that of the whole list, so what was filed before verifies as it did. A list that is damaged, or that is not as it
was written, is kept as it is in a single chunk: `reports verify` goes on saying so.

Revision ID: frz1
Revises: inc1
Create Date: 2026-11-26 06:00:00+00:00
"""

import json
import zlib
from collections import Counter

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "frz1"
down_revision = "inc1"
branch_labels = None
depends_on = None

SIZE = 500
SAYS = "a filed report is frozen"
big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
document = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")

before = sa.table(
    "filing_rows", sa.column("filing_id", big), sa.column("indicator", sa.String),
    sa.column("rows", sa.LargeBinary), sa.column("row_count", big),
)  # fmt: skip
after = sa.table(
    "filing_chunk", sa.column("filing_id", big), sa.column("indicator", sa.String), sa.column("number", big),
    sa.column("rows", sa.LargeBinary), sa.column("summary", document),
)  # fmt: skip

NO_UPDATE = (
    f"CREATE TRIGGER filing_rows_no_update BEFORE UPDATE ON filing_rows BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
)


def _canonical(rows):
    return json.dumps(rows, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _summary(rows):
    counts = Counter((bool(row[4]), row[5], row[3]) for row in rows)
    return {
        "kind": rows[0][0],
        "keys": [min(row[1] for row in rows), max(row[1] for row in rows)],
        "counts": [[*what, many] for what, many in sorted(counts.items(), key=lambda one: str(one[0]))],
        "units": sorted({row[2] for row in rows if row[2] is not None}),
    }


def _cut(rows):
    start = 0
    for place in range(1, len(rows) + 1):
        if place == len(rows) or place - start == SIZE or rows[place][0] != rows[start][0]:
            yield rows[start:place]
            start = place


def _chunks(stored):
    """Yield (rows, summary) of the chunks of a stored list."""
    try:
        text = zlib.decompress(stored)
        rows = json.loads(text)
        if _canonical(rows) == text:
            made = [(some, _summary(some)) for some in _cut(rows)]
            yield from ((zlib.compress(_canonical(some), 6), summary) for some, summary in made)
            return
    except (zlib.error, ValueError, LookupError, TypeError):
        pass
    yield stored, {"kind": "", "keys": [0, 0], "counts": [], "units": []}


def _triggers():
    if op.get_bind().dialect.name == "postgresql":
        yield (
            "CREATE TRIGGER filing_chunk_no_change BEFORE UPDATE OR DELETE ON filing_chunk"
            " FOR EACH ROW EXECUTE FUNCTION filing_part_frozen()"
        )
        yield (
            "CREATE TRIGGER filing_chunk_no_truncate BEFORE TRUNCATE ON filing_chunk"
            " FOR EACH STATEMENT EXECUTE FUNCTION filing_part_frozen()"
        )
        return
    abort = f"BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
    yield f"CREATE TRIGGER filing_chunk_no_update BEFORE UPDATE ON filing_chunk {abort}"
    yield f"CREATE TRIGGER filing_chunk_no_delete BEFORE DELETE ON filing_chunk {abort}"
    yield f"""
    CREATE TRIGGER filing_chunk_no_replace BEFORE INSERT ON filing_chunk
    WHEN EXISTS (SELECT 1 FROM filing_chunk
        WHERE filing_id = NEW.filing_id AND indicator = NEW.indicator AND number = NEW.number) {abort}
    """


def upgrade():
    op.create_table(
        "filing_chunk",
        sa.Column("filing_id", big, nullable=False),
        sa.Column("indicator", sa.String(length=40), nullable=False),
        sa.Column("number", big, nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.Column("summary", document, nullable=False),
        sa.ForeignKeyConstraint(
            ["filing_id"], ["filing.id"], name=op.f("fk_filing_chunk_filing_id_filing"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("filing_id", "indicator", "number", name=op.f("pk_filing_chunk")),
    )
    bind = op.get_bind()
    keys = bind.execute(sa.select(before.c.filing_id, before.c.indicator)).all()
    for filing_id, indicator in keys:
        stored = bind.execute(
            sa.select(before.c.rows).where(before.c.filing_id == filing_id, before.c.indicator == indicator)
        ).scalar_one()
        for number, (rows, summary) in enumerate(_chunks(stored)):
            bind.execute(
                sa.insert(after).values(
                    filing_id=filing_id, indicator=indicator, number=number, rows=rows, summary=summary
                )
            )
    op.drop_column("filing_rows", "rows")  # its triggers name no column, and stay
    for statement in _triggers():
        op.execute(statement)


def downgrade():
    bind = op.get_bind()
    postgres = bind.dialect.name == "postgresql"
    op.add_column("filing_rows", sa.Column("rows", sa.LargeBinary(), nullable=False, server_default=""))
    op.execute(
        "ALTER TABLE filing_rows DISABLE TRIGGER filing_rows_no_change"
        if postgres
        else "DROP TRIGGER filing_rows_no_update"
    )
    keys = bind.execute(sa.select(before.c.filing_id, before.c.indicator)).all()
    for filing_id, indicator in keys:
        stored = (
            bind.execute(
                sa.select(after.c.rows)
                .where(after.c.filing_id == filing_id, after.c.indicator == indicator)
                .order_by(after.c.number)
            )
            .scalars()
            .all()
        )
        bind.execute(
            sa.update(before)
            .where(before.c.filing_id == filing_id, before.c.indicator == indicator)
            .values(rows=_joined(stored))
        )
    if postgres:
        op.execute("ALTER TABLE filing_rows ENABLE TRIGGER filing_rows_no_change")
        op.alter_column("filing_rows", "rows", server_default=None)
    else:
        op.execute(NO_UPDATE)
    op.drop_table("filing_chunk")


def _joined(stored):
    if len(stored) == 1:  # as it is, be it damaged
        return stored[0]
    return zlib.compress(b"[" + b",".join(zlib.decompress(one)[1:-1] for one in stored) + b"]", 6)
