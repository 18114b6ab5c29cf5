"""Completion rules: the checklist, the next step, and that doing more never takes anything away."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.completion import (
    Condition,
    Done,
    QuizDone,
    Requirements,
    Rule,
    RuleCode,
    Step,
    StepKind,
    Why,
    asked,
    binding,
    counted_for,
    next_step,
    progress,
    track_of,
    tracks,
    way,
)

LESSONS = ("mot", "hai", "ba")
READ = Rule("lessons_read")
QUIZ = Rule("quiz_passed", quiz="final")
FOUR_FIFTHS = Fraction(4, 5)


def asks(*rules: Rule, lessons: tuple[str, ...] = LESSONS) -> Requirements:
    return Requirements(rules, lessons, {"final": FOUR_FIFTHS})


def only(rule: Rule, done: Done, lessons: tuple[str, ...] = LESSONS) -> Condition:
    (condition,) = progress(asks(rule, lessons=lessons), done).conditions
    return condition


def test_lessons_read_names_what_is_left_in_order() -> None:
    condition = only(READ, Done(lessons=frozenset({"hai"})))

    assert condition == Condition(
        "lessons_read", met=False, done=1, needed=3, why=Why.LESSONS_LEFT, lessons_left=("mot", "ba")
    )


def test_lessons_read_is_met_by_every_lesson() -> None:
    assert only(READ, Done(lessons=frozenset(LESSONS))) == Condition(
        "lessons_read", met=True, done=3, needed=3
    )


def test_lessons_of_another_course_do_not_count() -> None:
    condition = only(READ, Done(lessons=frozenset({"mot", "cu", "la", "khac"})))

    assert (condition.met, condition.done, condition.needed) == (False, 1, 3)


def test_a_course_without_lessons_is_not_read() -> None:
    assert only(READ, Done(), lessons=()) == Condition(
        "lessons_read", met=False, done=0, needed=0, why=Why.NO_LESSONS
    )


@pytest.mark.parametrize(
    ("share", "lessons", "needed"),
    [
        ("0.75", 12, 9),
        ("0.75", 11, 9),  # 8.25
        ("0.75", 8, 6),
        ("0.75", 1, 1),
        ("0.1", 30, 3),  # exactly three: 0.1 × 30 in floating point is 3.0000000000000004
        ("0.07", 100, 7),  # in floating point 7.000000000000001
        ("1", 12, 12),
        ("0.0001", 12, 1),
    ],
)
def test_lessons_share_needs_the_next_whole_number_exactly(share: str, lessons: int, needed: int) -> None:
    slugs = tuple(f"bai-{number}" for number in range(lessons))
    rule = Rule("lessons_share", share=Fraction(share))

    short = only(rule, Done(lessons=frozenset(slugs[: needed - 1])), slugs)
    enough = only(rule, Done(lessons=frozenset(slugs[:needed])), slugs)

    assert (short.met, short.done, short.needed, short.why) == (False, needed - 1, needed, Why.LESSONS_LEFT)
    assert short.lessons_left == slugs[needed - 1 :]
    assert enough == Condition("lessons_share", met=True, done=needed, needed=needed)


def test_more_lessons_than_needed_never_show_more_than_needed() -> None:
    slugs = tuple(f"bai-{number}" for number in range(12))

    condition = only(Rule("lessons_share", share=Fraction(3, 4)), Done(lessons=frozenset(slugs)), slugs)

    assert (condition.done, condition.needed) == (9, 9)


def test_quiz_without_an_attempt_says_so() -> None:
    assert only(QUIZ, Done()) == Condition(
        "quiz_passed",
        met=False,
        done=0,
        needed=1,
        why=Why.NO_ATTEMPT,
        quiz="final",
        pass_share=FOUR_FIFTHS,
    )


def test_quiz_below_the_pass_mark_shows_both() -> None:
    condition = only(QUIZ, Done(quizzes={"final": QuizDone(Fraction(79, 100), passed=False)}))

    assert (condition.met, condition.why) == (False, Why.MARK_TOO_LOW)
    assert (condition.best, condition.pass_share) == (Fraction(79, 100), Fraction(80, 100))


def test_quiz_waiting_for_a_person_to_mark_it_says_so() -> None:
    assert only(QUIZ, Done(quizzes={"final": QuizDone(None, passed=False)})).why is Why.NOT_MARKED


def test_quiz_passed_is_the_attempt_s_own_word() -> None:
    condition = only(QUIZ, Done(quizzes={"final": QuizDone(FOUR_FIFTHS, passed=True)}))

    assert (condition.met, condition.done, condition.needed, condition.why) == (True, 1, 1, None)


def test_quiz_that_the_course_does_not_have_is_never_passed() -> None:
    rule = Rule("quiz_passed", quiz="other")

    condition = only(rule, Done(quizzes={"other": QuizDone(Fraction(1), passed=True)}))

    assert (condition.met, condition.why, condition.quiz) == (False, Why.UNKNOWN_QUIZ, "other")


@pytest.mark.parametrize(
    ("attended", "met", "shown"), [(-1, False, 0), (0, False, 0), (1, False, 1), (2, True, 2), (5, True, 2)]
)
def test_workshops_are_counted_up_to_what_is_needed(attended: int, met: bool, shown: int) -> None:
    condition = only(Rule("workshop_attended", times=2), Done(workshops=attended))

    assert (condition.met, condition.done, condition.needed) == (met, shown, 2)
    assert condition.why is (None if met else Why.SESSIONS_LEFT)


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        (None, Why.NOT_MARKED),
        (Fraction(0), Why.MARK_TOO_LOW),
        (Fraction(74, 100), Why.MARK_TOO_LOW),
        (Fraction(75, 100), None),
        (Fraction(1), None),
    ],
)
def test_practice_needs_its_share(mark: Fraction | None, why: Why | None) -> None:
    condition = only(Rule("practice_marked", share=Fraction(3, 4)), Done(practice=mark))

    assert (condition.why, condition.met, condition.done) == (why, why is None, int(why is None))
    assert (condition.best, condition.pass_share) == (mark, Fraction(3, 4))


@pytest.mark.parametrize(
    "rule",
    [
        Rule("hop_nhom"),
        Rule(""),
        Rule("lessons_share"),
        Rule("lessons_share", share=Fraction(0)),
        Rule("track_share", share=Fraction(1)),
        Rule("practice_marked"),
        Rule("practice_marked", share=Fraction(-1)),
        Rule("workshop_attended"),
        Rule("workshop_attended", times=0),
    ],
)
def test_a_rule_nobody_understands_is_never_met_and_says_so(rule: Rule) -> None:
    everything = Done(frozenset(LESSONS), {"final": QuizDone(Fraction(1), True)}, 9, Fraction(1))

    state = progress(asks(READ, rule), everything)

    assert state.conditions[1] == Condition(rule.code, met=False, done=0, needed=1, why=Why.UNKNOWN_RULE)
    assert not state.complete


def test_complete_is_all_conditions_and_at_least_one() -> None:
    everything = Done(frozenset(LESSONS), {"final": QuizDone(Fraction(1), True)})

    assert progress(asks(READ, QUIZ), everything).complete
    assert not progress(asks(READ, QUIZ), Done(frozenset(LESSONS))).complete
    assert not progress(asks(), everything).complete


def test_steps_are_added_over_the_conditions() -> None:
    state = progress(asks(READ, QUIZ), Done(frozenset({"mot", "ba"})))

    assert (state.done, state.needed) == (2, 4)  # two lessons of three, no quiz of one


def test_next_is_the_first_lesson_not_read() -> None:
    assert next_step(asks(QUIZ, READ), Done(frozenset({"mot"}))) == Step(StepKind.LESSON, "hai")


def test_next_after_the_lessons_is_the_quiz() -> None:
    assert next_step(asks(READ, QUIZ), Done(frozenset(LESSONS))) == Step(StepKind.QUIZ, "final")


def test_next_after_enough_lessons_is_not_one_more() -> None:
    share = Rule("lessons_share", share=Fraction(2, 3))

    assert next_step(asks(share, QUIZ), Done(frozenset({"mot", "ba"}))) == Step(StepKind.QUIZ, "final")


def test_next_without_a_rule_about_lessons_is_still_to_read() -> None:
    assert next_step(asks(QUIZ), Done()) == Step(StepKind.LESSON, "mot")
    assert next_step(asks(QUIZ), Done(frozenset(LESSONS))) == Step(StepKind.QUIZ, "final")


def test_next_goes_on_to_what_is_done_in_person() -> None:
    rules = asks(READ, Rule("workshop_attended", times=1), Rule("practice_marked", share=Fraction(1, 2)))
    read = frozenset(LESSONS)

    assert next_step(rules, Done(read)) == Step(StepKind.WORKSHOP)
    assert next_step(rules, Done(read, workshops=1)) == Step(StepKind.PRACTICE)
    assert next_step(rules, Done(read, workshops=1, practice=Fraction(1, 2))) is None


def test_next_is_nothing_where_nothing_can_be_done() -> None:
    read = Done(frozenset(LESSONS))

    assert next_step(asks(READ), read) is None
    assert next_step(asks(READ, Rule("hop_nhom")), read) is None
    assert next_step(asks(READ, Rule("quiz_passed", quiz="other")), read) is None


# --- tracks: what everybody reads, and one of several modules -----------------------------------------------------

MODULES = {"chung": ("mot", "hai"), "nho": ("n1", "n2", "n3", "n4"), "lon": ("l1", "l2", "l3", "l4")}
COMMON = Rule("lessons_read", modules=("chung",))
TRACK = Rule("track_share", share=Fraction(3, 4), modules=("nho", "lon"))


def by_age(*rules: Rule) -> Requirements:
    lessons = tuple(slug for slugs in MODULES.values() for slug in slugs)
    return Requirements(rules or (COMMON, TRACK), lessons, {"final": FOUR_FIFTHS}, MODULES)


def read(*slugs: str) -> Done:
    return Done(lessons=frozenset(slugs))


def test_a_rule_that_names_modules_counts_their_lessons_only() -> None:
    state = progress(by_age(), read("mot", "n1", "n2"))

    assert state.conditions[0] == Condition(
        "lessons_read", met=False, done=1, needed=2, why=Why.LESSONS_LEFT, lessons_left=("hai",),
        modules=("chung",),
    )  # fmt: skip


def test_before_a_lesson_of_any_track_there_is_none() -> None:
    condition = progress(by_age(), read("mot", "hai")).conditions[1]

    assert condition == Condition(
        "track_share", met=False, done=0, needed=3, why=Why.NO_TRACK, modules=("nho", "lon")
    )  # three of four: 0.75 × 4


def test_one_track_is_enough_and_the_other_asks_for_nothing() -> None:
    state = progress(by_age(), read("mot", "hai", "l1", "l2", "l4"))

    assert state.conditions[1] == Condition(
        "track_share", met=True, done=3, needed=3, modules=("nho", "lon"), track="lon"
    )
    assert state.complete


def test_lessons_of_two_tracks_are_not_added() -> None:
    condition = progress(by_age(), read("n1", "n2", "l1", "l2")).conditions[1]

    assert (condition.met, condition.done, condition.track) == (False, 2, "nho")
    assert condition.lessons_left == ("n3", "n4")


def test_the_track_with_the_most_read_is_hers() -> None:
    assert track_of(by_age(), read("n1", "l1", "l2")) == "lon"
    assert track_of(by_age(), read("n1", "l1")) == "nho"
    assert track_of(by_age(), read("mot")) is None
    assert track_of(asks(READ), Done(frozenset(LESSONS))) is None


def test_the_way_of_a_learner_leaves_the_other_tracks_out() -> None:
    assert tracks(by_age()) == ("nho", "lon")
    assert way(by_age(), "lon") == ("mot", "hai", "l1", "l2", "l3", "l4")
    assert way(by_age(), None) == ("mot", "hai")
    assert tracks(asks(READ)) == ()
    assert way(asks(READ), None) == LESSONS


def test_what_is_asked_is_one_track_beside_what_everybody_reads() -> None:
    assert (
        asked(by_age()) == asked(by_age(), read("mot")) == asked(by_age(), read("l1")) == 6
    )  # two and four of ten
    assert asked(asks(READ)) == 3


def test_tracks_of_unequal_length_are_a_rule_nobody_understands() -> None:
    uneven = Requirements((TRACK,), ("n1", "l1", "l2"), {}, {"nho": ("n1",), "lon": ("l1", "l2")})

    assert progress(uneven, read("n1", "l1", "l2")).conditions[0].why is Why.UNKNOWN_RULE


def test_next_is_what_everybody_reads_then_the_choice_then_the_rest_of_her_track() -> None:
    assert next_step(by_age(), read("l1")) == Step(StepKind.LESSON, "mot")
    assert next_step(by_age(), read("mot", "hai")) == Step(StepKind.TRACK)
    assert next_step(by_age(), read("mot", "hai", "l3")) == Step(StepKind.LESSON, "l1")
    assert next_step(by_age(), read("mot", "hai", "l1", "l2", "l3")) is None


STAFF = Rule("quiz_passed", quiz="final", audiences=("teacher", "manager"))


def test_a_rule_for_some_binds_only_them() -> None:
    requirements = asks(READ, STAFF)

    assert binding(requirements, "teacher") == requirements
    assert binding(requirements, "parent") == binding(requirements, None) == asks(READ)


def test_reading_is_enough_for_a_parent_and_not_for_a_teacher() -> None:
    done = Done(frozenset(LESSONS))

    assert progress(binding(asks(READ, STAFF), "parent"), done).complete
    teacher = progress(binding(asks(READ, STAFF), "teacher"), done)
    assert not teacher.complete
    assert [one.rule for one in teacher.conditions] == ["lessons_read", "quiz_passed"]
    assert next_step(binding(asks(READ, STAFF), "teacher"), done) == Step(StepKind.QUIZ, "final")


def test_whom_no_rule_binds_completes_nothing() -> None:
    assert not progress(binding(asks(STAFF), "parent"), Done(frozenset(LESSONS))).complete


@pytest.mark.parametrize(
    ("held", "counted"),
    [
        (["teacher", "parent"], "teacher"),
        (["parent", "teacher"], "teacher"),  # a parent since yesterday: still staff
        (["parent", "carer"], "parent"),
        (["manager", "teacher", "parent"], "manager"),  # of two posts as staff the one begun last
        (["doctor", "parent"], "parent"),  # the course is not for doctors
        (["doctor"], "doctor"),
        ([], None),
    ],
)
def test_staff_who_are_parents_too_are_staff(held: list[str], counted: str | None) -> None:
    assert counted_for(held, ("teacher", "manager", "parent", "carer"), ("parent", "carer")) == counted


def test_without_a_last_one_the_post_begun_last_counts() -> None:
    assert counted_for(["parent", "teacher"], ("teacher", "parent")) == "parent"


# --- properties --------------------------------------------------------------------------------------------------

AUDIENCES = ["teacher", "manager", "parent", "carer"]
shares = st.fractions(0, 1, max_denominator=100)
rules = st.builds(
    Rule,
    code=st.sampled_from([*RuleCode, "hop_nhom"]),
    quiz=st.sampled_from(["final", "mid", "other", None]),
    share=st.none() | shares,
    times=st.none() | st.integers(-1, 4),
    modules=st.lists(st.sampled_from(["m1", "m2", "m3", "m4", "khac"]), unique=True, max_size=4).map(tuple),
    audiences=st.lists(st.sampled_from(AUDIENCES), unique=True, max_size=3).map(tuple),
)


def in_modules(rules: list[Rule], lessons: int, size: int) -> Requirements:
    """Put lessons into modules of `size`, the last of which has what is left."""
    slugs = tuple(f"bai-{i}" for i in range(lessons))
    modules = {f"m{i // size + 1}": slugs[i : i + size] for i in range(0, lessons, size)}
    return Requirements(tuple(rules), slugs, {"final": Fraction(4, 5), "mid": Fraction(1, 2)}, modules)


requirements = st.builds(
    in_modules, rules=st.lists(rules, max_size=5), lessons=st.integers(0, 12), size=st.integers(1, 4)
)
quizzes = st.builds(QuizDone, best=st.none() | shares, passed=st.booleans())
dones = st.builds(
    Done,
    lessons=st.frozensets(st.integers(0, 14).map(lambda i: f"bai-{i}")),
    quizzes=st.dictionaries(st.sampled_from(["final", "mid"]), quizzes),
    workshops=st.integers(0, 6),
    practice=st.none() | shares,
)


def better(one: QuizDone | None, other: QuizDone | None) -> QuizDone:
    both = [quiz for quiz in (one, other) if quiz]
    marks = [quiz.best for quiz in both if quiz.best is not None]
    return QuizDone(max(marks, default=None), any(quiz.passed for quiz in both))


def together(one: Done, other: Done) -> Done:
    marks = [mark for mark in (one.practice, other.practice) if mark is not None]
    refs = {*one.quizzes, *other.quizzes}
    return Done(
        one.lessons | other.lessons,
        {ref: better(one.quizzes.get(ref), other.quizzes.get(ref)) for ref in refs},
        one.workshops + other.workshops,
        max(marks, default=None),
    )


@given(requirements, dones, dones)
def test_doing_more_never_makes_less_met(asked: Requirements, before: Done, more: Done) -> None:
    early, late = progress(asked, before), progress(asked, together(before, more))

    for first, second in zip(early.conditions, late.conditions, strict=True):
        assert first.done <= second.done
        assert first.met <= second.met
    assert early.complete <= late.complete


def is_met(rule: Rule, asked: Requirements, done: Done) -> bool:
    """Say of one rule, by plain counting and without the code under test, whether it is met."""

    def enough(lessons: tuple[str, ...], share: Fraction | None) -> bool:
        read = len([slug for slug in lessons if slug in done.lessons])
        return bool(lessons) and share is not None and share > 0 and read >= share * len(lessons)

    parts = [asked.modules.get(ref, ()) for ref in rule.modules]
    named = tuple(slug for part in parts for slug in part) if rule.modules else asked.lessons
    if rule.code == "lessons_read":
        return enough(named, Fraction(1))
    if rule.code == "lessons_share":
        return enough(named, rule.share)
    if rule.code == "track_share":
        alike = all(len(part) == len(parts[0]) for part in parts)
        return alike and any(enough(part, rule.share) for part in parts)
    if rule.code == "quiz_passed":
        return rule.quiz in asked.pass_shares and rule.quiz in done.quizzes and done.quizzes[rule.quiz].passed
    if rule.code == "workshop_attended":
        return rule.times is not None and 1 <= rule.times <= done.workshops
    if rule.code == "practice_marked":
        return bool(rule.share) and done.practice is not None and done.practice >= (rule.share or 0)
    return False


@given(requirements, dones, st.none() | st.sampled_from([*AUDIENCES, "doctor"]))
def test_complete_is_every_rule_that_binds_her_met(
    asked: Requirements, done: Done, audience: str | None
) -> None:
    hers = [rule for rule in asked.rules if rule.audiences == () or audience in rule.audiences]

    state = progress(binding(asked, audience), done)

    assert [one.rule for one in state.conditions] == [rule.code for rule in hers]
    assert [one.met for one in state.conditions] == [is_met(rule, asked, done) for rule in hers]
    assert state.complete == (hers != [] and all(is_met(rule, asked, done) for rule in hers))


@given(
    st.lists(st.sampled_from([*AUDIENCES, "doctor"]), max_size=5),
    st.sets(st.sampled_from(AUDIENCES)),
    st.sets(st.sampled_from(AUDIENCES)),
)
def test_the_audience_that_counts_is_the_best_placed_of_all(
    held: list[str], course: set[str], last: set[str]
) -> None:
    """Rank every post: of the course and not among the last, of the course, any; of equals the one begun last."""
    ranked = sorted(
        (0 if one in course and one not in last else 1 if one in course else 2, place)
        for place, one in enumerate(held)
    )

    assert counted_for(held, course, last) == (held[ranked[0][1]] if held else None)


@given(requirements, dones)
def test_nothing_is_ever_more_than_whole(asked: Requirements, done: Done) -> None:
    state = progress(asked, done)

    for condition in state.conditions:
        assert 0 <= condition.done <= condition.needed
        assert condition.met == (condition.why is None)
        assert condition.met <= (condition.done == condition.needed)
    assert state.done <= state.needed


@given(requirements, dones)
def test_next_step_is_something_not_done_yet(asked: Requirements, done: Done) -> None:
    step = next_step(asked, done)

    if progress(asked, done).complete:
        assert step is None
    elif step and step.kind is StepKind.LESSON:
        assert step.ref in asked.lessons
        assert step.ref not in done.lessons
    elif step and step.kind is StepKind.QUIZ:
        assert step.ref not in done.quizzes or not done.quizzes[step.ref].passed


@given(requirements, dones)
def test_following_the_next_step_completes_every_course_that_can_be_completed(
    asked: Requirements, done: Done
) -> None:
    for _ in range(40):
        step = next_step(asked, done)
        if step is None:
            break
        done = together(done, _doing(asked, step))

    state = progress(asked, done)
    assert (
        state.complete
        or not state.conditions
        or any(one.why in (Why.UNKNOWN_RULE, Why.UNKNOWN_QUIZ, Why.NO_LESSONS) for one in state.conditions)
    )
    assert next_step(asked, done) is None


def _doing(asked: Requirements, step: Step) -> Done:
    if step.kind is StepKind.TRACK:  # she opens one, and reads a lesson of it
        named = [rule.modules for rule in asked.rules if rule.code == "track_share"]
        return Done(
            lessons=frozenset(
                {asked.modules[ref][0] for refs in named for ref in refs if ref in asked.modules}
            )
        )
    return {
        StepKind.LESSON: Done(lessons=frozenset({step.ref})),
        StepKind.QUIZ: Done(quizzes={step.ref: QuizDone(Fraction(1), True)}),
        StepKind.WORKSHOP: Done(workshops=1),
        StepKind.PRACTICE: Done(practice=Fraction(1)),
    }[step.kind]
