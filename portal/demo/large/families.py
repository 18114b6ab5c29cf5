"""The families of the large demonstration: households, parents, their consent, and what they learned."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from portal.core.accounts.models import Audience, Posting, PostingSource, SecretKind, User
from portal.core.accounts.secrets import hashed
from portal.core.consent.models import Consent, ConsentWay
from portal.core.consent.wordings import CURRENT, PARENT, text_of
from portal.core.households.models import Household, HouseholdCounter, HouseholdMember
from portal.core.households.services import label
from portal.core.organisation.models import Area
from portal.demo.large.learning import WHO_BEGAN, Choice, Learnt
from portal.demo.large.places import Place
from portal.demo.large.staff import POST_COLUMNS, USER_COLUMNS
from portal.demo.large.work import DAY, Work, start_of

PIN = "390217"
COMMUNES_AT_ONCE = 10
_BANDS = (["0-5"], ["6-10"], ["11-15"], ["0-5", "6-10"], ["6-10", "11-15"])


def add_families(
    work: Work, communes: Sequence[Area], community: Mapping[int, Place], collaborators: Mapping[int, int],
    *, parents: int, certificates: int,
) -> None:  # fmt: skip
    """Add so many parents in their families, who earn so many certificates.

    community: where each commune's families belong, by the area's id. collaborators: who registers those of a community.
    """
    families = _Families(work, community, collaborators, parents, certificates)
    done, many = 0, len(communes)
    for start in range(0, many, COMMUNES_AT_ONCE):
        for place in range(start, min(start + COMMUNES_AT_ONCE, many)):
            here = parents * (place + 1) // many - parents * place // many
            families.commune(communes[place], here)
            done += here
        families.write()
        work.report(f"parents: {done:,} of {parents:,}; certificates: {work.issued:,}")
    families.write_counters()


class _Families:
    """Families commune by commune, and what they learned: collected until they are written."""

    def __init__(
        self, work: Work, community: Mapping[int, Place], collaborators: Mapping[int, int], parents: int,
        certificates: int,
    ) -> None:  # fmt: skip
        self.work, self.dice = work, work.dice
        self.community, self.collaborators = community, collaborators
        self.courses = work.courses_for(Audience.PARENT)
        self.chosen = Choice(work.dice, parents * len(self.courses), certificates)
        self.wording = text_of(PARENT, CURRENT[PARENT]) or ""
        self.counters = {one.commune_code: one.last for one in work.session.scalars(select(HouseholdCounter))}
        self.household = work.bulk.next_id(Household)
        self.pin = hashed(PIN)
        self._collect_anew()

    def _collect_anew(self) -> None:
        self.users: list[tuple[Any, ...]] = []
        self.posts: list[tuple[Any, ...]] = []
        self.households: list[tuple[Any, ...]] = []
        self.members: list[tuple[Any, ...]] = []
        self.consents: list[tuple[Any, ...]] = []
        self.learnt = Learnt(self.work)

    def commune(self, area: Area, many: int) -> None:
        """Register so many parents of a commune, family by family; the numbers run with the days."""
        work, made = self.work, 0
        unit = self.community[area.id]
        by = self.collaborators.get(unit.id)
        span = (work.today - work.first_day).days - 40
        while made < many:
            size = 1 if many - made == 1 or self.dice.random() < 0.3 else 2
            day = work.first_day + timedelta(days=span * made // many)
            number = self.counters[area.code] = self.counters.get(area.code, 0) + 1
            at = start_of(day) + timedelta(hours=20)
            has_child = self.dice.random() < 0.97
            bands = _BANDS[int(self.dice.random() * len(_BANDS))] if has_child else []
            self.households.append(
                (self.household, area.id, area.code, number, unit.id, has_child, bands, at, by)
            )
            for place in range(1, size + 1):
                self._parent(area, unit, number, place, day, at, by)
            self.household += 1
            made += size

    def _parent(
        self, area: Area, unit: Place, number: int, place: int, day: date, at: datetime, by: int | None
    ) -> None:
        work = self.work
        id_ = work.new_user()
        name, order, plain = work.name()
        chance = self.dice.random()
        # a couple may share a telephone: the second has the number of the first
        phone = f"03{self.household:08d}" if chance < (0.8 if place == 1 else 0.5) else None
        account = chance < 0.45
        audience = Audience.CARER if chance > 0.96 else Audience.PARENT
        login = None if phone else label(area.code, number).casefold() + f"-{place}"
        self.users.append(
            (id_, name, False, order, plain, phone, None, login, SecretKind.PIN, self.pin if account else None, 0,
             CURRENT[PARENT], at, at, at + DAY if account else None)
        )  # fmt: skip
        self.posts.append((id_, unit.id, audience, None, day, None, PostingSource.COLLABORATOR, at, by, None))
        self.members.append((id_, self.household, place, at, by))
        self.consents.append((id_, True, CURRENT[PARENT], "vi", self.wording, ConsentWay.PAPER, by, at))
        for course in self.courses:
            if self.chosen.next():
                done = work.day(day + timedelta(days=1), work.today - DAY)
                self.learnt.complete(id_, name, course, done, unit, audience)
            elif self.dice.random() < WHO_BEGAN:
                self.learnt.begin(id_, course, day)

    def write(self) -> None:
        """Write what was collected, and begin anew."""
        write = self.work.bulk.write
        write(User, USER_COLUMNS, self.users)
        write(Posting, POST_COLUMNS, self.posts)
        write(
            Household,
            ("id", "area_id", "commune_code", "number", "unit_id", "has_child_under_16", "age_bands", "created_at",
             "created_by_id"),
            self.households,
        )  # fmt: skip
        write(HouseholdMember, ("user_id", "household_id", "place", "added_at", "added_by_id"), self.members)
        write(
            Consent,
            ("user_id", "given", "version", "language", "wording", "way", "by_id", "at"),
            self.consents,
        )
        self.learnt.write()
        self._collect_anew()

    def write_counters(self) -> None:
        """Let the next household that is registered in a commune get the number after the last."""
        session = self.work.session
        session.expire_all()
        for code, last in self.counters.items():
            known = session.get(HouseholdCounter, code)
            if known is None:
                session.add(HouseholdCounter(commune_code=code, last=last))
            else:
                known.last = last
        session.flush()
