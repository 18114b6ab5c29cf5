"""The job that sends notices on other channels: each at most once, whatever crashes; refused ones are tried later."""

from collections.abc import Callable
from typing import Any

from flask import current_app
from flask_babel import force_locale, gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.accounts.models import User
from portal.core.db import db, insert_once
from portal.core.jobs.context import JobContext
from portal.core.jobs.registry import handles
from portal.core.notices.models import Channel, Delivery, Notice, Sending
from portal.core.notices.senders import Mailer, NotSent, sms_sender
from portal.core.notices.services import SEND
from portal.core.notices.wording import address, filled, wording_of
from portal.core.text import N_
from portal.core.web import settings

MOST_REFUSALS_IN_A_ROW = 5
Send = Callable[[User, Notice], None]


class NobodyTakesThem(Exception):
    """The other side refuses everything: the job is tried again later."""


@handles(SEND, N_("Sending notices"))
def run(context: JobContext) -> dict[str, Any]:
    """Send the notices that the job names. What was begun by an earlier try is not sent again."""
    channel = Channel(context.facts["channel"])
    send = _mail() if channel == Channel.MAIL else _sms()
    ids: list[int] = context.facts["ids"]
    sent = failed = in_a_row = 0
    later = False
    for place, notice_id in enumerate(ids):
        context.stop_if_asked()
        with context.work() as session:
            mine = insert_once(
                session, Delivery, notice_id=notice_id, channel=channel, state=Sending.SENDING, at=clock.now()
            ) if session.get(Notice, notice_id) is not None else False  # fmt: skip
        if not mine:
            continue
        outcome = _one(db.session(), notice_id, send)
        with context.work() as session:
            delivery = session.get_one(Delivery, (notice_id, channel))
            if outcome is None:
                delivery.state, delivery.at = Sending.SENT, clock.now()
            elif outcome.again:
                session.delete(delivery)  # the next try of this job begins it anew
                later = True
            else:
                delivery.state, delivery.detail = Sending.FAILED, outcome.detail
        in_a_row = 0 if outcome is None else in_a_row + 1
        sent += outcome is None
        failed += outcome is not None
        context.progress(place + 1, len(ids))
        if in_a_row >= MOST_REFUSALS_IN_A_ROW and later:
            break
    if later:
        raise NobodyTakesThem(f"{failed} of {len(ids)} notices were not taken")
    return {"sent": sent, "failed": failed}


def _one(session: Session, notice_id: int, send: Send) -> NotSent | None:
    """Send one notice; return what went wrong, or None."""
    row = session.execute(
        select(User, Notice).join(Notice, Notice.user_id == User.id).where(Notice.id == notice_id)
    ).one()
    user, notice = row
    with (
        current_app.test_request_context(base_url=settings().base_url),
        force_locale(user.language or "vi"),
    ):
        try:
            send(user, notice)
        except NotSent as fault:
            return fault
        finally:
            session.rollback()
    return None


def _mail() -> Send:
    mailer = Mailer(settings().smtp_url, settings().mail_from)

    def send(user: User, notice: Notice) -> None:
        if not user.email:
            raise NotSent("no address", again=False)
        wording = wording_of(notice.code)
        there = address(notice.facts, whole=True)
        paragraphs = [
            gettext("Hello %(name)s,", name=user.full_name),
            filled(wording.text, notice.facts),
            there,
            gettext("This message was sent by the learning portal; nobody reads answers to it."),
        ]
        mailer.send(
            user.email,
            filled(wording.title, notice.facts),
            "\n\n".join(part for part in paragraphs if part) + "\n",
            f"notice-{notice.id}",
        )

    return send


def _sms() -> Send:
    sender = sms_sender(settings())

    def send(user: User, notice: Notice) -> None:
        if not user.phone:
            raise NotSent("no number", again=False)
        sender.send(user.phone, filled(wording_of(notice.code).title, notice.facts), f"notice-{notice.id}")

    return send
