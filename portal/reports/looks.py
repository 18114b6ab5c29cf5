"""Who looked at or exported which lists of people, for the administrator: searchable, exportable. And removals as files."""

from datetime import date

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from portal.core import clock
from portal.core.audit.exports import record_export
from portal.core.db import db
from portal.core.locale import show_moment
from portal.core.policy import Action
from portal.core.rights import queries
from portal.core.rights.looking import LOOK_LABELS
from portal.core.rights.places import in_words
from portal.core.web import requires
from portal.reports.files import answer_with
from portal.reports.tables import Column, Kind, Table

bp = Blueprint("looks", __name__, url_prefix="/admin")


def _asked() -> tuple[queries.Asked, list[str]]:
    """Return what was asked for, and a sentence for each day that cannot be read."""
    faults = []
    days: dict[str, date | None] = {}
    for name in ("since", "until"):
        raw = request.args.get(name, "")
        try:
            days[name] = date.fromisoformat(raw) if raw else None
        except ValueError:
            days[name] = None
            faults.append(_("“%(value)s” is no day; it was left out.", value=raw[:20]))
    code = request.args.get("code", "")
    return (
        queries.Asked(
            request.args.get("q", "").strip()[:100],
            code if code in LOOK_LABELS else "",
            days["since"],
            days["until"],
        ),
        faults,
    )


def _here(asked: queries.Asked) -> dict[str, str]:
    values = {
        "q": asked.search,
        "code": asked.code,
        "since": asked.since.isoformat() if asked.since else "",
        "until": asked.until.isoformat() if asked.until else "",
    }
    return {key: value for key, value in values.items() if value}


@bp.get("/looks")
@requires(Action.AUDIT_READ)
def index() -> str:
    """List looks at lists of people."""
    asked, faults = _asked()
    page = min(max(1, request.args.get("page", 1, type=int)), 10_000_000)
    found = queries.all_looks(db.session(), asked, page=page)
    return render_template(
        "reports/looks.html",
        found=found,
        asked=asked,
        faults=faults,
        here=_here(asked),
        labels=LOOK_LABELS,
        where=in_words,
        page=page,
        more=len(found) == queries.PAGE,
    )


@bp.get("/looks.<any(csv, xlsx):kind>")
@requires(Action.AUDIT_READ)
def file(kind: str) -> Response:
    """Send the same as a file."""
    asked, _faults = _asked()
    found = queries.all_looks(db.session(), asked, page=None)
    table = Table(
        title=_("Who looked at lists of people"),
        asked=" · ".join([*_here(asked).values(), _("as of %(day)s", day=show_moment(clock.now()))]),
        columns=(
            Column("at", _("When"), Kind.TEXT, 20),
            Column("by", _("Who"), Kind.TEXT, 28),
            Column("what", _("What"), Kind.TEXT, 30),
            Column("place", _("Place"), Kind.TEXT, 24),
            Column("people", _("People"), Kind.COUNT),
            Column("reason", _("Reason"), Kind.TEXT, 60),
        ),
        rows=[
            (show_moment(one.at), one.by, _name(one.code), in_words(one), one.people, one.reason or None)
            for one in found
        ],
    )
    record_export("looks.export", "list", kind=kind, rows=len(found))
    return answer_with(table, kind, "luot-xem-danh-sach")


@bp.get("/erasures.<any(csv, xlsx):kind>")
@requires(Action.PERSON_ERASE)
def erasures_file(kind: str) -> Response:
    """Send the removals as a file."""
    search = request.args.get("q", "")[:100]
    found = queries.erasures(db.session(), search=search, page=None)
    ways = {"self": _("by the person herself"), "administrator": _("by an administrator")}
    table = Table(
        title=_("Removals of data"),
        asked=search,
        columns=(
            Column("at", _("When"), Kind.TEXT, 20),
            Column("person", _("Number of the person"), Kind.COUNT),
            Column("way", _("How"), Kind.TEXT, 24),
            Column("by", _("Who"), Kind.TEXT, 28),
            Column("reason", _("Reason"), Kind.TEXT, 60),
        ),
        rows=[(show_moment(one.at), one.user_id, ways[one.way], one.by, one.reason or None) for one in found],
    )
    record_export("erasures.export", "list", kind=kind, rows=len(found))
    return answer_with(table, kind, "xoa-du-lieu")


def _name(code: str) -> str:
    label = LOOK_LABELS.get(code)
    return str(_(label)) if label else code
