"""Every figure recounted the slow and plain way, person by person, from the rows as they stand in the database.

Written from what the plan asks (each function quotes no code of the portal's counting and imports none): the portal's
figures must equal these for any world. Numbers of the plan are typed here by hand.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.before_after.models import PairedScore
from courses.certificates.models import Certificate, Revocation
from courses.models import Course
from courses.workshops.models import Attended, Workshop
from portal.core.accounts.models import Posting
from portal.core.households.models import Household, HouseholdMember
from portal.core.organisation.models import Area, AreaPast, Unit, UnitLineage, UnitPast
from portal.core.rosters.models import RosterBasis
from portal.indicators.models import Declaration, PersonFact

DISTRICTS_END = date(2025, 6, 30)  # CT09, G11
POLICE_DISTRICTS_END = date(2025, 2, 28)  # CT15
CT01B_SINCE = date(2026, 6, 15)  # the second reading of CT01
Pair = tuple[int | None, int | None]
NOTHING: Pair = (None, None)


def a_year_before(day: date) -> date:
    return day.replace(year=day.year - 1)


def months_after(day: date, months: int) -> date:
    """Return the same day of a later month; the tests' days are never later than the 28th where it matters, or ends of months."""
    number = day.year * 12 + day.month - 1 + months
    for shorter in range(4):
        try:
            return date(number // 12, number % 12 + 1, day.day - shorter)
        except ValueError:
            continue
    raise AssertionError(day)


@dataclass
class Place:
    """A place asked about: an area (id), narrowed to sectors, or a unit (id)."""

    area: int | None = None
    unit: int | None = None
    sectors: frozenset[str] | None = None


@dataclass
class Stood:
    """A unit on a day."""

    id: int
    kind: str
    sector: str
    area: int
    level: str
    path: list[int]
    line: list[int]


class Rows:
    """All rows, as plain lists."""

    def __init__(self, session: Session) -> None:
        session.expire_all()
        self.areas = {one.id: one for one in session.scalars(select(Area))}
        self.areas_past = list(session.scalars(select(AreaPast)))
        self.units = {one.id: one for one in session.scalars(select(Unit))}
        self.units_past = list(session.scalars(select(UnitPast)))
        self.lineage = list(session.scalars(select(UnitLineage)))
        self.bases = list(session.scalars(select(RosterBasis)))
        self.posts = list(session.scalars(select(Posting)))
        self.papers = list(session.scalars(select(Certificate)))
        self.revoked = {one.certificate_id: one.revoked_at for one in session.scalars(select(Revocation))}
        self.courses = {one.id: one.code for one in session.scalars(select(Course))}
        self.facts = list(session.scalars(select(PersonFact)))
        self.households = list(session.scalars(select(Household)))
        self.members = list(session.scalars(select(HouseholdMember)))
        self.declared = list(
            session.scalars(select(Declaration).order_by(Declaration.said_on, Declaration.id))
        )
        self.attended = list(session.scalars(select(Attended)))
        self.items = {one.id: one.plan_item for one in session.scalars(select(Workshop))}
        self.pairs = list(session.scalars(select(PairedScore)))


def here(moment: Any) -> date:
    """Return the day of a moment in the province, seven hours ahead of the world's clock."""
    return (moment + timedelta(hours=7)).date()


def covers(one: Any, day: date) -> bool:
    return one.valid_from <= day and (one.valid_to is None or one.valid_to >= day)


class Day:
    """One day of the rows, in one place."""

    def __init__(self, rows: Rows, day: date, now: bool, place: Place) -> None:
        self.rows, self.day, self.now, self.place = rows, day, now, place
        self.then = {one.id: self._area(one.id) for one in rows.areas.values() if covers(one, day)}
        all_units = {
            one.id: unit for one in rows.units.values() if covers(one, day) and (unit := self._unit(one.id))
        }
        self.everywhere = all_units
        self.units = {key: unit for key, unit in all_units.items() if self._inside(unit)}
        shown = (
            {one.id: (str(one.kind), one.parent_id) for one in rows.areas.values() if one.valid_to is None}
            if now
            else self.then
        )
        self.areas = {
            key: kind
            for key, (kind, _above) in shown.items()
            if place.unit is None and place.area in self._up(key, shown)
        }

    def _area(self, key: int) -> tuple[str, int | None]:
        for past in self.rows.areas_past:
            if past.area_id == key and covers(past, self.day):
                return str(past.kind), past.parent_id
        return str(self.rows.areas[key].kind), self.rows.areas[key].parent_id

    def _up(self, key: int, areas: dict[int, tuple[str, int | None]]) -> list[int]:
        chain: list[int] = []
        here_now: int | None = key
        while here_now is not None and here_now in areas:
            chain.append(here_now)
            here_now = areas[here_now][1]
        return chain

    def became(self, unit: int) -> int:
        """Return what stands for a unit today."""
        for line in self.rows.lineage:
            if line.predecessor_id == unit and line.main:
                return self.became(line.successor_id)
        return unit

    def _as_it_stood(self, key: int) -> Any:
        for past in self.rows.units_past:
            if past.unit_id == key and covers(past, self.day):
                return past
        return self.rows.units[key]

    def _unit(self, key: int) -> Stood | None:
        one = self._as_it_stood(key)
        if one.area_id not in self.then:
            return None
        level = self.then[one.area_id][0]
        if not any(kind == "district" for kind, _above in self.then.values()) and self._was_of_a_district(
            key
        ):
            level = "district"
        if self.now:
            areas = {
                area.id: (str(area.kind), area.parent_id)
                for area in self.rows.areas.values()
                if area.valid_to is None
            }
            path = self._up(self.rows.units[self.became(key)].area_id, areas)
        else:
            path = self._up(one.area_id, self.then)
        line, above = [key], one.parent_id
        while above is not None and above not in line:
            line.append(above)
            above = self._as_it_stood(above).parent_id if covers(self.rows.units[above], self.day) else None
        if self.now:
            line.append(self.became(key))
        return Stood(key, str(one.kind), str(one.sector), one.area_id, level, path, line)

    def _was_of_a_district(self, key: int) -> bool:
        """G11: what was of a district when districts ended keeps that level."""
        ended = [
            one.valid_to
            for one in self.rows.areas.values()
            if str(one.kind) == "district" and one.valid_to is not None and one.valid_to < self.day
        ]
        if not ended:
            return False
        eve = Day(self.rows, max(ended), False, Place())
        return any(
            eve.then[unit.area][0] == "district" and (unit.id == key or eve.became(unit.id) == key)
            for unit in eve.everywhere.values()
        )

    def _inside(self, unit: Stood) -> bool:
        if self.place.unit is not None:
            return self.place.unit in unit.line
        return self.place.area in unit.path and (
            self.place.sectors is None or unit.sector in self.place.sectors
        )

    def basis(self, unit: int) -> str | None:
        return next(
            (str(one.evidence) for one in self.rows.bases if one.unit_id == unit and covers(one, self.day)),
            None,
        )

    def listed(self, unit: int) -> bool:
        return self.basis(unit) in ("named", "coded")

    def holds(self, person: int, *courses: str) -> bool:
        """Return whether a person holds a valid certificate of one of the courses at 24:00."""
        for one in self.rows.papers:
            if one.user_id == person and self.rows.courses[one.course_id] in courses:
                gone = self.rows.revoked.get(one.id)
                if (
                    one.completed_on <= self.day
                    and (one.expires_on is None or self.day <= one.expires_on)
                    and (gone is None or here(gone) > self.day)
                ):
                    return True
        return False

    def network(self, person: int) -> bool:
        return any(
            one.user_id == person and one.fact == "network" and covers(one, self.day)
            for one in self.rows.facts
        )

    def active(self, person: int) -> bool:
        """CT17: joined, re-affirmed, completed something or came to a class within twelve months."""
        after, day = a_year_before(self.day), self.day
        rows = self.rows
        return (
            any(
                one.user_id == person
                and one.audience == "volunteer"
                and covers(one, day)
                and one.valid_from > after
                for one in rows.posts
            )
            or any(
                one.user_id == person and one.fact == "active" and covers(one, day) and one.valid_from > after
                for one in rows.facts
            )
            or any(
                one.user_id == person and one.audience == "volunteer" and after < one.completed_on <= day
                for one in rows.papers
            )
            or any(
                one.user_id == person
                and one.audience == "volunteer"
                and after < one.on_day <= day
                and one.withdrawn_at is None
                for one in rows.attended
            )
        )

    def people(self, units: Iterable[int], *audiences: str) -> set[tuple[int, int]]:
        """Return (person, unit) of the posts that stand."""
        wanted = set(units)
        return {
            (one.user_id, one.unit_id)
            for one in self.rows.posts
            if one.unit_id in wanted and str(one.audience) in audiences and covers(one, self.day)
        }

    def said(self, item: str, unit: int, before: str = "") -> Any:
        """Return the declaration of a unit that stands: the latest approved one, else the latest that waits.

        before: what the item was called when it was asked as one number.
        """
        mine = [
            one
            for one in self.rows.declared
            if one.item in (item, before)
            and one.unit_id == unit
            and one.said_on <= self.day
            and one.state != "returned"
        ]
        good = [one for one in mine if one.state == "approved"]
        return good[-1] if good else mine[-1] if mine else None

    def approved(
        self, item: str, unit: int, *, evidence: bool = False, since: date | None = None, months: int = 0
    ) -> Any:
        """Return the value that counts, None where there is none. A number of ended units goes on at their successor."""
        parts = self.counting(item, unit, evidence=evidence, since=since, months=months)
        if not parts:
            return None
        if "count" in parts[0].value:
            return sum(one.value["count"] for one in parts)
        value = parts[0].value
        return value.get("yes", value.get("ticks", value))

    def counting(
        self,
        item: str,
        unit: int,
        *,
        evidence: bool = False,
        since: date | None = None,
        months: int = 0,
        before: str = "",
    ) -> list[Any]:
        """Return the declarations that count: a unit's own one, else those of the units that have become it."""
        own = self.said(item, unit, before)
        parts = [own] if own is not None and own.state == "approved" else []
        if not parts:
            gone = [
                one
                for one in self.rows.units
                if one != unit and one not in self.everywhere and self._follows(one) == unit
            ]
            found = [self.said(item, one, before) for one in gone]
            parts = [
                one
                for one in found
                if one is not None and one.state == "approved" and {"count", "grades"} & set(one.value)
            ]
        if not parts:
            return []
        on = max(one.said_on for one in parts)
        if evidence and not all(one.file_id for one in parts):
            return []
        if since is not None and on < since:
            return []
        if months and months_after(on, months) <= self.day:
            return []
        return parts

    def _follows(self, unit: int) -> int:
        for line in self.rows.lineage:
            if (
                line.predecessor_id == unit
                and line.main
                and self.rows.units[line.successor_id].valid_from <= self.day
            ):
                return self._follows(line.successor_id)
        return unit


@dataclass
class Recount:
    """All figures of one question. `opens`: first day of the reporting window."""

    rows: Rows
    day: date
    opens: date
    now: bool
    place: Place

    def __post_init__(self) -> None:
        self.on = self.at(self.day)

    def at(self, day: date) -> Day:
        return Day(self.rows, day, self.now, self.place)

    def figure(self, code: str) -> Pair:
        """Return (numerator, denominator)."""
        ways: dict[str, Callable[[], Pair]] = {
            "CT01": self.ct01, "CT02": self.ct02, "CT03": self.ct03, "CT04": self.ct04, "CT05": self.ct05,
            "CT06": self.ct06, "CT07": self.ct07, "CT08": self.ct08, "CT09": self.ct09, "CT10": self.ct10,
            "CT11a": lambda: self.clinics({"commune"}, 1, self.procedure),
            "CT11b": lambda: self.clinics({"district"}, 1, self.procedure),
            "CT12": lambda: self.clinics({"commune", "district"}, 2, self.ready),
            "CT13": self.ct13, "CT14": self.ct14, "CT15": self.ct15, "CT16": self.ct16, "CT17": self.ct17,
        }  # fmt: skip
        return ways[code]() if code in ways else NOTHING

    # Families: participation, out of what each commune (of the day) declared

    def declared_by_commune(self, item: str) -> dict[int, int]:
        found: dict[int, int] = defaultdict(int)
        for unit in self.on.units.values():
            if unit.kind == "committee" and unit.level == "commune":
                value = self.on.approved(item, unit.id, months=18)
                if value is not None:
                    found[unit.area] += value
        return dict(found)

    def guided(self) -> dict[int, int]:
        """Return the parents who took part to the end in communes that declared, each with her community."""
        whole = self.declared_by_commune("parents_with_child")
        home: dict[int, int] = {}
        for one in self.rows.posts:
            if one.audience == "parent" and covers(one, self.day):
                home[one.user_id] = min(one.unit_id, home.get(one.user_id, one.unit_id))
        return {
            person: unit
            for person, unit in home.items()
            if unit in self.on.units
            and self.on.units[unit].area in whole
            and self.on.holds(person, "CM-01", "CM-02")
        }

    def ct01(self) -> Pair:
        whole = self.declared_by_commune("parents_with_child")
        return (len(self.guided()), sum(whole.values())) if whole else NOTHING

    def ct01b(self) -> dict[str, Pair]:
        """Return who answered before and after, and who scored more in every pair she has; nobody is told of alone."""
        if self.day < CT01B_SINCE or not self.declared_by_commune("parents_with_child"):
            return {}
        guided = self.guided()
        scores: dict[int, list[bool]] = defaultdict(list)
        for one in self.rows.pairs:
            course = self.rows.courses[one.course_id]
            if one.user_id in guided and course in ("CM-01", "CM-02") and one.scored_on <= self.day:
                scores[one.user_id].append(one.after_points > one.before_points)
        chains = {
            person: [*reversed(self.on.units[guided[person]].path), f"unit {guided[person]}"]
            for person in scores
        }

        def told(people: list[int], depth: int) -> tuple[list[int], list[int]]:
            """Return who may be told of in a place, and who is left over: fewer than five."""
            open_, rest = [], [one for one in people if len(chains[one]) == depth]
            for name in {str(chains[one][depth]) for one in people if len(chains[one]) > depth}:
                inside = [
                    one for one in people if len(chains[one]) > depth and str(chains[one][depth]) == name
                ]
                good, few = told(inside, depth + 1)
                open_ += good
                rest += few
            return (open_ + rest, []) if len(rest) >= 5 else (open_, rest)

        answered = list(scores)
        good, _few = told(answered, 0)
        rose = sum(all(scores[one]) for one in good)
        risen: Pair = (rose, len(good)) if good or not answered else NOTHING
        return {"paired": (len(answered), len(guided)), "risen": risen}

    def ct02(self) -> Pair:
        whole = self.declared_by_commune("households_with_child")
        counted = 0
        for home in self.rows.households:
            grown_ups = [
                one.user_id
                for one in self.rows.members
                if one.household_id == home.id and here(one.added_at) <= self.day
            ]
            if (
                home.has_child_under_16
                and here(home.created_at) <= self.day
                and any(self.on.holds(one, "NT-01", "CM-01", "CM-02") for one in grown_ups)
            ):
                unit = self.community_then(home)
                counted += unit in self.on.units and self.on.units[unit].area in whole
        return (counted, sum(whole.values())) if whole else NOTHING

    def community_then(self, home: Household) -> int:
        """Return the community of the day: the one in the commune whose code the key carries, if that has not ended yet."""
        for unit in self.on.everywhere.values():
            if (
                unit.kind == "community"
                and self.on.became(unit.id) == home.unit_id
                and unit.id != home.unit_id
            ):
                area = self.rows.areas[unit.area]
                if area.code == home.commune_code:
                    return unit.id
        return home.unit_id

    # Schools

    def schools(self) -> list[Stood]:
        return [one for one in self.on.units.values() if one.kind == "school" and one.sector == "education"]

    def held(self, unit: int, item: str) -> bool:
        return any(
            one.unit_id == unit
            and self.rows.items[one.workshop_id] == item
            and one.withdrawn_at is None
            and self.opens <= one.on_day <= self.day
            for one in self.rows.attended
        )

    def ct03(self) -> Pair:
        rows = self.ct03_rows()
        if not rows:
            return NOTHING
        return sum(part for part, _whole in rows.values()), sum(whole for _part, whole in rows.values())

    def ct03_rows(self) -> dict[str, tuple[int, int]]:
        """Return (taught, enrolled) by grade; `unsplit` where a school gave one number; of communes `one_number`.

        Before the school year 2025–2026 there was one number for all, `together`.
        """
        by_grade = self.day >= date(2025, 9, 1)
        found: dict[str, tuple[int, int]] = {}
        for unit in self.on.units.values():
            if unit.level != "commune" or unit.kind not in ("school", "committee"):
                continue
            if by_grade:
                some = self.on.counting("taught_by_grade", unit.id, evidence=True, before="children_taught")
                all_ = self.on.counting("children_by_grade", unit.id, months=18, before="children_5_15")
            else:
                some = self.on.counting("children_taught", unit.id, evidence=True)
                all_ = self.on.counting("children_5_15", unit.id, months=18)
            if not some or not all_:
                continue
            split = unit.kind == "school" and all("grades" in one.value for one in some + all_)
            other = "together" if not by_grade else "unsplit" if unit.kind == "school" else "one_number"
            for place, declared in enumerate((some, all_)):
                for one in declared:
                    grades = one.value.get("grades", {"": one.value.get("count", 0)})
                    for grade, number in grades.items():
                        key = f"grade:{grade}" if split else other
                        row = list(found.get(key, (0, 0)))
                        row[place] += number
                        found[key] = row[0], row[1]
        return found

    def ct04(self) -> Pair:
        counted = 0
        for school in self.schools():
            groups = [
                {person for person, _ in self.on.people([school.id], *audiences)}
                for audiences in (("manager", "school_staff"), ("teacher",))
            ]
            there = [group for group in groups if group]
            learnt = (
                self.on.listed(school.id)
                and bool(there)
                and all(
                    2 * sum(self.on.holds(one, "NT-01") for one in group) >= len(group) for group in there
                )
            )
            told = self.on.approved("learner_awareness", school.id, evidence=True, since=self.opens)
            counted += bool((self.held(school.id, "II.2.a") or learnt) and told)
        return (counted, len(self.schools())) if self.schools() else NOTHING

    def ct06(self) -> Pair:
        whole = counted = 0
        for school in self.schools():
            groups = [
                {person for person, _ in self.on.people([school.id], audience)}
                for audience in ("manager", "teacher", "school_staff")
            ]
            everybody = set().union(*groups)
            if not self.on.listed(school.id) or not everybody:
                continue
            whole += 1
            good = {one for one in everybody if self.on.holds(one, "GD-02")}
            counted += Fraction(len(good), len(everybody)) >= Fraction(80, 100) and all(
                group & good for group in groups if group
            )
        return (counted, whole) if whole else NOTHING

    # What units say

    def who_said(self, item: str, wanted: Callable[[Stood], bool]) -> tuple[int, int]:
        units = [one for one in self.on.units.values() if wanted(one)]
        yes = 0
        for one in units:
            value = self.on.approved(item, one.id, evidence=True, since=self.opens)
            if item == "publication":
                yes += value is not None and {"plan_published", "hotline_111", "channels"} <= set(value)
            else:
                yes += bool(value)
        return yes, len(units)

    def ct05(self) -> Pair:
        rows = [
            self.who_said("directive", lambda one: one.kind == "department" and one.sector == "education")
        ]
        if self.day > DISTRICTS_END:
            rows.append(
                self.who_said(
                    "directive_commune", lambda one: one.kind == "committee" and one.level == "commune"
                )
            )
        return self.together(rows)

    def together(self, rows: list[tuple[int, int]]) -> Pair:
        yes, whole = sum(one for one, _ in rows), sum(one for _, one in rows)
        return (yes, whole) if whole else NOTHING

    def ct07(self) -> Pair:
        return self.together(
            [self.who_said("publication", lambda one: one.kind == "school" and one.sector == "education")]
        )

    def ct08(self) -> Pair:
        return self.together(
            [
                self.who_said(
                    "coordination_agency", lambda one: one.kind == "department" and one.sector == "education"
                ),
                self.who_said(
                    "coordination_facility", lambda one: one.kind == "school" and one.sector == "education"
                ),
            ]
        )

    def ct13(self) -> Pair:
        part = whole = 0
        anybody = False
        for unit in self.on.units.values():
            if unit.kind == "department" and unit.sector == "health" and unit.level == "province":
                first = self.on.approved("cases_connected", unit.id, since=self.opens)
                second = self.on.approved("cases_needing", unit.id, since=self.opens)
                if first is not None and second is not None:
                    anybody, part, whole = True, part + first, whole + second
        return (part, whole) if anybody else NOTHING

    # People of rosters

    def distinct(self, *groups: "Counted") -> Pair:
        """Each person once; who is in two groups counts where she meets both."""
        everybody: dict[int, bool] = {}
        any_list = False
        for group in groups:
            units = [one.id for one in group.day.units.values() if group.unit(one)]
            any_list = any_list or any(group.day.listed(one) for one in units)
            for person, unit in group.day.people(units, group.audience):
                if group.day.listed(unit) and group.only(person):
                    everybody[person] = everybody.get(person, True) and group.needs(person)
        return (sum(everybody.values()), len(everybody)) if any_list else NOTHING

    def ct09(self) -> Pair:
        eve = self.at(min(self.day, DISTRICTS_END))
        kinds = ("department", "committee")
        return self.distinct(
            Counted(self.on, "child_affairs_officer", lambda one: one.kind in kinds and one.level == "province",
                    lambda person: self.on.holds(person, "BV-03")),
            Counted(eve, "child_affairs_officer", lambda one: one.kind in kinds and one.level == "district",
                    lambda person: eve.holds(person, "BV-03")),
        )  # fmt: skip

    def low(self, unit: Stood) -> bool:
        return unit.kind in ("committee", "community", "association") and unit.level == "commune"

    def ct10(self) -> Pair:
        on = self.on
        return self.distinct(
            Counted(on, "commune_officer", self.low, lambda one: on.holds(one, "BV-01")),
            Counted(on, "collaborator", self.low, lambda one: on.holds(one, "BV-01", "BV-01B")),
            Counted(on, "volunteer", self.low, lambda one: on.holds(one, "BV-01", "BV-01B"), on.active),
        )

    def ct14(self) -> Pair:
        on = self.on

        def police(unit: Stood) -> bool:
            return unit.sector == "police" and unit.kind in ("department", "police_post")

        return self.distinct(
            Counted(on, "police_officer", police, lambda one: on.holds(one, "CA-01")),
            Counted(
                on, "investigator", police, lambda one: on.holds(one, "CA-01") and on.holds(one, "CA-02")
            ),
        )

    def ct16(self) -> Pair:
        on = self.on
        return self.distinct(
            Counted(on, "postal_worker", lambda one: one.kind == "post_office" and one.sector == "post",
                    lambda one: on.holds(one, "BD-01") and on.network(one)),
        )  # fmt: skip

    def ct17(self) -> Pair:
        def volunteers(day: Day) -> int | None:
            found = Recount(self.rows, day.day, self.opens, self.now, self.place).distinct(
                Counted(day, "volunteer", self.low, lambda _one: True, day.active)
            )
            return found[1]

        base = self.at(date(self.opens.year, 12, 14))
        return volunteers(self.on), volunteers(base) or None

    # Clinics, districts

    def procedure(self, unit: int) -> bool:
        return bool(self.on.approved("intake_procedure", unit, evidence=True))

    def ready(self, unit: int) -> bool:
        ticks = self.on.approved("readiness", unit, evidence=True, months=12)
        return ticks is not None and {"person_on_call", "private_room", "kit", "referral_numbers"} <= set(
            ticks
        )

    def clinics(self, levels: set[str], least: int, ready: Callable[[int], bool]) -> Pair:
        whole = counted = 0
        for unit in self.on.units.values():
            if unit.kind != "clinic" or unit.sector != "health" or unit.level not in levels:
                continue
            staff = {person for person, _ in self.on.people([unit.id], "health_worker")}
            if not self.on.listed(unit.id) or not staff:
                continue
            whole += 1
            trained = sum(self.on.holds(one, "YT-01") for one in staff)
            counted += trained >= min(least, len(staff)) and ready(unit.id)
        return (counted, whole) if whole else NOTHING

    def ct15(self) -> Pair:
        eve = self.at(min(self.day, POLICE_DISTRICTS_END))
        districts = [key for key, kind in eve.areas.items() if kind == "district"]
        counted = 0
        for district in districts:
            units = [one for one in eve.units.values() if district in one.path]
            trained = any(
                eve.holds(one, "CA-02") for one, _ in eve.people([one.id for one in units], "investigator")
            )
            assigned = any(
                one.kind == "police_post"
                and one.sector == "police"
                and one.level == "district"
                and eve.approved("assignment_decision", one.id, evidence=True)
                for one in units
            )
            counted += trained and assigned
        return (counted, len(districts)) if districts else NOTHING


@dataclass
class Counted:
    """A group of people: on which day, by which post, in which units, who needs what, who is in it at all."""

    day: Day
    audience: str
    unit: Callable[[Stood], bool]
    needs: Callable[[int], bool]
    only: Callable[[int], bool] = lambda _person: True
