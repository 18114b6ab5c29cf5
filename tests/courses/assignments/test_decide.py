"""What rules ask of a person: examples typed by hand, and thousands of others against a slow oracle."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.assignments.decide import Asked, Decision, Post, Rule, Standing, decide
from courses.renewal import Learning
from tests.examples import examples

DAY = date(2026, 11, 24)
TEACHER = Post(1, "teacher", date(2026, 9, 1))


def rule(number: int = 1, **more: object) -> Rule:
    facts: dict[str, object] = {
        "units": frozenset({1, 2}),
        "audiences": frozenset({"teacher"}),
        "due_on": date(2026, 12, 31),
        "due_days": None,
        "renewal_days": 90,
        "valid_from": date(2026, 11, 1),
    }
    return Rule(number, **(facts | more))  # type: ignore[arg-type]


def after_joining(number: int, days: int, **more: object) -> Rule:
    return rule(number, due_on=None, due_days=days, **more)


def test_a_rule_asks_whom_it_covers_by_its_day() -> None:
    assert decide(DAY, [rule()], [TEACHER], Learning()) == Decision(Asked(1, date(2026, 12, 31), 1))


@pytest.mark.parametrize(
    "post",
    [
        Post(3, "teacher", date(2026, 9, 1)),
        Post(1, "manager", date(2026, 9, 1)),
        Post(1, "teacher", date(2026, 11, 25)),
        Post(1, "teacher", date(2026, 9, 1), date(2026, 11, 23)),
    ],
    ids=["another unit", "another audience", "begins tomorrow", "ended yesterday"],
)
def test_nobody_else_is_asked(post: Post) -> None:
    assert decide(DAY, [rule()], [post], Learning()) == Decision(None)


def test_days_count_from_joining_or_from_the_rule_whichever_was_later() -> None:
    """30 days after 1/11 (the rule) is 1/12; after 20/11 (a new colleague) it is 20/12."""
    new = Post(1, "teacher", date(2026, 11, 20))

    assert decide(DAY, [after_joining(1, 30)], [TEACHER], Learning()).ask == Asked(1, date(2026, 12, 1), 1)
    assert decide(DAY, [after_joining(1, 30)], [new], Learning()).ask == Asked(1, date(2026, 12, 20), 1)


def test_a_day_that_had_passed_becomes_a_fortnight() -> None:
    late = rule(due_on=date(2026, 11, 23))

    assert decide(DAY, [late], [TEACHER], Learning()).ask == Asked(1, date(2026, 12, 8), 1)
    assert decide(DAY, [rule(due_on=DAY)], [TEACHER], Learning()).ask == Asked(1, DAY, 1)


def test_the_soonest_of_several_rules_asks_and_of_equals_the_older() -> None:
    sooner = rule(2, due_on=date(2026, 12, 1))

    assert decide(DAY, [rule(1), sooner], [TEACHER], Learning()).ask == Asked(1, date(2026, 12, 1), 2)
    assert decide(DAY, [rule(3), rule(1)], [TEACHER], Learning()).ask == Asked(1, date(2026, 12, 31), 1)


def test_who_has_completed_and_is_valid_is_left_alone() -> None:
    for_good = Learning(1, True, None)
    for_long = Learning(1, True, date(2027, 2, 23))  # 91 days from 24/11

    assert decide(DAY, [rule()], [TEACHER], for_good) == Decision(None)
    assert decide(DAY, [rule()], [TEACHER], for_long) == Decision(None)


def test_a_certificate_that_ends_soon_is_renewed_by_its_last_day() -> None:
    soon = Learning(1, True, date(2027, 2, 22))  # 90 days from 24/11

    assert decide(DAY, [rule()], [TEACHER], soon).ask == Asked(2, date(2027, 2, 22), 1)
    assert decide(DAY, [rule(renewal_days=30)], [TEACHER], soon) == Decision(None)


def test_a_certificate_that_ended_is_asked_for_by_the_rules_own_day() -> None:
    ended = Learning(1, True, date(2026, 11, 23))

    assert decide(DAY, [rule()], [TEACHER], ended).ask == Asked(2, date(2026, 12, 31), 1)


def test_what_was_asked_stands_and_is_not_asked_again() -> None:
    before = [Standing(7, 1, 1, False)]

    assert decide(DAY, [rule(), rule(2, due_on=DAY)], [TEACHER], Learning(), before) == Decision(None)


def test_what_was_not_begun_is_taken_back_when_its_rule_ends() -> None:
    ended = rule(valid_to=date(2026, 11, 23))

    assert decide(DAY, [ended], [TEACHER], Learning(), [Standing(7, 1, 1, False)]) == Decision(None, (7,))
    assert decide(DAY, [ended], [TEACHER], Learning(1), [Standing(7, 1, 1, True)]) == Decision(None)


def test_another_rule_takes_over_in_the_same_run() -> None:
    ended, other = rule(valid_to=date(2026, 11, 23)), rule(2)

    assert decide(DAY, [ended, other], [TEACHER], Learning(), [Standing(7, 1, 1, False)]) == Decision(
        Asked(1, date(2026, 12, 31), 2), (7,)
    )


def test_a_rule_has_one_due_date() -> None:
    with pytest.raises(ValueError, match="not both"):
        rule(due_days=3)
    with pytest.raises(ValueError, match="not both"):
        rule(due_on=None)


# the oracle: every statement of the documentation, one at a time, over days counted one by one

BASE = date(2026, 11, 1)
days = st.integers(0, 60).map(lambda number: BASE + timedelta(days=number))
posts = st.builds(
    lambda unit, audience, begins, length: Post(
        unit, audience, begins, None if length is None else begins + timedelta(days=length)
    ),
    st.integers(1, 3), st.sampled_from(["teacher", "manager"]), days, st.none() | st.integers(0, 40),
)  # fmt: skip


@st.composite
def some_rules(draw: st.DrawFn) -> list[Rule]:
    made = []
    for number in range(1, draw(st.integers(0, 4)) + 1):
        fixed = draw(st.booleans())
        begins = draw(days)
        made.append(
            Rule(
                number,
                draw(st.frozensets(st.integers(1, 3), max_size=3)),
                draw(st.frozensets(st.sampled_from(["teacher", "manager"]), max_size=2)),
                draw(days) if fixed else None,
                None if fixed else draw(st.integers(0, 30)),
                draw(st.integers(0, 40)),
                begins,
                draw(st.none() | st.integers(0, 40).map(lambda n, b=begins: b + timedelta(days=n))),
            )
        )
    return made


learnings = st.one_of(
    st.just(Learning()),
    st.builds(
        Learning,
        st.integers(1, 3),
        st.booleans(),
        st.none() | st.integers(-30, 120).map(lambda n: BASE + timedelta(days=n)),
        st.booleans(),
    ),
)


def every_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def touches(one: Rule, post: Post, day: date) -> bool:
    far = BASE + timedelta(days=400)
    return (
        day in every_day(one.valid_from, one.valid_to or far)
        and day in every_day(post.begins, post.ends or far)
        and post.unit in list(one.units)
        and post.audience in list(one.audiences)
    )


def oracle(day: date, rules: list[Rule], held: list[Post], who: Learning) -> Asked | None:
    """Return what is asked of somebody of whom nothing was asked before."""
    best: Asked | None = None
    for one in sorted(rules, key=lambda r: r.id):
        mine = [post for post in held if touches(one, post, day)]
        if not mine:
            continue
        if not who.completed:
            cycle = who.cycle or 1
        elif who.revoked:
            cycle = who.cycle + 1
        elif who.valid_through is None:
            continue
        elif (
            len(every_day(day, who.valid_through)) > one.renewal_days + 1
        ):  # today and more than the window's days
            continue
        else:
            cycle = who.cycle + 1
        still_valid = who.completed and not who.revoked and who.valid_through and who.valid_through >= day
        if still_valid:
            due = who.valid_through
        elif one.due_on:
            due = one.due_on
        else:
            start = max([one.valid_from, *[min(post.begins for post in mine)]])
            due = start + timedelta(days=one.due_days or 0)
        assert due is not None
        if due < day:
            due = day + timedelta(days=14)
        if best is None or due < best.due_on:
            best = Asked(cycle, due, one.id)
    return best


@examples(200)
@given(days, some_rules(), st.lists(posts, max_size=4), learnings)
def test_it_asks_what_the_oracle_asks(day: date, rules: list[Rule], held: list[Post], who: Learning) -> None:
    assert decide(day, rules, held, who) == Decision(oracle(day, rules, held, who))


@examples(150)
@given(days, some_rules(), st.lists(posts, max_size=4), learnings, st.integers(0, 20))
def test_asking_again_gives_nothing_and_what_is_valid_is_never_asked_for(
    day: date, rules: list[Rule], held: list[Post], who: Learning, later: int
) -> None:
    first = decide(day, rules, held, who)
    if first.ask is None:
        return
    begun = first.ask.cycle == who.cycle
    standing = [Standing(1, first.ask.rule, first.ask.cycle, begun)]

    assert decide(day, rules, held, who, standing) == Decision(None)
    assert first.ask.due_on >= day
    if who.completed and not who.revoked:
        assert who.valid_through is not None
        widest = max(one.renewal_days for one in rules)
        assert (who.valid_through - day).days <= widest
    begun_for_good = [Standing(1, first.ask.rule, first.ask.cycle, True)]
    assert decide(day + timedelta(days=later), rules, held, who, begun_for_good).withdraw == ()


@examples(150)
@given(days, some_rules(), st.lists(posts, max_size=4), learnings, st.integers(1, 5), st.booleans())
def test_only_what_was_not_begun_is_taken_back(
    day: date, rules: list[Rule], held: list[Post], who: Learning, number: int, begun: bool
) -> None:
    found = decide(day, rules, held, who, [Standing(9, number, max(1, who.cycle), begun)])

    assert found.withdraw in ((), (9,))
    if begun:
        assert found.withdraw == ()
    covered = any(one.id == number and touches(one, post, day) for one in rules for post in held)
    if not begun and not covered:
        assert found.withdraw == (9,)
