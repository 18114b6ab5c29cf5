"""declarations, facts about people, filed reports

Revision ID: ind1
Revises: org2
Create Date: 2026-11-25 23:13:52.006760+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql
revision = 'ind1'
down_revision = 'r503'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('declaration',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('plan', sa.String(length=40), nullable=False),
    sa.Column('item', sa.String(length=40), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('said_on', sa.Date(), nullable=False),
    sa.Column('value', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('entered_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('entered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_note', sa.Text(), nullable=True),
    sa.CheckConstraint("(state = 'submitted') = (decided_at IS NULL)", name=op.f('ck_declaration_decided_at_a_moment')),
    sa.CheckConstraint("state <> 'returned' OR length(decided_note) >= 10", name=op.f('ck_declaration_a_return_says_why')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['user.id'], name=op.f('fk_declaration_decided_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['entered_by_id'], ['user.id'], name=op.f('fk_declaration_entered_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_declaration_file_id_stored_file')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_declaration_unit_id_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_declaration'))
    )
    with op.batch_alter_table('declaration', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_declaration_entered_by_id'), ['entered_by_id'], unique=False)
        batch_op.create_index('ix_declaration_plan_item_unit_id', ['plan', 'item', 'unit_id', 'said_on'], unique=False)
        batch_op.create_index('ix_declaration_unit_id_state', ['unit_id', 'state'], unique=False)

    op.create_table('filing',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('plan', sa.String(length=40), nullable=False),
    sa.Column('period', sa.String(length=40), nullable=False),
    sa.Column('place', sa.String(length=80), nullable=False),
    sa.Column('place_name', sa.String(length=200), nullable=False),
    sa.Column('area_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('sector', sa.String(length=40), nullable=True),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('target_set', sa.String(length=40), nullable=False),
    sa.Column('cut_off', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('narrative', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('snapshot', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=True),
    sa.Column('digest', sa.String(length=64), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('filed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('issued_number', sa.String(length=200), nullable=True),
    sa.Column('issued_on', sa.Date(), nullable=True),
    sa.Column('scan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint('(digest IS NULL) = (filed_at IS NULL)', name=op.f('ck_filing_frozen_when_filed')),
    sa.CheckConstraint('number >= 1', name=op.f('ck_filing_numbers_count_from_one')),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_filing_area_id_area')),
    sa.ForeignKeyConstraint(['made_by_id'], ['user.id'], name=op.f('fk_filing_made_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['scan_id'], ['stored_file.id'], name=op.f('fk_filing_scan_id_stored_file')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_filing_unit_id_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_filing')),
    sa.UniqueConstraint('plan', 'period', 'place', 'number', name=op.f('uq_filing_plan_period_place_number'))
    )
    with op.batch_alter_table('filing', schema=None) as batch_op:
        batch_op.create_index('ix_filing_period_state', ['period', 'state'], unique=False)

    op.create_table('person_fact',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('fact', sa.String(length=40), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('recorded_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name=op.f('ck_person_fact_ends_after_it_begins')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_person_fact_file_id_stored_file')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['user.id'], name=op.f('fk_person_fact_recorded_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_person_fact_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_fact'))
    )
    with op.batch_alter_table('person_fact', schema=None) as batch_op:
        batch_op.create_index('ix_person_fact_fact_user_id', ['fact', 'user_id'], unique=False)

    op.create_table('filing_file',
    sa.Column('filing_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('media', sa.String(length=200), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['filing_id'], ['filing.id'], name=op.f('fk_filing_file_filing_id_filing'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('filing_id', 'name', name=op.f('pk_filing_file'))
    )
    op.create_table('filing_rows',
    sa.Column('filing_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('indicator', sa.String(length=40), nullable=False),
    sa.Column('rows', sa.LargeBinary(), nullable=False),
    sa.Column('row_count', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['filing_id'], ['filing.id'], name=op.f('fk_filing_rows_filing_id_filing'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('filing_id', 'indicator', name=op.f('pk_filing_rows'))
    )
    op.create_table('filing_step',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('filing_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('by_name', sa.String(length=200), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.CheckConstraint("state <> 'returned' OR length(note) >= 10", name=op.f('ck_filing_step_a_return_says_why')),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_filing_step_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['filing_id'], ['filing.id'], name=op.f('fk_filing_step_filing_id_filing'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_filing_step'))
    )
    with op.batch_alter_table('filing_step', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_filing_step_filing_id'), ['filing_id'], unique=False)



def downgrade():
    with op.batch_alter_table('filing_step', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_filing_step_filing_id'))

    op.drop_table('filing_step')
    op.drop_table('filing_rows')
    op.drop_table('filing_file')
    with op.batch_alter_table('person_fact', schema=None) as batch_op:
        batch_op.drop_index('ix_person_fact_fact_user_id')

    op.drop_table('person_fact')
    with op.batch_alter_table('filing', schema=None) as batch_op:
        batch_op.drop_index('ix_filing_period_state')

    op.drop_table('filing')
    with op.batch_alter_table('declaration', schema=None) as batch_op:
        batch_op.drop_index('ix_declaration_unit_id_state')
        batch_op.drop_index('ix_declaration_plan_item_unit_id')
        batch_op.drop_index(batch_op.f('ix_declaration_entered_by_id'))

    op.drop_table('declaration')
