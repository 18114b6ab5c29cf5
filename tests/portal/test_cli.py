"""The command line says in one line what it refuses, on stderr, and leaves with a code that a script can see."""

import shutil
from functools import partial
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses import loader
from courses.models import Course, Version
from portal import demo
from portal.app import create_app
from portal.config import Settings
from portal.core.accounts.models import User
from portal.core.db import db
from tests.factories import World, person

SECRET = "con-duong-lang-hoa-gao"


def add(app: Flask, *arguments: str) -> Result:
    """Run `user add` with a password on standard input."""
    given = ["user", "add", "--password-stdin", *arguments]
    return app.test_cli_runner().invoke(args=given, input=SECRET + "\n")


def people(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(User)) or 0


def test_a_person_is_added(app: Flask, session: Session, world: World) -> None:
    result = add(app, "--name", "H’Ŏng Niê", "--username", "hong", "--phone", "0912 345 678")

    assert (result.exit_code, result.stderr) == (0, "")
    assert session.scalar(select(User.phone).where(User.username == "hong")) == "0912345678"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--username", "ANA"], "ana signs somebody else in already"),
        (["--code", "gv-1"], "GV-1 signs somebody else in already"),
        (
            ["--username", "moi", "--phone", "0912345678"],
            "--phone 0912345678 is in use already, by 1; give --shared-phone",
        ),
        (
            ["--username", "moi", "--unit", "nope", "--audience", "teacher"],
            "no unit or area with the code 'nope'",
        ),
    ],
)
def test_what_is_taken_is_said_in_one_line(
    app: Flask, session: Session, world: World, arguments: list[str], says: str
) -> None:
    known = person(session, "Mai Thị Sen", phone="0912345678")
    known.staff_code = "GV-1"
    session.commit()
    before = people(session)

    result = add(app, "--name", "Mai Thị Sen", *arguments)

    assert result.exit_code == 1
    assert says in result.stderr
    assert result.stderr.strip().count("\n") == 0
    assert people(session) == before


def test_a_family_shares_a_number_up_to_ten(app: Flask, session: Session, world: World) -> None:
    for _ in range(9):
        person(session, "Mai Thị Sen", phone="0912345678")
    session.commit()

    tenth = add(app, "--name", "Mai Văn Út", "--phone", "0912345678", "--username", "ut", "--shared-phone")
    eleventh = add(app, "--name", "Mai Văn Em", "--phone", "0912345678", "--username", "em", "--shared-phone")

    assert (tenth.exit_code, eleventh.exit_code) == (0, 1)
    assert "in use already, by 10; at most 10 people may share one" in eleventh.stderr


def test_a_name_that_no_certificate_can_print_is_refused(app: Flask, session: Session, world: World) -> None:
    result = add(app, "--name", "Lý 李 An", "--username", "ly")

    assert result.exit_code == 1
    assert "李 cannot be" in result.stderr


@pytest.fixture
def two_courses(tmp_path: Path) -> Path:
    """Return a folder with a new sound version of CM-01 and a faulty one of GD-01, of which two are published."""
    content = tmp_path / "content"
    for code, number in (("CM-01", 4), ("GD-01", 4)):
        folder = content / code / str(number)
        shutil.copytree(loader.CONTENT / code / "1", folder)
        manifest = folder / "course.toml"
        text = manifest.read_text(encoding="utf-8").replace("\nversion = 1\n", f"\nversion = {number}\n")
        manifest.write_text(text, encoding="utf-8")
    faulty = content / "GD-01" / "4" / "course.toml"
    faulty.write_text(faulty.read_text(encoding="utf-8").replace("\nversion = 4\n", "\n"), encoding="utf-8")
    return content


def test_loading_names_what_it_refused_and_loads_the_rest(
    app: Flask, session: Session, world: World, two_courses: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "load_all", partial(loader.load_all, content=two_courses))

    result = app.test_cli_runner().invoke(args=["content", "load"])

    assert result.exit_code == 3
    assert "CM-01/4: published" in result.stdout
    assert "GD-01/4: not published, 1 fault (flask content check names them)" in result.stderr
    newest = select(Course.code, func.max(Version.number)).join(Version).group_by(Course.code)
    found = dict(session.execute(newest).all())
    assert (found["CM-01"], found["GD-01"]) == (4, 3)


def test_loading_what_is_sound_leaves_with_nought(app: Flask, session: Session, world: World) -> None:
    result = app.test_cli_runner().invoke(args=["content", "load"])

    assert (result.exit_code, result.output) == (0, "")


def test_setting_up_does_everything_else_and_says_what_was_refused(
    tmp_path: Path, two_courses: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "load_all", partial(loader.load_all, content=two_courses))
    filled: list[bool] = []
    monkeypatch.setattr(demo, "load", lambda _today, report: filled.append(True))
    app = create_app(Settings(environment="test", secret_key="x" * 40, data_dir=tmp_path))
    with app.app_context():
        result = app.test_cli_runner().invoke(args=["setup"])
        courses = db.session.scalars(select(Course.code)).all()
        db.session.remove()
        db.engine.dispose()

    assert result.exit_code == 3
    assert "GD-01/4: not published" in result.stderr
    assert courses == ["CM-01"]
    assert filled == [True]


@pytest.mark.parametrize(
    "address",
    ["sqlite:///{folder}/none.db", "sqlite:///{folder}/no/such/folder.db", "postgresql://127.0.0.1:1/none"],
)
def test_a_database_that_is_not_there_is_said_in_one_line(address: str, tmp_path: Path) -> None:
    app = create_app(
        Settings(
            environment="test",
            secret_key="x" * 40,
            data_dir=tmp_path,
            database_url=address.format(folder=tmp_path),
        )
    )

    with app.app_context():
        result = add(app, "--name", "Lê Thị Mới", "--username", "moi")
        db.engine.dispose()

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: the database cannot be used (")
    assert result.stderr.endswith("flask --app wsgi db upgrade\n")
    assert result.stderr.count("\n") == 1
