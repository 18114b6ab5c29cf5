"""NT-01 asks staff for more than parents: the checklist, the quiz, the completion and the certificate of each."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses import services
from courses.certificates.models import Certificate
from courses.completion import StepKind
from courses.group_lessons import queries as group_queries
from courses.group_lessons import services as group_lessons
from courses.group_lessons.services import Evening
from courses.models import Completion, Enrolment
from courses.queries import listing, own_courses, standing, terms, versions
from portal.core import clock
from portal.core.accounts.models import Audience, Posting
from portal.core.db import unit_of_work
from portal.core.errors import NotFound
from portal.core.organisation.models import Unit
from portal.core.policy import Actor
from tests.factories import NOW, TODAY, World, person
from tests.security.support import answer_all, enrol, issuer, read_all

SignIn = Callable[[int], FlaskClient]
LAST = "nguoi-bao-tin"


def begin(session: Session, user_id: int) -> Enrolment:
    return enrol(session, user_id, "NT-01")


def read(session: Session, enrolment: Enrolment) -> Certificate | None:
    """Finish every lesson; return what the last one brought."""
    left = read_all(session, enrolment, but=1)
    assert [one.slug for one in left] == [LAST]
    return services.finish_lesson(session, issuer(), enrolment, left[0], NOW)


def pass_final(session: Session, enrolment: Enrolment) -> Certificate | None:
    attempt = services.start_quiz(session, enrolment, "final", 7, NOW)
    answer_all(session, attempt)
    return services.submit_quiz(session, issuer(), attempt, NOW)


def asked(session: Session, enrolment: Enrolment, day: date = TODAY) -> list[str]:
    """Return the rules on her checklist."""
    status = standing.status(session, enrolment, versions.version_learned(session, enrolment), day)
    return [one.rule for one in status.progress.conditions]


def mine(session: Session, user_id: int) -> own_courses.MyCourse:
    found = own_courses.my_courses(session, Actor(user_id), clock.local_date(NOW))
    return next(one for one in found if one.code == "NT-01")


def post(
    session: Session, user_id: int, unit_id: int, audience: Audience, began: date, ended: date | None = None
) -> None:
    session.add(
        Posting(user_id=user_id, unit_id=unit_id, audience=audience, valid_from=began, valid_to=ended)
    )
    session.flush()


def test_a_parent_who_has_read_everything_is_confirmed(session: Session, world: World) -> None:
    enrolment = begin(session, world.fay)
    assert asked(session, enrolment) == ["lessons_read"]

    made = read(session, enrolment)

    assert made is not None
    assert (made.kind, made.facts["kind"], made.audience) == ("participation", "participation", "parent")
    completion = session.scalars(select(Completion)).one()
    assert completion.facts["rules"] == [{"rule": "lessons_read"}]
    assert mine(session, world.fay).state == "done"


def test_a_teacher_passes_the_final_quiz_too_and_is_certified(session: Session, world: World) -> None:
    enrolment = begin(session, world.ana)
    assert asked(session, enrolment) == ["lessons_read", "quiz_passed"]

    assert read(session, enrolment) is None
    going = mine(session, world.ana)
    made = pass_final(session, enrolment)

    assert (going.next_kind, going.next_ref, going.completed_on) == (StepKind.QUIZ, "final", None)
    assert made is not None
    assert (made.kind, made.facts["kind"], made.audience) == ("completion", "completion", "teacher")
    rules = session.scalars(select(Completion)).one().facts["rules"]
    assert [rule["rule"] for rule in rules] == ["lessons_read", "quiz_passed"]


@pytest.mark.parametrize("began", [date(2023, 1, 1), date(2026, 1, 1)])  # her post at the school: 2024
def test_who_is_both_is_staff_whichever_came_first(session: Session, world: World, began: date) -> None:
    post(session, world.ana, world.community, Audience.PARENT, began)
    enrolment = begin(session, world.ana)

    assert read(session, enrolment) is None
    made = pass_final(session, enrolment)

    assert made is not None
    completion = session.scalars(select(Completion)).one()
    assert (completion.audience, completion.unit_id) == ("teacher", world.school)
    assert (made.kind, made.audience, made.unit_id) == ("completion", "teacher", world.school)


def test_who_is_staff_no_more_is_bound_as_a_parent(session: Session, world: World) -> None:
    somebody = person(session, "Mai Thị Sen").id
    post(session, somebody, world.school, Audience.TEACHER, date(2024, 1, 1), TODAY - timedelta(days=1))
    post(session, somebody, world.community, Audience.PARENT, date(2020, 1, 1))
    enrolment = begin(session, somebody)

    assert asked(session, enrolment, TODAY - timedelta(days=1)) == ["lessons_read", "quiz_passed"]
    assert asked(session, enrolment) == ["lessons_read"]
    made = read(session, enrolment)
    assert made is not None
    assert made.kind == "participation"


def test_what_was_granted_stays_when_she_becomes_a_teacher(
    session: Session, world: World, sign_in: SignIn
) -> None:
    with unit_of_work() as work:
        serial = read(work, begin(work, world.fay))
        assert serial is not None
        post(work, world.fay, world.school, Audience.TEACHER, TODAY)

    enrolment = session.scalars(select(Enrolment)).one()
    page = sign_in(world.fay).get("/courses/NT-01/?lang=en").text

    assert asked(session, enrolment) == ["lessons_read"]
    assert session.scalars(select(Certificate.kind)).all() == ["participation"]
    assert "Final quiz" not in page
    assert "Confirmation of participation" in page


def test_without_a_post_the_rules_for_everybody_bind(session: Session, world: World) -> None:
    made = read(session, begin(session, world.dora))

    assert made is not None
    assert (made.kind, made.audience) == ("participation", None)


def test_a_quiz_asked_of_others_is_not_offered(session: Session, world: World, sign_in: SignIn) -> None:
    with unit_of_work() as work:
        begin(work, world.fay)
        begin(work, world.ana)
    fay, ana = sign_in(world.fay), sign_in(world.ana)

    hers, theirs = fay.get("/courses/NT-01/?lang=en").text, ana.get("/courses/NT-01/?lang=en").text

    assert "Final quiz" not in hers
    assert "Self-check" in hers
    assert "Final quiz" in theirs
    assert "Certificate of completion" in theirs
    assert fay.get("/courses/NT-01/quiz/?ref=final").status_code == 404
    assert fay.post("/courses/NT-01/quiz/?ref=final").status_code == 404
    assert fay.get("/courses/NT-01/quiz/").status_code == 200  # the self-check
    assert ana.get("/courses/NT-01/quiz/?ref=final").status_code == 200
    with pytest.raises(NotFound):
        services.start_quiz(
            session,
            session.scalars(select(Enrolment).where(Enrolment.user_id == world.fay)).one(),
            "final",
            7,
            NOW,
        )


def test_the_catalogue_says_of_whom_each_thing_is_asked(
    session: Session, world: World, client: FlaskClient
) -> None:
    page = client.get("/courses/NT-01/?lang=en").text

    rules = page[page.index('<ul class="rules">') :]
    rules = rules[: rules.index("</ul>")]
    assert "Read all lessons" in rules
    assert "<b>For officials, staff, collaborators and volunteers:</b> Pass the final quiz" in rules
    assert rules.count("<b>For ") == 1
    assert (
        "Confirmation of participation; for officials, staff, collaborators and volunteers: Certificate of completion"
        in page
    )
    (card,) = (one for one in listing.catalogue(session, Actor(None)) if one.code == "NT-01")
    assert card.certificate_kinds == ("participation", "completion")
    assert (
        "Certificate or confirmation, depending on who learns" in client.get("/courses/?q=111&lang=en").text
    )
    assert "<b>For " not in client.get("/courses/GD-01/?lang=en").text


def test_a_group_lesson_completes_it_for_parents_and_not_for_staff(session: Session, world: World) -> None:
    post(session, world.ana, world.community, Audience.PARENT, date(2026, 1, 1))
    for one in (world.fay, world.ana):
        read_all(session, begin(session, one), but=1)
    course, _version, lesson = group_queries.lesson_for(session, "NT-01", LAST)

    noted = group_lessons.note_evening(
        session,
        issuer(),
        course=course,
        lesson=lesson,
        unit=session.get_one(Unit, world.community),
        evening=Evening(
            key="an-evening-of-nt-01",
            place="Nhà văn hóa",
            began_at=NOW - timedelta(hours=1),
            ended_at=NOW,
            present=(world.fay, world.ana),
            others=0,
            hands={},
        ),
        by_id=world.bruno,
        now=NOW,
    )

    assert (noted.lessons, noted.completed) == (2, 1)
    assert session.scalars(select(Completion.user_id)).all() == [world.fay]


def test_the_hall_is_still_asked_the_questions_of_the_self_check(session: Session) -> None:
    _course, _version, lesson = group_queries.lesson_for(session, "NT-01", LAST)

    assert group_queries.questions(session, lesson)


def test_the_kind_of_each_audience() -> None:
    class Some:
        certificate_kind = "participation"
        manifest = {"certificate_for": {"completion": ["teacher"]}}  # noqa: RUF012

    assert terms.certificate_kind(Some, "teacher") == "completion"  # type: ignore[arg-type]
    assert terms.certificate_kind(Some, "parent") == "participation"  # type: ignore[arg-type]
    assert terms.certificate_kind(Some, None) == "participation"  # type: ignore[arg-type]
