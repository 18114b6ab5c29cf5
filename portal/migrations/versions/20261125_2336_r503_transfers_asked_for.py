"""A transfer may be asked for by the receiving unit, and is refused with a reason.

Revision ID: r503
Revises: r502
Create Date: 2026-11-25 23:36:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = 'r503'
down_revision = 'r502'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.add_column(sa.Column('requested', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('reason', sa.Text(), nullable=True))


def downgrade():
    # what a receiving unit asked for was not known before: it was never offered, so it goes
    op.execute("DELETE FROM transfer WHERE requested AND state <> 'accepted'")
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.drop_column('reason')
        batch_op.drop_column('requested')
