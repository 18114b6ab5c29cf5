"""practice and its assessors

Revision ID: ha20
Revises: ha10
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = 'ha20'
down_revision = 'ha10'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('practice',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('enrolment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('rubric', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('assessors', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('area_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('audience', sa.String(length=30), nullable=True),
    sa.Column('arranged_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('arranged_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('result', sa.String(length=40), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_reason', sa.Text(), nullable=True),
    sa.CheckConstraint('(settled_at IS NULL) = (result IS NULL)', name=op.f('ck_practice_settled_with_a_result')),
    sa.CheckConstraint('assessors IN (1, 2)', name=op.f('ck_practice_one_or_two_assessors')),
    sa.CheckConstraint('number >= 1', name=op.f('ck_practice_numbers_count_from_one')),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_practice_area_id_area')),
    sa.ForeignKeyConstraint(['arranged_by_id'], ['user.id'], name=op.f('fk_practice_arranged_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_practice_enrolment_id_enrolment'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_practice_unit_id_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_practice')),
    sa.UniqueConstraint('enrolment_id', 'number', name=op.f('uq_practice_enrolment_id_number'))
    )

    with op.batch_alter_table('practice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_practice_unit_id'), ['unit_id'], unique=False)

    op.create_table('practice_assessor',
    sa.Column('practice_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('seat', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('full_name', sa.String(length=200), nullable=False),
    sa.Column('named_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('named_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('handed_in_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('levels', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.CheckConstraint('seat IN (1, 2, 3)', name=op.f('ck_practice_assessor_three_seats')),
    sa.ForeignKeyConstraint(['named_by_id'], ['user.id'], name=op.f('fk_practice_assessor_named_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['practice_id'], ['practice.id'], name=op.f('fk_practice_assessor_practice_id_practice'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_practice_assessor_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('practice_id', 'seat', name=op.f('pk_practice_assessor')),
    sa.UniqueConstraint('practice_id', 'user_id', name=op.f('uq_practice_assessor_practice_id_user_id'))
    )

    with op.batch_alter_table('practice_assessor', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_practice_assessor_user_id'), ['user_id'], unique=False)


def downgrade():
    with op.batch_alter_table('practice_assessor', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_practice_assessor_user_id'))

    op.drop_table('practice_assessor')

    with op.batch_alter_table('practice', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_practice_unit_id'))

    op.drop_table('practice')
