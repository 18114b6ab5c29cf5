"""One's own background work: a list, and a page that shows progress (by itself with JavaScript, by reloading without)."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, jsonify, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.routing import BuildError
from werkzeug.wrappers import Response as Redirect

from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.jobs import queries, services
from portal.core.jobs.models import STATE_LABELS, State
from portal.core.jobs.registry import KINDS
from portal.core.names import fold
from portal.core.policy import Action
from portal.core.web import actor, requires, see_other

bp = Blueprint("jobs", __name__, url_prefix="/manage/jobs", template_folder="templates")


@bp.get("/")
@requires(Action.OWN_ACCOUNT)
def mine() -> str:
    """List the background work that one asked for."""
    page = min(max(1, request.args.get("page", 1, type=int)), 10_000_000)
    state = request.args.get("state", "")
    search = request.args.get("q", "")[:100]
    wanted = fold(search)
    kinds = [kind.code for kind in KINDS.values() if wanted in fold(_(kind.title))] if wanted else None
    found = queries.mine(
        db.session(), actor(), state=State(state) if state in list(State) else None, kinds=kinds, page=page
    )
    return render_template(
        "jobs/mine.html",
        found=found,
        titles=titles(found),
        labels=STATE_LABELS,
        page=page,
        more=len(found) == queries.PAGE,
        q=search,
        state=state,
    )


@bp.get("/<int:job_id>")
@requires(Action.OWN_ACCOUNT)
def show(job_id: int) -> str:
    """Show how far a job is, or how it ended."""
    job = queries.shown(queries.job_for(db.session(), actor(), job_id))
    return render_template(
        "jobs/show.html",
        job=job,
        title=title(job.kind),
        label=_(STATE_LABELS[job.state]),
        lines=lines(job.result),
        onward=onward(job.result),
        refusal=_worded(job.refusal["message"], job.refusal["values"]) if job.refusal else "",
    )


@bp.get("/<int:job_id>/state")
@requires(Action.OWN_ACCOUNT)
def state(job_id: int) -> Response:
    """Say the same to the page's script: state, numbers, words."""
    job = queries.shown(queries.job_for(db.session(), actor(), job_id))
    answer = jsonify(
        state=job.state,
        open=job.open,
        progress=job.progress,
        total=job.total,
        words=_(STATE_LABELS[job.state]),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/<int:job_id>/stop")
@requires(Action.OWN_ACCOUNT)
def stop(job_id: int) -> Redirect:
    """Ask a job to stop at its next step."""
    with unit_of_work() as session:
        services.ask_to_stop(session, queries.job_for(session, actor(), job_id), clock.now())
    flash(_("The work stops at its next step. What it has done so far stays."), "info")
    return see_other("jobs.show", job_id=job_id)


@bp.post("/<int:job_id>/again")
@requires(Action.OWN_ACCOUNT)
def again(job_id: int) -> Redirect:
    """Let a job that failed or was stopped begin anew."""
    with unit_of_work() as session:
        services.try_again(session, queries.job_for(session, actor(), job_id), clock.now())
    return see_other("jobs.show", job_id=job_id)


def title(kind: str) -> str:
    """Return what a kind of job is called in the reader's language."""
    return str(_(KINDS[kind].title)) if kind in KINDS else str(_("Background work"))


def titles(found: Any) -> Mapping[str, str]:
    """Return what the kinds of some jobs are called."""
    return {job.kind: title(job.kind) for job in found}


def lines(result: Mapping[str, Any]) -> list[str]:
    """Return the sentences of a result, worded."""
    return [_worded(str(message), values) for message, values in result.get("lines", [])]


def onward(result: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return label and address of the page that a result sends on to, or None."""
    there = result.get("next")
    if not there:
        return None
    label: str = there["label"]
    try:
        return str(_(label)), url_for(there["endpoint"], **there.get("values", {}))
    except BuildError:  # a page that an older version had
        return None


def _worded(message: str, values: Mapping[str, Any]) -> str:
    return str(_(message, **values))
