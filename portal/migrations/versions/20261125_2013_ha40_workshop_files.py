"""files of a class

Revision ID: ha40
Revises: ha30
"""

import sqlalchemy as sa
from alembic import op

revision = 'ha40'
down_revision = 'ha30'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('workshop_file',
    sa.Column('workshop_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_workshop_file_file_id_stored_file')),
    sa.ForeignKeyConstraint(['workshop_id'], ['workshop.id'], name=op.f('fk_workshop_file_workshop_id_workshop'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('workshop_id', 'file_id', name=op.f('pk_workshop_file'))
    )


def downgrade():
    op.drop_table('workshop_file')
