"""What of the roster the planner has to know for some rows: read in a few statements, and its digest."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Posting, User
from portal.core.batches import batches
from portal.core.names import fold
from portal.core.organisation.models import Sector, Unit
from portal.core.policy import Actor
from portal.core.rosters import queries
from portal.core.rosters.models import BATCH, Evidence, RosterBasis
from portal.core.rosters.plan import Known, Person, Post, UnitFacts
from portal.core.rosters.rows import Row


def coded_units(session: Session, who: Actor) -> frozenset[str]:
    """Return the codes of units whose people may stand by a code alone: those of the police in the asker's reach."""
    return frozenset(
        session.scalars(select(Unit.code).where(queries.reach(who), Unit.sector == Sector.POLICE))
    )


def known_for(
    session: Session, who: Actor, rows: Sequence[Row], as_of: date, also: Collection[str] = ()
) -> Known:
    """Return what of the roster the planner needs for `rows`: four queries, whatever the size of the roster.

    also: codes of units that rows name which could not be read otherwise.
    """
    codes = {row.code for row in rows if row.code}
    phones = {row.phone for row in rows if row.phone}
    keys = {fold(row.name) for row in rows}
    mine = select(Unit.id).where(queries.reach(who))
    coded = exists().where(
        RosterBasis.unit_id == Unit.id, RosterBasis.evidence == Evidence.CODED, RosterBasis.valid_from <= as_of,
        or_(RosterBasis.valid_to.is_(None), RosterBasis.valid_to >= as_of),
    )  # fmt: skip
    found = session.execute(
        select(Unit.id, Unit.code, Unit.id.in_(mine), coded).where(
            Unit.code.in_({row.unit for row in rows} | set(also)),
            Unit.valid_from <= as_of,
            or_(Unit.valid_to.is_(None), Unit.valid_to >= as_of),
        )
    ).all()
    units = {code: UnitFacts(bool(yours), bool(only)) for _id, code, yours, only in found}
    unit_codes = {id_: code for id_, code, yours, _only in found if yours}
    lasting = queries.lasts(as_of)
    here = exists().where(Posting.user_id == User.id, lasting, Posting.unit_id.in_(mine))
    anywhere = exists().where(Posting.user_id == User.id, lasting)
    once_here = exists().where(Posting.user_id == User.id, Posting.unit_id.in_(mine))
    yours = or_(here, and_(~anywhere, or_(once_here, User.secret_hash.is_(None))))
    named_here = exists().where(Posting.user_id == User.id, lasting, Posting.unit_id.in_(list(unit_codes)))
    people = [
        Person(id_, name, phone, code, bool(coded_), bool(yours_))
        for id_, name, phone, code, coded_, yours_ in session.execute(
            select(User.id, User.full_name, User.phone, User.staff_code, User.coded, yours)
            .where(
                User.ended_at.is_(None),
                or_(
                    User.staff_code.in_(codes),
                    and_(User.phone.in_(phones), here),
                    and_(User.search_key.in_(keys), named_here),
                ),
            )
            .order_by(User.id)
        )
    ]
    posts = [
        Post(one[0], one[1], unit_codes[one[2]], str(one[3]), one[4], one[5], one[6])
        for one in session.execute(
            select(
                Posting.id, Posting.user_id, Posting.unit_id, Posting.audience, Posting.title,
                Posting.valid_from, Posting.valid_to,
            )
            .where(Posting.user_id.in_([one.id for one in people]), Posting.unit_id.in_(list(unit_codes)))
            .order_by(Posting.id)
        )
    ]  # fmt: skip
    by_phone = dict(
        session.execute(
            select(User.phone, func.count())
            .where(User.phone.in_(phones), User.ended_at.is_(None))
            .group_by(User.phone)
        ).all()
    )
    return Known(units, people, posts, by_phone)  # type: ignore[arg-type]


def standing(session: Session, units: Iterable[str], as_of: date) -> Iterator[Post]:
    """Yield the posts that hold on `as_of` in the units of these codes, unit by unit."""
    for codes in batches(sorted(units), BATCH):
        for one in session.execute(
            select(
                Posting.id, Posting.user_id, Unit.code, Posting.audience, Posting.title, Posting.valid_from,
                Posting.valid_to,
            )
            .join(Unit, Unit.id == Posting.unit_id)
            .where(
                Unit.code.in_(codes),
                queries.stands(as_of),
                Posting.audience.not_in(queries.PARENTS),
            )
            .order_by(Unit.code, Posting.id)
        ):  # fmt: skip
            yield Post(one[0], one[1], one[2], str(one[3]), one[4], one[5], one[6])


def digest_of(known: Known) -> str:
    """Return 32 hexadecimal digits of everything known: compared within one run of the program only."""
    text = repr((sorted(known.units.items()), known.people, known.posts, sorted(known.by_phone.items())))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
