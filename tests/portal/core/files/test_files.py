"""Uploads: what they are is read from their content, their size is limited, and they are never shown as a page."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from portal import backup
from portal.app import create_app
from portal.config import Settings
from portal.core.db import db, unit_of_work
from portal.core.errors import Refused
from portal.core.files import services
from portal.core.files.errors import BrokenFile, FileTooBig, NoFile, WrongKind
from portal.core.files.models import FileKind, StoredFile
from portal.core.files.web import send, takes_files
from portal.core.tables_in.faults import CannotRead
from portal.core.web import public
from tests import databases
from tests.factories import NOW, World
from tests.portal.core.tables_in.test_reading import PLAIN

EVERYTHING = tuple(FileKind)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"


def picture(form: str, size: tuple[int, int] = (8, 8)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, form)
    return out.getvalue()


def upload(content: bytes, name: str) -> FileStorage:
    return FileStorage(io.BytesIO(content), filename=name)


def kept(content: bytes, name: str, allowed: Any = EVERYTHING, most: int = services.MEGABYTE) -> StoredFile:
    with unit_of_work() as session:
        stored = services.keep(
            session, upload(content, name), purpose="test", allowed=allowed, by_id=None, now=NOW, most=most
        )
        session.expunge(stored)
    return stored


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PDF, "phieu.pdf", FileKind.PDF),
        (picture("JPEG"), "anh.png", FileKind.JPEG),  # the content decides, not the name
        (picture("PNG"), "anh.png", FileKind.PNG),
        (PLAIN, "ds.xlsx", FileKind.XLSX),
        ("Họ tên;Đơn vị\nHoa;A\n".encode(), "ds.csv", FileKind.CSV),
    ],
)
def test_what_is_kept(session: Session, content: bytes, name: str, kind: FileKind) -> None:
    stored = kept(content, name)

    assert (stored.kind, stored.size, stored.name) == (kind, len(content), name)
    assert services.path_of(stored).read_bytes() == content
    assert services.path_of(stored).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("content", "name", "allowed", "refusal"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "a.png", EVERYTHING, WrongKind),
        (b"\xef\xbb\xbf\n <html><script>1</script>", "a.csv", EVERYTHING, WrongKind),
        (b"MZ\x90\x00", "a.pdf", EVERYTHING, WrongKind),
        (PDF, "a.jpg", (FileKind.JPEG, FileKind.PNG), WrongKind),
        (b"%PDF-1.7 cut", "a.pdf", EVERYTHING, BrokenFile),
        (picture("PNG")[:40], "a.png", EVERYTHING, BrokenFile),
        (b"\xff\xd8\xff" + b"0" * 500, "a.jpg", EVERYTHING, BrokenFile),
        (PLAIN[:-200], "a.xlsx", EVERYTHING, CannotRead),
        (b"\x01\x02\x03\xff\xfe" * 30, "a.csv", EVERYTHING, CannotRead),
        (b"", "a.pdf", EVERYTHING, NoFile),
        (PDF, "", EVERYTHING, NoFile),
        (PDF + b"0" * services.MEGABYTE, "a.pdf", EVERYTHING, FileTooBig),
    ],
)
def test_what_is_refused_leaves_nothing_behind(
    session: Session, content: bytes, name: str, allowed: Any, refusal: type[Refused]
) -> None:
    before = set(services.folder().glob("*")) if services.folder().exists() else set()

    with pytest.raises(refusal):
        kept(content, name, allowed)

    assert (set(services.folder().glob("*")) if services.folder().exists() else set()) == before
    assert session.scalars(select(StoredFile)).all() == []


def test_a_picture_that_would_fill_the_memory_is_refused(session: Session) -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")  # 50 kB that are 400 million points

    with pytest.raises(BrokenFile):
        kept(out.getvalue(), "a.png")


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Hoa\\Danh sách.xlsx", "Danh sách.xlsx"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie x.pdf"),
        ("tên\u202efdp.exe", "tên fdp.exe"),
        ("...", "tep"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_names_lead_nowhere(name: str, clean: str) -> None:
    assert services.clean_name(name) == clean


def test_the_same_bytes_lie_there_once_and_go_with_their_last_row(session: Session) -> None:
    first, second = kept(PDF + b" ", "a.pdf"), kept(PDF + b" ", "b.pdf")
    assert services.path_of(first) == services.path_of(second)
    later = NOW + timedelta(days=40_000)  # later than the clock that dated the bytes

    with unit_of_work() as work:
        services.forget(work, work.get_one(StoredFile, first.id))
        services.sweep(work, later)
    assert services.path_of(second).exists()
    with unit_of_work() as work:
        services.forget(work, work.get_one(StoredFile, second.id))
        services.sweep(work, NOW)
        assert services.path_of(second).exists(), (
            "bytes that have just come may belong to a row that is just written"
        )
        assert services.sweep(work, later) >= 1
    assert not services.path_of(second).exists()


@pytest.fixture
def desk(tmp_path: Path) -> Flask:
    """Return a portal with an address that takes a file and one that hands it out."""
    app = create_app(
        Settings(
            environment="test",
            secret_key="x" * 40,
            data_dir=tmp_path,
            database_url=f"sqlite:///{tmp_path}/x.db",
        )
    )
    app.config["WTF_CSRF_ENABLED"] = True

    @public
    @takes_files(2 * services.MEGABYTE)
    def take() -> str:
        return str(len(request.files["file"].read()))

    @public
    def small() -> str:
        return str(len(request.files["file"].read()))

    @public
    def give() -> Any:
        return send(
            StoredFile(
                name="Biên bản.html", kind=FileKind.CSV, size=1, sha256="a" * 64, purpose="x", uploaded_at=NOW
            )
        )

    app.add_url_rule("/take", view_func=take, methods=["POST"])
    app.add_url_rule("/small", view_func=small, methods=["POST"])
    app.add_url_rule("/give", view_func=give)
    for view in (take, small):
        app.extensions["csrf"].exempt(view)
    return app


def test_a_form_may_be_as_big_as_its_view_says(desk: Flask) -> None:
    client = desk.test_client()

    def post(where: str, size: int) -> int:
        # written by hand: the test client's own form would leave a temporary file open
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        answer = client.post(
            where, data=head + b"x" * size + b"\r\n--x--\r\n", content_type="multipart/form-data; boundary=x"
        )
        answer.close()
        return answer.status_code

    assert post("/take", 2 * services.MEGABYTE) == 200
    assert post("/take", 4 * services.MEGABYTE) == 413
    assert post("/small", 1000) == 200
    assert post("/small", 2 * services.MEGABYTE) == 413


def test_it_is_handed_out_as_an_attachment_and_never_as_a_page(desk: Flask, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / ("a" * 64)).write_bytes(b"<script>alert(1)</script>")

    answer = desk.test_client().get("/give")

    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''Bi%C3%AAn%20b%E1%BA%A3n.html.csv" in answer.headers["Content-Disposition"]
    assert answer.mimetype == "text/csv"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Cache-Control"] == "private, no-store"
    answer.close()
    (tmp_path / "files" / ("a" * 64)).unlink()
    assert desk.test_client().get("/give").status_code == 404


def test_a_backup_holds_the_files_and_says_when_one_is_missing(
    whole_app: tuple[Flask, World], tmp_path: Path, make_portal: Callable[[Path], Flask]
) -> None:
    source = make_portal(tmp_path / "one")
    with source.app_context():
        stored = kept(PDF, "a.pdf")
        folder = services.folder()
        backup.create(db.engine, tmp_path / "b.zip", NOW, folder)
        services.path_of(stored).unlink()
        backup.create(db.engine, tmp_path / "without.zip", NOW, folder)
        db.session.remove()
        db.engine.dispose()
    target = make_portal(tmp_path / "two")
    with target.app_context():
        backup.restore(db.engine, tmp_path / "b.zip", services.folder())
        assert services.path_of(stored).read_bytes() == PDF
        db.engine.dispose()
    assert f"files/{stored.sha256}" in zipfile.ZipFile(tmp_path / "b.zip").namelist()
    third = make_portal(tmp_path / "three")
    with third.app_context():
        with pytest.raises(backup.BadBackup, match="uploaded file"):
            backup.restore(db.engine, tmp_path / "without.zip", services.folder())
        db.engine.dispose()


@pytest.fixture
def make_portal() -> Callable[[Path], Flask]:
    """Return a function that makes a portal with empty tables in a folder."""

    def make(folder: Path) -> Flask:
        folder.mkdir()
        with databases.with_tables("sqlite", folder) as url:
            return create_app(
                Settings(environment="test", secret_key="x" * 40, data_dir=folder, database_url=url)
            )

    return make
