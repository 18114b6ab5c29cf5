"""What the tests of rosters share: files as people send them, imports driven through the real pages and handlers."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Posting, User
from portal.core.db import db, unit_of_work
from portal.core.jobs.worker import Worker
from portal.core.rosters.changes import BASIS_FIELDS, POST_FIELDS, USER_FIELDS
from portal.core.rosters.models import RosterBasis, RosterImport, RosterLine

HEAD = ("Mã đơn vị", "Mã cán bộ", "Họ và tên", "Số điện thoại", "Nhóm đối tượng", "Chức vụ", "Từ ngày")


def workbook(rows: Sequence[Sequence[Any]], head: Sequence[str] = HEAD) -> bytes:
    """Return an Excel file with a heading row and rows."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"strings_to_formulas": False})
    sheet = book.add_worksheet()
    for number, row in enumerate([head, *rows]):
        for column, value in enumerate(row):
            if value is not None:
                sheet.write(number, column, value)
    book.close()
    return file.getvalue()


def send(
    client: FlaskClient,
    content: bytes,
    *,
    unit: str = "A",
    full: bool = False,
    as_of: str = "2026-11-24",
    name: str = "danh-sach.xlsx",
) -> int:
    """Send a file by the form and let the dry run be made; return the import's id."""
    answer = client.post(
        "/manage/roster/imports/new",
        data={
            "file": (io.BytesIO(content), name), "unit": unit, "as_of": as_of,
            "full_list": "full" if full else "part",
        },
        content_type="multipart/form-data",
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    import_id = int(answer.location.rsplit("/", 1)[1])
    Worker().drain()
    return import_id


def step(client: FlaskClient, import_id: int, what: str) -> None:
    """Press apply, undo or discard, and let the work be done."""
    answer = client.post(f"/manage/roster/imports/{import_id}/{what}")
    assert answer.status_code == 303, answer.text
    Worker().drain()


def fresh() -> Session:
    """Return the present session: a worker removes the one before it."""
    return db.session()


def found(session: Session, import_id: int) -> RosterImport:
    """Return an import as it is now."""
    session = fresh()
    return session.get_one(RosterImport, import_id)


def kinds(session: Session, import_id: int) -> list[tuple[int, str, str]]:
    """Return row number, kind and reason of every line."""
    session = fresh()
    return [
        tuple(row)  # type: ignore[misc]
        for row in session.execute(
            select(RosterLine.number, RosterLine.kind, RosterLine.reason)
            .where(RosterLine.import_id == import_id)
            .order_by(RosterLine.position)
        )
    ]


def everything(session: Session) -> Mapping[str, list[tuple[Any, ...]]]:
    """Return every field of every person, post and basis, for comparing before and after."""
    session = fresh()
    extra = {
        User: ("secret_hash", "created_at"),
        Posting: ("source", "import_id"),
        RosterBasis: ("import_id",),
    }
    return {
        model.__tablename__: [
            tuple(row)
            for row in session.execute(
                select(model.id, *(getattr(model, name) for name in (*names, *extra[model]))).order_by(
                    model.id
                )
            )
        ]
        for model, names in ((User, USER_FIELDS), (Posting, POST_FIELDS), (RosterBasis, BASIS_FIELDS))
    }


def person_named(session: Session, name: str) -> User:
    """Return the only person of a name."""
    session = fresh()
    return session.scalars(select(User).where(User.full_name == name)).one()


__all__ = [
    "everything",
    "found",
    "fresh",
    "kinds",
    "person_named",
    "send",
    "step",
    "unit_of_work",
    "workbook",
]
