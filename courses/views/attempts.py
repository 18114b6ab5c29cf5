"""Sitting a quiz: the open paper, saving each answer at once, handing in, the result."""

from datetime import datetime
from fractions import Fraction

from flask import Blueprint, flash, get_template_attribute, jsonify, render_template, request
from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from courses import queries, services
from courses.certificates.issuing import issuer_for
from courses.forms import ButtonForm
from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound, Refused
from portal.core.locale import language, show_number, show_share, show_time, worded
from portal.core.policy import Action
from portal.core.web import actor, requires, see_other, settings
from quizzes import errors
from quizzes import queries as quiz_queries
from quizzes import services as quizzes
from quizzes.lifecycle import NoMoreAttempts, NotYet, State, may_start
from quizzes.posted import read_save, read_seq

bp = Blueprint("attempts", __name__, url_prefix="/attempts", template_folder="../templates")


@bp.get("/<attempt_id>/")
@requires(Action.OWN_LEARNING)
def show(attempt_id: str) -> str | Response:
    """Show an open paper with what was saved, or the result of one that was handed in."""
    place = queries.attempt_for(db.session(), actor(), attempt_id)
    state = quizzes.state_of(place.attempt, clock.now())
    if state is State.SUBMITTED:
        return _result(place)
    return render_template(
        "courses/attempts/open.html",
        place=place,
        questions=quiz_queries.questions(db.session(), place.attempt),
        expired=state is State.EXPIRED,
        drawn_at=milliseconds(clock.now()),
        form=ButtonForm(),
    )


@bp.post("/<attempt_id>/answers")
@requires(Action.OWN_LEARNING)
def save(attempt_id: str) -> tuple[Response, int]:
    """Save one answer: JSON `{"ref": …, "fields": {name: [value, …]}, "seq": n}`; sending it twice changes nothing."""
    given = read_save(request.get_json(silent=True))
    if given is None:
        return jsonify(error=gettext("This answer could not be read."), final=True), 400
    now = clock.now()
    try:
        with unit_of_work() as session:
            saved = quizzes.save_answer(
                session,
                attempt_id=attempt_id,
                taker_id=actor().id or 0,
                ref=given.ref,
                fields=given.fields,
                seq=given.seq,
                now=now,
            )
    except Refused as refusal:
        return jsonify(error=worded(refusal), final=True), 409
    if saved is None:
        raise NotFound
    answer: dict[str, object] = {"saved": show_time(now), "ref": given.ref}
    if saved.cumulative:
        answer["story"] = _story(saved)
    return jsonify(answer), 200


@bp.post("/<attempt_id>/submit")
@requires(Action.OWN_LEARNING)
def submit(attempt_id: str) -> Response:
    """Save what the form holds (without script it is the only way), and hand in unless only saving was asked for."""
    now = clock.now()
    if not _save_form(attempt_id, request.form, now) or request.form.get("then") == "save":
        return see_other("attempts.show", attempt_id=attempt_id)
    with unit_of_work() as session:
        place = queries.attempt_for(session, actor(), attempt_id)
        try:
            certificate = services.submit_quiz(session, issuer_for(settings()), place.attempt, now)
        except errors.AlreadySubmitted:
            certificate = None  # the other tab was first: its result is this one's too
    if certificate is not None:
        flash(gettext("You have completed the course. Your certificate is ready."), "success")
    return see_other("attempts.show", attempt_id=attempt_id)


def _save_form(attempt_id: str, form: MultiDict[str, str], now: datetime) -> bool:
    """Save what a posted page holds; return whether all of it could be read.

    What was saved elsewhere after the page was drawn is newer than the page and stands. Time that is over, or a paper
    handed in by another tab, keeps what was saved.
    """
    with unit_of_work() as session:
        place = queries.attempt_for(session, actor(), attempt_id)
        try:
            unread = quizzes.save_page(
                session,
                attempt_id=attempt_id,
                taker_id=actor().id or 0,
                posted=form.to_dict(flat=False),
                seq=read_seq(form.get("seq"), 0),  # a page that does not say is older than anything
                now=now,
            )
        except errors.AlreadySubmitted:
            return True
        except errors.TimeIsUp as refusal:
            flash(worded(refusal), "warning")
            return True
        order = place.attempt.paper["order"]
    for ref in unread:
        reason = worded(errors.AnswerUnreadable(ref=ref))
        flash(gettext("Question %(number)d: %(reason)s", number=order.index(ref) + 1, reason=reason), "error")
    return not unread


def milliseconds(moment: datetime) -> int:
    """Return a moment as a browser counts it, so that answers can be put in order."""
    return int(moment.timestamp() * 1000)


def _story(saved: quizzes.Saved) -> str:
    """Return the story of a branching question as it stands now, drawn like on the page."""
    ask = get_template_attribute("quizzes/kinds/branching.html", "ask")
    return str(ask(saved, lambda texts: texts.get(language()) or texts.get("vi", "")))


def _result(place: queries.AttemptPlace) -> str:
    session = db.session()
    outcome = quiz_queries.outcome(session, place.attempt)
    page = queries.course_page(session, actor(), place.course)
    decisive = queries.is_decisive(place.version, place.quiz["ref"])
    attempts = page.status.attempts.get(place.quiz["ref"], ()) if page.status else ()
    next_one = may_start(queries.rules_of(place.quiz), quizzes.past_of(attempts), clock.now())
    titles = {line.slug: line.title for line in page.lessons}
    return render_template(
        "courses/attempts/result.html",
        place=place,
        outcome=outcome,
        decisive=decisive,
        serial=page.serial,
        completed_on=page.completed_on,
        titles=titles,
        wait_until=next_one.until if isinstance(next_one, NotYet) else None,
        no_more=isinstance(next_one, NoMoreAttempts),
        points=_points,
        show_share=lambda share: show_share(share, language()),
    )


def _points(points: Fraction) -> str:
    """Return points with at most two decimals, rounded half up, as the reader writes them."""
    hundredths = int(points * 100 + Fraction(1, 2))
    whole, rest = divmod(hundredths, 100)
    decimals = f"{rest:02d}".rstrip("0")
    mark = "," if language() == "vi" else "."
    return show_number(whole, language()) + (mark + decimals if decimals else "")
