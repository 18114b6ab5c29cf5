"""classes in a hall: line, roll, closing, paper lists

Revision ID: ha10
Revises: f3notices, 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = 'ha10'
down_revision = 'f3notices'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('workshop',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('origin', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('search_key', sa.String(length=200), nullable=False),
    sa.Column('course_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('plan_item', sa.String(length=40), nullable=False),
    sa.Column('organiser_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('area_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('guest_trainers', sa.String(length=200), nullable=False),
    sa.Column('capacity', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('days_needed', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('for_area_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('for_sector', sa.String(length=20), nullable=True),
    sa.Column('for_audience', sa.String(length=30), nullable=True),
    sa.Column('secret', sa.String(length=64), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('visits', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancelled_reason', sa.Text(), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('signatures', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('difference_reason', sa.Text(), nullable=True),
    sa.Column('whole_course', sa.Boolean(), nullable=False),
    sa.CheckConstraint('capacity >= 1', name=op.f('ck_workshop_has_seats')),
    sa.CheckConstraint('closed_at IS NULL OR cancelled_at IS NULL', name=op.f('ck_workshop_closed_or_cancelled')),
    sa.CheckConstraint('days_needed >= 1', name=op.f('ck_workshop_asks_for_a_day')),
    sa.CheckConstraint('ends_on >= starts_on', name=op.f('ck_workshop_ends_after_it_begins')),
    sa.CheckConstraint('signatures IS NULL OR signatures >= 0', name=op.f('ck_workshop_signatures_are_counted_up')),
    sa.CheckConstraint('visits >= 0', name=op.f('ck_workshop_visits_are_counted_up')),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_workshop_area_id_area')),
    sa.ForeignKeyConstraint(['closed_by_id'], ['user.id'], name=op.f('fk_workshop_closed_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_workshop_course_id_course')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_workshop_created_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['for_area_id'], ['area.id'], name=op.f('fk_workshop_for_area_id_area')),
    sa.ForeignKeyConstraint(['organiser_id'], ['unit.id'], name=op.f('fk_workshop_organiser_id_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workshop')),
    sa.UniqueConstraint('key', name=op.f('uq_workshop_key'))
    )

    with op.batch_alter_table('workshop', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_workshop_organiser_id'), ['organiser_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_workshop_starts_on'), ['starts_on'], unique=False)

    op.create_table('workshop_attendance',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('workshop_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('present', sa.Boolean(), nullable=False),
    sa.Column('how', sa.String(length=20), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('mark_key', sa.String(length=40), nullable=False),
    sa.Column('full_name', sa.String(length=200), nullable=False),
    sa.Column('sort_key', sa.String(length=700), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('unit_name', sa.String(length=200), nullable=False),
    sa.Column('area_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('audience', sa.String(length=30), nullable=True),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_workshop_attendance_area_id_area')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_workshop_attendance_unit_id_unit')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_workshop_attendance_user_id_user'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workshop_id'], ['workshop.id'], name=op.f('fk_workshop_attendance_workshop_id_workshop'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workshop_attendance')),
    sa.UniqueConstraint('workshop_id', 'day', 'user_id', name=op.f('uq_workshop_attendance_workshop_id_day_user_id'))
    )

    with op.batch_alter_table('workshop_attendance', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_workshop_attendance_user_id'), ['user_id'], unique=False)

    op.create_table('workshop_attended',
    sa.Column('workshop_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('course_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('on_day', sa.Date(), nullable=False),
    sa.Column('days', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('origin', sa.String(length=40), nullable=False),
    sa.Column('full_name', sa.String(length=200), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('area_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('audience', sa.String(length=30), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('days >= 1', name=op.f('ck_workshop_attended_was_there_a_day')),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_workshop_attended_area_id_area')),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_workshop_attended_course_id_course')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_workshop_attended_unit_id_unit')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_workshop_attended_user_id_user'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workshop_id'], ['workshop.id'], name=op.f('fk_workshop_attended_workshop_id_workshop'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('workshop_id', 'user_id', name=op.f('pk_workshop_attended'))
    )

    with op.batch_alter_table('workshop_attended', schema=None) as batch_op:
        batch_op.create_index('ix_workshop_attended_user_id_course_id', ['user_id', 'course_id'], unique=False)

    op.create_table('workshop_day',
    sa.Column('workshop_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('hours', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['workshop_id'], ['workshop.id'], name=op.f('fk_workshop_day_workshop_id_workshop'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('workshop_id', 'day', name=op.f('pk_workshop_day'))
    )

    op.create_table('workshop_mark',
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('workshop_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('present', sa.Boolean(), nullable=False),
    sa.Column('how', sa.String(length=20), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.CheckConstraint("how <> 'correction' OR length(reason) >= 10", name=op.f('ck_workshop_mark_a_correction_says_why')),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_workshop_mark_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_workshop_mark_user_id_user'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workshop_id'], ['workshop.id'], name=op.f('fk_workshop_mark_workshop_id_workshop'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_workshop_mark'))
    )

    with op.batch_alter_table('workshop_mark', schema=None) as batch_op:
        batch_op.create_index('ix_workshop_mark_workshop_id_day_user_id', ['workshop_id', 'day', 'user_id'], unique=False)

    op.create_table('workshop_paper_line',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('workshop_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('row', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('unit', sa.String(length=200), nullable=False),
    sa.Column('code', sa.String(length=200), nullable=False),
    sa.Column('phone', sa.String(length=200), nullable=False),
    sa.Column('year', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('candidates', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('decision', sa.String(length=20), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('decided_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(length=40), nullable=True),
    sa.ForeignKeyConstraint(['decided_by_id'], ['user.id'], name=op.f('fk_workshop_paper_line_decided_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_workshop_paper_line_user_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['workshop_id'], ['workshop.id'], name=op.f('fk_workshop_paper_line_workshop_id_workshop'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workshop_paper_line')),
    sa.UniqueConstraint('workshop_id', 'row', name=op.f('uq_workshop_paper_line_workshop_id_row'))
    )

    op.create_table('workshop_registration',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('workshop_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('registered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('registered_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('given_up_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('number >= 1', name=op.f('ck_workshop_registration_numbers_count_from_one')),
    sa.ForeignKeyConstraint(['registered_by_id'], ['user.id'], name=op.f('fk_workshop_registration_registered_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_workshop_registration_user_id_user'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workshop_id'], ['workshop.id'], name=op.f('fk_workshop_registration_workshop_id_workshop'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workshop_registration')),
    sa.UniqueConstraint('workshop_id', 'number', name=op.f('uq_workshop_registration_workshop_id_number'))
    )

    with op.batch_alter_table('workshop_registration', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_workshop_registration_user_id'), ['user_id'], unique=False)
        batch_op.create_index('uq_workshop_registration_live', ['workshop_id', 'user_id'], unique=True, sqlite_where=sa.text('given_up_at IS NULL'), postgresql_where=sa.text('given_up_at IS NULL'))

    op.create_table('workshop_trainer',
    sa.Column('workshop_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_workshop_trainer_user_id_user'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workshop_id'], ['workshop.id'], name=op.f('fk_workshop_trainer_workshop_id_workshop'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('workshop_id', 'user_id', name=op.f('pk_workshop_trainer'))
    )

    with op.batch_alter_table('workshop_trainer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_workshop_trainer_user_id'), ['user_id'], unique=False)


def downgrade():
    with op.batch_alter_table('workshop_trainer', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_workshop_trainer_user_id'))

    op.drop_table('workshop_trainer')

    with op.batch_alter_table('workshop_registration', schema=None) as batch_op:
        batch_op.drop_index('uq_workshop_registration_live', sqlite_where=sa.text('given_up_at IS NULL'), postgresql_where=sa.text('given_up_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_workshop_registration_user_id'))

    op.drop_table('workshop_registration')

    op.drop_table('workshop_paper_line')

    with op.batch_alter_table('workshop_mark', schema=None) as batch_op:
        batch_op.drop_index('ix_workshop_mark_workshop_id_day_user_id')

    op.drop_table('workshop_mark')

    op.drop_table('workshop_day')

    with op.batch_alter_table('workshop_attended', schema=None) as batch_op:
        batch_op.drop_index('ix_workshop_attended_user_id_course_id')

    op.drop_table('workshop_attended')

    with op.batch_alter_table('workshop_attendance', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_workshop_attendance_user_id'))

    op.drop_table('workshop_attendance')

    with op.batch_alter_table('workshop', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_workshop_starts_on'))
        batch_op.drop_index(batch_op.f('ix_workshop_organiser_id'))

    op.drop_table('workshop')
