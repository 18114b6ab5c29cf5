"""The floor: what Flask, SQLAlchemy and Jinja cost on this machine when an application adds next to nothing.

`/bare` answers two letters. `/page` is a plain page: the signed session cookie's user (one select), three indexed
selects through Flask-SQLAlchemy's session, and a Jinja template of about 25 KB. Served with the portal's own gunicorn
settings, on the same kind of database.
"""

import os
from typing import Any

from flask import Flask, abort, render_template, session
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, ForeignKey, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.bench.serving import SECRET

PEOPLE = 2000
PARTS = 12
WORDS = "Trẻ em có quyền được bảo vệ khỏi bạo lực; người lớn lắng nghe, ghi lại đúng lời trẻ và báo ngay. "


class Base(DeclarativeBase):
    """The root of the floor's models."""


db = SQLAlchemy(model_class=Base, disable_autonaming=True)


class Person(Base):
    """Who is signed in."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    language: Mapped[str]


class Subject(Base):
    """What is read, by its code."""

    __tablename__ = "subject"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]


class Part(Base):
    """One part of a subject."""

    __tablename__ = "part"
    id: Mapped[int] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subject.id"), index=True)
    title: Mapped[str]
    body: Mapped[str]


class Read(Base):
    """A person has read a part."""

    __tablename__ = "read"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    part_id: Mapped[int]


@event.listens_for(Engine, "connect")
def _prepare(connection: Any, record: Any) -> None:
    if connection.__class__.__module__.startswith("sqlite3"):
        connection.execute("PRAGMA journal_mode=WAL")


def create_app() -> Flask:
    """Build the floor on the database that FLOOR_DATABASE_URL names."""
    app = Flask(__name__, template_folder="templates")
    app.config.update(
        SECRET_KEY=SECRET,
        SQLALCHEMY_DATABASE_URI=os.environ["FLOOR_DATABASE_URL"],
        SESSION_COOKIE_NAME="floor",
    )
    db.init_app(app)
    app.add_url_rule("/bare", view_func=bare)
    app.add_url_rule("/page", view_func=page)
    return app


def bare() -> str:
    """Answer."""
    return "ok"


def page() -> str:
    """Load the session's user, make three selects, render."""
    person = db.session.get(Person, session.get("person", 0))
    if person is None:
        abort(403)
    subject = db.session.scalars(select(Subject).where(Subject.code == "S-1")).one()
    parts = db.session.scalars(select(Part).where(Part.subject_id == subject.id).order_by(Part.id)).all()
    read = set(db.session.scalars(select(Read.part_id).where(Read.person_id == person.id)))
    return render_template("floor.html", person=person, subject=subject, parts=parts, read=read)


def fill(app: Flask) -> None:
    """Make the tables and their rows."""
    with app.app_context():
        db.create_all()
        session_ = db.session
        session_.execute(
            Person.__table__.insert(),
            [{"id": n, "name": f"Nguyễn Thị {n}", "language": "vi"} for n in range(1, PEOPLE + 1)],
        )
        session_.add_all(Subject(id=n, code=f"S-{n}", title=f"Chủ đề {n}") for n in range(1, 31))
        session_.flush()
        session_.execute(
            Part.__table__.insert(),
            [
                {"subject_id": 1 + n // PARTS, "title": f"Bài {1 + n % PARTS}", "body": WORDS * 14}
                for n in range(30 * PARTS)
            ],
        )
        session_.execute(
            Read.__table__.insert(),
            [
                {"person_id": person, "part_id": part}
                for person in range(1, PEOPLE + 1)
                for part in range(1, PARTS + 1, 2)
            ],
        )
        session_.commit()
        session_.remove()
        db.engine.dispose()
