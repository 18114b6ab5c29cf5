"""The pages of those who write courses: what the check found, what courses are made of, which law they rest on."""

from collections.abc import Sequence

from flask import Blueprint, Response, render_template, request

from courses import loader, quality
from portal.core.policy import Action
from portal.core.web import requires
from portal.reports.authoring_tables import KIND_LABELS, average, law_table, quality_table, replaced, worded
from portal.reports.files import answer_with

bp = Blueprint("author", __name__, url_prefix="/author")
MOST_WORDS = 80


@bp.get("/")
@requires(Action.COURSE_CHECK)
def index() -> str:
    """Say what the check of the course files found."""
    return render_template("reports/author.html", checked=loader.check_all())


@bp.get("/law")
@requires(Action.COURSE_CHECK)
def law() -> str:
    """List each legal text with the lessons and questions that rest on it."""
    search = _search()
    return render_template(
        "reports/author_law.html", laws=_laws(search), q=search, replaced=replaced, worded=worded
    )


@bp.get("/law.<any(csv, xlsx):kind>")
@requires(Action.COURSE_CHECK)
def law_file(kind: str) -> Response:
    """Send the same list as a file: a row for each use."""
    search = _search()
    return answer_with(law_table(_laws(search), search), kind, "van-ban-phap-luat")


@bp.get("/quality")
@requires(Action.COURSE_CHECK)
def quality_page() -> str:
    """Show what each course version is made of, and the notes of the check."""
    return render_template(
        "reports/author_quality.html", courses=_courses(), kinds=KIND_LABELS, average=average, worded=worded
    )


@bp.get("/quality.<any(csv, xlsx):kind>")
@requires(Action.COURSE_CHECK)
def quality_file(kind: str) -> Response:
    """Send the same measures as a file."""
    return answer_with(quality_table(_courses()), kind, "chat-luong-khoa-hoc")


def _search() -> str:
    return request.args.get("q", "")[:MOST_WORDS].strip()


def _laws(search: str) -> Sequence[quality.LawUsed]:
    checked, register = quality.survey()
    return quality.law_used(checked, register, search)


def _courses() -> Sequence[quality.CourseQuality]:
    return quality.courses(loader.check_all())
