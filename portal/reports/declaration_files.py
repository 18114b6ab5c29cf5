"""Who has declared what as a file: the same lines as the page."""

from flask import Blueprint, Response
from flask_babel import gettext as _

from portal.core.audit.exports import record_export
from portal.core.db import db
from portal.core.locale import show_date
from portal.core.policy import Action
from portal.core.web import requires
from portal.indicators import words
from portal.indicators.asking import name_of
from portal.indicators.declaration_views import Asked
from portal.indicators.declaring.words import COUNTS, STATES, of_standing
from portal.reports.files import answer_with
from portal.reports.tables import Column, Kind, Table

bp = Blueprint("declaration_files", __name__, url_prefix="/indicators/declarations")


@bp.get("/list.<any(csv, xlsx):kind>")
@requires(Action.VALUE_DECLARE)
def listing(kind: str) -> Response:
    """Send who has declared what."""
    asked = Asked()
    found = asked.standings(db.session(), Action.VALUE_DECLARE)
    labels = {code: _(label) for code, label in STATES.items()}
    table = Table(
        title=_("Declared values"),
        asked=" · ".join(
            [name_of(asked.period), _("facts as of %(day)s", day=show_date(asked.day)), asked.plan.number]
        ),
        columns=(
            Column("code", _("Code of the unit"), Kind.TEXT, 16),
            Column("unit", _("Unit"), Kind.TEXT, 36),
            Column("area", _("Area"), Kind.TEXT, 26),
            Column("item", _("What"), Kind.TEXT, 60),
            Column("state", _("State"), Kind.TEXT, 30),
            Column("on", _("As of"), Kind.DATE, 12),
            Column("value", _("Declared"), Kind.TEXT, 60),
        ),
        rows=[
            (
                one.unit,
                one.name,
                one.area,
                words.said(one.item.label),
                labels[one.state or COUNTS],
                one.on,
                of_standing(one) or None,
            )
            for one in found
        ],
    )
    record_export(
        "declaration.export", asked.item or "all", kind=kind, period=asked.period.code, rows=str(len(found))
    )
    return answer_with(table, kind, f"khai-bao-{asked.period.code}")
