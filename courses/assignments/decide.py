"""What the rules ask of one person for one course on one day: pure.

The same facts give the same answer, and what was answered changes the facts so that asking again gives nothing: a job
may be run as often as one likes. Nothing granted is touched: a completion that is still valid is never asked for
again, and what was begun stays whatever becomes of its rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from courses.renewal import Learning, cycle_to_learn

#: Whoever is told after the due date of a rule had passed gets so many days from the day of telling.
GRACE_DAYS = 14


@dataclass(frozen=True, slots=True)
class Post:
    """A post of a person: unit, audience, and the days on which it is held, both inclusive (ends None: still)."""

    unit: int
    audience: str
    begins: date
    ends: date | None = None

    def held_on(self, day: date) -> bool:
        """Return whether the post is held on `day`."""
        return self.begins <= day and (self.ends is None or self.ends >= day)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule for the course in question: for whom, by when.

    units: the ids of every unit it covers. audiences: of the posts it covers. Exactly one of `due_on` (a fixed day)
    and `due_days` (so many days after the person's post began, or the rule, whichever was later) is given.
    renewal_days: so long before a certificate ends it is asked for again. valid_from, valid_to: both inclusive.
    """

    id: int
    units: frozenset[int]
    audiences: frozenset[str]
    due_on: date | None
    due_days: int | None
    renewal_days: int
    valid_from: date
    valid_to: date | None = None

    def __post_init__(self) -> None:
        """Refuse a rule with two due dates or none."""
        if (self.due_on is None) == (self.due_days is None):
            raise ValueError("a rule has a fixed due date or a number of days, and not both")

    def in_force(self, day: date) -> bool:
        """Return whether the rule asks anything on `day`."""
        return self.valid_from <= day and (self.valid_to is None or self.valid_to >= day)

    def covers(self, post: Post, day: date) -> bool:
        """Return whether the post is one that the rule is for, on a day on which both stand."""
        return (
            self.in_force(day)
            and post.held_on(day)
            and post.unit in self.units
            and post.audience in self.audiences
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """What was asked of the person already and was not taken back. begun: whether she began that cycle."""

    id: int
    rule: int
    cycle: int
    begun: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be asked of the person: which cycle, by when, by which rule."""

    cycle: int
    due_on: date
    rule: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do: ask (or None), and the ids of what was asked and is to be taken back, in order."""

    ask: Asked | None
    withdraw: tuple[int, ...] = ()


def decide(
    day: date,
    rules: Sequence[Rule],
    posts: Sequence[Post],
    learning: Learning,
    standing: Sequence[Standing] = (),
) -> Decision:
    """Return what the rules of one course ask of one person on `day`.

    Of several rules the one with the soonest due date asks; of equals the older one (the smaller id). What was asked
    once stands, with its date, for as long as its rule covers the person. When the rule no longer does (it ended, the
    person left), what was not begun is taken back; what was begun stays.
    """
    covering = {rule.id: rule for rule in rules if any(rule.covers(post, day) for post in posts)}
    wanted = {rule.id: cycle_to_learn(learning, day, rule.renewal_days) for rule in covering.values()}
    stays = [one for one in standing if one.begun or wanted.get(one.rule) == one.cycle]
    withdraw = tuple(sorted(one.id for one in standing if one not in stays))
    asked = {one.cycle for one in stays}
    answers = [
        (due_date(rule, posts, learning, day), rule.id, cycle)
        for rule in covering.values()
        if (cycle := wanted[rule.id]) is not None and cycle not in asked
    ]
    if not answers:
        return Decision(None, withdraw)
    due, rule_id, cycle = min(answers)
    return Decision(Asked(cycle, due, rule_id), withdraw)


def due_date(rule: Rule, posts: Sequence[Post], learning: Learning, day: date) -> date:
    """Return by when a rule that covers one of `posts` wants the course done, never before `day`.

    A certificate that is still valid is to be renewed by its last day. Otherwise the rule's own date counts; where
    that had passed before the person was told, she has `GRACE_DAYS`.
    """
    valid = learning.valid_through
    if learning.completed and not learning.revoked and valid is not None and valid >= day:
        return valid
    if rule.due_on is not None:
        due = rule.due_on
    else:
        joined = min(post.begins for post in posts if rule.covers(post, day))
        due = max(joined, rule.valid_from) + timedelta(days=rule.due_days or 0)
    return due if due >= day else day + timedelta(days=GRACE_DAYS)
