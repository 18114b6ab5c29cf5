"""The audit trail, for the administrator: newest first, searchable, exportable."""

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from portal.core.audit import queries
from portal.core.audit.queries import LABELS, PAGE
from portal.core.db import db
from portal.core.policy import ACTION_LABELS, MAY, ROLE_LABELS, Action, Role
from portal.core.web import requires

bp = Blueprint("audit", __name__, template_folder="templates")


@bp.get("/admin/audit")
@requires(Action.AUDIT_READ)
def index() -> str:
    """List what was recorded."""
    page = min(max(1, request.args.get("page", 1, type=int)), 10_000_000)
    found = queries.entries(db.session(), search=request.args.get("q", ""), page=page)
    return render_template(
        "audit/index.html",
        labels=LABELS,
        found=found,
        page=page,
        more=len(found) == PAGE,
        q=request.args.get("q", ""),
    )


@bp.get("/admin/roles")
@requires(Action.POLICY_READ)
def roles() -> str:
    """Print who may do what, from the table that decides it."""
    table = [(ACTION_LABELS[action], [action in MAY[role] for role in Role]) for action in Action]
    return render_template("audit/roles.html", roles=[_(ROLE_LABELS[role]) for role in Role], table=table)
