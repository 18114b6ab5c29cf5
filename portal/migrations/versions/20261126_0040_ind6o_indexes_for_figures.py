"""what figures count is read from indexes alone

Of 326,000 posts 300,000 are those of parents: a figure of officers starts at their audience. A certificate's row holds
everything that a verifier needs and is wide; a figure needs four of its columns.

Revision ID: ind6o
Revises: ind5s
Create Date: 2026-11-26 00:40:00+00:00
"""

from alembic import op

revision = "ind6o"
down_revision = "ind5s"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_posting_audience_user_id", "posting", ["audience", "user_id", "unit_id", "valid_from", "valid_to"]),
    (
        "ix_certificate_course_id_user_id",
        "certificate",
        ["course_id", "user_id", "completed_on", "expires_on", "id"],
    ),
)


def upgrade():
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)


def downgrade():
    for name, table, _columns in INDEXES:
        op.drop_index(name, table)
