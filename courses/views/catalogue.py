"""The catalogue, a course's page, and beginning a course."""

from collections.abc import Sequence

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from courses import services
from courses.before_after.pair import Stage
from courses.completion import StepKind
from courses.forms import ButtonForm
from courses.practice import queries as practice_queries
from courses.practice.rubric import rubric_of
from courses.queries import access, course_page, listing
from courses.workshops import queries as workshop_queries
from portal.core import clock
from portal.core.accounts.models import AUDIENCE_LABELS, Audience
from portal.core.db import db, unit_of_work
from portal.core.locale import language, show_minutes
from portal.core.organisation.models import SECTOR_LABELS, Sector
from portal.core.policy import Action
from portal.core.rosters.queries import PARENTS
from portal.core.web import actor, public, requires, see_other

bp = Blueprint("catalogue", __name__, url_prefix="/courses", template_folder="../templates")


@bp.get("/")
@public
def index() -> str:
    """List the courses that the reader may know of."""
    audience = request.args.get("audience") or None
    if audience not in [str(one) for one in Audience]:
        audience = None
    search = request.args.get("q", "")[:80].strip()
    cards = listing.catalogue(db.session(), actor(), audience, search)
    return render_template(
        "courses/catalogue/index.html",
        cards=shelf(cards),
        audience=audience,
        q=search,
        audiences=AUDIENCE_LABELS,
    )


def shelf(cards: Sequence[listing.Card]) -> Sequence[dict[str, str]]:
    """Return cards as the shelf shows them, in words."""
    kinds = _kinds()
    shown = []
    for card in cards:
        words = {
            "url": url_for("catalogue.course", code=card.code),
            "title": card.title.get(language()) or card.title["vi"],
            "summary": card.summary.get(language()) or card.summary["vi"],
            "sector": f"{card.code} · {gettext(SECTOR_LABELS[Sector(card.sector)])}",
            "length": show_minutes(card.minutes),
            "lessons": ngettext("%(num)d lesson", "%(num)d lessons", card.lessons),
            "certificate": kinds[card.certificate_kinds[0]]
            if len(card.certificate_kinds) == 1
            else gettext("Certificate or confirmation, depending on who learns"),
        }
        if card.completed:
            words |= {"state": "done", "state_label": gettext("Completed")}
        elif card.enrolled:
            words |= {"state": "progress", "state_label": gettext("In progress")}
        elif card.mine:
            words |= {"state": "info", "state_label": gettext("For you")}
        shown.append(words)
    return shown


def _kinds() -> dict[str, str]:
    return {
        "completion": gettext("Certificate of completion"),
        "participation": gettext("Confirmation of participation"),
    }


def receives(page: course_page.CoursePage) -> str:
    """Return what one receives at the end, in words; where there are two kinds, with whom the second is for."""
    kinds = _kinds()
    (first, _everybody), *others = page.certificates
    words = kinds[first]
    for kind, audiences in others:
        words = gettext(
            "%(kind)s; for %(whom)s: %(other)s",
            kind=words,
            whom=whom(audiences, page.version.manifest["audiences"]),
            other=kinds[kind],
        )
    return words


def whom(audiences: Sequence[str], course: Sequence[str]) -> str:
    """Return some of a course's audiences in words: one phrase where they are all but parents and carers."""
    staff = {one for one in course if one not in PARENTS}
    if len(staff) > 3 and set(audiences) == staff:
        phrase: str = gettext("officials, staff, collaborators and volunteers")
        return phrase
    return ", ".join(gettext(AUDIENCE_LABELS[Audience(one)]) for one in audiences)


@bp.get("/<code>/")
@public
def course(code: str) -> str:
    """Show a course: what one learns, its path, and what is done and left."""
    session = db.session()
    today = clock.today()
    found = course_page.course_page(session, actor(), access.course_for(session, actor(), code), today)
    manifest = found.version.manifest
    asked = {rule.code for rule in found.status.requirements.rules} if found.status else set()
    practice = "practice_marked" in asked
    classes = "workshop_attended" in asked
    return render_template(
        "courses/catalogue/course.html",
        page=found,
        manifest=manifest,
        practice=practice_queries.own(session, found.enrolment) if practice and found.enrolment else (),
        rubric=rubric_of(manifest["practice"]) if manifest.get("practice") else None,
        classes=workshop_queries.my_classes(session, actor(), today, course_id=found.course.id)
        if classes
        else (),
        form=ButtonForm(),
        StepKind=StepKind,
        receives=receives(found),
        whom=lambda audiences: whom(audiences, manifest["audiences"]),
        audiences=AUDIENCE_LABELS,
        today=today,
    )


@bp.post("/<code>/enrol")
@requires(Action.OWN_LEARNING)
def enrol(code: str) -> Response:
    """Begin the course and go to its first lesson, or to the questions that are asked before it."""
    with unit_of_work() as session:
        found = access.course_for(session, actor(), code)
        services.enrol(session, actor(), found, clock.now())
        page = course_page.course_page(session, actor(), found, clock.today())
        first = page.next_lesson.slug if page.next_lesson else None
        asked_before = page.before_after is Stage.BEFORE
    if asked_before:
        return see_other("before_after.show", code=code)
    if first is None:
        return see_other("catalogue.course", code=code)
    flash(gettext("You have begun. The portal remembers where you are, on any device."), "success")
    return see_other("learn.lesson", code=code, slug=first)
