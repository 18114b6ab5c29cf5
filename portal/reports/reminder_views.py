"""Reminding people of a course: first whom it reaches, then one click; and the same list on paper."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import Select, func, select
from werkzeug.wrappers import Response as Redirect

from courses.assignments import queries as assignments
from courses.assignments import services
from courses.assignments.models import Reminder
from courses.forms import ButtonForm
from courses.models import Course
from courses.queries.versions import current_version
from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound, Refused
from portal.core.locale import language, worded
from portal.core.policy import Action
from portal.core.rights.web import looked, reason_for_police
from portal.core.web import actor, requires, see_other, settings
from portal.reports import build, forms, queries
from portal.reports.queries import Scope, State

bp = Blueprint("reminders", __name__, url_prefix="/manage/remind")
Answer = Redirect | str
#: Whom one can remind; every other filter stands for all who have not completed.
TO_REMIND = (State.NOT_COMPLETED, State.NOT_STARTED, State.IN_PROGRESS, State.OVERDUE)
MOST = 2000  # names on one sheet of paper


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a head wants to remind: the place, the filters of the list, the course."""

    scope: Scope
    asked: forms.Asked
    course: Course

    @property
    def all(self) -> Select[Any]:
        """Return a select of the ids of everybody on the list."""
        return queries.ids_of_people(self.scope, self.asked.filters, self.asked.state, self.asked.search)

    @property
    def here(self) -> dict[str, str]:
        """Return the parameters of the address."""
        values = {
            "place": self.scope.code,
            "course": self.course.code,
            "audience": self.asked.filters.audience or "",
            "state": str(self.asked.state),
            "q": self.asked.search,
        }
        return {key: value for key, value in values.items() if value}


def _wanted() -> Wanted | None:
    """Return whom the address asks for; None while it names no course."""
    values = request.args
    scope = queries.scope_for(db.session(), actor(), values.get("place", ""), Action.PEOPLE_REMIND)
    asked = forms.read(db.session(), values, clock.today())
    if asked.filters.course is None:
        return None
    if asked.state not in TO_REMIND:
        asked = replace(asked, state=State.NOT_COMPLETED)
    # a period narrows completions that are looked at; who is to learn something is asked as of today
    asked = replace(asked, filters=replace(asked.filters, since=None, until=None))
    return Wanted(scope, asked, asked.filters.course or Course())


def _title(wanted: Wanted) -> Mapping[str, str]:
    return current_version(db.session(), wanted.course).title


def _recent() -> Select[Any]:
    return assignments.reminded_since(clock.today() - timedelta(days=settings().remind_days - 1))


@bp.get("/")
@requires(Action.PEOPLE_REMIND)
def preview() -> Answer:
    """Show who would be reminded, who was a few days ago, and the button."""
    wanted = _wanted()
    if wanted is None:
        flash(_("Choose a course first: one reminds of one course."), "info")
        return see_other("manage.people", place=request.args.get("place"))
    session = db.session()
    count = session.scalar(select(func.count()).select_from(wanted.all.subquery())) or 0
    recent = set(session.scalars(_recent().where(Reminder.user_id.in_(wanted.all))))
    asked = wanted.asked
    people = list(queries.people(session, wanted.scope, asked.filters, asked.state, asked.search, asked.page))
    ids = [one.user_id for one in people]
    reason = reason_for_police(wanted.scope.code, ids)
    if isinstance(reason, Redirect):
        return reason
    page = render_template(
        "assignments/remind.html",
        people=people,
        recent=recent,
        count=count,
        left=count - len(recent),
        days=settings().remind_days,
        asked=asked,
        asked_line=build.asked(wanted.scope, asked.filters),
        state=build.STATE_LABELS[asked.state],
        states=build.STATE_LABELS,
        course=wanted.course.code,
        pages=max(1, -(-count // queries.PAGE)),
        here=wanted.here,
        form=ButtonForm(),
    )
    looked("people.read", wanted.scope.code, ids, reason, rows=len(people), course=wanted.here["course"])
    return page


@bp.post("/")
@requires(Action.PEOPLE_REMIND)
def send() -> Redirect:
    """Remind everybody of the list who was not reminded a few days ago."""
    here: dict[str, str] = {}
    try:
        with unit_of_work() as session:
            wanted = _wanted()
            if wanted is None:
                raise NotFound
            here = wanted.here
            reminded = services.remind(
                session,
                actor(),
                wanted.course,
                wanted.all,
                days=settings().remind_days,
                place=wanted.scope.code,
                by_name=current_user.person.full_name,
                title=_title(wanted),
                now=clock.now(),
            )
    except Refused as refusal:
        flash(worded(refusal), "warning")
        return see_other("reminders.preview", **here)
    flash(
        ngettext("%(num)d person has been reminded.", "%(num)d people have been reminded.", len(reminded)),
        "success",
    )
    return see_other("manage.people", **here)


@bp.get("/print")
@requires(Action.PEOPLE_REMIND)
def paper() -> Answer:
    """Show the list for paper: for the notice board, or for a signature each."""
    wanted = _wanted()
    if wanted is None:
        flash(_("Choose a course first: one reminds of one course."), "info")
        return see_other("manage.people", place=request.args.get("place"))
    asked = wanted.asked
    people = []
    for one in queries.people(db.session(), wanted.scope, asked.filters, asked.state, asked.search, None):
        people.append(one)
        if len(people) == MOST:
            break
    ids = [one.user_id for one in people]
    reason = reason_for_police(wanted.scope.code, ids)
    if isinstance(reason, Redirect):
        return reason
    page = render_template(
        "assignments/paper.html",
        people=people,
        title=dict(queries.course_choices(db.session(), language())).get(
            wanted.course.code, wanted.course.code
        ),
        place=wanted.scope.name,
        states=build.STATE_LABELS,
        here=wanted.here,
    )
    looked("people.export", wanted.scope.code, ids, reason, kind="paper", course=wanted.here["course"])
    return page
