"""Reorganisations: decrees, their events, who followed whom, how areas and units stood before; a code has one holder at a time.

Going down fails where a code has had several holders: undo the decrees first.

Revision ID: org1
Revises: fa30
Create Date: 2026-11-25 19:50:28.998268+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql
revision = 'org1'
down_revision = 'fa30'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('reorganisation',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('legal_basis', sa.String(length=500), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('search_key', sa.Text(), nullable=False),
    sa.Column('planned_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('planned_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('applied_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undone_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('sealed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changes', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=True),
    sa.CheckConstraint("(state = 'undone') = (undone_at IS NOT NULL)", name=op.f('ck_reorganisation_undone_at_a_moment')),
    sa.CheckConstraint("sealed_at IS NULL OR state = 'applied'", name=op.f('ck_reorganisation_sealed_only_while_applied')),
    sa.CheckConstraint("state = 'planned' OR applied_at IS NOT NULL", name=op.f('ck_reorganisation_applied_before_it_is_undone')),
    sa.ForeignKeyConstraint(['applied_by_id'], ['user.id'], name=op.f('fk_reorganisation_applied_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['planned_by_id'], ['user.id'], name=op.f('fk_reorganisation_planned_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['undone_by_id'], ['user.id'], name=op.f('fk_reorganisation_undone_by_id_user'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reorganisation'))
    )
    with op.batch_alter_table('reorganisation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reorganisation_effective_on'), ['effective_on'], unique=False)

    op.create_table('reorganisation_event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reorganisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('subject', sa.String(length=10), nullable=False),
    sa.Column('facts', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['reorganisation_id'], ['reorganisation.id'], name=op.f('fk_reorganisation_event_reorganisation_id_reorganisation'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reorganisation_event')),
    sa.UniqueConstraint('reorganisation_id', 'position', name=op.f('uq_reorganisation_event_reorganisation_id_position'))
    )
    op.create_table('area_lineage',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('event_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('predecessor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('successor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('share_part', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('share_whole', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('main', sa.Boolean(), nullable=False),
    sa.CheckConstraint('share_part > 0 AND share_part <= share_whole', name=op.f('ck_area_lineage_share_is_of_one')),
    sa.ForeignKeyConstraint(['event_id'], ['reorganisation_event.id'], name=op.f('fk_area_lineage_event_id_reorganisation_event')),
    sa.ForeignKeyConstraint(['predecessor_id'], ['area.id'], name=op.f('fk_area_lineage_predecessor_id_area')),
    sa.ForeignKeyConstraint(['successor_id'], ['area.id'], name=op.f('fk_area_lineage_successor_id_area')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_area_lineage')),
    sa.UniqueConstraint('event_id', 'predecessor_id', 'successor_id', name=op.f('uq_area_lineage_event_id_predecessor_id_successor_id'))
    )
    with op.batch_alter_table('area_lineage', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_area_lineage_event_id'), ['event_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_area_lineage_predecessor_id'), ['predecessor_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_area_lineage_successor_id'), ['successor_id'], unique=False)

    op.create_table('area_past',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('area_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('event_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=False),
    sa.CheckConstraint('valid_to >= valid_from', name=op.f('ck_area_past_ends_after_it_begins')),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_area_past_area_id_area')),
    sa.ForeignKeyConstraint(['event_id'], ['reorganisation_event.id'], name=op.f('fk_area_past_event_id_reorganisation_event')),
    sa.ForeignKeyConstraint(['parent_id'], ['area.id'], name=op.f('fk_area_past_parent_id_area')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_area_past')),
    sa.UniqueConstraint('area_id', 'valid_from', name=op.f('uq_area_past_area_id_valid_from'))
    )
    with op.batch_alter_table('area_past', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_area_past_event_id'), ['event_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_area_past_parent_id'), ['parent_id'], unique=False)

    op.create_table('unit_lineage',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('event_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('predecessor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('successor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('share_part', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('share_whole', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('main', sa.Boolean(), nullable=False),
    sa.CheckConstraint('share_part > 0 AND share_part <= share_whole', name=op.f('ck_unit_lineage_share_is_of_one')),
    sa.ForeignKeyConstraint(['event_id'], ['reorganisation_event.id'], name=op.f('fk_unit_lineage_event_id_reorganisation_event')),
    sa.ForeignKeyConstraint(['predecessor_id'], ['unit.id'], name=op.f('fk_unit_lineage_predecessor_id_unit')),
    sa.ForeignKeyConstraint(['successor_id'], ['unit.id'], name=op.f('fk_unit_lineage_successor_id_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit_lineage')),
    sa.UniqueConstraint('event_id', 'predecessor_id', 'successor_id', name=op.f('uq_unit_lineage_event_id_predecessor_id_successor_id'))
    )
    with op.batch_alter_table('unit_lineage', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_unit_lineage_event_id'), ['event_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_unit_lineage_predecessor_id'), ['predecessor_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_unit_lineage_successor_id'), ['successor_id'], unique=False)

    op.create_table('unit_past',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('event_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('sector', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('area_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=False),
    sa.CheckConstraint('valid_to >= valid_from', name=op.f('ck_unit_past_ends_after_it_begins')),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_unit_past_area_id_area')),
    sa.ForeignKeyConstraint(['event_id'], ['reorganisation_event.id'], name=op.f('fk_unit_past_event_id_reorganisation_event')),
    sa.ForeignKeyConstraint(['parent_id'], ['unit.id'], name=op.f('fk_unit_past_parent_id_unit')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_unit_past_unit_id_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit_past')),
    sa.UniqueConstraint('unit_id', 'valid_from', name=op.f('uq_unit_past_unit_id_valid_from'))
    )
    with op.batch_alter_table('unit_past', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_unit_past_area_id'), ['area_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_unit_past_event_id'), ['event_id'], unique=False)

    with op.batch_alter_table('area', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_area_code'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_area_code_valid_from'), ['code', 'valid_from'])
        batch_op.create_index('uq_area_current_code', ['code'], unique=True, sqlite_where=sa.text('valid_to IS NULL'), postgresql_where=sa.text('valid_to IS NULL'))

    with op.batch_alter_table('unit', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_unit_code'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_unit_code_valid_from'), ['code', 'valid_from'])
        batch_op.create_index('uq_unit_current_code', ['code'], unique=True, sqlite_where=sa.text('valid_to IS NULL'), postgresql_where=sa.text('valid_to IS NULL'))



def downgrade():
    with op.batch_alter_table('unit', schema=None) as batch_op:
        batch_op.drop_index('uq_unit_current_code', sqlite_where=sa.text('valid_to IS NULL'), postgresql_where=sa.text('valid_to IS NULL'))
        batch_op.drop_constraint(batch_op.f('uq_unit_code_valid_from'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_unit_code'), ['code'])

    with op.batch_alter_table('area', schema=None) as batch_op:
        batch_op.drop_index('uq_area_current_code', sqlite_where=sa.text('valid_to IS NULL'), postgresql_where=sa.text('valid_to IS NULL'))
        batch_op.drop_constraint(batch_op.f('uq_area_code_valid_from'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_area_code'), ['code'])

    with op.batch_alter_table('unit_past', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_unit_past_event_id'))
        batch_op.drop_index(batch_op.f('ix_unit_past_area_id'))

    op.drop_table('unit_past')
    with op.batch_alter_table('unit_lineage', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_unit_lineage_successor_id'))
        batch_op.drop_index(batch_op.f('ix_unit_lineage_predecessor_id'))
        batch_op.drop_index(batch_op.f('ix_unit_lineage_event_id'))

    op.drop_table('unit_lineage')
    with op.batch_alter_table('area_past', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_area_past_parent_id'))
        batch_op.drop_index(batch_op.f('ix_area_past_event_id'))

    op.drop_table('area_past')
    with op.batch_alter_table('area_lineage', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_area_lineage_successor_id'))
        batch_op.drop_index(batch_op.f('ix_area_lineage_predecessor_id'))
        batch_op.drop_index(batch_op.f('ix_area_lineage_event_id'))

    op.drop_table('area_lineage')
    op.drop_table('reorganisation_event')
    with op.batch_alter_table('reorganisation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reorganisation_effective_on'))

    op.drop_table('reorganisation')
