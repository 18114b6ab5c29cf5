"""What a support officer opened, and why, moves to the table in which all looks at lists stand.

Revision ID: r501
Revises: org2
Create Date: 2026-11-25 23:10:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = 'r501'
down_revision = 'org2'
branch_labels = None
depends_on = None


def upgrade():
    # a reason belongs to somebody; those of officers who are gone have no reader left
    op.execute("INSERT INTO list_reason (user_id, list_kind, place, reason, at) SELECT user_id, 'record', 'record', reason, at FROM accompaniment_look WHERE reference = 'asked' AND user_id IS NOT NULL AND length(reason) >= 10 ORDER BY id")
    op.execute("INSERT INTO list_view (at, by_id, code, place, facts, people, reason_id) SELECT at, user_id, 'record.open', 'record:' || reference, '{}', 0, (SELECT MAX(list_reason.id) FROM list_reason WHERE list_reason.user_id = accompaniment_look.user_id AND list_reason.list_kind = 'record' AND list_reason.reason = accompaniment_look.reason AND list_reason.at <= accompaniment_look.at) FROM accompaniment_look WHERE reference <> 'asked' ORDER BY id")
    with op.batch_alter_table('accompaniment_look', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_accompaniment_look_user_id'))

    op.drop_table('accompaniment_look')


def downgrade():
    op.create_table('accompaniment_look',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reference', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_accompaniment_look_user_id_user'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accompaniment_look'))
    )
    with op.batch_alter_table('accompaniment_look', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_accompaniment_look_user_id'), ['user_id'], unique=False)
    op.execute("INSERT INTO accompaniment_look (user_id, at, reference, reason) SELECT user_id, at, 'asked', reason FROM list_reason WHERE list_kind = 'record' ORDER BY id")
    op.execute("INSERT INTO accompaniment_look (user_id, at, reference, reason) SELECT list_view.by_id, list_view.at, substr(list_view.place, 8), coalesce(list_reason.reason, '') FROM list_view LEFT JOIN list_reason ON list_reason.id = list_view.reason_id WHERE list_view.code = 'record.open' ORDER BY list_view.id")
    op.execute("DELETE FROM list_view_person WHERE view_id IN (SELECT id FROM list_view WHERE code = 'record.open')")
    op.execute("DELETE FROM list_view WHERE code = 'record.open'")
    op.execute("DELETE FROM list_reason WHERE list_kind = 'record'")
