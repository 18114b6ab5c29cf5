"""What a learner has met of a course's completion rules, what is missing, and what to do next: pure and exact.

Shares are `Fraction`, from 0 to 1; counts are whole numbers. Nothing here knows a clock, a person or a database.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from functools import partial
from math import ceil


class RuleCode(StrEnum):
    """The rules a course can ask for. A stored rule may carry another word: it is then never met, and says so."""

    LESSONS_READ = "lessons_read"
    LESSONS_SHARE = "lessons_share"
    TRACK_SHARE = "track_share"
    QUIZ_PASSED = "quiz_passed"
    WORKSHOP_ATTENDED = "workshop_attended"
    PRACTICE_MARKED = "practice_marked"


class Why(StrEnum):
    """Why a condition is not met."""

    LESSONS_LEFT = "lessons_left"
    NO_LESSONS = "no_lessons"
    NO_TRACK = "no_track"
    NO_ATTEMPT = "no_attempt"
    NOT_MARKED = "not_marked"
    MARK_TOO_LOW = "mark_too_low"
    SESSIONS_LEFT = "sessions_left"
    UNKNOWN_QUIZ = "unknown_quiz"
    UNKNOWN_RULE = "unknown_rule"


class StepKind(StrEnum):
    """What a learner can be asked to do next."""

    LESSON = "lesson"
    TRACK = "track"
    QUIZ = "quiz"
    WORKSHOP = "workshop"
    PRACTICE = "practice"


@dataclass(frozen=True, slots=True)
class Rule:
    """One completion rule. `code` is a `RuleCode` or an unknown word.

    quiz: for quiz_passed, the quiz's ref. share: for lessons_share, track_share and practice_marked, above 0 and up
    to 1. times: for workshop_attended, from 1. modules: for track_share, the refs of the modules of which one is read,
    as many lessons in each; for the other rules about lessons, the modules whose lessons count, none for all.
    audiences: whom it binds, none for everybody; a rule about tracks binds everybody, for it says what her lessons are.
    """

    code: str
    quiz: str | None = None
    share: Fraction | None = None
    times: int | None = None
    modules: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a version of a course asks for.

    lessons: slugs, in order. pass_shares: of each quiz, by ref. modules: the slugs of each module, by ref.
    """

    rules: tuple[Rule, ...]
    lessons: tuple[str, ...]
    pass_shares: Mapping[str, Fraction] = field(default_factory=dict)
    modules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuizDone:
    """A learner's submitted attempts at one quiz.

    best: the highest mark as a share, None while every attempt waits for a person to mark it. passed: whether any
    attempt reached the pass share that was frozen into it; the attempt decides that, not this module.
    """

    best: Fraction | None
    passed: bool


@dataclass(frozen=True, slots=True)
class Done:
    """What a learner has done in one enrolment.

    lessons: slugs she finished; slugs of no lesson do not count. quizzes: by ref, only those with a submitted attempt.
    workshops: sessions attended. practice: best mark of observed practice as a share, None before it is marked.
    """

    lessons: frozenset[str] = frozenset()
    quizzes: Mapping[str, QuizDone] = field(default_factory=dict)
    workshops: int = 0
    practice: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of the learner's checklist.

    done of needed, whole numbers, `0 <= done <= needed`: lessons, sessions, or 0 or 1 for a quiz and practice.
    why: None exactly when met. lessons_left: slugs still to read, in order; empty once met. best against pass_share:
    what was reached and what must be, for quiz_passed and practice_marked. modules: the rule's. track: for
    track_share, the module that is counted, None before a lesson of any is read.
    """

    rule: str
    met: bool
    done: int
    needed: int
    why: Why | None = None
    quiz: str | None = None
    lessons_left: tuple[str, ...] = ()
    best: Fraction | None = None
    pass_share: Fraction | None = None
    modules: tuple[str, ...] = ()
    track: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """The checklist, in the order of the rules. Complete when there are conditions and all are met."""

    conditions: tuple[Condition, ...]
    complete: bool

    @property
    def done(self) -> int:
        """Steps done, the sum over the conditions."""
        return sum(condition.done for condition in self.conditions)

    @property
    def needed(self) -> int:
        """Steps needed, the sum over the conditions; never less than `done`."""
        return sum(condition.needed for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Step:
    """The next thing to do. ref: a lesson's slug or a quiz's ref; empty for a track to choose, a workshop and practice."""

    kind: StepKind
    ref: str = ""


def counted_for(held: Sequence[str], course: Collection[str], last: Collection[str] = ()) -> str | None:
    """Return the audience for which a completion is counted, of those that a person holds; None where she holds none.

    held: of her posts, the post begun last first. It is one that the course is for; of these rather one that is not
    among `last`; of these, or where there is none, that of the post begun last.

    Where a course asks different things of different audiences, `last` are parents and carers: whoever is both staff and
    a parent is bound by what is asked of staff, and is counted as staff. One cannot choose the easier way.
    """
    for wanted in ([one for one in course if one not in last], course, held):
        for audience in held:
            if audience in wanted:
                return audience
    return None


def binds(audiences: Collection[str], audience: str | None) -> bool:
    """Return whether a rule for `audiences` (none: for everybody) binds her who is counted for `audience`."""
    return not audiences or audience in audiences


def binding(requirements: Requirements, audience: str | None) -> Requirements:
    """Return what is asked of her who is counted for `audience`: the rules that bind her, in order, of the same lessons.

    None, and an audience that no rule names, are bound by the rules for everybody alone.
    """
    return replace(
        requirements, rules=tuple(rule for rule in requirements.rules if binds(rule.audiences, audience))
    )


def progress(requirements: Requirements, done: Done) -> Progress:
    """Return the checklist of `requirements` for what was `done`: every rule of it, so hand in those that bind her.

    A course without rules is never complete, and neither is one with an unknown rule. Doing more never makes less of
    it met.
    """
    conditions = tuple(_condition(rule, requirements, done) for rule in requirements.rules)
    return Progress(conditions, bool(conditions) and all(condition.met for condition in conditions))


def next_step(requirements: Requirements, done: Done) -> Step | None:
    """Return the first thing still to be done, or None when the course is complete or nothing can be done about it.

    Lessons come first and in order, while a rule about lessons is unmet or, in a course without such a rule, while the
    course is not complete; among them a track is to be chosen when all that is left is its own. Then come quizzes,
    workshops and practice, in the order of the rules.
    """
    state = progress(requirements, done)
    if state.complete:
        return None
    about_lessons = [one for one in state.conditions if one.rule in _ABOUT_LESSONS]
    if not about_lessons:
        unread = [slug for slug in requirements.lessons if slug not in done.lessons]
        if unread:
            return Step(StepKind.LESSON, unread[0])
    for condition in about_lessons:
        if condition.why is Why.NO_TRACK:
            return Step(StepKind.TRACK)
        if condition.lessons_left:
            return Step(StepKind.LESSON, condition.lessons_left[0])
    for condition in state.conditions:
        kind = _STEPS.get(condition.rule)
        if kind and not condition.met and condition.why not in _HOPELESS:
            return Step(kind, condition.quiz or "")
    return None


def tracks(requirements: Requirements) -> tuple[str, ...]:
    """Return the refs of the modules of which a learner reads one, in order; none in a course without tracks."""
    return next((rule.modules for rule in requirements.rules if rule.code == RuleCode.TRACK_SHARE), ())


def track_of(requirements: Requirements, done: Done) -> str | None:
    """Return the track of which she has read the most, the first of several; None before a lesson of any is read."""
    read = {ref: _count(requirements.modules.get(ref, ()), done) for ref in tracks(requirements)}
    best = max(read, key=lambda ref: read[ref], default=None)
    return best if best is not None and read[best] else None


def way(requirements: Requirements, track: str | None) -> tuple[str, ...]:
    """Return the lessons of one learner's way, in order: those of no track, and those of `track` where she has one.

    In a course without tracks that is every lesson.
    """
    others = {
        slug for ref in tracks(requirements) if ref != track for slug in requirements.modules.get(ref, ())
    }
    return tuple(slug for slug in requirements.lessons if slug not in others)


def asked(requirements: Requirements, done: Done | None = None) -> int:
    """Return how many lessons the way of one learner has; before she has a track, that of the first, for all are alike."""
    mine = track_of(requirements, done) if done is not None else None
    return len(way(requirements, mine or next(iter(tracks(requirements)), None)))


def _count(lessons: Iterable[str], done: Done) -> int:
    return sum(slug in done.lessons for slug in lessons)


def _condition(rule: Rule, requirements: Requirements, done: Done) -> Condition:
    judge = _JUDGES.get(rule.code)
    return judge(rule, requirements, done) if judge else _unknown(rule)


def _lessons_read(rule: Rule, requirements: Requirements, done: Done) -> Condition:
    return _lessons(rule, Fraction(1), _counted(rule, requirements), done)


def _lessons_share(rule: Rule, requirements: Requirements, done: Done) -> Condition:
    return (
        _lessons(rule, rule.share, _counted(rule, requirements), done)
        if rule.share and rule.share > 0
        else _unknown(rule)
    )


def _track_share(rule: Rule, requirements: Requirements, done: Done) -> Condition:
    found = [requirements.modules.get(ref, ()) for ref in rule.modules]
    if not rule.share or rule.share < 0 or len({len(lessons) for lessons in found}) != 1:
        return _unknown(
            rule
        )  # of tracks of unequal length the one with more to read would be the worse choice
    # of all the tracks the one she is furthest in: what she reads of another never takes anything away
    read = [_count(lessons, done) for lessons in found]
    best = read.index(max(read))
    state = _lessons(rule, rule.share, found[best], done)
    if state.why is Why.LESSONS_LEFT and not read[best]:
        return replace(state, why=Why.NO_TRACK, lessons_left=())
    return replace(state, track=rule.modules[best]) if read[best] else state


def _counted(rule: Rule, requirements: Requirements) -> tuple[str, ...]:
    if not rule.modules:
        return requirements.lessons
    return tuple(slug for ref in rule.modules for slug in requirements.modules.get(ref, ()))


def _lessons(rule: Rule, share: Fraction, lessons: tuple[str, ...], done: Done) -> Condition:
    shape = partial(Condition, rule.code, modules=rule.modules)
    if not lessons:  # nothing to read is not everything read
        return shape(met=False, done=0, needed=0, why=Why.NO_LESSONS)
    needed = ceil(share * len(lessons))
    left = tuple(slug for slug in lessons if slug not in done.lessons)
    read = len(lessons) - len(left)
    if read >= needed:
        return shape(met=True, done=needed, needed=needed)
    return shape(met=False, done=read, needed=needed, why=Why.LESSONS_LEFT, lessons_left=left)


def _quiz_passed(rule: Rule, requirements: Requirements, done: Done) -> Condition:
    quiz = rule.quiz or ""
    if quiz not in requirements.pass_shares:
        return Condition(rule.code, met=False, done=0, needed=1, why=Why.UNKNOWN_QUIZ, quiz=quiz)
    attempts = done.quizzes.get(quiz)
    if attempts is None:
        why: Why | None = Why.NO_ATTEMPT
    elif attempts.passed:
        why = None
    else:
        why = Why.NOT_MARKED if attempts.best is None else Why.MARK_TOO_LOW
    return Condition(
        rule.code,
        met=why is None,
        done=int(why is None),
        needed=1,
        why=why,
        quiz=quiz,
        best=attempts.best if attempts else None,
        pass_share=requirements.pass_shares[quiz],
    )


def _workshop_attended(rule: Rule, requirements: Requirements, done: Done) -> Condition:
    if not rule.times or rule.times < 1:
        return _unknown(rule)
    attended = min(max(done.workshops, 0), rule.times)
    met = attended == rule.times
    return Condition(
        rule.code, met=met, done=attended, needed=rule.times, why=None if met else Why.SESSIONS_LEFT
    )


def _practice_marked(rule: Rule, requirements: Requirements, done: Done) -> Condition:
    if not rule.share or rule.share < 0:
        return _unknown(rule)
    why: Why | None = None
    if done.practice is None:
        why = Why.NOT_MARKED
    elif done.practice < rule.share:
        why = Why.MARK_TOO_LOW
    met = why is None
    return Condition(
        rule.code, met=met, done=int(met), needed=1, why=why, best=done.practice, pass_share=rule.share
    )


def _unknown(rule: Rule) -> Condition:
    """Return a condition that is never met: a rule nobody here understands, or one without its number."""
    return Condition(rule.code, met=False, done=0, needed=1, why=Why.UNKNOWN_RULE, quiz=rule.quiz)


_JUDGES: Mapping[str, Callable[[Rule, Requirements, Done], Condition]] = {
    RuleCode.LESSONS_READ: _lessons_read,
    RuleCode.LESSONS_SHARE: _lessons_share,
    RuleCode.TRACK_SHARE: _track_share,
    RuleCode.QUIZ_PASSED: _quiz_passed,
    RuleCode.WORKSHOP_ATTENDED: _workshop_attended,
    RuleCode.PRACTICE_MARKED: _practice_marked,
}
_ABOUT_LESSONS = frozenset({RuleCode.LESSONS_READ, RuleCode.LESSONS_SHARE, RuleCode.TRACK_SHARE})
_HOPELESS = frozenset({Why.UNKNOWN_RULE, Why.UNKNOWN_QUIZ})
_STEPS: Mapping[str, StepKind] = {
    RuleCode.QUIZ_PASSED: StepKind.QUIZ,
    RuleCode.WORKSHOP_ATTENDED: StepKind.WORKSHOP,
    RuleCode.PRACTICE_MARKED: StepKind.PRACTICE,
}
