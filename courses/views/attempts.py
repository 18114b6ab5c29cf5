"""Sitting a quiz: the open paper, saving each answer at once, handing in, the result."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, get_template_attribute, jsonify, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from courses import services
from courses.before_after import services as before_after
from courses.before_after.pair import AFTER, REFS, Stage
from courses.certificates.issuing import issuer_for
from courses.forms import ButtonForm
from courses.queries import cycles, own_attempts, terms
from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound, Refused
from portal.core.locale import language, show_points, show_share, show_time, worded
from portal.core.policy import Action
from portal.core.rounding import places
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
    place = own_attempts.attempt_for(db.session(), actor(), attempt_id)
    state = quizzes.state_of(place.attempt, clock.now())
    if place.quiz["ref"] in REFS and not _asked_now(place, state):
        return see_other("before_after.show", code=place.course.code)
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


def _asked_now(place: own_attempts.AttemptPlace, state: State) -> bool:
    """Return whether the questions before or after a course are still to be answered on the open paper."""
    if state is not State.OPEN:
        return False
    return place.quiz["ref"] == AFTER or before_after.stands(db.session(), place.enrolment) is Stage.BEFORE


@bp.post("/<attempt_id>/answers")
@requires(Action.OWN_LEARNING, one_write=True)
def save(attempt_id: str) -> tuple[Response, int]:
    """Save one answer: JSON `{"ref": …, "fields": {name: [value, …]}, "seq": n}`; sending it twice changes nothing."""
    given = read_save(request.get_json(silent=True))
    if given is None:
        return jsonify(error=gettext("This answer could not be read."), final=True), 400
    now = clock.now()
    try:
        with unit_of_work(one_statement=True) as session:
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
    if request.form.get("then") == "save":
        _tell_unread(_saved_page(attempt_id))
        return see_other("attempts.show", attempt_id=attempt_id)
    try:
        with unit_of_work() as session:
            handed, certificate = services.hand_in(session, issuer_for(settings()), **_posted(attempt_id))
    except errors.AlreadySubmitted:
        pass  # the other tab was first: its result is this one's too
    except (Refused, NotFound):
        raise
    except Exception:
        _saved_page(attempt_id)  # whatever kept it from being handed in, the answers on the page are not lost
        raise
    else:
        _tell_unread(handed.unread)
        if handed.late:
            flash(worded(errors.TimeIsUp(deadline=handed.late)), "warning")
        if certificate is not None:
            flash(gettext("You have completed the course. Your certificate is ready."), "success")
    return see_other("attempts.show", attempt_id=attempt_id)


def _posted(attempt_id: str) -> dict[str, Any]:
    """Return what a posted page says: whose attempt, its fields, and the moment when it was drawn."""
    return {
        "attempt_id": attempt_id,
        "taker_id": actor().id or 0,
        "posted": request.form.to_dict(flat=False),
        "seq": read_seq(request.form.get("seq"), 0),  # a page that does not say is older than anything
        "now": clock.now(),
    }


def _saved_page(attempt_id: str) -> Sequence[tuple[int, str]]:
    """Save what a posted page holds; return number and ref of each question that could not be read.

    What was saved elsewhere after the page was drawn is newer than the page and stands. Time that is over, or a paper
    handed in by another tab, keeps what was saved.
    """
    try:
        with unit_of_work() as session:
            unread = quizzes.save_page(session, **_posted(attempt_id))
    except errors.AlreadySubmitted:
        return ()
    except errors.TimeIsUp as refusal:
        flash(worded(refusal), "warning")
        return ()
    return [(quiz_queries.place_of(db.session(), attempt_id, ref), ref) for ref in unread]


def _tell_unread(unread: Sequence[tuple[int, str]]) -> None:
    for number, ref in unread:
        reason = worded(errors.AnswerUnreadable(ref=ref))
        flash(gettext("Question %(number)d: %(reason)s", number=number, reason=reason), "error")


def milliseconds(moment: datetime) -> int:
    """Return a moment as a browser counts it, so that answers can be put in order."""
    return int(moment.timestamp() * 1000)


def _story(saved: quizzes.Saved) -> str:
    """Return the story of a branching question as it stands now, drawn like on the page."""
    ask = get_template_attribute("quizzes/kinds/branching.html", "ask")
    return str(ask(saved, lambda texts: texts.get(language()) or texts.get("vi", "")))


def _result(place: own_attempts.AttemptPlace) -> str:
    session = db.session()
    scope = services.scope_of(place.enrolment, place.quiz["ref"])
    sat = quiz_queries.sat(session, place.attempt.taker_id, scope)
    next_one = may_start(terms.rules_of(place.quiz), quizzes.past_of(sat), clock.now())
    completed_on, serial = cycles.finished(session, place.enrolment)
    outcome = quiz_queries.outcome(session, place.attempt)
    decimals = places(outcome.share, outcome.pass_share)  # 79.96 % is not the 80 % that is needed
    return render_template(
        "courses/attempts/result.html",
        place=place,
        outcome=outcome,
        decisive=terms.is_decisive(place.version, place.quiz["ref"]),
        serial=serial,
        completed_on=completed_on,
        titles={lesson.slug: lesson.title for lesson in place.version.lessons},
        wait_until=next_one.until if isinstance(next_one, NotYet) else None,
        no_more=isinstance(next_one, NoMoreAttempts),
        points=lambda points: show_points(points, language()),
        show_share=lambda share: show_share(share, language(), decimals),
    )
