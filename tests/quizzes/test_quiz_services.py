"""Writing attempts: one open attempt, answers that are never lost or overtaken, one submission."""

from collections import OrderedDict
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import delete, event, func, select
from sqlalchemy.orm import Session

from portal.core.audit.models import Entry
from portal.core.errors import NotFound
from quizzes import open_papers, queries, services
from quizzes.errors import (
    AlreadySubmitted,
    AnswerUnreadable,
    AttemptAnnulled,
    NewerAnswerStands,
    NoAttemptsLeft,
    ReasonMissing,
    StepAlreadyTaken,
    TimeIsUp,
    TryAgainLater,
)
from quizzes.lifecycle import State
from quizzes.models import Answer, Attempt, BankRelease
from quizzes.paper import Item, Paper
from tests.factories import World
from tests.quizzes.conftest import Start, a_bank, right_fields


def item_of(attempt: Attempt, ref: str) -> Item:
    return next(item for item in Paper.read(attempt.paper).items if item.ref == ref)


class Sitting:
    """Saves and submits for Ana with one line each."""

    def __init__(self, session: Session, attempt: Attempt, taker_id: int, now: datetime) -> None:
        self.session, self.attempt, self.taker_id, self.now = session, attempt, taker_id, now

    def save(
        self, ref: str, fields: dict[str, list[str]], seq: int = 1, after: timedelta = timedelta(0)
    ) -> services.Saved:
        saved = services.save_answer(
            self.session,
            attempt_id=self.attempt.id,
            taker_id=self.taker_id,
            ref=ref,
            fields=fields,
            seq=seq,
            now=self.now + after,
        )
        assert saved is not None
        return saved

    def kept(self, ref: str) -> Any:
        return queries.answer_to(self.session, self.attempt.id, ref)

    def submit(self, after: timedelta = timedelta(0)) -> Attempt:
        return services.submit(
            self.session, attempt_id=self.attempt.id, taker_id=self.taker_id, now=self.now + after
        )


@pytest.fixture
def sitting(session: Session, start: Start, world: World, now: datetime) -> Sitting:
    return Sitting(session, start(), world.ana, now)


def test_start_freezes_paper_and_rules(start: Start, now: datetime) -> None:
    attempt = start(limit_minutes=30)

    assert len(Paper.read(attempt.paper).items) == 8
    assert attempt.rules["limit_minutes"] == 30
    assert attempt.pass_share == Decimal("0.8")
    assert attempt.deadline_at == now + timedelta(minutes=30)


def test_start_again_goes_on_with_the_open_attempt(session: Session, start: Start) -> None:
    first, second = start(), start()

    assert first.id == second.id
    assert session.scalar(select(func.count()).select_from(Attempt).where(Attempt.scope == "thu")) == 1


def test_another_scope_and_another_person_have_their_own(start: Start, world: World) -> None:
    assert len({start().id, start(scope="khac").id, start(taker_id=world.carla).id}) == 3


def test_start_hands_in_an_attempt_whose_time_is_over(
    session: Session, start: Start, world: World, now: datetime
) -> None:
    first = start(limit_minutes=10)
    Sitting(session, first, world.ana, now).save("q3", {"": ["false"]})

    second = start(at=now + timedelta(minutes=12), limit_minutes=10)

    session.refresh(first)
    assert second.id != first.id
    assert first.submitted_at == now + timedelta(minutes=10)  # at its deadline
    assert first.share == Decimal("0.125")  # one of eight


def test_start_refuses_past_the_limit(start: Start, sitting: Sitting) -> None:
    sitting.submit()

    with pytest.raises(NoAttemptsLeft) as refused:
        start(attempts=1)

    assert refused.value.values == {"limit": 1}


def test_start_refuses_until_the_wait_is_over(
    session: Session, start: Start, world: World, now: datetime
) -> None:
    for _ in range(2):
        Sitting(session, start(), world.ana, now).submit()

    with pytest.raises(TryAgainLater) as refused:
        start(at=now + timedelta(hours=23))

    assert refused.value.values == {"until": now + timedelta(hours=24)}
    assert start(at=now + timedelta(hours=24)).submitted_at is None


def test_an_annulled_attempt_leaves_room_for_another(
    session: Session, start: Start, world: World, now: datetime
) -> None:
    first = start(attempts=1)
    services.annul(session, attempt=first, by_id=world.admin, reason="  Mất điện cả xã  ", now=now)

    second = start(attempts=1)

    assert second.id != first.id


def test_answers_are_kept(sitting: Sitting) -> None:
    for ref in (f"q{number}" for number in range(1, 9)):
        fields = right_fields(item_of(sitting.attempt, ref))

        saved = sitting.save(ref, fields)

        assert saved.saved_at == sitting.now
        assert sitting.kept(ref) == saved.answer


def test_saving_twice_changes_nothing(session: Session, sitting: Sitting) -> None:
    sitting.save("q3", {"": ["true"]}, seq=5)
    sitting.save("q3", {"": ["true"]}, seq=5)

    assert sitting.kept("q3") is True
    assert (
        session.scalar(
            select(func.count()).select_from(Answer).where(Answer.attempt_id == sitting.attempt.id)
        )
        == 1
    )


def test_an_older_answer_never_overwrites_a_newer(sitting: Sitting) -> None:
    sitting.save("q3", {"": ["true"]}, seq=9)

    with pytest.raises(NewerAnswerStands):
        sitting.save("q3", {"": ["false"]}, seq=8, after=timedelta(minutes=1))

    assert sitting.kept("q3") is True
    assert queries.answers(sitting.session, sitting.attempt.id)["q3"].saved_at == sitting.now


def test_a_late_answer_that_says_the_same_is_no_refusal(sitting: Sitting) -> None:
    sitting.save("q3", {"": ["true"]}, seq=9)

    assert sitting.save("q3", {"": ["true"]}, seq=8).answer is True


def test_an_answer_can_be_taken_back(sitting: Sitting) -> None:
    sitting.save("q2", {"": ["a"]}, seq=1)
    sitting.save("q2", {}, seq=2)

    assert sitting.kept("q2") is None


@pytest.mark.parametrize(
    ("ref", "fields"),
    [
        ("q1", {"": ["z"]}),
        ("q1", {"a": ["a"]}),
        ("q2", {"": ["a", "a"]}),
        ("q3", {"": ["maybe"]}),
        ("q4", {"a": ["zz"]}),
        ("q5", {"a": ["5"]}),
        ("q6", {"": ["hai mươi"]}),
        ("q7", {"": ["x\x00y"]}),
        ("q8", {"": ["s2.a"]}),
    ],
)
def test_what_is_no_answer_is_refused(sitting: Sitting, ref: str, fields: dict[str, list[str]]) -> None:
    with pytest.raises(AnswerUnreadable):
        sitting.save(ref, fields)

    assert sitting.kept(ref) is None


@pytest.mark.parametrize("ref", ["q9", "", "Q1", "q1' OR 1", "x" * 50, "items", "}"])
def test_an_unknown_item_is_nothing(session: Session, sitting: Sitting, ref: str) -> None:
    found = services.save_answer(
        session,
        attempt_id=sitting.attempt.id,
        taker_id=sitting.taker_id,
        ref=ref,
        fields={},
        seq=1,
        now=sitting.now,
    )

    assert found is None


def test_another_persons_attempt_is_nothing(session: Session, sitting: Sitting, world: World) -> None:
    found = services.save_answer(
        session,
        attempt_id=sitting.attempt.id,
        taker_id=world.carla,
        ref="q3",
        fields={"": ["true"]},
        seq=1,
        now=sitting.now,
    )

    assert found is None
    with pytest.raises(NotFound):
        services.submit(session, attempt_id=sitting.attempt.id, taker_id=world.carla, now=sitting.now)
    with pytest.raises(NotFound):
        queries.attempt_for(session, sitting.attempt.id, world.carla)


def test_no_answer_after_submission(sitting: Sitting) -> None:
    sitting.submit()

    with pytest.raises(AlreadySubmitted):
        sitting.save("q3", {"": ["false"]})


def test_no_answer_after_deadline_and_grace(
    session: Session, start: Start, world: World, now: datetime
) -> None:
    sitting = Sitting(session, start(limit_minutes=10), world.ana, now)

    assert sitting.save("q3", {"": ["false"]}, after=timedelta(minutes=10, seconds=60)).answer is False
    with pytest.raises(TimeIsUp) as refused:
        sitting.save("q3", {"": ["true"]}, seq=2, after=timedelta(minutes=10, seconds=61))
    assert refused.value.values == {"deadline": now + timedelta(minutes=10)}


def test_no_answer_to_an_annulled_attempt(session: Session, sitting: Sitting, world: World) -> None:
    services.annul(session, attempt=sitting.attempt, by_id=world.admin, reason="Nhầm", now=sitting.now)

    with pytest.raises(AttemptAnnulled):
        sitting.save("q3", {"": ["false"]})
    with pytest.raises(AttemptAnnulled):
        sitting.submit()
    with pytest.raises(AttemptAnnulled):
        services.annul(session, attempt=sitting.attempt, by_id=world.admin, reason="Nhầm", now=sitting.now)


def test_a_story_goes_on_and_never_back(sitting: Sitting) -> None:
    first = sitting.save("q8", {"": ["s1.a"]}, seq=50)
    assert first.cumulative
    assert first.form is not None
    assert [taken["value"] for taken in first.form["taken"]] == ["s1.a"]

    second = sitting.save("q8", {"": ["s1.a", "s2.b"]}, seq=1)  # from a device whose count is behind
    assert second.answer == ["s1.a", "s2.b"]
    assert second.form is not None
    assert second.form["step"] is None

    assert sitting.save("q8", {"": ["s1.a"]}, seq=60).answer == ["s1.a", "s2.b"]  # an older page says less
    with pytest.raises(StepAlreadyTaken):
        sitting.save("q8", {"": ["s1.b"]}, seq=70)
    assert sitting.kept("q8") == ["s1.a", "s2.b"]


def test_saving_takes_one_statement_and_the_first_reads_the_paper(session: Session, sitting: Sitting) -> None:
    session.flush()
    right = right_fields(item_of(sitting.attempt, "q4"))
    statements: list[str] = []
    connection = session.connection()

    def count(*args: Any) -> None:
        statements.append(args[2])

    event.listen(connection, "before_cursor_execute", count)
    try:
        sitting.save("q4", right)
        first = len(statements)
        sitting.save("q4", right, seq=2)
        plain = len(statements) - first
        sitting.save("q8", {"": ["s1.a"]})
    finally:
        event.remove(connection, "before_cursor_execute", count)

    assert first == 2
    assert plain == 1
    assert len(statements) == 2 + 1 + 2


def test_what_is_remembered_of_a_paper_is_its_takers_alone(
    session: Session, sitting: Sitting, world: World
) -> None:
    assert open_papers.of(session, sitting.attempt.id, world.ana) is not None  # remembered from here on

    assert open_papers.of(session, sitting.attempt.id, world.carla) is None


def test_papers_are_remembered_up_to_a_number(
    session: Session, sitting: Sitting, start: Start, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_papers, "_papers", OrderedDict())
    monkeypatch.setattr(open_papers, "_MOST", 1)
    other = start(taker_id=world.bruno)
    open_papers.of(session, sitting.attempt.id, world.ana)
    open_papers.of(session, other.id, world.bruno)

    assert list(open_papers._papers) == [other.id]
    assert open_papers.of(session, sitting.attempt.id, world.ana) is not None  # read anew


def test_no_answer_where_it_stood_open_a_moment_ago(session: Session, sitting: Sitting, world: World) -> None:
    """What is remembered is the paper, never that it is open: handed in, annulled or gone is seen at the next answer."""
    sitting.save("q3", {"": ["false"]})
    sitting.submit()
    with pytest.raises(AlreadySubmitted):
        sitting.save("q3", {"": ["true"]}, seq=2)
    with pytest.raises(AlreadySubmitted):
        sitting.save("q3", {"": ["no such answer"]}, seq=2)

    session.execute(delete(Answer).where(Answer.attempt_id == sitting.attempt.id))
    session.execute(delete(Attempt).where(Attempt.id == sitting.attempt.id))
    with pytest.raises(NotFound):
        sitting.save("q3", {"": ["true"]}, seq=3)


def test_a_page_without_script_is_saved_whole(session: Session, sitting: Sitting) -> None:
    posted = {"q-q3": ["false"], "q-q6": ["24,5 giờ"], "q-q7": [""], "q-q8": ["s1.a"], "csrf_token": ["x"]}

    unread = services.save_page(
        session,
        attempt_id=sitting.attempt.id,
        taker_id=sitting.taker_id,
        posted=posted,
        seq=10,
        now=sitting.now,
    )

    assert unread == ()
    kept = {ref: one.value for ref, one in queries.answers(session, sitting.attempt.id).items()}
    assert kept == {"q3": False, "q6": "24,5", "q8": ["s1.a"]}


def test_a_page_drawn_earlier_does_not_undo_what_was_saved_since(session: Session, sitting: Sitting) -> None:
    sitting.save("q3", {"": ["false"]}, seq=100)
    sitting.save("q2", {"": ["a"]}, seq=100)

    services.save_page(
        session,
        attempt_id=sitting.attempt.id,
        taker_id=sitting.taker_id,
        posted={"q-q3": ["true"]},
        seq=99,
        now=sitting.now,
    )

    assert sitting.kept("q3") is False
    assert sitting.kept("q2") == ["a"]


def test_a_page_with_an_unreadable_answer_keeps_the_rest(session: Session, sitting: Sitting) -> None:
    sitting.save("q8", {"": ["s1.b"]})

    unread = services.save_page(
        session,
        attempt_id=sitting.attempt.id,
        taker_id=sitting.taker_id,
        posted={"q-q6": ["nhiều"], "q-q3": ["false"], "q-q8": ["s1.a"]},
        seq=10,
        now=sitting.now,
    )

    assert set(unread) == {"q6", "q8"}
    assert sitting.kept("q3") is False
    assert sitting.kept("q8") == ["s1.b"]


def test_a_page_after_submission_is_refused(session: Session, sitting: Sitting) -> None:
    sitting.submit()

    with pytest.raises(AlreadySubmitted):
        services.save_page(
            session,
            attempt_id=sitting.attempt.id,
            taker_id=sitting.taker_id,
            posted={},
            seq=1,
            now=sitting.now,
        )


def test_submit_marks_exactly_and_passes_at_the_pass_share(sitting: Sitting) -> None:
    for item in Paper.read(sitting.attempt.paper).items:
        if item.kind != "multiple":
            sitting.save(item.ref, right_fields(item))
    right = item_of(sitting.attempt, "q2").key["right"]
    sitting.save("q2", {"": [right[0]]})

    attempt = sitting.submit()

    # seven whole points and one right of two: 7.5 of 8 = 0.9375
    assert attempt.share == Decimal("0.9375")
    assert attempt.passed is True
    assert attempt.result is not None
    assert attempt.result["points"] == "15/2"
    assert attempt.submitted_at == sitting.now


def test_submit_is_accepted_once(session: Session, sitting: Sitting) -> None:
    sitting.submit()

    with pytest.raises(AlreadySubmitted):
        sitting.submit(after=timedelta(seconds=1))

    assert queries.attempt_for(session, sitting.attempt.id, sitting.taker_id).submitted_at == sitting.now


def test_submit_after_the_time_counts_what_was_saved(
    session: Session, start: Start, world: World, now: datetime
) -> None:
    sitting = Sitting(session, start(limit_minutes=10), world.ana, now)
    sitting.save("q3", {"": ["false"]})

    attempt = sitting.submit(after=timedelta(hours=3))

    assert attempt.submitted_at == now + timedelta(minutes=10)
    assert queries.outcome(session, attempt).in_time is False
    assert queries.outcome(session, attempt).points == 1


def test_an_attempt_with_an_unknown_kind_waits_for_a_person(session: Session, sitting: Sitting) -> None:
    paper = dict(sitting.attempt.paper)
    paper["items"] = {**paper["items"], "q1": {**paper["items"]["q1"], "kind": "hotspot"}}
    sitting.attempt.paper = paper
    session.flush()

    attempt = sitting.submit()

    assert attempt.share is None
    assert attempt.passed is None
    assert attempt.result is not None
    assert attempt.result["needs_person"] == ["q1"]
    assert queries.outcome(session, attempt).share is None


def test_annul_needs_a_reason_and_is_recorded(session: Session, sitting: Sitting, world: World) -> None:
    with pytest.raises(ReasonMissing):
        services.annul(session, attempt=sitting.attempt, by_id=world.admin, reason="  ", now=sitting.now)

    services.annul(session, attempt=sitting.attempt, by_id=world.admin, reason="Làm hộ", now=sitting.now)

    session.flush()
    entry = session.scalars(select(Entry).where(Entry.code == "attempt.annul")).one()
    assert entry.target == f"attempt:{sitting.attempt.id}"
    assert entry.actor_id == world.admin
    session.refresh(sitting.attempt)
    assert queries.state_of(sitting.attempt, sitting.now) is State.ANNULLED


def test_a_released_bank_does_not_change(session: Session, start: Start, now: datetime) -> None:
    assert services.release(session, a_bank(), now) is False

    with pytest.raises(ValueError, match="write version 2"):
        services.release(session, a_bank("single"), now)
    assert (
        session.scalars(select(BankRelease.digest).where(BankRelease.slug == "thu")).one() == a_bank().digest
    )


def test_questions_show_what_was_saved_and_no_key(session: Session, sitting: Sitting) -> None:
    sitting.save("q3", {"": ["false"]})

    asked = queries.questions(session, sitting.attempt)

    assert [one.number for one in asked] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert {one.ref for one in asked if one.answered} == {"q3"}
    assert "BÍ-MẬT" not in repr(asked)
    assert queries.question(session, sitting.attempt, "q3").saved_at == sitting.now
    with pytest.raises(NotFound):
        queries.question(session, sitting.attempt, "q9")


def test_outcome_tells_mark_and_what_to_read_again(session: Session, sitting: Sitting) -> None:
    with pytest.raises(ValueError, match="not been submitted"):
        queries.outcome(session, sitting.attempt)
    sitting.save("q3", {"": ["false"]})

    found = queries.outcome(session, sitting.submit())

    assert found.share == Fraction(1, 8)
    assert found.pass_share == Fraction(4, 5)
    assert found.passed is False
    assert found.in_time
    assert found.again == ("bai-mot",)
    assert len(found.reviewed) == 8
