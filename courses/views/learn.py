"""Reading lessons, saying that one has finished them, printing job aids, opening a quiz."""

import mimetypes
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, flash, render_template, request, send_file
from flask_babel import gettext
from werkzeug.wrappers import Response as Redirect

from courses import services
from courses.before_after import services as before_after
from courses.before_after.pair import Stage
from courses.certificates.issuing import issuer_for
from courses.forms import ButtonForm
from courses.loader import media_file
from courses.queries import access, course_page, lesson_page, terms
from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound
from portal.core.locale import language
from portal.core.policy import Action
from portal.core.web import actor, public, requires, see_other, settings
from quizzes import services as quizzes
from quizzes.lifecycle import NoMoreAttempts, NotYet, State, may_start
from quizzes.queries import Sat

bp = Blueprint("learn", __name__, url_prefix="/courses", template_folder="../templates")


@bp.get("/<code>/lessons/<slug>/")
@public
def lesson(code: str, slug: str) -> str:
    """Show a lesson. Reading writes nothing; the button at its end does."""
    page = lesson_page.lesson_page(db.session(), actor(), code, slug, language())
    return render_template("courses/learn/lesson.html", page=page)


@bp.post("/<code>/lessons/<slug>/done")
@requires(Action.OWN_LEARNING)
def finish(code: str, slug: str) -> Redirect:
    """Note that a lesson is finished and go on: to the next one, to the tracks, to the quiz, to what is asked after, or to the certificate."""
    with unit_of_work() as session:
        enrolment, found = lesson_page.lesson_to_finish(session, actor(), code, slug)
        certificate = services.finish_lesson(session, issuer_for(settings()), enrolment, found, clock.now())
        page = lesson_page.lesson_page(session, actor(), code, slug, language())
        following = next((line.slug for line in page.lessons[page.place :] if not line.done), None)
        asked_after = certificate is not None and before_after.stands(session, enrolment) is Stage.AFTER
    if certificate is not None:
        flash(gettext("You have completed the course. Your certificate is ready."), "success")
        if asked_after:
            return see_other("before_after.show", code=code)
        return see_other("certificates.mine")
    if following is not None:
        return see_other("learn.lesson", code=code, slug=following)
    return see_other("catalogue.course", code=code, _anchor="tracks" if page.chooses else "done")


@bp.get("/<code>/lessons/<slug>/job-aid/<int:number>/")
@public
def job_aid(code: str, slug: str, number: int) -> str:
    """Show one job aid alone: it prints on one A4 page."""
    page = lesson_page.lesson_page(db.session(), actor(), code, slug, language())
    if not 1 <= number <= len(page.job_aids):
        raise NotFound
    return render_template("courses/learn/job_aid.html", page=page, aid=page.job_aids[number - 1])


@bp.get("/<code>/<int:version>/media/<name>")
@public
def media(code: str, version: int, name: str) -> Response:
    """Send a picture of a published version. Nothing outside the version's folder can be named."""
    access.picture_for(db.session(), actor(), code)
    path = media_file(code, version, name)
    if path is None:
        raise NotFound
    response = send_file(
        path, mimetype=mimetypes.guess_type(name)[0] or "application/octet-stream", max_age=31536000
    )
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'none'; sandbox"
    return response


@bp.get("/<code>/quiz/")
@requires(Action.OWN_LEARNING)
def quiz(code: str) -> str | Redirect:
    """Show a quiz's front page: what it asks, how many attempts are left, when the next one opens."""
    session = db.session()
    course = access.course_for(session, actor(), code)
    page = course_page.course_page(session, actor(), course, clock.today())
    refs = [one["ref"] for one in page.quizzes]
    ref = request.args.get("ref", refs[0] if refs else "")
    if page.enrolment is None or page.status is None:
        flash(gettext("Begin the course first; the quiz belongs to it."), "info")
        return see_other("catalogue.course", code=code)
    found = terms.offered(page.version, ref, page.status.audience)
    attempts = page.status.attempts.get(ref, ())
    standing, until = _standing(found, attempts)
    return render_template(
        "courses/learn/quiz.html",
        page=page,
        quiz=found,
        attempts=attempts,
        standing=standing,
        until=until,
        decisive=terms.is_decisive(page.version, ref),
        questions=sum(draw["count"] for draw in found["draw"]),
        form=ButtonForm(),
    )


def _standing(quiz_: Mapping[str, Any], attempts: Sequence[Sat]) -> tuple[str, datetime | None]:
    """Return whether one may `begin`, should `resume`, must `wait` (until when), or has `none` left."""
    now = clock.now()
    if any(quizzes.state_of(one, now) is State.OPEN for one in attempts):
        return "resume", None
    verdict = may_start(terms.rules_of(quiz_), quizzes.past_of(attempts), now)
    if isinstance(verdict, NotYet):
        return "wait", verdict.until
    return ("none" if isinstance(verdict, NoMoreAttempts) else "begin"), None


@bp.post("/<code>/quiz/")
@requires(Action.OWN_LEARNING)
def start(code: str) -> Redirect:
    """Begin an attempt, go on with the open one, or see the result of one whose time is over."""
    ref = request.args.get("ref", "")
    with unit_of_work() as session:
        course = access.course_for(session, actor(), code)
        enrolment = access.enrolment_of(session, actor(), course)
        if enrolment is None:
            raise NotFound
        now = clock.now()
        attempt_id = services.hand_in_expired(session, issuer_for(settings()), enrolment, ref, now)
        if attempt_id is None:
            attempt_id = services.start_quiz(session, enrolment, ref, secrets.randbits(63), now).id
    return see_other("attempts.show", attempt_id=attempt_id)
