"""the discreet track

Revision ID: fa30
Revises: fa20
Create Date: 2026-11-25 19:48:00+00:00
"""

import sqlalchemy as sa
from alembic import op
revision = 'fa30'
down_revision = 'fa20'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('enrolment_path',
    sa.Column('enrolment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_enrolment_path_enrolment_id_enrolment'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['version_id'], ['course_version.id'], name=op.f('fk_enrolment_path_version_id_course_version')),
    sa.PrimaryKeyConstraint('enrolment_id', name=op.f('pk_enrolment_path'))
    )
    with op.batch_alter_table('enrolment_path', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_enrolment_path_version_id'), ['version_id'], unique=False)

    op.create_table('accompaniment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('household_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reference', sa.String(length=40), nullable=False),
    sa.Column('begun_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('begun_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['begun_by_id'], ['user.id'], name=op.f('fk_accompaniment_begun_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['ended_by_id'], ['user.id'], name=op.f('fk_accompaniment_ended_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['household_id'], ['household.id'], name=op.f('fk_accompaniment_household_id_household'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accompaniment')),
    sa.UniqueConstraint('reference', name=op.f('uq_accompaniment_reference'))
    )
    with op.batch_alter_table('accompaniment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_accompaniment_begun_by_id'), ['begun_by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_accompaniment_ended_by_id'), ['ended_by_id'], unique=False)
        batch_op.create_index('uq_accompaniment_current', ['household_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

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


def downgrade():
    with op.batch_alter_table('accompaniment_look', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_accompaniment_look_user_id'))

    op.drop_table('accompaniment_look')

    with op.batch_alter_table('accompaniment', schema=None) as batch_op:
        batch_op.drop_index('uq_accompaniment_current', sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_accompaniment_ended_by_id'))
        batch_op.drop_index(batch_op.f('ix_accompaniment_begun_by_id'))

    op.drop_table('accompaniment')

    with op.batch_alter_table('enrolment_path', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_enrolment_path_version_id'))

    op.drop_table('enrolment_path')
