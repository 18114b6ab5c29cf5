"""How many people were removed from the rows of an import, and when a file was let go of.

Revision ID: r502
Revises: r501
Create Date: 2026-11-25 23:25:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = 'r502'
down_revision = 'r501'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('roster_import', schema=None) as batch_op:
        batch_op.add_column(sa.Column('erased_people', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), server_default='0', nullable=False))
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.add_column(sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True))


def downgrade():
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.drop_column('removed_at')
    with op.batch_alter_table('roster_import', schema=None) as batch_op:
        batch_op.drop_column('erased_people')
