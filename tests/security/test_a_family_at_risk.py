"""A family that is accompanied looks like every other family to everybody but the support officer.

Each other role asks for every page, list, export and count before and after a family is marked, and after its mother has
read the longer course to its end: the same bytes and the same number of queries as for a family that never was marked.
"""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from pypdf import PdfReader
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.orm import Session

from courses import services
from courses.certificates.models import Certificate, CertificateFile
from courses.families import paths
from courses.families import services as families
from courses.families.models import Accompaniment, EnrolmentPath
from courses.loader import CONTENT
from courses.models import (
    Completion,
    Course,
    CourseAudience,
    Enrolment,
    Lesson,
    LessonDone,
    LessonText,
    Version,
)
from courses.queries import access, versions
from portal.core.accounts.models import User
from portal.core.audit.models import Entry
from portal.core.db import unit_of_work
from portal.core.households.models import Household
from portal.core.policy import Actor, Role
from portal.core.rights.models import ListReason
from tests.factories import NOW, World, grant, person
from tests.security.support import COLUMNS, enrol, family, issuer, one_of_each_role

SignIn = Callable[[int], FlaskClient]
REASON = "/manage/reason?kind=record&place=record"
MORE = ("cang-thang-trong-nha", "ke-hoach-an-toan")
GIVEAWAYS = ("CM-02", "nguy cơ", "at risk", "accompan", "đồng hành", "record:")


def words_of_courses(session: Session) -> list[str]:
    """Return what the shipped courses say of themselves, the longest first: everybody reads it, of whatever family."""
    found: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, str):
            found.add(str(escape(value)))
        elif isinstance(value, dict):
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    discreet = select(Course.id).where(Course.access == "discreet")
    for manifest in session.scalars(select(Version.manifest).where(Version.course_id.not_in(discreet))):
        walk(manifest)
    return sorted((one for one in found if len(one) > 8), key=len, reverse=True)


def without(body: str, taught: list[str]) -> str:
    """Return a page without the courses' own words."""
    for words in taught:
        body = body.replace(words, "")
    return body


def longer_course(session: Session) -> Version:
    """Publish a discreet course: CM-01's lessons and two more."""
    face = session.scalars(select(Course).where(Course.code == "CM-01")).one()
    shown = versions.current_version(session, face)
    course = Course(code="CM-02", sector=face.sector, access="discreet")
    session.add(course)
    session.flush()
    session.add_all(
        CourseAudience(course_id=course.id, audience=one) for one in access.audiences_of(session, face)
    )
    modules = [
        *shown.manifest["modules"],
        {"ref": "m9", "title": {"vi": "Thêm", "en": "More"}, "lessons": list(MORE)},
    ]
    version = Version(
        course_id=course.id, number=1, digest="x" * 64, title=shown.title,
        manifest={**shown.manifest, "code": "CM-02", "access": "discreet", "stands_for": "CM-01", "modules": modules},
        certificate_kind=shown.certificate_kind, minutes=960, validity_months=shown.validity_months,
        published_at=NOW, current=True,
    )  # fmt: skip
    session.add(version)
    session.flush()
    lessons = session.scalars(
        select(Lesson).where(Lesson.version_id == shown.id).order_by(Lesson.position)
    ).all()
    wanted = [(one.module_ref, one.slug, one.title) for one in lessons]
    wanted += [("m9", slug, {"vi": f"Bài {slug}", "en": f"Lesson {slug}"}) for slug in MORE]
    for position, (module, slug, title) in enumerate(wanted, 1):
        lesson = Lesson(
            version_id=version.id, module_ref=module, position=position, slug=slug, minutes=20, title=title
        )
        session.add(lesson)
        session.flush()
        session.add_all(
            LessonText(
                lesson_id=lesson.id, language=language, html=f"<p>{slug}</p>", action="", content_note=None,
                sources=[], job_aids=[],
            )
            for language in ("vi", "en")
        )  # fmt: skip
    session.flush()
    return version


@pytest.fixture
def people(session: Session, world: World) -> dict[str, int]:
    with unit_of_work() as work:
        found = one_of_each_role(work, world)
        longer_course(work)
        officer = person(work, "Hà Thị Bảo", None)
        grant(work, officer.id, Role.FAMILY_SUPPORT, area_id=world.district)
        found["support"] = officer.id
        family(work, world, found["collaborator"], "Đinh Thị Liễu", 1)
        family(work, world, found["collaborator"], "Đinh Thị Liên", 2)
        for name in ("Đinh Thị Liễu", "Đinh Thị Liên"):
            mother = work.scalars(select(User.id).where(User.full_name == name)).one()
            enrolment = enrol(work, mother)
            lessons = work.scalars(
                select(Lesson.id)
                .where(Lesson.version_id == enrolment.version_id)
                .order_by(Lesson.position)
                .limit(3)
            ).all()
            work.add_all(LessonDone(enrolment_id=enrolment.id, lesson_id=one, done_at=NOW) for one in lessons)
            found[name] = mother
    return found


def household(session: Session, number: int) -> int:
    return session.scalars(select(Household.id).where(Household.number == number)).one()


def mark(session: Session, people: dict[str, int]) -> None:
    with unit_of_work() as work:
        families.begin(work, household(work, 1), by_id=people["support"], now=NOW)


def addresses(session: Session, people: dict[str, int]) -> list[str]:
    serials = session.scalars(select(Certificate.serial).order_by(Certificate.id)).all()
    places = ("area:P", "area:D1", "area:C1", "unit:Q", "unit:A")
    return [
        "/", "/courses/", "/courses/?q=CM", "/courses/CM-01/", "/certificates/", "/account",
        "/manage/households/", "/manage/households/?child=yes", "/manage/households/C1-1",
        "/manage/households/C1-2", "/manage/households/counts.csv", "/manage/register",
        *(f"/manage/?place={place}&by={by}" for place in places for by in ("course", "place", "audience")),
        *(f"/manage/?place={place}&course={code}" for place in places[2:4] for code in ("CM-01", "CM-02")),
        *(f"/manage/board.csv?place={place}&by=course" for place in places),
        *(f"/manage/people?place={place}&course=CM-01&state={state}" for place in places[2:4]
          for state in ("all", "enrolled", "in_progress", "completed", "not_completed")),
        "/manage/people?place=unit:Q", "/manage/people.csv?place=unit:Q&course=CM-01",
        "/manage/people?place=unit:Q&course=CM-02", "/manage/assignments/", "/manage/assignments/new",
        "/manage/assignments/new?preview=1&course=CM-01&place=unit:Q&due_on=2026-12-31",
        "/manage/remind/?place=unit:Q&course=CM-01", "/manage/remind/print?place=unit:Q&course=CM-01",
        "/author/", "/admin/roles", "/manage/support/", "/manage/support/C1-1", "/manage/jobs/",
        "/courses/CM-01/lessons/" + MORE[0] + "/",
        *(f"/verify/{serial}" for serial in serials), *(f"/certificates/{serial}.pdf" for serial in serials),
    ]  # fmt: skip


def asked(client: FlaskClient, path: str) -> tuple[int, str, int]:
    """Return status, body without what changes from page to page anyway, and the number of queries."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(("SELECT", "WITH")):
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        answer = client.get(path)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    body = answer.get_data().decode("utf-8", "replace")
    body = re.sub(r'(name="csrf_token"[^>]*value|csrf-token" content|nonce)="[^"]*"', "", body)
    body = re.sub(r'name="(key|household_key)"[^>]*>', "", body)
    answer.close()
    return answer.status_code, body, len(sent)


def everything(
    session: Session, sign_in: SignIn, client: FlaskClient, people: dict[str, int]
) -> dict[tuple[str, str], tuple[int, str, int]]:
    """Return what every other role gets at every address; each is asked twice, for what a process keeps."""
    found = {}
    for role in (*COLUMNS, "Đinh Thị Liên"):
        browser = client if role == "stranger" else sign_in(people[role])
        for path in addresses(session, people):
            asked(browser, path)
            session.expunge_all()  # tests share a session; a real request finds nothing in its own
            found[role, path] = asked(browser, path)
    return found


def test_marking_a_family_changes_nothing_that_anybody_else_gets(
    session: Session,
    sign_in: SignIn,
    client: FlaskClient,
    people: dict[str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("courses.loader.check_all", list)
    before = everything(session, sign_in, client, people)

    mark(session, people)

    after = everything(session, sign_in, client, people)
    changed = [where for where in before if before[where] != after[where]]
    assert changed == []
    assert any(status == 200 for status, *_ in before.values())
    assert session.scalar(select(func.count()).select_from(EnrolmentPath)) == 1


def test_the_trail_says_that_a_record_was_noted_and_nothing_of_whom(
    session: Session, sign_in: SignIn, people: dict[str, int], world: World
) -> None:
    before = session.scalar(select(func.max(Entry.id))) or 0
    mark(session, people)
    officer = sign_in(people["support"])
    officer.post(REASON, data={"reason": "thăm nhà theo kế hoạch của Đinh Thị Liễu"})
    assert officer.get("/manage/support/C1-1").status_code == 200

    entries = session.scalars(select(Entry).where(Entry.id > before)).all()
    assert [one.code for one in entries] == ["record.note", "record.open"]
    secret = session.scalars(select(Accompaniment.reference)).one()
    assert {one.target for one in entries} == {f"record:{secret}"}
    assert [one.facts for one in entries] == [{}, {}]
    page = sign_in(world.admin).get("/admin/audit").get_data(as_text=True)
    for giveaway in (
        "Đinh Thị Liễu",
        "C1-1",
        "thăm nhà",
        "CM-02",
        "nguy cơ",
        f"household:{household(session, 1)}",
    ):
        assert giveaway not in page
    assert "Đinh Thị Liễu" in session.scalars(select(ListReason.reason)).one()


def complete(session: Session, mother: int) -> Certificate:
    """Let a mother finish whatever is the longest that she is shown."""
    with unit_of_work() as work:
        course = work.scalars(select(Course).where(Course.code == "CM-01")).one()
        enrolment = access.enrolment_of(work, Actor(mother), course)
        assert enrolment is not None
        version = versions.version_learned(work, enrolment)
        for lesson in work.scalars(select(Lesson).where(Lesson.version_id == version.id)).all():
            certificate = services.finish_lesson(work, issuer(), enrolment, lesson, NOW)
            if certificate is not None:
                return certificate
    raise AssertionError("the course is never completed")


def printed(session: Session, certificate: Certificate) -> str:
    import io

    pdf = session.get_one(CertificateFile, certificate.id).pdf
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_the_paper_the_completion_and_every_list_are_those_of_the_other_family(
    session: Session,
    sign_in: SignIn,
    client: FlaskClient,
    people: dict[str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both mothers complete; what one gets to see of the one is what one gets to see of the other."""
    monkeypatch.setattr("courses.loader.check_all", list)
    mark(session, people)
    marked, other = (complete(session, people[name]) for name in ("Đinh Thị Liễu", "Đinh Thị Liên"))

    def without_her(one: Certificate, words: str) -> str:
        for own in (one.serial, one.serial.replace("-", ""), one.full_name):
            words = words.replace(own, "…")
        return words

    assert without_her(marked, printed(session, marked)) == without_her(other, printed(session, other))
    columns = (
        "kind",
        "course_id",
        "version_number",
        "cycle",
        "course_title",
        "expires_on",
        "unit_id",
        "audience",
    )
    assert [getattr(marked, one) for one in columns] == [getattr(other, one) for one in columns]
    facts = {
        one.user_id: (one.course_id, one.facts, one.unit_id) for one in session.scalars(select(Completion))
    }
    assert facts[people["Đinh Thị Liễu"]] == facts[people["Đinh Thị Liên"]]
    trail = [
        (one.code, one.facts)
        for one in session.scalars(select(Entry).where(Entry.actor_id == people["Đinh Thị Liễu"]))
    ]
    assert trail == [
        (one.code, one.facts)
        for one in session.scalars(select(Entry).where(Entry.actor_id == people["Đinh Thị Liên"]))
    ]
    pages = everything(session, sign_in, client, people)
    reviewers = {
        "standing_agency",
        "author",
        "administrator",
    }  # they may read every course, and see it in the catalogue
    taught = words_of_courses(session)
    for (role, path), (_status, body, queries_) in pages.items():
        own = path.startswith("/courses/") and role in reviewers
        if not (path.endswith(".pdf") or path == "/admin/roles" or own):
            said = without(body, taught)
            found = [word for word in GIVEAWAYS if word.lower() in said.lower() and word not in path]
            assert found == [], (role, path)
        if path == "/manage/households/C1-1":
            two = pages[role, "/manage/households/C1-2"]
            same = body.replace("C1-1", "C1-2").replace("Liễu", "Liên").replace("0987000001", "0987000002")
            assert (same, queries_) == (two[1], two[2])


def test_the_mother_reads_the_longer_course_under_the_name_that_everybody_knows(
    session: Session, sign_in: SignIn, people: dict[str, int]
) -> None:
    mark(session, people)
    hers, others = sign_in(people["Đinh Thị Liễu"]), sign_in(people["Đinh Thị Liên"])

    page = hers.get("/courses/CM-01/").get_data(as_text=True)
    lesson = hers.get(f"/courses/CM-01/lessons/{MORE[0]}/")

    assert f"/courses/CM-01/lessons/{MORE[1]}/" in page
    assert page.count("path__step--done") == 3  # what she had read before counts
    assert lesson.status_code == 200
    assert "CM-02" not in page + lesson.get_data(as_text=True) + hers.get("/").get_data(as_text=True)
    assert others.get(f"/courses/CM-01/lessons/{MORE[0]}/").status_code == 404
    assert hers.get("/courses/CM-02/").status_code == others.get("/courses/CM-02/").status_code == 404
    assert hers.post(f"/courses/CM-01/lessons/{MORE[0]}/done").status_code == 303
    assert "CM-02" not in hers.get("/courses/").get_data(as_text=True)


def test_pictures_of_the_longer_course_open_for_its_readers_alone(
    session: Session, sign_in: SignIn, people: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = next((CONTENT / "CM-01" / "1" / "media").glob("*.svg"))
    monkeypatch.setattr("courses.views.learn.media_file", lambda *_: picture)
    mark(session, people)
    path = f"/courses/CM-02/1/media/{picture.name}"

    got = {}
    for name in ("Đinh Thị Liễu", "Đinh Thị Liên", "collaborator"):
        answer = sign_in(people[name]).get(path)
        got[name] = answer.status_code
        answer.close()

    assert got == {"Đinh Thị Liễu": 200, "Đinh Thị Liên": 404, "collaborator": 404}


def test_who_joins_a_family_or_begins_later_is_on_the_path_and_who_leaves_it_is_not(
    session: Session, people: dict[str, int], world: World
) -> None:
    with unit_of_work() as work:
        family(work, world, people["collaborator"], "Đinh Thị Muộn", 3)
        late = work.scalars(select(User.id).where(User.full_name == "Đinh Thị Muộn")).one()
        families.begin(work, household(work, 3), by_id=people["support"], now=NOW)
        assert work.scalar(select(func.count()).select_from(EnrolmentPath)) == 0
        enrolment = enrol(work, late)
        assert work.get(EnrolmentPath, enrolment.id) is not None
        families.end(work, household(work, 3), by_id=people["support"], now=NOW + timedelta(days=1))
        work.expire_all()
        assert work.get(EnrolmentPath, enrolment.id) is None
        paths.follow(work, late, work.get_one(Course, enrolment.course_id))
        assert work.get(EnrolmentPath, enrolment.id) is None


def test_an_officer_of_another_district_finds_nobody(
    session: Session, sign_in: SignIn, people: dict[str, int], world: World
) -> None:
    with unit_of_work() as work:
        far = person(work, "Lý Thị Xa", None)
        grant(work, far.id, Role.FAMILY_SUPPORT, area_id=world.elsewhere)
        far_id = far.id
    mark(session, people)
    officer = sign_in(far_id)
    officer.post(REASON, data={"reason": "xem danh sách hộ trong địa bàn"})

    assert officer.get("/manage/support/C1-1").status_code == 404
    assert officer.post("/manage/support/C1-1/end").status_code == 404
    assert "Đinh" not in officer.get("/manage/support/").get_data(as_text=True)


def test_the_officer_says_why_first_and_no_child_is_named(
    session: Session, sign_in: SignIn, people: dict[str, int]
) -> None:
    officer = sign_in(people["support"])
    for path in ("/manage/support/", "/manage/support/C1-1"):
        answer = officer.get(path)
        assert (answer.status_code, "/manage/reason?kind=record" in answer.location) == (303, True)
    assert officer.post("/manage/support/C1-1/begin").status_code == 303
    assert session.scalar(select(func.count()).select_from(Accompaniment)) == 0
    for reason in ("", "ngắn", "thăm cháu Minh học lớp 4A"):
        assert officer.post(REASON, data={"reason": reason}).status_code == 422
    assert session.scalar(select(func.count()).select_from(ListReason)) == 0

    assert officer.post(REASON, data={"reason": "thăm nhà theo kế hoạch"}).status_code == 303
    assert officer.post("/manage/support/C1-1/begin").status_code == 303
    assert officer.post("/manage/support/C1-1/begin").status_code == 303
    assert "Đinh Thị Liễu" in officer.get("/manage/support/").get_data(as_text=True)
    assert session.scalar(select(func.count()).select_from(Accompaniment)) == 1
    with officer.session_transaction() as cookie:
        assert "thăm nhà" not in str(dict(cookie))


def test_the_officer_is_like_a_learner_everywhere_else(
    session: Session, sign_in: SignIn, people: dict[str, int]
) -> None:
    officer, learner = sign_in(people["support"]), sign_in(people["learner"])
    for path in addresses(session, people):
        if not path.startswith("/manage/support"):
            assert officer.get(path).status_code == learner.get(path).status_code, path


def test_nothing_outside_the_families_package_asks_for_a_path_to_count_or_list(session: Session) -> None:
    """Whoever lists or counts must read `enrolment.version_id`: only what a learner is shown asks for her path."""
    from portal.config import ROOT

    users = {
        str(path.relative_to(ROOT))
        for package in ("portal", "courses", "quizzes")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"EnrolmentPath|enrolment_path|Accompaniment\b", path.read_text(encoding="utf-8"))
        and "migrations" not in path.parts
    }

    assert users <= {
        "courses/queries/access.py", "courses/queries/lesson_page.py", "courses/queries/own_attempts.py",
        "courses/queries/own_courses.py", "courses/queries/versions.py", "courses/families/models.py",
        "courses/families/paths.py", "courses/families/queries.py", "courses/families/services.py",
    }  # fmt: skip
    assert session.execute(text("SELECT count(*) FROM enrolment_path")).scalar_one() == 0
    assert session.scalar(select(func.count()).select_from(Enrolment)) == 0
