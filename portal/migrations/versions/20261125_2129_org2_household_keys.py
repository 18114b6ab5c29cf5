"""A household keeps the key that it was given: the commune's code of that day and its number, counted by that code.

Going down fails where communes with households were merged: undo the decrees first.

Revision ID: org2
Revises: org1
Create Date: 2026-11-25 21:29:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = 'org2'
down_revision = 'org1'
branch_labels = None
depends_on = None


def upgrade():
    # a household keeps the code of the commune that gave its number; numbers are counted by that code
    op.rename_table('household_counter', 'household_counter_old')
    op.create_table('household_counter',
    sa.Column('commune_code', sa.String(length=40), nullable=False),
    sa.Column('last', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.PrimaryKeyConstraint('commune_code', name=op.f('pk_household_counter_by_code'))
    )
    op.execute('INSERT INTO household_counter (commune_code, last) SELECT area.code, MAX(household_counter_old.last) FROM household_counter_old JOIN area ON area.id = household_counter_old.area_id GROUP BY area.code')
    op.drop_table('household_counter_old')
    with op.batch_alter_table('household', schema=None) as batch_op:
        batch_op.add_column(sa.Column('commune_code', sa.String(length=40), nullable=True))
    op.execute('UPDATE household SET commune_code = (SELECT area.code FROM area WHERE area.id = household.area_id)')
    with op.batch_alter_table('household', schema=None) as batch_op:
        batch_op.alter_column('commune_code', existing_type=sa.String(length=40), nullable=False)
        batch_op.drop_constraint(batch_op.f('uq_household_area_id_number'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_household_commune_code_number'), ['commune_code', 'number'])
        batch_op.create_index(batch_op.f('ix_household_area_id'), ['area_id'], unique=False)


def downgrade():
    with op.batch_alter_table('household', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_household_area_id'))
        batch_op.drop_constraint(batch_op.f('uq_household_commune_code_number'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_household_area_id_number'), ['area_id', 'number'])
        batch_op.drop_column('commune_code')
    op.rename_table('household_counter', 'household_counter_new')
    op.create_table('household_counter',
    sa.Column('area_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('last', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_household_counter_area_id_area')),
    sa.PrimaryKeyConstraint('area_id', name=op.f('pk_household_counter_by_area'))
    )
    op.execute('INSERT INTO household_counter (area_id, last) SELECT area.id, household_counter_new.last FROM household_counter_new JOIN area ON area.code = household_counter_new.commune_code')
    op.drop_table('household_counter_new')
