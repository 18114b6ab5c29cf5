"""rules of assignment, what they asked, reminders

Revision ID: fa20
Revises: fa10
Create Date: 2026-11-25 19:47:00+00:00
"""

import sqlalchemy as sa
from alembic import op
revision = 'fa20'
down_revision = 'fa10'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('assignment_rule',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('course_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('audience', sa.String(length=30), nullable=True),
    sa.Column('area_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('sector', sa.String(length=20), nullable=True),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('due_days', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('renewal_days', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(area_id IS NULL) <> (unit_id IS NULL)', name=op.f('ck_assignment_rule_has_one_place')),
    sa.CheckConstraint('(due_on IS NULL) <> (due_days IS NULL)', name=op.f('ck_assignment_rule_has_one_due_date')),
    sa.CheckConstraint('renewal_days BETWEEN 0 AND 365 AND coalesce(due_days, 0) BETWEEN 0 AND 3650', name=op.f('ck_assignment_rule_bounds')),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_assignment_rule_area_id_area')),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_assignment_rule_course_id_course')),
    sa.ForeignKeyConstraint(['made_by_id'], ['user.id'], name=op.f('fk_assignment_rule_made_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_assignment_rule_unit_id_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assignment_rule'))
    )
    with op.batch_alter_table('assignment_rule', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_assignment_rule_area_id'), ['area_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_assignment_rule_course_id'), ['course_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_assignment_rule_made_by_id'), ['made_by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_assignment_rule_unit_id'), ['unit_id'], unique=False)

    op.create_table('assignment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('course_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('cycle', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('rule_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('assigned_on', sa.Date(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.CheckConstraint('cycle >= 1', name=op.f('ck_assignment_cycles_count_from_one')),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_assignment_course_id_course')),
    sa.ForeignKeyConstraint(['rule_id'], ['assignment_rule.id'], name=op.f('fk_assignment_rule_id_assignment_rule')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_assignment_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assignment'))
    )
    with op.batch_alter_table('assignment', schema=None) as batch_op:
        batch_op.create_index('ix_assignment_course_id_user_id', ['course_id', 'user_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_assignment_rule_id'), ['rule_id'], unique=False)
        batch_op.create_index('uq_assignment_standing', ['user_id', 'course_id', 'cycle'], unique=True, sqlite_where=sa.text('ended_on IS NULL'), postgresql_where=sa.text('ended_on IS NULL'))

    op.create_table('reminder',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('course_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sent_on', sa.Date(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_reminder_course_id_course')),
    sa.ForeignKeyConstraint(['sent_by_id'], ['user.id'], name=op.f('fk_reminder_sent_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_reminder_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reminder')),
    sa.UniqueConstraint('user_id', 'sent_on', name=op.f('uq_reminder_user_id_sent_on'))
    )
    with op.batch_alter_table('reminder', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reminder_course_id'), ['course_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_reminder_sent_by_id'), ['sent_by_id'], unique=False)


def downgrade():
    with op.batch_alter_table('reminder', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reminder_sent_by_id'))
        batch_op.drop_index(batch_op.f('ix_reminder_course_id'))

    op.drop_table('reminder')

    with op.batch_alter_table('assignment', schema=None) as batch_op:
        batch_op.drop_index('uq_assignment_standing', sqlite_where=sa.text('ended_on IS NULL'), postgresql_where=sa.text('ended_on IS NULL'))
        batch_op.drop_index(batch_op.f('ix_assignment_rule_id'))
        batch_op.drop_index('ix_assignment_course_id_user_id')

    op.drop_table('assignment')

    with op.batch_alter_table('assignment_rule', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_assignment_rule_unit_id'))
        batch_op.drop_index(batch_op.f('ix_assignment_rule_made_by_id'))
        batch_op.drop_index(batch_op.f('ix_assignment_rule_course_id'))
        batch_op.drop_index(batch_op.f('ix_assignment_rule_area_id'))

    op.drop_table('assignment_rule')
