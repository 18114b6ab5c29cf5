"""One's own notices: read, follow, mark as read."""

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.core import clock
from portal.core.db import db, unit_of_work
from portal.core.names import fold
from portal.core.notices import queries, services
from portal.core.notices.wording import WORDINGS, address, filled, wording_of
from portal.core.policy import Action
from portal.core.web import actor, requires, see_other

bp = Blueprint("notices", __name__, template_folder="templates")


@bp.get("/notices")
@requires(Action.OWN_ACCOUNT)
def mine() -> str:
    """List one's notices, newest first."""
    page = min(max(1, request.args.get("page", 1, type=int)), 10_000_000)
    search = request.args.get("q", "").strip()[:100]
    only_unread = request.args.get("state") == "unread"
    codes = [
        code
        for code, wording in WORDINGS.items()
        if fold(search) in fold(_(wording.title)) or fold(search) in fold(_(wording.text))
    ]
    found = queries.mine(
        db.session(), actor().id or 0, only_unread=only_unread, search=search, codes=codes, page=page
    )
    shown = [
        {
            "id": one.id,
            "title": filled(wording_of(one.code).title, one.facts),
            "text": filled(wording_of(one.code).text, one.facts),
            "button": _(wording_of(one.code).button),
            "onward": bool(address(one.facts)),
            "at": one.at,
            "read": one.read_at is not None,
        }
        for one in found
    ]
    return render_template(
        "notices/mine.html",
        found=shown,
        page=page,
        more=len(found) == queries.PAGE,
        q=search,
        only_unread=only_unread,
    )


@bp.post("/notices/<int:notice_id>/read")
@requires(Action.OWN_ACCOUNT)
def read(notice_id: int) -> Response:
    """Mark a notice as read and go where it sends on to."""
    with unit_of_work() as session:
        notice = services.mark_read(session, actor().id or 0, notice_id, clock.now())
        there = address(notice.facts) if request.form.get("then") == "open" else ""
    return redirect(there, code=303) if there else see_other("notices.mine")


@bp.post("/notices/read")
@requires(Action.OWN_ACCOUNT)
def read_all() -> Response:
    """Mark everything as read."""
    with unit_of_work() as session:
        services.mark_all_read(session, actor().id or 0, clock.now())
    return see_other("notices.mine")
