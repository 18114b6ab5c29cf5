"""Reading rules and what they ask: whom a rule covers, what would happen, how far people are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select, true, union
from sqlalchemy.orm import Session

from courses.assignments.decide import Decision, Post, Rule, Standing, decide
from courses.assignments.models import Assignment, AssignmentRule, Reminder
from courses.certificates.models import Certificate, Revocation
from courses.models import Completion, Course, CourseAudience, Enrolment, Version
from courses.queries.cycles import CERTIFIED, learning
from courses.renewal import Learning
from portal.core.accounts.models import Posting, User
from portal.core.clock import start_of
from portal.core.errors import NotFound
from portal.core.names import fold
from portal.core.organisation.models import Area, Unit
from portal.core.organisation.queries import areas_above, place_of, reachable, subtree, unit_subtree
from portal.core.policy import MAY, Action, Actor, Place, can

PAGE = 50


def place_of_rule(session: Session, rule: AssignmentRule) -> Place:
    """Return where a rule stands, for `policy.can`. An area without a sector is every sector: `""` is in none of them."""
    if rule.unit_id is not None:
        return place_of(session, session.get_one(Unit, rule.unit_id))
    areas = frozenset(area.id for area in areas_above(session, rule.area_id or 0))
    return Place(areas, rule.sector or "", frozenset())


def rule_for(session: Session, who: Actor, rule_id: int) -> AssignmentRule:
    """Return a rule that `who` may end. Raises `NotFound` for others."""
    rule = session.get(AssignmentRule, rule_id) if 0 < rule_id < 2**62 else None
    if rule is None or not can(who.grants, Action.COURSE_ASSIGN, place_of_rule(session, rule)):
        raise NotFound
    return rule


def covered(rule: AssignmentRule) -> ColumnElement[bool]:
    """Return a condition on `Unit`: inside the rule's place."""
    if rule.unit_id is not None:
        return Unit.id.in_(unit_subtree(rule.unit_id))
    inside = Unit.area_id.in_(subtree(rule.area_id or 0))
    return and_(inside, Unit.sector == rule.sector) if rule.sector else inside


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules of one course, ready to be decided on: as pure values, and as a condition on posts."""

    course_id: int
    day: date
    rules: tuple[Rule, ...]
    posts: ColumnElement[bool]


def plan(session: Session, course_id: int, rules: Sequence[AssignmentRule], day: date) -> Plan:
    """Return what is needed to decide on the rules of a course. One query for each rule, and one."""
    audiences = frozenset(
        session.scalars(select(CourseAudience.audience).where(CourseAudience.course_id == course_id))
    )
    pure = []
    doors = []
    for rule in rules:
        wanted = frozenset({rule.audience}) & audiences if rule.audience else audiences
        units = frozenset(session.scalars(select(Unit.id).where(covered(rule))))
        one = Rule(
            id=rule.id or 0,
            units=units,
            audiences=wanted,
            due_on=rule.due_on,
            due_days=rule.due_days,
            renewal_days=rule.renewal_days,
            valid_from=rule.valid_from,
            valid_to=rule.valid_to,
        )
        pure.append(one)
        if one.in_force(day):
            doors.append(and_(covered(rule), Posting.audience.in_(wanted)))
    held = and_(Posting.valid_from <= day, or_(Posting.valid_to.is_(None), Posting.valid_to >= day))
    return Plan(course_id, day, tuple(pure), and_(held, or_(false(), *doors)))


def live_rules(session: Session, course_id: int) -> Sequence[AssignmentRule]:
    """Return the rules of a course that may ask or may have asked something, in order."""
    return session.scalars(
        select(AssignmentRule).where(AssignmentRule.course_id == course_id).order_by(AssignmentRule.id)
    ).all()


def courses_with_rules(session: Session) -> Sequence[int]:
    """Return the ids of the courses that some rule, ended or not, is about."""
    return session.scalars(
        select(AssignmentRule.course_id).distinct().order_by(AssignmentRule.course_id)
    ).all()


def touched(session: Session, plan: Plan) -> Sequence[int]:
    """Return the ids of people whom the rules cover, or of whom something was asked that is not begun; in order."""
    covered_now = select(Posting.user_id).join(Unit, Unit.id == Posting.unit_id).where(plan.posts)
    return session.scalars(union(covered_now, _not_begun(plan.course_id)).order_by("user_id")).all()


def _not_begun(course_id: int) -> Select[Any]:
    return (
        select(Assignment.user_id)
        .outerjoin(Enrolment, _BEGUN)
        .where(Assignment.course_id == course_id, Assignment.ended_on.is_(None), Enrolment.id.is_(None))
    )


#: The enrolment that an assignment is begun by.
_BEGUN = and_(
    Enrolment.user_id == Assignment.user_id,
    Enrolment.course_id == Assignment.course_id,
    Enrolment.cycle == Assignment.cycle,
)


def decisions(session: Session, plan: Plan, first: int, last: int) -> Mapping[int, tuple[Learning, Decision]]:
    """Return how each touched person with an id from `first` to `last` stands, and what is to be done. Three queries."""
    posts: dict[int, list[Post]] = {}
    for user_id, unit, audience, begins, ends in session.execute(
        select(Posting.user_id, Posting.unit_id, Posting.audience, Posting.valid_from, Posting.valid_to)
        .join(Unit, Unit.id == Posting.unit_id)
        .where(plan.posts, Posting.user_id.between(first, last))
    ):
        posts.setdefault(user_id, []).append(Post(unit, str(audience), begins, ends))
    stands: dict[int, Learning] = {}
    for user_id, cycle, completion, expires_on, revoked_at in session.execute(
        select(
            Enrolment.user_id,
            Enrolment.cycle,
            Completion.id,
            Certificate.expires_on,
            Revocation.revoked_at,
        )
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .outerjoin(Certificate, CERTIFIED)
        .outerjoin(Revocation, Revocation.certificate_id == Certificate.id)
        .where(Enrolment.course_id == plan.course_id, Enrolment.user_id.between(first, last))
        .order_by(Enrolment.cycle)
    ):
        stands[user_id] = learning(cycle, completion, expires_on, revoked_at)
    standing: dict[int, list[Standing]] = {}
    for user_id, id_, rule, cycle, enrolment in session.execute(
        select(Assignment.user_id, Assignment.id, Assignment.rule_id, Assignment.cycle, Enrolment.id)
        .outerjoin(Enrolment, _BEGUN)
        .where(
            Assignment.course_id == plan.course_id,
            Assignment.ended_on.is_(None),
            Assignment.user_id.between(first, last),
        )
    ):
        standing.setdefault(user_id, []).append(Standing(id_, rule, cycle, enrolment is not None))
    found = {}
    for user_id in sorted({*posts, *standing}):
        here = stands.get(user_id, Learning())
        asked = standing.get(user_id, ())
        found[user_id] = (here, decide(plan.day, plan.rules, posts.get(user_id, ()), here, asked))
    return found


class Fate(StrEnum):
    """What a rule would do to a person whom it covers."""

    NEW = "new"
    BEGUN = "begun"
    ASKED = "asked"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Previewed:
    """A person in a preview."""

    user_id: int
    full_name: str
    unit: str
    fate: Fate
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would do: how many people of each fate, and one page of their names. `count`: of the list shown."""

    counts: Mapping[Fate, int]
    people: Sequence[Previewed]
    count: int

    @property
    def covered(self) -> int:
        """Return how many people the rule covers."""
        return sum(self.counts.values())


def preview(
    session: Session, rule: AssignmentRule, day: date, *, fate: Fate | None, page: int, search: str = ""
) -> Preview:
    """Return what a rule that is not stored yet would do on `day`, and one page (50) of the people by name.

    Decided by the same function on the same facts as the job that applies it.
    """
    asked_for = plan(session, rule.course_id, [rule], day)
    on_posts = select(Posting.user_id).join(Unit, Unit.id == Posting.unit_id).where(asked_for.posts)
    # what other rules asked stands; a preview takes nothing back, and nobody but the covered is shown
    covered_ids = set(session.scalars(on_posts))
    fates: dict[int, tuple[Fate, date | None]] = {}
    if covered_ids:
        standing = set(
            session.scalars(
                select(Assignment.user_id).where(
                    Assignment.course_id == rule.course_id, Assignment.ended_on.is_(None)
                )
            )
        )
        for user_id, (stands, decision) in decisions(
            session, asked_for, min(covered_ids), max(covered_ids)
        ).items():
            if user_id in covered_ids:
                fates[user_id] = _fate(stands, decision, user_id in standing)
    query = select(User.id).where(User.id.in_(on_posts)).order_by(User.sort_key, User.id)
    for word in fold(search).split():
        query = query.where(User.search_key.contains(word, autoescape=True))
    shown = [one for one in session.scalars(query) if fate is None or fates[one][0] == fate]
    counts = dict.fromkeys(Fate, 0)
    for kind, _due in fates.values():
        counts[kind] += 1
    here = shown[(page - 1) * PAGE : page * PAGE]
    names = {
        user_id: (name, unit)
        for user_id, name, unit in session.execute(
            select(User.id, User.full_name, func.min(Unit.name))
            .join(Posting, Posting.user_id == User.id)
            .join(Unit, Unit.id == Posting.unit_id)
            .where(User.id.in_(here), asked_for.posts)
            .group_by(User.id, User.full_name)
        )
    }
    people = [Previewed(user_id, *names[user_id], *fates[user_id]) for user_id in here]
    return Preview(counts, people, len(shown))


def _fate(stands: Learning, decision: Decision, asked: bool) -> tuple[Fate, date | None]:
    begun = stands.cycle > 0 and not stands.completed
    if begun:
        return Fate.BEGUN, decision.ask.due_on if decision.ask else None
    if asked:
        return Fate.ASKED, None
    if decision.ask is not None:
        return Fate.NEW, decision.ask.due_on
    return Fate.DONE, None


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in the list: whose, what, by when, and how many people are how far. `mine`: the reader may end it."""

    id: int
    course: str
    title: Mapping[str, str]
    place: str
    sector: str
    audience: str
    due_on: date | None
    due_days: int | None
    renewal_days: int
    valid_from: date
    valid_to: date | None
    made_by: str
    applied: bool
    asked: int
    begun: int
    done: int
    late: int
    mine: bool


_NAMED = (
    select(
        AssignmentRule,
        Course.code,
        Version.title,
        func.coalesce(Unit.name, Area.name),
        User.full_name,
    )
    .join(Course, Course.id == AssignmentRule.course_id)
    .join(Version, and_(Version.course_id == Course.id, Version.current))
    .outerjoin(Unit, Unit.id == AssignmentRule.unit_id)
    .outerjoin(Area, Area.id == AssignmentRule.area_id)
    .outerjoin(User, User.id == AssignmentRule.made_by_id)
)


def rules(
    session: Session, who: Actor, today: date, *, search: str = "", ended: bool = False
) -> Sequence[RuleLine]:
    """Return the rules that `who` may end and those from above that reach her place, newest first. Two queries."""
    query = _NAMED.add_columns(_ends(who)).where(or_(_ends(who), _from_above(session, who)))
    if not ended:
        query = query.where(or_(AssignmentRule.valid_to.is_(None), AssignmentRule.valid_to >= today))
    rows = session.execute(query.order_by(AssignmentRule.id.desc())).all()
    counts = _counts(session, [row[0].id for row in rows], today)
    lines = [_line(row, counts.get(row[0].id, (0, 0, 0, 0)), bool(row[5])) for row in rows]
    wanted = fold(search)
    return [
        line
        for line in lines
        if not wanted or any(wanted in fold(text) for text in (line.course, line.place, *line.title.values()))
    ]


def one_rule(session: Session, rule: AssignmentRule, today: date) -> RuleLine:
    """Return the line of one rule, for its own page."""
    row = session.execute(_NAMED.where(AssignmentRule.id == rule.id)).one()
    return _line(row, _counts(session, [rule.id], today).get(rule.id, (0, 0, 0, 0)), True)


def _line(row: Any, counts: tuple[int, int, int, int], mine: bool) -> RuleLine:
    rule, code, title, place, made_by = row[:5]
    return RuleLine(
        rule.id,
        code,
        title,
        place,
        rule.sector or "",
        rule.audience or "",
        rule.due_on,
        rule.due_days,
        rule.renewal_days,
        rule.valid_from,
        rule.valid_to,
        made_by or "–",
        rule.applied_at is not None,
        *counts,
        mine,
    )


def _ends(who: Actor) -> ColumnElement[bool]:
    """Return a condition on rules: `who` may end them (the twin of `rule_for`)."""
    action = Action.COURSE_ASSIGN
    of_units = AssignmentRule.unit_id.in_(select(Unit.id).where(reachable(who.grants, action)))
    of_areas = [
        and_(
            AssignmentRule.area_id.in_(subtree(grant.area))
            if grant.area is not None
            else AssignmentRule.area_id.is_not(None),
            AssignmentRule.sector == grant.sector if grant.sector is not None else true(),
        )
        for grant in who.grants
        if action in MAY[grant.role] and grant.unit is None
    ]
    return or_(of_units, *of_areas)


def _from_above(session: Session, who: Actor) -> ColumnElement[bool]:
    """Return a condition on rules: made for an area or a unit in which one of the reader's places lies."""
    doors: list[ColumnElement[bool]] = [false()]
    for grant in who.grants:
        if Action.COURSE_ASSIGN not in MAY[grant.role]:
            continue
        sector = grant.sector
        area = grant.area
        if grant.unit is not None:
            unit = session.get_one(Unit, grant.unit)
            doors.append(AssignmentRule.unit_id.in_(place_of(session, unit).units))
            sector, area = str(unit.sector), unit.area_id
        if area is None:
            continue
        doors.append(
            and_(
                AssignmentRule.area_id.in_([one.id for one in areas_above(session, area)]),
                or_(AssignmentRule.sector.is_(None), AssignmentRule.sector == sector) if sector else true(),
            )
        )
    return or_(*doors)


def _counts(session: Session, ids: Sequence[int], today: date) -> dict[int, tuple[int, int, int, int]]:
    """Return, for each rule, how many people it asks, and of them who have begun, completed, are late."""
    rows = session.execute(
        select(
            Assignment.rule_id,
            func.count(),
            func.count(Enrolment.id),
            func.count(Completion.id),
            func.sum(case((and_(Assignment.due_on < today, Completion.id.is_(None)), 1), else_=0)),
        )
        .outerjoin(Enrolment, _BEGUN)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .where(Assignment.rule_id.in_(ids), Assignment.ended_on.is_(None))
        .group_by(Assignment.rule_id)
    )
    return {rule: (asked, begun, done, int(late or 0)) for rule, asked, begun, done, late in rows}


class Progress(StrEnum):
    """How far a person is with what was asked."""

    TODO = "todo"
    PROGRESS = "progress"
    LATE = "late"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class AskedLine:
    """A person of whom a rule asked something."""

    user_id: int
    full_name: str
    unit: str
    cycle: int
    due_on: date
    state: Progress
    completed_on: date | None


def asked_of_people(
    session: Session,
    rule: AssignmentRule,
    today: date,
    *,
    state: Progress | None,
    search: str,
    page: int | None,
) -> tuple[Sequence[AskedLine], int]:
    """Return people of whom the rule asks something, by name, and how many; one page of 50, or (None) all.

    unit: the first by name of those that the rule covers and where she has a post today, empty where she has left.
    """
    day = and_(Posting.valid_from <= today, or_(Posting.valid_to.is_(None), Posting.valid_to >= today))
    unit = (
        select(func.min(Unit.name))
        .join(Posting, Posting.unit_id == Unit.id)
        .where(Posting.user_id == User.id, day, covered(rule))
        .correlate(User)
        .scalar_subquery()
    )
    query = (
        select(
            User.id,
            User.full_name,
            unit,
            Assignment.cycle,
            Assignment.due_on,
            Enrolment.id,
            Completion.completed_on,
        )
        .join(User, User.id == Assignment.user_id)
        .outerjoin(Enrolment, _BEGUN)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .where(Assignment.rule_id == rule.id, Assignment.ended_on.is_(None))
        .order_by(User.sort_key, User.id, Assignment.cycle)
    )
    late = and_(Completion.id.is_(None), Assignment.due_on < today)
    wanted = {
        Progress.DONE: Completion.id.is_not(None),
        Progress.LATE: late,
        Progress.PROGRESS: and_(Completion.id.is_(None), Enrolment.id.is_not(None), ~late),
        Progress.TODO: and_(Enrolment.id.is_(None), ~late),
    }
    if state is not None:
        query = query.where(wanted[state])
    for word in fold(search).split():
        query = query.where(User.search_key.contains(word, autoescape=True))
    count = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    if page is not None:
        query = query.limit(PAGE).offset((page - 1) * PAGE)
    return [
        AskedLine(
            user_id,
            name,
            where or "",
            cycle,
            due,
            _progress(enrolment is not None, completed, due, today),
            completed,
        )
        for user_id, name, where, cycle, due, enrolment, completed in session.execute(query)
    ], count


def _progress(begun: bool, completed: date | None, due: date, today: date) -> Progress:
    if completed is not None:
        return Progress.DONE
    if due < today:
        return Progress.LATE
    return Progress.PROGRESS if begun else Progress.TODO


def reminded_since(day: date) -> Select[Any]:
    """Return a select of the ids of people who were reminded on `day` or later."""
    return select(Reminder.user_id).where(Reminder.sent_on >= day)


def asked_not_begun(day: date, *, late: bool = False) -> Any:
    """Return a subquery (user_id, course_id, due_on) of what was asked as of `day` and not begun by its end.

    late: only what was due before `day`. An assignment that nobody has begun is late like an enrolment: the board
    joins this beside enrolments.
    """
    until = start_of(day + timedelta(days=1))
    begun = and_(_BEGUN, Enrolment.enrolled_at < until)
    return (
        select(
            Assignment.user_id,
            Assignment.course_id,
            func.min(Assignment.due_on).label("due_on"),
        )
        .outerjoin(Enrolment, begun)
        .where(
            Assignment.assigned_on <= day,
            or_(Assignment.ended_on.is_(None), Assignment.ended_on > day),
            Enrolment.id.is_(None),
            Assignment.due_on < day if late else true(),
        )
        .group_by(Assignment.user_id, Assignment.course_id)
        .subquery("asked_not_begun")
    )
