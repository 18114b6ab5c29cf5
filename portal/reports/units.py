"""Areas and units: two trees to look things up in, as of a day, and (for the administrator) units from a file."""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from flask import Blueprint, Response, flash, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from portal.core import clock
from portal.core.audit.exports import record_export
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound, Refused
from portal.core.forms import Form
from portal.core.locale import show_date, worded
from portal.core.organisation import history, reading, tree, unit_files
from portal.core.organisation.models import (
    AREA_KIND_LABELS,
    SECTOR_LABELS,
    UNIT_KIND_LABELS,
    Area,
    AreaKind,
    Sector,
    Unit,
    UnitKind,
)
from portal.core.organisation.queries import areas_above, reachable
from portal.core.organisation.tree import AreaLine, UnitLine, Wanted
from portal.core.organisation.unit_files import OUTCOME_LABELS, Outcome, Read
from portal.core.policy import Action
from portal.core.rosters.models import EVIDENCE_LABELS, Evidence
from portal.core.rosters.queries import basis_on
from portal.core.text import N_
from portal.core.web import actor, requires, see_other
from portal.reports.files import answer_with
from portal.reports.tables import Column, Kind, Table

bp = Blueprint("units", __name__, url_prefix="/admin/units")
mine = Blueprint("places", __name__, url_prefix="/manage/units")
MOST_PAGES = 100_000
SHOWN = 200
UNPACKED = 30 * 1024 * 1024
KEY_LABELS = {
    "name": N_("Unit name"),
    "kind": N_("Kind"),
    "sector": N_("Sector"),
    "area": N_("Area"),
    "parent": N_("Unit above"),
    "roster_on": N_("Staff list confirmed on"),
}


class Trees(StrEnum):
    """By which tree places are shown."""

    AREA = "area"
    SECTOR = "sector"


@dataclass(frozen=True, slots=True)
class Place:
    """What a page of the trees is about: an area, a sector, a unit, or the top of a tree."""

    name: str
    area: Area | None = None
    sector: Sector | None = None
    unit: Unit | None = None


@bp.get("/")
@requires(Action.UNITS_MANAGE)
def index() -> str:
    """Show the trees of the whole province."""
    return _page(manage=True)


@mine.get("/")
@requires(Action.UNITS_READ)
def look() -> str:
    """Show the trees as far as the reader's grants go."""
    return _page(manage=False)


@bp.get("/units.<any(csv, xlsx):kind>")
@requires(Action.UNITS_MANAGE)
def export(kind: str) -> Response:
    """Send the units as a file that can be imported again."""
    return _file(kind)


@mine.get("/units.<any(csv, xlsx):kind>")
@requires(Action.UNITS_READ)
def export_mine(kind: str) -> Response:
    """Send the units in the reader's reach as a file."""
    return _file(kind)


def _day() -> tuple[date, str]:
    """Return the day asked for, and what is wrong with it."""
    text = request.args.get("day", "")
    if not text:
        return clock.today(), ""
    try:
        return date.fromisoformat(text), ""
    except ValueError:
        return clock.today(), _("%(text)s is not a day; write it like 2026-12-14.", text=text[:20])


def _place(day: date, trees: Trees, *, manage: bool) -> Place:
    """Return the place of an address. Raises `NotFound` where it is none, or not the reader's."""
    session, reach = db.session(), reachable(actor().grants, Action.UNITS_READ)
    kind, _sep, code = request.args.get("at", "").partition(":")
    if kind == "area":
        area = history.area_called(session, code, day) or history.area_called(session, code)
        if area is None or not (manage or _anything_in(area, day)):
            raise NotFound
        return Place(area.name, area=area)
    if kind == "unit":
        unit = history.unit_called(session, code, day) or history.unit_called(session, code)
        if unit is None or session.scalar(select(Unit.id).where(Unit.id == unit.id, reach)) is None:
            raise NotFound
        return Place(unit.name, unit=unit)
    if kind == "sector" and code in [str(one) for one in Sector]:
        return Place(_(SECTOR_LABELS[Sector(code)]), sector=Sector(code))
    if kind:
        raise NotFound
    if trees == Trees.AREA and not request.args.get("q"):
        areas = history.areas_on(day).subquery()
        top = session.scalars(select(areas.c.id).where(areas.c.parent_id.is_(None)).limit(2)).all()
        if len(top) == 1:
            root = session.get_one(Area, top[0])
            return Place(root.name, area=root)
    return Place(_("Areas and units"))


def _anything_in(area: Area, day: date) -> bool:
    units = history.units_on(day).subquery()
    query = (
        select(units.c.id)
        .join(Unit, Unit.id == units.c.id)
        .where(
            units.c.area_id.in_(history.subtree_on(area.id, day)),
            reachable(actor().grants, Action.UNITS_READ),
        )
    )
    return db.session().scalar(query.limit(1)) is not None


def _page(*, manage: bool) -> str:
    day, fault = _day()
    trees = Trees.SECTOR if request.args.get("tree") == Trees.SECTOR else Trees.AREA
    session, reach = db.session(), reachable(actor().grants, Action.UNITS_READ)
    search = request.args.get("q", "")[:80].strip()
    page = min(max(1, request.args.get("page", 1, type=int)), MOST_PAGES)
    place = _place(day, trees, manage=manage)
    areas: Sequence[AreaLine] = ()
    sectors: Sequence[tuple[str, int]] = ()
    found: Sequence[UnitLine] = ()
    count = 0
    if search:
        areas = tree.areas_found(session, day, search) if manage else ()
        found, count = tree.units(session, day, reach, Wanted(search=search), page)
    elif place.unit is not None:
        found, count = tree.units(session, day, reach, Wanted(parent_id=place.unit.id), page)
    elif place.sector is not None:
        found, count = tree.units(session, day, reach, Wanted(sector=place.sector), page)
    elif place.area is not None:
        areas = tree.area_level(session, place.area.id, day, reach, everything=manage)
        found, count = tree.units(session, day, reach, Wanted(area_id=place.area.id), page)
    elif trees == Trees.SECTOR:
        sectors = tree.sector_level(session, day, reach)
    else:
        areas = tree.area_level(session, None, day, reach, everything=manage)
    subject = place.unit or place.area
    above = areas_above(session, place.unit.area_id if place.unit else place.area.id) if subject else ()  # type: ignore[union-attr]
    here = {
        "tree": str(trees) if trees != Trees.AREA else "",
        "day": day.isoformat() if day != clock.today() else "",
        "at": request.args.get("at", ""),
        "q": search,
    }
    return render_template(
        "reports/units.html",
        manage=manage,
        home="units.index" if manage else "places.look",
        export="units.export" if manage else "places.export_mine",
        place=place,
        day=day,
        fault=fault,
        trees=trees,
        search=search,
        areas=areas,
        sectors=sectors,
        units=found,
        count=count,
        page=page,
        pages=max(1, -(-count // tree.PAGE)),
        above=[one for one in above if one is not subject and (manage or _anything_in(one, day))],
        former=history.former_states(session, subject) if subject else (),
        family=history.family_of(session, subject) if subject else (),
        basis=basis_on(session, place.unit.id, day) if place.unit else None,
        here={key: value for key, value in here.items() if value},
        area_kinds=AREA_KIND_LABELS,
        unit_kinds=UNIT_KIND_LABELS,
        sector_labels=SECTOR_LABELS,
        evidence_labels=EVIDENCE_LABELS,
        Evidence=Evidence,
        AreaKind=AreaKind,
        UnitKind=UnitKind,
        Sector=Sector,
        Trees=Trees,
    )


def _file(kind: str) -> Response:
    day, _fault = _day()
    session, reach = db.session(), reachable(actor().grants, Action.UNITS_READ)
    wanted = Wanted(search=request.args.get("q", "")[:80].strip())
    found, count = tree.units(session, day, reach, wanted, None)
    record_export("units.export", "units", kind=kind, rows=str(count))
    return answer_with(unit_table(found, day), kind, "don-vi")


def unit_table(found: Sequence[UnitLine], day: date) -> Table:
    """Return units as a table whose file can be imported again: kinds and sectors as codes, places by code."""
    return Table(
        title=_("Units"),
        asked=_("as of %(day)s", day=show_date(day)),
        columns=(
            Column("code", _("Unit code"), Kind.TEXT, 18),
            Column("name", _("Unit name"), Kind.TEXT, 44),
            Column("kind", _("Kind"), Kind.TEXT, 14),
            Column("sector", _("Sector"), Kind.TEXT, 14),
            Column("area", _("Area code"), Kind.TEXT, 12),
            Column("area_name", _("Name of the area"), Kind.TEXT, 26),
            Column("parent", _("Code of the unit above"), Kind.TEXT, 18),
            Column("parent_name", _("Name of the unit above"), Kind.TEXT, 30),
            Column("roster_on", _("Staff list confirmed on"), Kind.DATE),
            Column("valid_from", _("Valid from"), Kind.DATE),
            Column("valid_to", _("Valid until"), Kind.DATE),
        ),
        rows=[
            (
                one.code, one.name, one.kind, one.sector, one.area_code, one.area, one.parent_code or None,
                one.parent or None, one.roster_on, one.valid_from, one.valid_to,
            )
            for one in found
        ],
    )  # fmt: skip


class UploadForm(Form):
    """A file, or what a dry run has read of one."""


@bp.get("/import")
@requires(Action.UNITS_MANAGE)
def upload() -> str:
    """Ask for a file."""
    return _import_page(UploadForm())


@bp.get("/template.<any(csv, xlsx):kind>")
@requires(Action.UNITS_MANAGE)
def template(kind: str) -> Response:
    """Send an empty table with the headings."""
    columns = tuple(Column(one.key, one.heading, Kind.TEXT, 24) for one in reading.UNIT_COLUMNS)
    return answer_with(Table(_("Units"), _("template"), columns, []), kind, "mau-don-vi")


@bp.post("/import")
@requires(Action.UNITS_MANAGE)
def upload_submit() -> Answer | str | tuple[str, int]:
    """Try a file out, or write what was tried out."""
    form = UploadForm()
    if not form.validate_on_submit():
        return _import_page(form), 422
    try:
        rows, name, unknown = _sent()
    except Refused as refusal:
        return _import_page(form, fault=worded(refusal)), 422
    if not rows:
        return _import_page(
            form, fault=_("Choose a file. It needs a row of headings and at least one unit.")
        ), 422
    if request.form.get("do") != "apply":
        done = unit_files.unit_table(db.session(), rows, today=clock.today())
        return _import_page(form, done=done, rows=rows, name=name, unknown=unknown)
    with unit_of_work() as session:
        done = unit_files.write_units(
            session, rows, today=clock.today(), now=clock.now(), by_id=actor().id, source=name
        )
    if done.refused:
        return _import_page(form, done=done, rows=rows, name=name, unknown=unknown), 422
    flash(
        _(
            "%(added)d units added, %(changed)d changed, %(same)d were so already.",
            added=done.count(Outcome.ADDED),
            changed=done.count(Outcome.CHANGED),
            same=done.count(Outcome.SAME),
        ),
        "success",
    )
    return see_other("units.index")


class NotWhole(Refused):
    """What the page carried from the dry run did not come back as it was."""

    message = N_("The page did not arrive whole. Choose the file again; nothing was changed.")


def _sent() -> tuple[list[Read], str, tuple[str, ...]]:
    """Return the rows of a file that was sent, or of the dry run that the page carried along."""
    file = request.files.get("file")
    if file is not None and file.filename:
        rows, unknown = reading.units_in(file.read(), file.filename)
        return rows, file.filename[-100:], unknown
    kept = request.form.get("kept", "")
    return _unpacked(kept) if kept else [], request.form.get("name", "")[-100:], ()


def packed(rows: Sequence[Read]) -> str:
    """Return rows as text for a hidden field, so that applying needs no second choice of the file."""
    plain = [
        [row.number, {key: _plain(value) for key, value in row.values.items()}, row.faults] for row in rows
    ]
    return base64.b64encode(zlib.compress(json.dumps(plain, ensure_ascii=False).encode())).decode()


def _plain(value: Any) -> Any:
    return {"day": value.isoformat()} if isinstance(value, date) else value


def _unpacked(text: str) -> list[Read]:
    try:
        opened = zlib.decompressobj()
        raw = opened.decompress(base64.b64decode(text, validate=True), UNPACKED)
        if opened.unconsumed_tail:
            raise NotWhole
        return [
            Read(int(number), {str(key): _typed(value) for key, value in values.items()}, _faults(faults))
            for number, values, faults in json.loads(raw)
        ]
    except (ValueError, TypeError, AttributeError, KeyError, zlib.error, RecursionError):
        raise NotWhole from None


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return date.fromisoformat(value["day"])
    return None if value is None else str(value).replace("\x00", "")[:200]


def _faults(faults: Any) -> tuple[tuple[str, Mapping[str, object]], ...]:
    return tuple((str(message), dict(values)) for message, values in faults)


def _import_page(
    form: UploadForm,
    *,
    done: unit_files.DryRun | None = None,
    rows: Sequence[Read] = (),
    name: str = "",
    unknown: tuple[str, ...] = (),
    fault: str = "",
) -> str:
    shown = sorted(done.verdicts, key=_urgent) if done else []
    return render_template(
        "reports/units_import.html",
        form=form,
        done=done,
        shown=[(one, OUTCOME_LABELS[one.outcome], _said(one)) for one in shown[:SHOWN]],
        more=max(0, len(shown) - SHOWN),
        kept=packed(rows) if done is not None and not done.refused else "",
        name=name,
        unknown=unknown,
        fault=fault,
        Outcome=Outcome,
        unit_kinds=UNIT_KIND_LABELS,
        sectors=SECTOR_LABELS,
        moves=sum(one.moves for one in shown),
    )


def _urgent(verdict: unit_files.Verdict) -> tuple[int, int]:
    order = (Outcome.REFUSED, Outcome.CHANGED, Outcome.ADDED, Outcome.SAME)
    return order.index(verdict.outcome), verdict.number


def _said(verdict: unit_files.Verdict) -> str:
    """Return in words why a row is refused, or what it changes."""
    if verdict.faults:
        return "; ".join(said(message, values) for message, values in verdict.faults)
    return "; ".join(
        f"{_(KEY_LABELS[key])}: {before or '–'} → {after}" for key, before, after in verdict.changes
    )


def said(message: str, values: Mapping[str, object]) -> str:
    """Return a fault in the reader's language, after the heading of its column where it has one."""
    try:
        text = str(_(message, **values))
    except (KeyError, ValueError, TypeError):
        text = message
    return f"{values['heading']}: {text}" if "heading" in values else text
