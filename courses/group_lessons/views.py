"""Playing a lesson to a hall: choosing, the page that is played, noting the evening, and looking back."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, current_app, flash, jsonify, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response as Answer

from courses.certificates.issuing import issuer_for
from courses.forms import ButtonForm
from courses.group_lessons import queries, services
from courses.group_lessons.errors import KeyOfAnother, NotOnTheList, TooMany
from courses.group_lessons.screens import screens
from courses.group_lessons.services import Evening
from portal.core import clock
from portal.core.accounts.models import AUDIENCE_LABELS
from portal.core.db import db, unit_of_work
from portal.core.locale import language, worded
from portal.core.policy import Action
from portal.core.rights.looking import name_look
from portal.core.rights.web import looked
from portal.core.text import N_
from portal.core.web import actor, public, requires, see_other, settings

bp = Blueprint("group_lessons", __name__, url_prefix="/manage/group-lessons", template_folder="../templates")
Page = str | tuple[str, int] | Answer
MOST_PAGES = 100_000
PLAYED = name_look("group_lesson.play", N_("opened a lesson for a group, with the list of people"))
READ = name_look("group_lesson.read", N_("looked at an evening of a group"))


@bp.get("/")
@requires(Action.GROUP_LESSON_PLAY)
def listing() -> str:
    """Offer the lessons to play, and list the evenings there were."""
    session = db.session()
    search = request.args.get("q", "")[:80].strip()
    page = min(max(1, request.args.get("page", 1, type=int)), MOST_PAGES)
    lines, count = queries.evenings(session, actor(), search, page)
    units = queries.units(session, actor())
    chosen = request.args.get("unit", type=int) or (units[0][0].id if units else 0)
    by_course: dict[str, list[queries.Choice]] = {}
    for one in queries.choices(session):
        by_course.setdefault(one.code, []).append(one)
    return render_template(
        "courses/group_lessons/index.html",
        units=units,
        unit_id=chosen,
        courses=by_course,
        lines=lines,
        count=count,
        page=page,
        pages=max(1, -(-count // queries.PAGE)),
        q=search,
    )


@bp.get("/play/<int:unit_id>/<code>/<slug>/")
@requires(Action.GROUP_LESSON_PLAY)
def play(unit_id: int, code: str, slug: str) -> str:
    """Show the whole lesson, the questions, the list of people: all in one page, so that it needs no signal later."""
    session = db.session()
    unit = queries.unit_for(session, actor(), unit_id)
    place = f"unit:{unit.code}"
    course, version, lesson = queries.lesson_for(session, code, slug)
    text = queries.html_of(session, lesson, language())
    people = queries.people(session, unit, clock.today())
    drawn = render_template(
        "courses/group_lessons/play.html",
        unit=unit,
        course=course,
        course_title=version.title,
        lesson=lesson,
        text=text,
        screens=[{"html": html} for html in screens(text.html)],
        questions=queries.questions(session, lesson),
        people=people,
        audiences=AUDIENCE_LABELS,
        form=ButtonForm(),
        key=secrets.token_hex(12),
        began=int(clock.now().timestamp() * 1000),
        most=services.MOST,
    )
    looked(PLAYED, place, [one.id for one in people], lesson=slug)
    return drawn


@bp.post("/play/<int:unit_id>/<code>/<slug>/")
@requires(Action.GROUP_LESSON_PLAY)
def note(unit_id: int, code: str, slug: str) -> Page | tuple[Answer, int]:
    """Note the evening: as JSON from the page's script (perhaps hours later), or as a form. The same key is once."""
    posted = request.get_json(silent=True) if request.is_json else _of_form()
    evening = _evening(posted, clock.now())
    if evening is None:
        if request.is_json:
            return jsonify(error=gettext("The request could not be read")), 400
        flash(gettext("The numbers could not be read. Use whole numbers from 0."), "error")
        return see_other("group_lessons.play", unit_id=unit_id, code=code, slug=slug)
    try:
        with unit_of_work() as session:
            unit = queries.unit_for(session, actor(), unit_id)
            course, _version, lesson = queries.lesson_for(session, code, slug)
            noted = services.note_evening(
                session,
                issuer_for(settings()),
                course=course,
                lesson=lesson,
                unit=unit,
                evening=evening,
                by_id=actor().id or 0,
                now=clock.now(),
            )
    except (TooMany, NotOnTheList, KeyOfAnother) as refusal:
        if request.is_json:
            return jsonify(error=worded(refusal)), 409
        raise
    if request.is_json:
        return jsonify(evening=noted.id, people=noted.people, key=evening.key)
    flash(gettext("The evening is noted: %(people)d people.", people=noted.people), "success")
    return see_other("group_lessons.evening", evening_id=noted.id)


def _of_form() -> dict[str, Any]:
    """Return what a page without script posts, in the shape of the script's JSON."""
    hands: dict[str, dict[str, Any]] = {}
    for name, value in request.form.items():
        if name.startswith("hands.") and name.count(".") == 2 and value.strip():
            _, question, option = name.split(".")
            hands.setdefault(question, {})[option] = _number(value)
    return {
        "key": request.form.get("key", ""),
        "place": request.form.get("place", ""),
        "began": _number(request.form.get("began", "")),
        "ended": int(clock.now().timestamp() * 1000),
        "present": [_number(one) for one in request.form.getlist("present")],
        "others": _number(request.form.get("others", "") or "0"),
        "hands": hands,
    }


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdecimal() and len(text.strip()) <= 18 else None


def _evening(posted: Any, now: datetime) -> Evening | None:
    """Return the evening that was posted; None where it has not its shape.

    `began` is the server's own moment (the page carries it), `ended` the phone's: it is set right by what the phone's
    clock said when it sent the evening, for phones whose clock is days or years off.
    """
    try:
        ended = datetime.fromtimestamp(_whole(posted["ended"]) / 1000, UTC)
        if "sent" in posted:
            ended += now - datetime.fromtimestamp(_whole(posted["sent"]) / 1000, UTC)
        hands: dict[str, Mapping[str, int]] = {
            str(question)[:40]: {str(option)[:40]: _whole(many) for option, many in votes.items()}
            for question, votes in posted["hands"].items()
        }
        key, place = posted["key"], posted["place"]
        # JSON can spell letters that no database keeps (NUL, half a character): refused here, for good
        if not (isinstance(key, str) and 8 <= len(key) <= 40 and key.isprintable()):
            return None
        if not (isinstance(place, str) and place.isprintable()):
            return None
        return Evening(
            key=key,
            place=place[:200],
            began_at=datetime.fromtimestamp(_whole(posted["began"]) / 1000, UTC),
            ended_at=ended,
            present=tuple(_whole(one) for one in posted["present"]),
            others=_whole(posted["others"]),
            hands=hands,
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
        return None


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**62:
        raise ValueError(value)
    return value


@bp.get("/<int:evening_id>/")
@requires(Action.GROUP_LESSON_PLAY)
def evening(evening_id: int) -> str:
    """Show an evening: who was there and what it did for each, and the hands of the group."""
    page = queries.evening_page(db.session(), actor(), evening_id)
    drawn = render_template("courses/group_lessons/evening.html", page=page, audiences=AUDIENCE_LABELS)
    looked(READ, f"group_lesson:{evening_id}", page.ids)
    return drawn


@bp.get("/worker.js")
@public
def worker() -> Response:
    """Send the worker that hands out the kept page when there is no signal; it may serve this folder only."""
    response = current_app.send_static_file("js/kept-worker.js")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Type"] = "text/javascript; charset=utf-8"
    return response
