"""The road of a parent through the pages: invited, answering before, learning, answering after, both results; no script."""

import re
from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.before_after.models import PairedScore
from courses.models import Completion, Course, Lesson, LessonDone, QuizAttempt, Version
from portal.core.db import unit_of_work
from quizzes.models import Attempt
from quizzes.paper import Paper
from tests.courses.before_after.support import wrong_fields
from tests.factories import NOW, World
from tests.security.support import enrol, read_all, right_fields

SignIn = Callable[[int], FlaskClient]
PAGE = "/courses/CM-01/before-after/"
EXPLAINED = "Tháng 8/2025, WHO xem lại nhiều nghiên cứu"


def text_of(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.get_data(as_text=True)


def posted(session: Session, attempt_id: str, right: int) -> dict[str, str]:
    """Return what a page without script posts: the first `right` questions are right, the others wrong."""
    paper = Paper.read(session.get_one(Attempt, attempt_id).paper)
    fields = {"then": "submit", "seq": str(int(NOW.timestamp() * 1000))}
    for number, item in enumerate(paper.items):
        chosen = right_fields(item) if number < right else wrong_fields(item)
        fields[f"q-{item.ref}"] = chosen[""][0]
    return fields


def begin(client: FlaskClient) -> str:
    """Press the button; return the id of the attempt that opens."""
    answer = client.post(PAGE)
    assert answer.status_code == 303
    found = re.fullmatch(r"/attempts/([\w-]+)/", answer.location)
    assert found is not None, answer.location
    return found.group(1)


def test_a_parent_answers_before_learns_and_answers_after(
    sign_in: SignIn, session: Session, world: World
) -> None:
    fay = sign_in(world.fay)
    assert fay.get(PAGE).location == "/courses/CM-01/"  # who has not begun is not asked

    assert fay.post("/courses/CM-01/enrol").location == PAGE
    invitation = text_of(fay, PAGE)
    assert "Trước khi học: 2\u00a0phút trả lời 8 câu" in invitation
    assert "không chấm đỗ hay trượt" in invitation
    assert "giúp tỉnh biết khóa học có ích hay không" in invitation
    assert "chỉ được cộng chung với mọi người" in invitation
    assert 'href="/courses/CM-01/lessons/ba-do-tuoi/">Bỏ qua, học luôn</a>' in invitation
    assert f'href="{PAGE}"' in text_of(fay, "/courses/CM-01/")

    first = begin(fay)
    paper = text_of(fay, f"/attempts/{first}/")
    assert "Tám câu hỏi trước và sau khi học" in paper
    scale = [paper.index(one) for one in ("Đồng ý</", "Chưa chắc</", "Không đồng ý</")]
    assert scale == sorted(scale)  # a scale stands as it was written
    assert fay.post(f"/attempts/{first}/submit", data=posted(session, first, 3)).status_code == 303
    assert fay.get(f"/attempts/{first}/").location == PAGE
    thanks = text_of(fay, PAGE)
    assert "Đáp án chưa được cho biết" in thanks
    assert EXPLAINED not in thanks
    assert "3 trên 8" not in thanks
    assert fay.post(PAGE).location == PAGE  # once

    with unit_of_work() as work:
        lessons = work.scalars(
            select(Lesson.slug)
            .join(Version, Version.id == Lesson.version_id)
            .join(Course, Course.id == Version.course_id)
            .where(Course.code == "CM-01", Version.number == 3)
            .order_by(Lesson.position)
        ).all()
    last = None
    for slug in lessons[:10]:  # what everybody reads, and the first track
        last = fay.post(f"/courses/CM-01/lessons/{slug}/done").location
        if last == PAGE:
            break
    assert last == PAGE  # completed: the confirmation is there, and she is invited once more
    assert session.scalars(select(Completion.user_id)).all() == [world.fay]
    again = text_of(fay, PAGE)
    assert "Sau khi học: 2\u00a0phút trả lời lại 8 câu" in again
    assert "Sau khi học: 2\u00a0phút" in text_of(fay, "/courses/CM-01/")

    second = begin(fay)
    assert fay.post(f"/attempts/{second}/submit", data=posted(session, second, 7)).status_code == 303
    result = text_of(fay, PAGE)
    assert "3 trên 8" in result
    assert "7 trên 8" in result
    assert EXPLAINED in result
    assert "có thêm câu trả lời đúng như bài học" in result
    assert fay.get(f"/attempts/{first}/").location == PAGE
    assert fay.get(f"/attempts/{second}/").location == PAGE
    assert "Kết quả trả lời trước và sau khi học của anh/chị" in text_of(fay, "/courses/CM-01/")
    english = text_of(fay, PAGE + "?lang=en")
    assert "7 of 8" in english
    score = session.scalars(select(PairedScore)).one()
    assert (score.before_points, score.after_points, score.possible) == (3, 7, 8)


def test_the_invitation_may_be_skipped(sign_in: SignIn, session: Session, world: World) -> None:
    fay = sign_in(world.fay)
    fay.post("/courses/CM-01/enrol")
    fay.post("/courses/CM-01/lessons/ba-do-tuoi/done")

    assert "Anh/chị đã bắt đầu học rồi" in text_of(fay, PAGE)
    assert PAGE not in text_of(fay, "/courses/CM-01/")
    assert fay.post(PAGE).location == PAGE
    assert session.scalars(select(QuizAttempt)).all() == []


def test_a_paper_left_open_while_a_lesson_was_read_is_refused_kindly(
    sign_in: SignIn, session: Session, world: World
) -> None:
    fay = sign_in(world.fay)
    fay.post("/courses/CM-01/enrol")
    attempt_id = begin(fay)
    fay.post("/courses/CM-01/lessons/ba-do-tuoi/done")

    assert fay.get(f"/attempts/{attempt_id}/").location == PAGE
    late = fay.post(f"/attempts/{attempt_id}/submit", data=posted(session, attempt_id, 8))
    assert late.status_code == 409
    assert "không còn là câu trả lời trước khi học" in late.get_data(as_text=True)
    session.expire_all()
    assert session.get_one(Attempt, attempt_id).submitted_at is None
    assert session.scalar(select(LessonDone.lesson_id)) is not None


def test_whoever_began_version_2_is_not_asked(sign_in: SignIn, session: Session, world: World) -> None:
    with unit_of_work() as work:
        enrolment = enrol(work, world.fay)
        enrolment.version_id = work.scalars(
            select(Version.id).where(Version.course_id == enrolment.course_id, Version.number == 2)
        ).one()
    fay = sign_in(world.fay)

    assert PAGE not in text_of(fay, "/courses/CM-01/")
    assert fay.get(PAGE).status_code == 404
    assert fay.post(PAGE).status_code == 404


def test_another_persons_answers_are_nobodys(sign_in: SignIn, session: Session, world: World) -> None:
    fay = sign_in(world.fay)
    fay.post("/courses/CM-01/enrol")
    attempt_id = begin(fay)
    fay.post(f"/attempts/{attempt_id}/submit", data=posted(session, attempt_id, 4))

    for other in (world.ana, world.bruno, world.dora, world.admin):
        assert sign_in(other).get(f"/attempts/{attempt_id}/").status_code == 404


def test_whoever_completed_without_answering_before_is_not_asked_after(
    sign_in: SignIn, session: Session, world: World
) -> None:
    with unit_of_work() as work:
        lesson = read_all(work, enrol(work, world.fay), but=1)[0]
        slug = lesson.slug

    done = sign_in(world.fay).post(f"/courses/CM-01/lessons/{slug}/done")

    assert done.location == "/certificates/"


def test_an_author_sees_the_questions_and_tries_them(sign_in: SignIn, session: Session, world: World) -> None:
    author = sign_in(world.author)

    assert "/author/courses/CM-01/3/quiz/_before/" in text_of(
        author, "/author/courses/?q=truoc va sau khi hoc"
    )
    keys = text_of(author, "/author/courses/CM-01/3/quiz/_before/")
    assert "Muốn con nên người thì phải có lúc đánh" in keys
    assert "Muốn con nên người" in text_of(author, "/author/courses/CM-01/3/quiz/_before/paper")
