"""The road from the first click to the certificate: each fact once, on the version she began, and no GET writes."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses import loader, services
from courses.certificates.models import Certificate, CertificateFile
from courses.errors import AlreadyCompleted, LessonsFirst, NotForYou
from courses.faults import FaultyCourse
from courses.models import Completion, Course, Enrolment, Lesson, LessonDone, LessonText, QuizAttempt, Version
from courses.queries import listing, versions
from portal.core.audit.models import Entry
from portal.core.db import Base, unit_of_work
from portal.core.policy import Actor
from quizzes.errors import AlreadySubmitted
from quizzes.models import Attempt
from tests.factories import NOW, World
from tests.security.support import answer_all, begin_quiz, certify, enrol, issuer, read_all

SignIn = Callable[[int], FlaskClient]


def rows(session: Session, model: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def course(session: Session, code: str) -> Course:
    return session.scalars(select(Course).where(Course.code == code)).one()


def new_version(tmp_path: Path, number: int = 4, share: str = "0.5") -> Path:
    """Write the next version of CM-01, which has the lessons of the first and asks for half of them."""
    folder = tmp_path / "CM-01" / str(number)
    shutil.copytree(loader.CONTENT / "CM-01" / "1", folder)
    manifest = folder / "course.toml"
    text = manifest.read_text(encoding="utf-8")
    text = text.replace("\nversion = 1\n", f"\nversion = {number}\n")
    manifest.write_text(text.replace('share = "0.75"', f'share = "{share}"'), encoding="utf-8")
    return folder


def test_beginning_twice_is_beginning_once(session: Session, world: World) -> None:
    first, second = enrol(session, world.ana), enrol(session, world.ana, now=NOW + timedelta(days=1))

    assert first.id == second.id
    assert second.enrolled_at == NOW
    assert rows(session, Enrolment) == 1


def test_a_course_for_others_cannot_be_begun(session: Session, world: World) -> None:
    with pytest.raises(NotForYou):
        services.enrol(
            session, Actor(world.ana, audiences=frozenset({"teacher"})), course(session, "CA-01"), NOW
        )
    policeman = Actor(world.emil, audiences=frozenset({"investigator"}))
    assert services.enrol(session, policeman, course(session, "CA-01"), NOW).version_id


def test_finishing_a_lesson_twice_is_finishing_it_once(session: Session, world: World) -> None:
    enrolment = enrol(session, world.ana)
    lesson = read_all(session, enrolment, but=18)[0]

    services.finish_lesson(session, issuer(), enrolment, lesson, NOW)
    services.finish_lesson(session, issuer(), enrolment, lesson, NOW + timedelta(hours=1))

    assert [one.done_at for one in session.scalars(select(LessonDone))] == [NOW]
    assert rows(session, Completion) == 0


def test_the_quiz_that_decides_opens_after_the_lessons(session: Session, world: World) -> None:
    enrolment = enrol(session, world.ana, "GD-01")
    left = read_all(session, enrolment, but=1)

    with pytest.raises(LessonsFirst) as refused:
        services.start_quiz(session, enrolment, "final", 7, NOW)
    assert refused.value.values == {"left": 1}
    assert rows(session, Attempt) == 0
    assert services.finish_lesson(session, issuer(), enrolment, left[0], NOW) is None  # the quiz is missing
    assert services.start_quiz(session, enrolment, "final", 7, NOW).taker_id == world.ana


def test_a_self_check_is_open_from_the_start_and_decides_nothing(session: Session, world: World) -> None:
    enrolment = enrol(session, world.fay)
    attempt = services.start_quiz(session, enrolment, "tu-kiem-tra-0-5", 7, NOW)

    answer_all(session, attempt)

    assert services.submit_quiz(session, issuer(), attempt, NOW) is None
    assert rows(session, Completion) == 0


def test_the_passed_quiz_completes_and_certifies_in_one_work(session: Session, world: World) -> None:
    """Ana began GD-01 on its first version, which asks for no practice, and finishes on it."""
    enrolment = enrol(session, world.ana, "GD-01")
    enrolment.version_id = session.scalars(
        select(Version.id).where(Version.course_id == enrolment.course_id, Version.number == 1)
    ).one()
    attempt = begin_quiz(session, world.ana, "GD-01")
    answer_all(session, attempt)

    certificate = services.submit_quiz(session, issuer(), attempt, NOW)

    assert certificate is not None
    assert certificate.kind == "completion"
    completion = session.scalars(select(Completion)).one()
    assert (completion.user_id, completion.unit_id, completion.audience) == (
        world.ana,
        world.school,
        "teacher",
    )
    assert completion.completed_at == NOW
    assert completion.completed_on.isoformat() == "2026-11-24"
    assert completion.facts["version"] == 1
    assert completion.facts["shares"] == {"final": "1"}
    assert rows(session, CertificateFile) == 1
    codes = session.scalars(select(Entry.code).order_by(Entry.id.desc()).limit(2)).all()
    assert sorted(codes) == ["certificate.issue", "course.complete"]
    with pytest.raises(AlreadySubmitted):
        services.submit_quiz(session, issuer(), attempt, NOW)
    enrolment = session.scalars(select(Enrolment)).one()
    with pytest.raises(AlreadyCompleted):
        services.start_quiz(session, enrolment, "final", 8, NOW)
    assert rows(session, Certificate) == rows(session, Completion) == 1


def test_a_failed_quiz_completes_nothing(session: Session, world: World) -> None:
    attempt = begin_quiz(session, world.ana, "GD-01")

    assert services.submit_quiz(session, issuer(), attempt, NOW) is None
    assert (rows(session, Completion), rows(session, Certificate)) == (0, 0)


def test_no_completion_stands_without_its_certificate(
    session: Session, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What breaks while the paper is drawn takes the completion back with it; the next click makes both."""
    from courses.certificates import services as certificates

    def torn(*_given: object, **_named: object) -> None:
        raise OSError("no room left for the paper")

    with unit_of_work() as work:
        enrolment_id = enrol(work, world.ana).id
        left = read_all(work, work.get_one(Enrolment, enrolment_id), but=10)[0].id  # six, and two of a track
    with monkeypatch.context() as torn_here:
        torn_here.setattr(certificates, "issue", torn)
        with pytest.raises(OSError, match="no room"), unit_of_work() as work:
            services.finish_lesson(
                work, issuer(), work.get_one(Enrolment, enrolment_id), work.get_one(Lesson, left), NOW
            )
    assert (rows(session, Completion), rows(session, Certificate)) == (0, 0)

    with unit_of_work() as work:
        made = services.finish_lesson(
            work, issuer(), work.get_one(Enrolment, enrolment_id), work.get_one(Lesson, left), NOW
        )
    assert made is not None
    assert (rows(session, Completion), rows(session, Certificate)) == (1, 1)


def test_she_stays_on_the_version_she_began(
    session: Session, world: World, tmp_path: Path, sign_in: SignIn
) -> None:
    with unit_of_work() as work:
        mine = enrol(work, world.ana)
        read_all(work, mine, but=12)  # the six that everybody reads, and nothing of a track
        mine_id = mine.id
        assert loader.load(work, new_version(tmp_path), NOW) == "CM-01/4: published"
        theirs = enrol(work, world.carla)
        read_all(work, theirs, but=6)  # six of twelve: half, which version 4 is content with
        mine = work.get_one(Enrolment, mine_id)
        numbers = [work.get_one(Version, one.version_id).number for one in (mine, theirs)]
        assert services.complete_if_met(work, issuer(), mine, NOW) is None
        hers = services.complete_if_met(work, issuer(), theirs, NOW)
        assert hers is not None
        assert hers.version_number == 4

    assert numbers == [3, 4]
    assert versions.current_version(session, course(session, "CM-01")).number == 4
    assert sign_in(world.ana).get("/courses/CM-01/lessons/ba-do-tuoi/").status_code == 200
    lessons_of = {
        who: {card.code: card.lessons for card in listing.catalogue(session, Actor(who))}["CM-01"]
        for who in (world.ana, world.carla, None)
    }
    assert lessons_of == {world.ana: 10, world.carla: 12, None: 12}, "her own version, else the newest"
    with unit_of_work() as work:  # and finishing on it still certifies version 3
        mine = work.get_one(Enrolment, mine_id)
        done = set(work.scalars(select(LessonDone.lesson_id).where(LessonDone.enrolment_id == mine_id)))
        lessons = work.scalars(select(Lesson).where(Lesson.version_id == mine.version_id)).all()
        left = [lesson for lesson in lessons if lesson.id not in done][:3]
        made = [services.finish_lesson(work, issuer(), mine, lesson, NOW) for lesson in left]
    assert made[:2] == [None, None]
    assert made[2] is not None  # three of the four lessons of the first track
    assert made[2].version_number == 3


def counted(session: Session) -> dict[str, int]:
    """Return the number of rows of every table."""
    return {
        table.name: session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
    }


def test_loading_twice_changes_nothing(session: Session, world: World) -> None:
    before = counted(session)

    with unit_of_work() as work:
        assert loader.load_all(work, NOW) == loader.Loaded()

    assert counted(session) == before


def test_a_published_folder_that_was_changed_is_refused(
    session: Session, world: World, tmp_path: Path
) -> None:
    folder = new_version(tmp_path)
    loader.load(session, folder, NOW)
    texts = select(func.count()).select_from(LessonText)
    before = session.scalar(texts)
    lesson = next((folder / "vi").glob("010-*.md"))
    lesson.write_text(lesson.read_text(encoding="utf-8") + "\nMột câu thêm vào.\n", encoding="utf-8")

    with pytest.raises(FaultyCourse) as refused:
        loader.load(session, folder, NOW)

    assert "is published and its files were changed" in refused.value.faults[0].message
    assert session.scalar(texts) == before


def test_an_older_version_published_late_does_not_become_current(
    session: Session, world: World, tmp_path: Path
) -> None:
    loader.load(session, new_version(tmp_path, 5), NOW)
    loader.load(session, new_version(tmp_path, 4), NOW)

    assert versions.current_version(session, course(session, "CM-01")).number == 5


GETS = """
/ /help /healthz /readyz /login /register /courses/ /courses/?q=con&audience=parent /courses/CM-01/ /courses/GD-01/
/courses/CM-01/lessons/ba-do-tuoi/ /courses/CM-01/lessons/noi-chuyen-voi-con-tuoi-lon/job-aid/1/ /courses/CM-01/quiz/
/courses/CM-01/1/media/muoi-phut.svg /certificates/ /account /verify/ /verify/?serial={serial} /verify/{serial}
/certificates/{serial}.pdf /attempts/{attempt}/ /manage/ /manage/?by=place&course=CM-01 /manage/board.csv
/manage/board.xlsx /manage/people /manage/people?state=completed&q=anh /manage/people.csv /manage/people.xlsx
/admin/roles /nope /?lang=en
""".split()


def test_no_page_that_is_read_writes_but_that_it_was_read(
    sign_in: SignIn, client: FlaskClient, session: Session, world: World
) -> None:
    with unit_of_work() as work:
        serial = certify(work, world.ana).serial
        attempts = {
            world.ana: begin_quiz(work, world.ana).id,
            world.bruno: begin_quiz(work, world.bruno).id,
        }
    browsers = {user_id: sign_in(user_id) for user_id in attempts}
    before = counted(session)

    recorded = 0
    for address in GETS:
        for user_id, browser in [*browsers.items(), (0, client)]:
            where = address.format(serial=serial, attempt=attempts.get(user_id, "x"))
            for options in ({}, {"headers": {"If-None-Match": '"x"', "Purpose": "prefetch"}}):
                with browser.get(where, **options) as answer:
                    assert answer.status_code < 500, where
                    looks_at_people = where.startswith(("/manage/people", "/manage/board."))
                    opens_anas_paper = where.endswith(".pdf") and user_id == world.bruno
                    recorded += (looks_at_people or opens_anas_paper) and answer.status_code == 200

    after = counted(session)
    assert after["audit_entry"] - before["audit_entry"] == recorded > 0
    assert after["list_view"] - before["list_view"] == 8, "four lists, each asked for twice by the head"
    looks = dict.fromkeys(("audit_entry", "list_view", "list_view_person"), 0)
    assert after | looks == before | looks


def test_an_old_open_attempt_is_shown_and_not_closed_by_looking(
    sign_in: SignIn, session: Session, world: World
) -> None:
    with unit_of_work() as work:
        attempt_id = begin_quiz(work, world.ana, now=NOW - timedelta(days=20)).id

    assert sign_in(world.ana).get(f"/attempts/{attempt_id}/").status_code == 200
    assert session.get_one(Attempt, attempt_id, populate_existing=True).submitted_at is None
    assert rows(session, QuizAttempt) == 1


def test_the_whole_way_in_a_browser(sign_in: SignIn, session: Session, world: World) -> None:
    """Begin, read six lessons and three of a track by their buttons, and hold the paper."""
    browser = sign_in(world.fay)
    begun = browser.post("/courses/CM-01/enrol")
    assert begun.location == "/courses/CM-01/before-after/"  # asked, and she goes on without answering

    address = "/courses/CM-01/lessons/ba-do-tuoi/"
    for _lesson in range(6):
        assert browser.get(address).status_code == 200
        address = browser.post(address + "done").location
    assert address == "/courses/CM-01/#tracks"
    address = "/courses/CM-01/lessons/con-dang-lon/"
    for _lesson in range(3):
        assert browser.get(address).status_code == 200
        address = browser.post(address + "done").location

    assert address == "/certificates/"
    certificate = session.scalars(select(Certificate)).one()
    assert certificate.serial in browser.get("/certificates/").text
    assert browser.get(f"/certificates/{certificate.serial}.pdf").data.startswith(b"%PDF-")
    assert browser.post("/courses/CM-01/lessons/ba-do-tuoi/done").status_code == 303
    assert rows(session, Certificate) == rows(session, Completion) == 1
