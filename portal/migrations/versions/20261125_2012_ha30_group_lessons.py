"""group lessons, who was there, hands

Revision ID: ha30
Revises: ha20
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = 'ha30'
down_revision = 'ha20'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('group_lesson',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('course_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lesson_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('area_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('played_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('played_by_name', sa.String(length=200), nullable=False),
    sa.Column('played_on', sa.Date(), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('others', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('others >= 0', name=op.f('ck_group_lesson_others_are_counted_up')),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_group_lesson_area_id_area')),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_group_lesson_course_id_course')),
    sa.ForeignKeyConstraint(['lesson_id'], ['lesson.id'], name=op.f('fk_group_lesson_lesson_id_lesson')),
    sa.ForeignKeyConstraint(['played_by_id'], ['user.id'], name=op.f('fk_group_lesson_played_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_group_lesson_unit_id_unit')),
    sa.ForeignKeyConstraint(['version_id'], ['course_version.id'], name=op.f('fk_group_lesson_version_id_course_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_group_lesson')),
    sa.UniqueConstraint('key', name=op.f('uq_group_lesson_key'))
    )

    with op.batch_alter_table('group_lesson', schema=None) as batch_op:
        batch_op.create_index('ix_group_lesson_unit_id_played_on', ['unit_id', 'played_on'], unique=False)

    op.create_table('group_hands',
    sa.Column('group_lesson_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('question', sa.String(length=40), nullable=False),
    sa.Column('option', sa.String(length=40), nullable=False),
    sa.Column('hands', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('hands >= 0', name=op.f('ck_group_hands_hands_are_counted_up')),
    sa.ForeignKeyConstraint(['group_lesson_id'], ['group_lesson.id'], name=op.f('fk_group_hands_group_lesson_id_group_lesson'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('group_lesson_id', 'question', 'option', name=op.f('pk_group_hands'))
    )

    op.create_table('group_present',
    sa.Column('group_lesson_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('full_name', sa.String(length=200), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('area_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('audience', sa.String(length=30), nullable=True),
    sa.Column('enrolment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_group_present_area_id_area')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_group_present_enrolment_id_enrolment'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['group_lesson_id'], ['group_lesson.id'], name=op.f('fk_group_present_group_lesson_id_group_lesson'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_group_present_unit_id_unit')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_group_present_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('group_lesson_id', 'user_id', name=op.f('pk_group_present'))
    )

    with op.batch_alter_table('group_present', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_group_present_user_id'), ['user_id'], unique=False)


def downgrade():
    with op.batch_alter_table('group_present', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_group_present_user_id'))

    op.drop_table('group_present')

    op.drop_table('group_hands')

    with op.batch_alter_table('group_lesson', schema=None) as batch_op:
        batch_op.drop_index('ix_group_lesson_unit_id_played_on')

    op.drop_table('group_lesson')
