"""The result of a pair: two scores of one enrolment, written once."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class PairedScore(Base):
    """Points before and after, of the questions answered both times: appended once, when the second is handed in.

    It is counted and never listed: nobody but the person herself is shown hers.
    """

    __tablename__ = "paired_score"

    enrolment_id: Mapped[int] = mapped_column(
        ForeignKey("enrolment.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    before_points: Mapped[int]
    after_points: Mapped[int]
    possible: Mapped[int]
    scored_at: Mapped[datetime]
    scored_on: Mapped[date]

    __table_args__ = (
        CheckConstraint("possible >= 1", "something_was_answered_twice"),
        CheckConstraint("before_points >= 0 AND before_points <= possible", "before_is_of_possible"),
        CheckConstraint("after_points >= 0 AND after_points <= possible", "after_is_of_possible"),
        # figures read nothing but this
        Index(
            "ix_paired_score_user_id_course_id",
            "user_id",
            "course_id",
            "scored_on",
            "before_points",
            "after_points",
        ),
    )
