"""What a reorganisation touches, counted before it is applied: places, people, posts, grants, learning, figures.

Everything above the floor is counted here, because the floor does not know that there are courses.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from courses.certificates.models import Certificate
from courses.models import Completion, Enrolment
from portal.core.accounts.models import Membership, Posting, User
from portal.core.batches import batches
from portal.core.organisation.models import Reorganisation
from portal.core.organisation.reorganise import Change, State, effects
from portal.core.policy import Role

NAMED = 40
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Names:
    """How many, and the first forty by name."""

    count: int
    names: tuple[str, ...]

    @property
    def more(self) -> int:
        """Return how many are not named."""
        return self.count - len(self.names)


@dataclass(frozen=True, slots=True)
class Impact:
    """What a plan touches.

    `people` have a post in a unit that ends, changes or stands in an area that does, on the day or later; the four
    counts after it are of their learning. `moved_posts` are posts that end and go on elsewhere. `kept` and `lost` are
    grants that go on and that end, as (person, role, place). `unlisted` are units that have no denominator afterwards
    though a predecessor had one; `totals`: a declared total is the reason for one of them.
    """

    areas_ended: Names
    areas_new: Names
    areas_changed: Names
    units_ended: Names
    units_new: Names
    units_changed: Names
    people: int
    moved_posts: int
    enrolments: int
    open_enrolments: int
    completions: int
    certificates: int
    kept: int
    lost: tuple[tuple[str, Role, str], ...]
    unlisted: Names
    totals: bool


def impact(
    session: Session, reorganisation: Reorganisation, state: State, changes: Sequence[Change]
) -> Impact:
    """Return what the changes of a plan touch; the number of queries grows only with hundreds of units."""
    touched = effects(state, changes)

    def old(table: str, ids: Sequence[int]) -> Names:
        called = sorted(
            f"{state.tables[table][key]['name']} ({state.tables[table][key]['code']})" for key in ids
        )
        return Names(len(called), tuple(called[:NAMED]))

    def new(names: Sequence[str]) -> Names:
        return Names(len(names), tuple(sorted(names)[:NAMED]))

    units = sorted({*touched.units_ended, *touched.units_changed})
    people: set[int] = set()
    for ids in batches(units, CHUNK):
        people.update(
            session.scalars(
                select(Posting.user_id).where(
                    Posting.unit_id.in_(ids),
                    or_(Posting.valid_to.is_(None), Posting.valid_to >= reorganisation.effective_on),
                )
            )
        )
    enrolments = open_enrolments = completions = certificates = 0
    for ids in batches(sorted(people), CHUNK):
        all_of, done = session.execute(
            select(func.count(Enrolment.id), func.count(Completion.id))
            .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
            .where(Enrolment.user_id.in_(ids))
        ).one()
        enrolments, open_enrolments, completions = (
            enrolments + all_of,
            open_enrolments + all_of - done,
            completions + done,
        )
        certificates += (
            session.scalar(select(func.count(Certificate.id)).where(Certificate.user_id.in_(ids))) or 0
        )
    return Impact(
        areas_ended=old("area", touched.areas_ended),
        areas_new=new(touched.areas_new),
        areas_changed=old("area", touched.areas_changed),
        units_ended=old("unit", touched.units_ended),
        units_new=new(touched.units_new),
        units_changed=old("unit", touched.units_changed),
        people=len(people),
        moved_posts=touched.posts,
        enrolments=enrolments,
        open_enrolments=open_enrolments,
        completions=completions,
        certificates=certificates,
        kept=touched.grants,
        lost=tuple(_lost(session, state, changes)),
        unlisted=new(touched.unlisted),
        totals=touched.totals,
    )


def _lost(session: Session, state: State, changes: Sequence[Change]) -> Iterator[tuple[str, Role, str]]:
    """Yield the grants that end without going on."""
    going_on = {
        (c.after["user_id"], c.after["role"]) for c in changes if c.table == "membership" and c.before is None
    }
    ended = [
        (c.id, state.tables["membership"][c.id])
        for c in changes
        if c.table == "membership" and c.before is not None and "valid_to" in c.after
    ]
    ids = [key for key, row in ended if (row["user_id"], row["role"]) not in going_on][:NAMED]
    rows = session.execute(
        select(Membership.id, User.full_name, Membership.role, Membership.area_id, Membership.unit_id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.id.in_(ids))
        .order_by(User.sort_key)
    )
    for _key, name, role, area, unit in rows:
        place = state.tables["unit"].get(unit) if unit else state.tables["area"].get(area or 0)
        yield name, Role(role), str(place["name"]) if place else ""
