"""Files of a class: who was there as a list, and the scanned sheets that prove it."""

from datetime import date

from flask import Blueprint, Response, flash, render_template, request
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from courses.workshops import attendance, lists, queries
from courses.workshops.forms import UploadForm
from courses.workshops.models import Workshop, WorkshopFile
from portal.core import clock
from portal.core.audit.services import record
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound, Refused
from portal.core.files import services as files
from portal.core.files.errors import NoFile
from portal.core.files.models import FileKind, StoredFile
from portal.core.files.web import send, takes_files
from portal.core.locale import worded
from portal.core.policy import Action
from portal.core.web import actor, requires, see_other

bp = Blueprint("hall_imports", __name__, url_prefix="/manage/workshops", template_folder="../templates")
Page = str | tuple[str, int] | Answer
SCANS = (FileKind.PDF, FileKind.JPEG, FileKind.PNG)
TABLES = (FileKind.XLSX, FileKind.CSV)


@bp.get("/<int:workshop_id>/file")
@requires(Action.OWN_LEARNING)
def upload(workshop_id: int) -> str:
    """Ask for a list of who was there."""
    return _upload_page(workshop_id, UploadForm(), None)


@bp.post("/<int:workshop_id>/file")
@requires(Action.OWN_LEARNING)
@takes_files()
def upload_submit(workshop_id: int) -> Page:
    """Note who was there from a list. Rows that could not be used are shown (422): the rest of the list is noted."""
    form = UploadForm()
    workshop = queries.to_run(db.session(), actor(), workshop_id)
    if not form.validate_on_submit():
        return _upload_page(workshop_id, form, None), 422
    sent = request.files.get("file")
    try:
        with unit_of_work() as session:
            workshop = queries.to_run(session, actor(), workshop_id)
            day = _day(session, workshop)
            stored = files.keep(
                session,
                sent,
                purpose="workshop.attendance",
                allowed=TABLES,
                by_id=actor().id,
                now=clock.now(),
            )
            session.add(WorkshopFile(workshop_id=workshop.id, file_id=stored.id))
            taken = lists.attendance_from(
                session,
                workshop,
                files.path_of(stored).read_bytes(),
                stored.name,
                day,
                by_id=actor().id,
                now=clock.now(),
            )
            if not taken.noted and not taken.left:
                raise NoFile
    except Refused as refusal:
        form.form_errors.append(worded(refusal))
        return _upload_page(workshop_id, form, None), 422
    flash(gettext("%(num)d people of the list are noted as there.", num=taken.noted), "success")
    if taken.left:
        return _upload_page(workshop_id, UploadForm(), taken), 422
    return see_other("halls.show", workshop_id=workshop_id)


def _day(session: Session, workshop: Workshop) -> date:
    days = [one.day for one in queries.class_page(session, workshop, clock.today()).days]
    try:
        wanted = date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        wanted = days[0]
    if wanted not in days:
        raise NotFound
    return wanted


def _upload_page(workshop_id: int, form: UploadForm, taken: lists.Taken | None) -> str:
    session = db.session()
    workshop = queries.to_run(session, actor(), workshop_id)
    return render_template(
        "courses/workshops/manage/upload.html",
        page=queries.class_page(session, workshop, clock.today()),
        form=form,
        taken=taken,
        today=clock.today(),
    )


@bp.get("/<int:workshop_id>/evidence")
@requires(Action.OWN_LEARNING)
def evidence(workshop_id: int) -> str:
    """Show what is attached to a class, and ask for more."""
    return _evidence_page(workshop_id, UploadForm())


@bp.post("/<int:workshop_id>/evidence")
@requires(Action.OWN_LEARNING)
@takes_files()
def evidence_submit(workshop_id: int) -> Page:
    """Attach a scanned sheet."""
    form = UploadForm()
    queries.to_run(db.session(), actor(), workshop_id)
    if not form.validate_on_submit():
        return _evidence_page(workshop_id, form), 422
    try:
        with unit_of_work() as session:
            workshop = queries.to_run(session, actor(), workshop_id)
            attach(session, workshop, "file")
    except Refused as refusal:
        form.form_errors.append(worded(refusal))
        return _evidence_page(workshop_id, form), 422
    flash(gettext("Attached."), "success")
    return see_other("hall_imports.evidence", workshop_id=workshop_id)


def attach(session: Session, workshop: Workshop, field: str) -> StoredFile:
    """Keep a scan that was sent in `field` and tie it to a class. Raises what `files.keep` refuses."""
    stored = files.keep(
        session,
        request.files.get(field),
        purpose="workshop.evidence",
        allowed=SCANS,
        by_id=actor().id,
        now=clock.now(),
    )
    session.add(WorkshopFile(workshop_id=workshop.id, file_id=stored.id))
    record(
        session,
        at=clock.now(),
        actor_id=actor().id,
        code="workshop.attach",
        target=f"workshop:{workshop.id}",
        file=stored.id,
        sha256=stored.sha256,
    )
    session.flush()
    return stored


def _evidence_page(workshop_id: int, form: UploadForm) -> str:
    session = db.session()
    workshop = queries.to_run(session, actor(), workshop_id)
    return render_template(
        "courses/workshops/manage/evidence.html",
        page=queries.class_page(session, workshop, clock.today()),
        form=form,
        attached=attached(session, workshop),
        ticks=attendance.ticks_of(session, workshop),
    )


def attached(session: Session, workshop: Workshop) -> list[StoredFile]:
    """Return the files of a class, oldest first."""
    return list(
        session.scalars(
            select(StoredFile)
            .join(WorkshopFile, WorkshopFile.file_id == StoredFile.id)
            .where(WorkshopFile.workshop_id == workshop.id)
            .order_by(StoredFile.id)
        )
    )


@bp.get("/<int:workshop_id>/evidence/<int:file_id>")
@requires(Action.OWN_LEARNING)
def evidence_file(workshop_id: int, file_id: int) -> Response:
    """Hand out a file of a class that the reader holds or trains, as an attachment; who took it is recorded."""
    workshop = queries.to_run(db.session(), actor(), workshop_id)
    found = next((one for one in attached(db.session(), workshop) if one.id == file_id), None)
    if found is None:
        raise NotFound
    answer = send(found)
    with unit_of_work() as work:
        record(
            work,
            at=clock.now(),
            actor_id=actor().id,
            code="workshop.evidence",
            target=f"workshop:{workshop_id}",
            file=file_id,
        )
    return answer
