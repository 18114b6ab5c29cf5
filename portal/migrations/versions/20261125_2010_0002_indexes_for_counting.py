"""Indexes that hold all that counting people reads.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_posting_unit_id_user_id", "posting")
    op.create_index(
        "ix_posting_unit_id_user_id",
        "posting",
        ["unit_id", "user_id", "audience", "valid_from", "valid_to"],
    )
    op.create_index(
        "ix_enrolment_user_id_course_id", "enrolment", ["user_id", "course_id", "enrolled_at", "due_on"]
    )
    op.create_index(
        "ix_completion_enrolment_id", "completion", ["enrolment_id", "completed_at", "completed_on"]
    )


def downgrade() -> None:
    op.drop_index("ix_completion_enrolment_id", "completion")
    op.drop_index("ix_enrolment_user_id_course_id", "enrolment")
    op.drop_index("ix_posting_unit_id_user_id", "posting")
    op.create_index("ix_posting_unit_id_user_id", "posting", ["unit_id", "user_id"])
