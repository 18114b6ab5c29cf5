"""An author's look at a quiz: every question with its key, and a paper tried of which nothing is kept."""

import secrets
from fractions import Fraction

from flask import Blueprint, render_template, request
from flask_babel import gettext

from courses import previews
from courses.forms import ButtonForm
from courses.previews import Preview
from portal.core.db import db
from portal.core.locale import language, show_points, show_share, worded
from portal.core.policy import Action
from portal.core.rounding import places
from portal.core.web import actor, requires
from quizzes import paper, trial
from quizzes.bank import DIFFICULTIES
from quizzes.errors import AnswerUnreadable
from quizzes.paper import Paper
from quizzes.posted import read_seq

bp = Blueprint("preview", __name__, url_prefix="/author/courses", template_folder="../templates")
MOST_SEEDS = 2**53 - 1


@bp.get("/")
@requires(Action.COURSE_PREVIEW)
def index() -> str:
    """List the quizzes of every published version."""
    search = request.args.get("q", "")[:80].strip()
    return render_template(
        "courses/preview/index.html", quizzes=previews.quizzes(db.session(), actor(), search), q=search
    )


@bp.get("/<code>/<int:number>/quiz/<ref>/")
@requires(Action.COURSE_PREVIEW)
def bank(code: str, number: int, ref: str) -> str:
    """Show every question of the quiz's bank with its key, its feedback, its objective and its difficulty."""
    preview = previews.preview_for(db.session(), actor(), code, number, ref)
    search = request.args.get("q", "")[:80].strip()
    objective = request.args.get("objective", "")
    difficulty = request.args.get("difficulty", 0, type=int)
    found = previews.questions(
        preview,
        objective=objective if objective in preview.objectives else "",
        difficulty=difficulty if difficulty in DIFFICULTIES else 0,
        search=search,
    )
    return render_template(
        "courses/preview/bank.html",
        preview=preview,
        found=found,
        q=search,
        objective=objective,
        difficulty=difficulty,
        difficulties=DIFFICULTIES,
    )


@bp.get("/<code>/<int:number>/quiz/<ref>/paper")
@requires(Action.COURSE_PREVIEW)
def try_paper(code: str, number: int, ref: str) -> str:
    """Draw a paper as a learner would get it; no attempt is begun."""
    preview = previews.preview_for(db.session(), actor(), code, number, ref)
    return _open_page(preview, _drawn(preview, secrets.randbelow(MOST_SEEDS)), {})


@bp.post("/<code>/<int:number>/quiz/<ref>/paper")
@requires(Action.COURSE_PREVIEW)
def mark_paper(code: str, number: int, ref: str) -> str | tuple[str, int]:
    """Mark the posted answers and show the result; nothing is written, so there is nothing to redirect to.

    A story's button asks for its next step only; an answer that cannot be read gives the page back with the rest.
    """
    preview = previews.preview_for(db.session(), actor(), code, number, ref)
    drawn = _drawn(preview, read_seq(request.form.get("seed"), 0))
    answers, unread = trial.answers_in(drawn, request.form.to_dict(flat=False))
    if unread:
        order = [item.ref for item in drawn.items]
        faults = [
            gettext(
                "Question %(number)d: %(reason)s",
                number=order.index(one) + 1,
                reason=worded(AnswerUnreadable(ref=one)),
            )
            for one in unread
        ]
        return _open_page(preview, drawn, answers, faults), 422
    if request.form.get("then") == "save":
        return _open_page(preview, drawn, answers)
    tried = trial.marked(drawn.items, answers)
    needed = Fraction(preview.quiz["pass_share"])
    decimals = places(tried.share, needed)
    return render_template(
        "courses/preview/result.html",
        preview=preview,
        tried=tried,
        passed=tried.share is not None and tried.share >= needed,
        needed=show_share(needed, language(), decimals),
        share=show_share(tried.share, language(), decimals) if tried.share is not None else "",
        points=lambda points: show_points(points, language()),
    )


def _drawn(preview: Preview, seed: int) -> Paper:
    if preview.blueprint is None:
        return paper.whole(preview.bank)
    return paper.draw(preview.bank, preview.blueprint, seed)


def _open_page(
    preview: Preview, drawn: Paper, answers: dict[str, object], faults: list[str] | None = None
) -> str:
    return render_template(
        "courses/preview/paper.html",
        preview=preview,
        questions=trial.asked(drawn, answers),
        seed=drawn.seed,
        faults=faults or [],
        form=ButtonForm(),
    )
