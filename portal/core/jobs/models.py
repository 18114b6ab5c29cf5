"""The job table: what is to be done, who took it, how far it is. Nothing else knows."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, Document, LongText, Pk
from portal.core.text import N_


class State(StrEnum):
    """How far a job is. Only `waiting` and `running` are open."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


STATE_LABELS = {
    State.WAITING: N_("waiting for its turn"),
    State.RUNNING: N_("being done"),
    State.DONE: N_("done"),
    State.FAILED: N_("failed"),
    State.STOPPED: N_("stopped"),
}
OPEN = (State.WAITING, State.RUNNING)


class Job(Base):
    """One piece of work of a `kind`, described by `facts` (JSON values, small: name rows and files, do not carry them).

    `key`, where given, is unique for ever: asking twice makes one job. `token` belongs to the worker that holds the
    job until `lease_until`; whoever finds the lease ended takes the job up with a new token, and the old holder can
    write nothing more. `progress` of `total` (0: not known) is what the page shows. `refusal` holds a message to be
    worded and its values; `error` what a programmer needs to know.
    """

    __tablename__ = "job"

    id: Mapped[Pk]
    kind: Mapped[Code]
    key: Mapped[str | None] = mapped_column(String(120))
    facts: Mapped[dict[str, Any]] = mapped_column(Document)
    state: Mapped[State] = mapped_column(String(10))
    progress: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    stop_asked_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(Document)
    refusal: Mapped[dict[str, Any] | None] = mapped_column(Document)
    error: Mapped[LongText | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint("progress >= 0 AND total >= 0 AND tries >= 0", "counts_up"),
        CheckConstraint("(state = 'running') = (token IS NOT NULL)", "held_while_running"),
        Index("ix_job_state_not_before", "state", "not_before"),
        Index("ix_job_by_id_id", "by_id", "id"),
    )
