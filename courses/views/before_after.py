"""The same questions before the first lesson and after the course: why, answering them, and what came of it."""

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from courses.before_after import services
from courses.before_after.errors import NotAskedNow
from courses.before_after.pair import AFTER, Stage
from courses.forms import ButtonForm
from courses.queries import access, course_page
from courses.queries.terms import before_after_of, release_of
from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound
from portal.core.policy import Action
from portal.core.web import actor, requires, see_other
from quizzes import queries as quiz_queries

bp = Blueprint("before_after", __name__, url_prefix="/courses", template_folder="../templates")


@bp.get("/<code>/before-after/")
@requires(Action.OWN_LEARNING)
def show(code: str) -> str | Response:
    """Show an invitation, thanks, or both results with what the questions were about. Reading writes nothing."""
    session = db.session()
    course = access.course_for(session, actor(), code)
    page = course_page.course_page(session, actor(), course, clock.today())
    asked = before_after_of(page.version)
    stage, enrolment = page.before_after, page.enrolment
    if stage is None or enrolment is None:
        return see_other("catalogue.course", code=code)
    score = services.score_of(session, enrolment) if stage is Stage.DONE else None
    outcome = None
    if stage is Stage.DONE:
        attempt_id = services.attempt_of(session, enrolment, AFTER)
        if attempt_id is not None:
            attempt = quiz_queries.attempt_for(session, attempt_id, actor().id)
            outcome = quiz_queries.outcome(session, attempt)
    return render_template(
        "courses/before_after/show.html",
        page=page,
        asked=asked,
        stage=str(stage),
        questions=len(release_of(session, asked).bank.questions),
        score=score,
        outcome=outcome,
        titles={lesson.slug: lesson.title for lesson in page.version.lessons},
        form=ButtonForm(),
    )


@bp.post("/<code>/before-after/")
@requires(Action.OWN_LEARNING)
def start(code: str) -> Response:
    """Begin to answer, or go on with what was begun; where it is not the time, its page says why."""
    try:
        with unit_of_work() as session:
            course = access.course_for(session, actor(), code)
            enrolment = access.enrolment_of(session, actor(), course)
            if enrolment is None:
                raise NotFound
            attempt_id = services.start(session, enrolment, clock.now()).id
    except NotAskedNow:
        return see_other("before_after.show", code=code)
    return see_other("attempts.show", attempt_id=attempt_id)
