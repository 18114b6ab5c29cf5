"""Counting: the worked examples of the specification, typed by hand, and the edges around them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.indicators.definitions import Indicator, Plan
from portal.indicators.facts import AreaFact, Cell, Said, Took, UnitFact, World
from portal.indicators.periods import Period
from portal.indicators.released import shipped
from portal.indicators.rules import Figure, Part, count, facility, months_later

H1 = Period.parse("2025-H1")
YEAR = Period.parse("2025")
JUNE, DECEMBER = date(2025, 6, 14), date(2025, 12, 14)
PROVINCE, DISTRICT, COMMUNE = 1, 10, 100
PLAN: Plan = shipped()[0]


def unit(number: int, kind: str, sector: str = "government", level: str = "commune", **more: Any) -> UnitFact:
    """Return a unit; `area` is that of its level unless given."""
    path = {"province": (1,), "district": (1, 10), "commune": (1, 10, 100)}[level]
    path = (*path[:-1], more.pop("area", path[-1]))
    more.setdefault("basis", "named")
    return UnitFact(number, f"U{number}", f"Đơn vị {number}", kind, sector, path, level, **more)


def cell(unit: int, audience: str, people: int, *held: str, person: int | None = None) -> Cell:
    return Cell(unit, audience, frozenset(held), people, person)


def said(
    item: str,
    unit: int,
    value: Any,
    on: date = date(2025, 3, 1),
    evidence: bool = True,
    approved: bool = True,
) -> Said:
    return Said(item, unit, value, on, evidence, approved)


def world(
    units: Iterable[UnitFact],
    cells: Iterable[Cell] = (),
    declared: Iterable[Said] = (),
    day: date = JUNE,
    areas: Iterable[AreaFact] = (),
    **more: Any,
) -> World:
    return World(
        day,
        {one.id: one for one in units},
        {one.id: one for one in areas},
        list(cells),
        {(one.item, one.unit): one for one in declared},
        **more,
    )


def entry(code: str) -> Indicator:
    found = PLAN.indicator(code)
    assert found is not None
    return found


def figure(
    code: str,
    seen: World,
    period: Period = H1,
    target_set: str = "province",
    others: Mapping[date, World] | None = None,
    indicator: Indicator | None = None,
) -> Figure:
    """Return a figure of `seen.day`; `others` are worlds of other days, which must be asked for exactly."""
    worlds = {seen.day: seen, **(others or {})}
    return count(PLAN, indicator or entry(code), target_set, period, seen.day, worlds.__getitem__)


def parts(found: Figure) -> dict[str, tuple[int | None, int | None]]:
    return {part.key: (part.numerator, part.denominator) for part in found.parts}


def lines(found: Figure) -> tuple[int | None, int | None]:
    return found.numerator, found.denominator


# CT10: pooled, and each group


COMMITTEE, COMMUNITY = unit(1, "committee"), unit(2, "community", "community")


def ct10(*more: Cell) -> World:
    return world(
        [COMMITTEE, COMMUNITY],
        [
            cell(1, "commune_officer", 90, "BV-01"),
            cell(1, "commune_officer", 60),
            cell(2, "collaborator", 400, "BV-01"),
            cell(2, "collaborator", 300, "BV-01B"),
            cell(2, "collaborator", 200, "NT-01"),
            cell(2, "volunteer", 2400, "active", "BV-01B"),
            cell(2, "volunteer", 400, "active"),
            *more,
        ],
    )


def test_ct10_is_met_when_pooled_though_two_groups_are_below() -> None:
    found = figure("CT10", ct10())

    assert lines(found) == (3190, 3850)
    assert found.value == Fraction(3190, 3850)
    assert round(float(found.value) * 100, 1) == 82.9
    assert (found.target, found.needed, found.met) == (Fraction(4, 5), 3080, True)
    assert parts(found) == {"officers": (90, 150), "collaborators": (700, 900), "volunteers": (2400, 2800)}
    assert [round(float(part.share or 0) * 100, 1) for part in found.parts] == [60.0, 77.8, 85.7]
    assert [part.met for part in found.parts] == [False, False, True]
    assert found.warnings == ("group_below:officers", "group_below:collaborators")


def test_ct10_against_the_national_target() -> None:
    found = figure("CT10", ct10(), target_set="national-1863")

    assert (found.target, found.needed, found.met) == (1, 3850, False)


def test_ct10_without_a_target_set_says_nothing_of_being_met() -> None:
    found = figure("CT10", ct10(), target_set="elsewhere")

    assert (found.target, found.needed, found.met, found.value) == (None, None, None, Fraction(3190, 3850))


def test_ct10_track_b_is_not_enough_for_an_officer() -> None:
    assert lines(figure("CT10", ct10(cell(1, "commune_officer", 50, "BV-01B")))) == (3190, 3900)


def test_ct10_volunteers_who_are_not_active_are_in_neither_count() -> None:
    assert lines(figure("CT10", ct10(cell(2, "volunteer", 70, "BV-01B"), cell(2, "volunteer", 30)))) == (
        3190,
        3850,
    )


def test_ct10_leaves_out_other_levels_and_other_kinds_of_units() -> None:
    seen = ct10(cell(3, "commune_officer", 10, "BV-01"), cell(4, "collaborator", 10, "BV-01"))
    seen = replace(
        seen, units={**seen.units, 3: unit(3, "committee", level="district"), 4: unit(4, "school")}
    )

    assert lines(figure("CT10", seen)) == (3190, 3850)


def test_a_person_in_two_units_is_one_person() -> None:
    twice = [
        cell(1, "commune_officer", 1, "BV-01", person=7),
        cell(5, "commune_officer", 1, "BV-01", person=7),
    ]
    found = figure("CT10", world([COMMITTEE, unit(5, "committee")], twice))

    assert lines(found) == (1, 1)


def test_a_person_in_two_groups_counts_where_she_meets_both() -> None:
    officer = cell(1, "commune_officer", 1, "BV-01B", person=7)
    found = figure(
        "CT10", world([COMMITTEE, COMMUNITY], [officer, cell(2, "collaborator", 1, "BV-01B", person=7)])
    )

    assert lines(found) == (0, 1)
    assert parts(found) == {"officers": (0, 1), "collaborators": (1, 1), "volunteers": (0, None)}

    both = [cell(1, "commune_officer", 1, "BV-01", person=7), cell(2, "collaborator", 1, "BV-01", person=7)]
    assert lines(figure("CT10", world([COMMITTEE, COMMUNITY], both))) == (1, 1)


def test_units_without_a_list_are_named_and_their_people_stand_outside() -> None:
    silent = unit(3, "committee", basis=None)
    found = figure(
        "CT10",
        world(
            [COMMITTEE, silent],
            [
                cell(1, "commune_officer", 1, "BV-01"),
                cell(3, "commune_officer", 4, "BV-01"),
                cell(3, "volunteer", 2),
            ],
        ),
    )

    assert (lines(found), found.missing, found.outside) == ((1, 1), (3,), 4)


def test_a_unit_that_should_keep_a_list_is_missing_though_nobody_of_it_is_known() -> None:
    silent = [unit(3, "committee", basis=None), unit(4, "school", "education", basis=None)]

    assert figure("CT10", world([COMMITTEE, *silent])).missing == (3,)


def test_who_is_on_a_list_is_not_also_outside() -> None:
    silent = unit(3, "committee", basis=None)
    both = [
        cell(1, "commune_officer", 1, "BV-01", person=7),
        cell(3, "commune_officer", 1, "BV-01", person=7),
    ]
    found = figure("CT10", world([COMMITTEE, silent], both))

    assert (lines(found), found.outside) == ((1, 1), 0)


def test_a_unit_with_a_list_is_never_missing_though_nobody_is_on_it() -> None:
    found = figure("CT10", world([COMMITTEE]))

    assert (lines(found), found.value, found.needed, found.met, found.missing) == (
        (0, 0),
        None,
        None,
        None,
        (),
    )


def test_no_list_anywhere_is_no_denominator_and_neither_0_nor_100_percent() -> None:
    found = figure(
        "CT10", world([unit(1, "committee", basis=None)], [cell(1, "commune_officer", 3, "BV-01")])
    )

    assert (lines(found), found.value, found.met, found.missing) == ((None, None), None, None, (1,))


def test_signed_totals_and_coded_people_are_marked() -> None:
    posts = [
        unit(1, "police_post", "police", "district", basis="coded"),
        unit(
            2,
            "police_post",
            "police",
            "district",
            basis="totals",
            totals={"police_officer": 40, "investigator": 6},
        ),
        unit(3, "police_post", "police", "commune"),
    ]
    found = figure(
        "CT14",
        world(
            posts,
            [
                cell(1, "police_officer", 5, "CA-01"),
                cell(1, "police_officer", 2),
                cell(3, "police_officer", 1, "CA-01"),
            ],
        ),
    )

    assert (lines(found), found.coded, found.totals_only, found.missing) == ((6, 8), 7, 46, ())


def test_ct14_investigators_need_both_courses() -> None:
    found = figure(
        "CT14",
        world(
            [unit(1, "police_post", "police", "district")],
            [
                cell(1, "police_officer", 6, "CA-01"),
                cell(1, "investigator", 2, "CA-01"),
                cell(1, "investigator", 1, "CA-02"),
                cell(1, "investigator", 1, "CA-01", "CA-02"),
            ],
        ),
    )

    assert (lines(found), found.needed, found.met) == ((7, 10), 10, False)
    assert parts(found) == {"officers": (6, 6), "investigators": (1, 4)}


# CT09: the district part stands still


def test_ct09_keeps_the_districts_of_30_june_2025() -> None:
    last = date(2025, 6, 30)
    department = unit(1, "department", "labour", "province")
    before = world(
        [department, unit(2, "committee", level="district")],
        [
            cell(1, "child_affairs_officer", 4, "BV-03"),
            cell(2, "child_affairs_officer", 7, "BV-03"),
            cell(2, "child_affairs_officer", 3),
        ],
        day=last,
    )
    after = world(
        [department],
        [cell(1, "child_affairs_officer", 5, "BV-03"), cell(1, "child_affairs_officer", 1)],
        day=DECEMBER,
    )
    found = figure("CT09", after, YEAR, others={last: before})

    assert lines(found) == (12, 16)
    assert parts(found) == {"province": (5, 6), "district": (7, 10)}
    assert found.met is True


# CT06: facilities with most of their people certified


def school(number: int, **more: Any) -> UnitFact:
    return unit(number, "school", "education", **more)


def staff(number: int, done: int, of: int) -> list[Cell]:
    """Return a school's people: a manager and a member of staff certified, teachers for the rest."""
    return [
        cell(number, "manager", 1, "GD-02"),
        cell(number, "school_staff", 1, "GD-02"),
        cell(number, "teacher", done - 2, "GD-02"),
        cell(number, "teacher", of - done),
    ]


def test_ct06_two_schools_and_one_without_a_roster() -> None:
    seen = world([school(1), school(2), school(3, basis=None)], staff(1, 38, 45) + staff(2, 20, 26))
    found = figure("CT06", seen)

    assert (lines(found), found.missing, found.needed, found.met) == ((1, 2), (3,), 2, False)
    assert parts(found) == {"weak": (2, 3), "coverage": (58, 71)}


def test_ct06_a_school_without_a_roster_held_something_when_it_declares_a_session() -> None:
    seen = world(
        [school(1), school(2), school(3, basis=None)],
        staff(1, 38, 45) + staff(2, 20, 26),
        sessions={3: frozenset({"II.2.c"})},
    )

    assert parts(figure("CT06", seen))["weak"] == (3, 3)
    assert parts(figure("CT06", replace(seen, sessions={3: frozenset({"II.1.a"})})))["weak"] == (2, 3)


def test_ct06_shares_of_the_two_schools() -> None:
    rule = entry("CT06").rules[0]
    seen = world([school(1), school(2)], staff(1, 38, 45) + staff(2, 20, 26))
    verdicts = [
        facility(PLAN, rule, seen.units[number], [one for one in seen.cells if one.unit == number], seen, H1)
        for number in (1, 2)
    ]

    assert [(one.certified, one.people, one.share) for one in verdicts] == [
        (38, 45, Fraction(38, 45)),
        (20, 26, Fraction(10, 13)),
    ]
    assert [round(float(one.share or 0) * 100, 1) for one in verdicts] == [84.4, 76.9]
    assert [one.lacking for one in verdicts] == [(), ("share",)]


def test_ct06_exactly_80_percent_counts() -> None:
    assert lines(figure("CT06", world([school(1)], staff(1, 4, 5)))) == (1, 1)


def test_ct06_every_group_that_is_there_needs_somebody() -> None:
    no_manager = [cell(1, "manager", 1), cell(1, "school_staff", 1, "GD-02"), cell(1, "teacher", 20, "GD-02")]
    found = figure("CT06", world([school(1)], no_manager))
    assert lines(found) == (0, 1)

    without_staff = [cell(1, "manager", 1, "GD-02"), cell(1, "teacher", 20, "GD-02")]
    assert lines(figure("CT06", world([school(1)], without_staff))) == (1, 1)


def test_ct06_an_empty_roster_is_no_denominator() -> None:
    found = figure("CT06", world([school(1)]))

    assert (lines(found), found.missing) == ((None, None), (1,))


# CT04: three legs


LEARNERS = said("learner_awareness", 1, 320)


def test_ct04_a_session_makes_up_for_the_roster_and_learners_are_declared() -> None:
    held = {1: frozenset({"II.2.a"})}

    assert lines(figure("CT04", world([school(1, basis=None)], declared=[LEARNERS], sessions=held))) == (1, 1)
    assert lines(figure("CT04", world([school(1)], sessions=held))) == (0, 1)
    assert lines(figure("CT04", world([school(1)], declared=[LEARNERS]))) == (0, 1)


def test_ct04_half_of_the_staff_and_half_of_the_teachers() -> None:
    half = [
        *(cell(1, "manager", 1, "NT-01"), cell(1, "school_staff", 1)),
        *(cell(1, "teacher", 10, "NT-01"), cell(1, "teacher", 10)),
    ]
    assert lines(figure("CT04", world([school(1)], half, [LEARNERS]))) == (1, 1)

    teachers_only = [
        cell(1, "manager", 2),
        cell(1, "teacher", 20, "NT-01"),
    ]  # 20 of 22, yet none of the staff
    assert lines(figure("CT04", world([school(1)], teachers_only, [LEARNERS]))) == (0, 1)


@pytest.mark.parametrize(
    "learners",
    [
        said("learner_awareness", 1, 320, evidence=False),
        said("learner_awareness", 1, 320, approved=False),
        said("learner_awareness", 1, 320, on=date(2024, 12, 14)),  # the year before
        said("learner_awareness", 1, 320, on=date(2025, 6, 15)),  # after the day
        said("learner_awareness", 1, 0),  # nobody was reached
    ],
)
def test_ct04_a_declaration_that_does_not_count(learners: Said) -> None:
    held = {1: frozenset({"II.2.a"})}
    found = figure("CT04", world([school(1)], declared=[learners], sessions=held))

    assert lines(found) == (0, 1)
    assert found.waiting == (not learners.approved)


def test_what_was_said_on_the_first_and_last_day_of_the_window_counts() -> None:
    held = {1: frozenset({"II.2.a"})}
    for on in (date(2024, 12, 15), JUNE):
        there = said("learner_awareness", 1, 320, on=on)
        assert lines(figure("CT04", world([school(1)], declared=[there], sessions=held))) == (1, 1)


# CT05, CT07, CT08, CT03, CT13: declared


def test_ct05_nine_bodies_before_july_2025() -> None:
    bodies = [unit(1, "department", "education", "province")]
    bodies += [unit(number, "department", "education", "district") for number in range(2, 10)]
    bodies += [unit(20, "department", "health", "province"), unit(21, "committee")]
    said_so = [said("directive", number, "12/CV-GDDT") for number in range(1, 9)]
    found = figure("CT05", world(bodies, declared=said_so))

    assert (found.rule, lines(found), found.needed, found.met) == (1, (8, 9), 9, False)


def test_ct05_from_july_2025_the_department_and_the_communes() -> None:
    bodies = [
        unit(1, "department", "education", "province"),
        unit(2, "committee"),
        unit(3, "committee", area=101),
    ]
    said_so = [said("directive", 1, "12/CV"), said("directive_commune", 2, "3/CV", on=date(2025, 9, 1))]
    found = figure("CT05", world(bodies, declared=said_so, day=DECEMBER), YEAR)

    assert (found.rule, lines(found), found.met) == (2, (2, 3), False)
    assert parts(found) == {"item:directive": (1, 1), "item:directive_commune": (1, 2)}


ALL_TICKS = ["plan_published", "hotline_111", "channels"]


@pytest.mark.parametrize(("ticks", "counted"), [(ALL_TICKS, 1), (ALL_TICKS[:2], 0), ([], 0)])
def test_ct07_every_tick_of_the_checklist_must_be_there(ticks: list[str], counted: int) -> None:
    assert lines(figure("CT07", world([school(1)], declared=[said("publication", 1, ticks)]))) == (counted, 1)


def test_ct07_the_statement_of_the_head_is_shown_and_decides_nothing() -> None:
    declared = [said("publication", 1, ALL_TICKS), said("publication", 2, ALL_TICKS)]
    declared += [said("intervention_statement", 1, True), said("intervention_statement", 2, False)]
    found = figure("CT07", world([school(1), school(2)], declared=declared))

    assert (lines(found), found.met) == ((2, 2), True)
    assert found.parts == (Part("item:intervention_statement", 1, 2),)


def test_ct08_two_rows_and_both_must_be_reached() -> None:
    department = unit(9, "department", "education", "province")
    schools = [school(number) for number in (1, 2, 3)]
    all_schools = [said("coordination_facility", number, "QC 1") for number in (1, 2, 3)]

    without = figure("CT08", world([department, *schools], declared=all_schools))
    assert parts(without) == {"item:coordination_agency": (0, 1), "item:coordination_facility": (3, 3)}
    assert (lines(without), without.met) == ((3, 4), False)

    agency = said("coordination_agency", 9, "QC 2")
    assert figure("CT08", world([department, *schools], declared=[*all_schools, agency])).met is True


def test_ct08_a_row_that_nobody_here_must_give_does_not_decide() -> None:
    found = figure("CT08", world([school(1)], declared=[said("coordination_facility", 1, "QC 1")]))

    assert parts(found) == {"item:coordination_agency": (0, None), "item:coordination_facility": (1, 1)}
    assert (lines(found), found.met) == ((1, 1), True)


def test_ct08_with_nobody_to_declare_is_unknown() -> None:
    found = figure("CT08", world([]))

    assert (lines(found), found.value, found.met) == ((None, None), None, None)


def test_ct03_adds_numbers_of_units_that_gave_both() -> None:
    units = [school(1), school(2), school(3), unit(4, "committee")]
    declared = [
        *(said("children_5_15", 1, 400), said("children_taught", 1, 300)),
        *(said("children_5_15", 2, 200), said("children_taught", 2, 150, evidence=False)),
        said("children_5_15", 3, 100),
        *(said("children_5_15", 4, 20), said("children_taught", 4, 0)),
    ]
    found = figure("CT03", world(units, declared=declared))

    assert (lines(found), found.missing) == ((300, 420), (2, 3))
    assert (found.needed, found.met) == (294, True)


def test_ct03_more_than_all_is_a_warning() -> None:
    declared = [said("children_5_15", 1, 300), said("children_taught", 1, 301)]

    found = figure("CT03", world([school(1)], declared=declared))
    assert (found.warnings, lines(found), found.met) == (("more_than_all",), (301, 300), None)


def test_ct03_a_denominator_is_outdated_after_18_months() -> None:
    taught = said("children_taught", 1, 300)
    old, fresh = (said("children_5_15", 1, 400, on=on) for on in (date(2023, 12, 14), date(2023, 12, 15)))

    assert lines(figure("CT03", world([school(1)], declared=[taught, old]))) == (None, None)
    assert lines(figure("CT03", world([school(1)], declared=[taught, fresh]))) == (300, 400)


# CT03, reading 2: by grade


def by_grade(item: str, unit: int, on: date = date(2025, 10, 1), **grades: int) -> Said:
    """Return numbers by grade of an item, `kg` for the kindergarten and `g1` … for grades."""
    names = {("kindergarten_5" if key == "kg" else f"grade_{key[1:]}"): many for key, many in grades.items()}
    return Said(item, unit, sum(names.values()), on, True, True, names)


def autumn(*declared: Said, communes: int = 0) -> Figure:
    """Return CT03 at the end of 2025 of schools 1 to 3 and committees from 21 on."""
    units = [*map(school, (1, 2, 3)), *(unit(20 + number, "committee") for number in range(1, communes + 1))]
    return figure("CT03", world(units, declared=declared, day=DECEMBER), YEAR)


def test_ct03_by_grade_adds_up_and_its_rows_are_the_grades() -> None:
    """Kindergarten 1: 20 of 30. School 2: grades 1 and 2, 35 of 40 and 0 of 41. Commune 21: 2 of 5 out of school.

    20 + 35 + 0 + 2 = 57 of 30 + 40 + 41 + 5 = 116; 70 % of 116 is 81.2, so 82.
    """
    on = date(2025, 10, 1)
    found = autumn(
        *(by_grade("children_by_grade", 1, kg=30), by_grade("taught_by_grade", 1, kg=20)),
        *(by_grade("children_by_grade", 2, g1=40, g2=41), by_grade("taught_by_grade", 2, g1=35, g2=0)),
        *(said("children_by_grade", 21, 5, on=on), said("taught_by_grade", 21, 2, on=on)),
        communes=1,
    )

    assert (found.rule, lines(found), found.needed, found.met) == (2, (57, 116), 82, False)
    assert parts(found) == {
        "grade:kindergarten_5": (20, 30), "grade:grade_1": (35, 40), "grade:grade_2": (0, 41),
        "one_number": (2, 5),
    }  # fmt: skip
    assert (found.missing, found.warnings) == ((3,), ())


def test_ct03_a_grade_of_several_schools_is_one_row() -> None:
    found = autumn(
        *(by_grade("children_by_grade", 1, g9=50, g10=12), by_grade("taught_by_grade", 1, g9=10, g10=12)),
        *(by_grade("children_by_grade", 2, g9=70), by_grade("taught_by_grade", 2, g9=60)),
    )

    assert parts(found) == {"grade:grade_9": (70, 120), "grade:grade_10": (12, 12)}


def test_ct03_a_total_from_before_counts_and_is_not_split() -> None:
    """School 1 gave one number of each (as a value of the former items stands); school 2 split only one of its two."""
    found = autumn(
        *(said("children_by_grade", 1, 400), said("taught_by_grade", 1, 300)),
        *(by_grade("children_by_grade", 2, g1=40), said("taught_by_grade", 2, 30)),
        *(by_grade("children_by_grade", 3, g1=9), by_grade("taught_by_grade", 3, g1=9)),
    )

    assert lines(found) == (339, 449)
    assert parts(found) == {"grade:grade_1": (9, 9), "unsplit": (330, 440)}


def test_ct03_more_taught_than_enrolled_in_one_grade_is_a_warning() -> None:
    """Of the school 60 of 80, yet of grade 1 there are 40 and 41 were taught."""
    found = autumn(
        by_grade("children_by_grade", 1, g1=40, g2=40), by_grade("taught_by_grade", 1, g1=41, g2=19)
    )

    assert (lines(found), found.warnings) == ((60, 80), ("more_than_all",))


def test_ct03_enrolled_without_taught_is_missing_and_in_no_row() -> None:
    found = autumn(by_grade("children_by_grade", 1, g1=40))

    assert (lines(found), found.missing, found.parts) == ((None, None), (1, 2, 3), ())


NUMBERS_BY_GRADE = st.dictionaries(
    st.sampled_from(["kg", "g1", "g5", "g10"]), st.integers(0, 400), min_size=1
)


@given(st.lists(st.tuples(st.booleans(), NUMBERS_BY_GRADE), min_size=1, max_size=5), st.integers(0, 60))
def test_the_rows_of_grades_add_up_to_the_figure(
    schools: list[tuple[bool, dict[str, int]]], away: int
) -> None:
    units = [school(number) for number in range(1, len(schools) + 1)] + [unit(99, "committee")]
    declared = [said("children_by_grade", 99, away), said("taught_by_grade", 99, away // 2)]
    for number, (split, grades) in enumerate(schools, 1):
        some = {grade: many // 3 for grade, many in grades.items()}
        if split:
            declared += [
                by_grade("children_by_grade", number, **grades), by_grade("taught_by_grade", number, **some)
            ]  # fmt: skip
        else:
            declared += [
                said("children_by_grade", number, sum(grades.values())),
                said("taught_by_grade", number, sum(some.values())),
            ]
    found = figure("CT03", world(units, declared=declared, day=DECEMBER), YEAR)

    assert found.numerator == sum(part.numerator or 0 for part in found.parts)
    assert found.denominator == sum(part.denominator or 0 for part in found.parts)
    assert found.denominator == away + sum(sum(grades.values()) for _split, grades in schools)
    for grade, key in (("kg", "grade:kindergarten_5"), ("g10", "grade:grade_10")):
        wanted = [grades[grade] for split, grades in schools if split and grade in grades]
        assert parts(found).get(key, (None, None))[1] == (sum(wanted) if wanted else None)


def test_ct13_two_totals_or_nothing() -> None:
    department = unit(1, "department", "health", "province")
    totals = [said("cases_needing", 1, 20), said("cases_connected", 1, 18)]

    assert figure("CT13", world([department], declared=totals)).value == Fraction(9, 10)
    assert figure("CT13", world([department])).value is None


def test_narratives_count_nothing() -> None:
    for code in ("ĐT1", "ĐT2", "ĐT3", "GP5"):
        found = figure(code, ct10())
        assert (lines(found), found.value, found.met) == ((None, None), None, None)


# CT01, CT02: who took part


def commune(number: int, area: int) -> UnitFact:
    return unit(number, "committee", area=area)


def test_ct01_parents_of_communes_that_declared_how_many_there_are() -> None:
    seen = world(
        [commune(1, 100), commune(2, 101), unit(3, "community", area=100), unit(4, "community", area=101)],
        declared=[said("parents_with_child", 1, 400)],
        parents=[
            Took(3, frozenset({"CM-01"}), 150),
            Took(3, frozenset({"CM-02", "NT-01"}), 50),
            Took(3, frozenset({"NT-01"}), 70),  # not one of its courses
            Took(4, frozenset({"CM-01"}), 30),
        ],
    )
    found = figure("CT01", seen)

    assert (lines(found), found.value, found.needed, found.met) == ((200, 400), Fraction(1, 2), 200, True)
    assert (found.missing, found.outside) == ((2,), 30)


@pytest.mark.parametrize(
    ("given", "waiting"),
    [
        (said("parents_with_child", 1, 400, approved=False), 1),
        (said("parents_with_child", 1, 400, on=date(2023, 1, 1)), 0),
    ],
)
def test_ct01_a_denominator_not_approved_or_outdated_is_none(given: Said, waiting: int) -> None:
    took = [Took(1, frozenset({"CM-01"}), 30)]
    found = figure("CT01", world([commune(1, 100)], declared=[given], parents=took))

    assert (lines(found), found.missing, found.outside, found.waiting) == ((None, None), (1,), 30, waiting)


def test_ct01_needs_no_evidence_for_a_denominator() -> None:
    given = said("parents_with_child", 1, 400, evidence=False)

    assert lines(figure("CT01", world([commune(1, 100)], declared=[given]))) == (0, 400)


def test_ct02_visits_are_a_second_figure() -> None:
    seen = world(
        [commune(1, 100), commune(2, 101)],
        declared=[
            said("households_with_child", 1, 1000),
            said("households_visited", 1, 300),
            said("households_visited", 2, 500),  # of a commune whose denominator is not known
        ],
        households=[Took(1, frozenset({"NT-01"}), 250), Took(1, frozenset({"GD-01"}), 9)],
    )
    found = figure("CT02", seen)

    assert (lines(found), found.met, found.missing) == ((250, 1000), False, (2,))
    assert parts(found) == {"with_declared": (550, 1000)}
    assert found.parts[0].met is True


def test_ct02_visits_that_make_more_than_all_are_a_warning() -> None:
    seen = world(
        [commune(1, 100)],
        declared=[said("households_with_child", 1, 300), said("households_visited", 1, 200)],
        households=[Took(1, frozenset({"NT-01"}), 250)],
    )

    found = figure("CT02", seen)
    assert (found.warnings, found.met) == (("more_than_all",), True)
    assert (found.parts[0].numerator, found.parts[0].denominator, found.parts[0].met) == (450, 300, None)


def ct01(*parents: Took, day: date = date(2026, 12, 14)) -> Figure:
    """Count CT01 in two communes that have declared, 100 and 101, and one that has not, 102.

    Communities: 11 of commune 100, 12 and 14 of commune 101, 13 of commune 102.
    """
    communities = {11: 100, 12: 101, 13: 102, 14: 101}
    seen = world(
        [
            *(commune(number, 99 + number) for number in (1, 2, 3)),
            *(
                unit(number, "community", "community", area=area, basis=None)
                for number, area in communities.items()
            ),
        ],
        declared=[said("parents_with_child", number, 1000, on=date(2026, 3, 1)) for number in (1, 2)],
        parents=parents,
        day=day,
    )
    return figure("CT01", seen, period=Period.parse("2026"))


CM, BOTH = frozenset({"CM-01"}), frozenset({"CM-01", "NT-01"})


def test_ct01b_stands_beside_and_changes_nothing() -> None:
    found = ct01(
        Took(11, CM, 30),  # 100: never asked, or did not answer twice
        Took(11, CM, 7, CM),  # scored more after
        Took(11, BOTH, 2, CM, CM),  # scored no more
        Took(13, CM, 6, CM),  # 102 has not declared: outside the ratio, and outside what is told
    )

    assert (lines(found), found.rule, found.outside) == ((39, 2000), 2, 6)
    assert parts(found) == {"paired": (9, 39), "risen": (7, 9)}
    assert [part.share for part in found.parts] == [Fraction(9, 39), Fraction(7, 9)]


def test_ct01b_is_not_told_of_fewer_than_five() -> None:
    four = ct01(Took(11, CM, 3, CM), Took(11, CM, 1, CM, CM))
    five = ct01(Took(11, CM, 4, CM), Took(11, CM, 1, CM, CM))

    assert parts(four) == {"paired": (4, 4), "risen": (None, None)}
    assert parts(five) == {"paired": (5, 5), "risen": (4, 5)}


def test_ct01b_leaves_out_a_few_whom_a_subtraction_would_tell() -> None:
    # 8 in commune 100, of whom 6 scored more; 3 in commune 101: the district is told of as its first commune is
    found = ct01(Took(11, CM, 6, CM), Took(11, CM, 2, CM, CM), Took(12, CM, 3, CM))

    assert parts(found) == {"paired": (11, 11), "risen": (6, 8)}
    # 2 in one community of 101, 3 in another: together they are five, 4 of whom scored more
    found = ct01(
        *(Took(11, CM, 6, CM), Took(11, CM, 2, CM, CM)),
        *(Took(12, CM, 2, CM), Took(14, CM, 2, CM), Took(14, CM, 1, CM, CM)),
    )
    assert parts(found)["risen"] == (10, 13)


def test_ct01b_tells_who_scored_more_as_of_a_cut_off_only() -> None:
    found = ct01(Took(11, CM, 6, CM), Took(11, CM, 2, CM, CM), day=date(2026, 12, 13))

    assert parts(found) == {"paired": (8, 8), "risen": (None, None)}


def test_ct01b_of_nobody_has_no_denominator() -> None:
    found = ct01(Took(11, CM, 4))

    assert parts(found) == {"paired": (0, 4), "risen": (0, 0)}
    assert found.parts[1].share is None


def test_ct01b_looks_at_pairs_of_its_own_courses() -> None:
    other = frozenset({"NT-01"})
    found = ct01(Took(11, BOTH, 5, other), Took(11, BOTH, 6, BOTH, other), Took(11, BOTH, 1, BOTH, CM))

    assert parts(found) == {"paired": (7, 12), "risen": (6, 7)}


def test_ct01_of_a_day_before_the_reading_has_no_ct01b() -> None:
    found = ct01(Took(11, CM, 9, CM), day=date(2026, 6, 14))

    assert (found.rule, parts(found)) == (1, {})


def test_ct01_more_parents_than_there_are_is_never_reached() -> None:
    seen = world(
        [commune(1, 100)],
        declared=[said("parents_with_child", 1, 9)],
        parents=[Took(1, frozenset({"CM-01"}), 10)],
    )
    found = figure("CT01", seen)

    assert (lines(found), found.met, found.warnings) == ((10, 9), None, ("more_than_all",))


def test_ct01_a_commune_that_declared_nothing_stays_outside_when_it_is_merged_with_one_that_did() -> None:
    """In today's boundaries both stand in commune 300; only the number of 100 was declared, for its own 40 parents."""
    first, second = (replace(commune(number, 300), own=own) for number, own in ((1, 100), (2, 200)))
    seen = world(
        [first, second],
        declared=[said("parents_with_child", 1, 80)],
        parents=[Took(1, frozenset({"CM-01"}), 40), Took(2, frozenset({"CM-01"}), 70)],
    )
    found = figure("CT01", seen)

    assert (lines(found), found.outside, found.missing) == ((40, 80), 70, (2,))


# CT11, CT12: health facilities


def clinic(number: int, level: str = "commune", **more: Any) -> UnitFact:
    return unit(number, "clinic", "health", level, **more)


READY = ["person_on_call", "private_room", "kit", "referral_numbers"]


def test_ct12_a_post_of_one_person_needs_that_one() -> None:
    found = figure(
        "CT12", world([clinic(1)], [cell(1, "health_worker", 1, "YT-01")], [said("readiness", 1, READY)])
    )

    assert lines(found) == (1, 1)


@pytest.mark.parametrize(
    ("certified", "others", "ticks", "counted"),
    [(1, 0, READY, 1), (1, 4, READY, 0), (2, 4, READY, 1), (2, 0, READY[:3], 0), (0, 1, READY, 0)],
)
def test_ct12_two_certified_and_the_whole_list(
    certified: int, others: int, ticks: list[str], counted: int
) -> None:
    cells = [cell(1, "health_worker", certified, "YT-01")] if certified else []
    cells += [cell(1, "health_worker", others)] if others else []

    assert lines(figure("CT12", world([clinic(1)], cells, [said("readiness", 1, ticks)]))) == (counted, 1)


def test_ct12_pools_communes_and_districts_with_a_row_for_each() -> None:
    clinics = [clinic(1), clinic(2), clinic(3, "district"), clinic(4, "province")]
    cells = [cell(one.id, "health_worker", 3, "YT-01") for one in clinics]
    declared = [said("readiness", number, READY) for number in (1, 3, 4)]
    found = figure("CT12", world(clinics, cells, declared))

    assert (lines(found), found.needed) == ((2, 3), 3)
    assert parts(found) == {"commune": (1, 2), "district": (1, 1)}


def test_ct12_readiness_is_outdated_after_a_year() -> None:
    cells = [cell(1, "health_worker", 2, "YT-01")]

    for on, counted in ((date(2024, 6, 14), 0), (date(2024, 6, 15), 1)):
        ready = said("readiness", 1, READY, on=on)
        assert lines(figure("CT12", world([clinic(1)], cells, [ready]))) == (counted, 1)


def test_what_is_said_for_a_later_day_does_not_count_yet() -> None:
    cells = [cell(1, "health_worker", 2, "YT-01")]

    for on, counted in ((date(2025, 3, 2), 0), (date(2025, 3, 1), 1)):
        ready = said("readiness", 1, READY, on=on)
        seen = world([clinic(1)], cells, [ready], day=date(2025, 3, 1))
        assert lines(figure("CT12", seen)) == (counted, 1)


def test_a_facility_s_item_that_is_no_gate_is_not_asked_for() -> None:
    rule = replace(entry("CT12").rules[0], items=("readiness", "intake_procedure"), gate=("readiness",))
    gated = replace(entry("CT12"), rules=(rule,))
    seen = world([clinic(1)], [cell(1, "health_worker", 2, "YT-01")], [said("readiness", 1, READY)])

    assert lines(figure("CT12", seen, indicator=gated)) == (1, 1)
    both = replace(gated, rules=(replace(rule, gate=()),))
    assert lines(figure("CT12", seen, indicator=both)) == (0, 1)


def test_ct11_counts_each_level_by_itself() -> None:
    clinics = [clinic(1), clinic(2), clinic(3, "district")]
    cells = [cell(one.id, "health_worker", 1, "YT-01") for one in clinics]
    cells += [cell(1, "health_worker", 5)]
    declared = [said("intake_procedure", number, "QT 1", on=date(2021, 1, 1)) for number in (1, 3)]
    seen = world(clinics, cells, declared)

    assert (lines(figure("CT11a", seen)), figure("CT11a", seen).target) == ((1, 2), Fraction(9, 10))
    assert (lines(figure("CT11b", seen)), figure("CT11b", seen).target) == ((1, 1), 1)


# CT15: districts


def districts() -> tuple[list[AreaFact], list[UnitFact], list[Cell], list[Said]]:
    """Return eight districts: investigators certified in 11 to 14, decisions in 11 to 13 and 18."""
    areas = [
        AreaFact(number, f"{number}", f"Huyện {number}", "district", (1, number)) for number in range(11, 19)
    ]
    posts = [unit(area.id * 10, "police_post", "police", "district", area=area.id) for area in areas]
    cells = [cell(number * 10, "investigator", 2, "CA-01", "CA-02") for number in range(11, 15)]
    cells += [cell(number * 10, "police_officer", 5, "CA-02") for number in range(15, 19)]
    decisions = [
        said("assignment_decision", number * 10, "QD 5", on=date(2024, 5, 6)) for number in (11, 12, 13, 18)
    ]
    return areas, posts, cells, decisions


def test_ct15_three_of_eight_districts_is_37_5_percent_and_needs_four() -> None:
    areas, posts, cells, decisions = districts()
    day = date(2024, 12, 14)
    found = figure("CT15", world(posts, cells, decisions, day, areas), Period.parse("2024"))

    assert (lines(found), found.value, found.needed, found.met) == ((3, 8), Fraction(3, 8), 4, False)
    assert parts(found) == {
        "trained": (4, 8),
        "item:assignment_decision": (4, 8),
        "item:investigation_coordination": (0, 8),
    }
    assert found.frozen is False


def test_ct15_co_ordination_is_shown_and_decides_nothing() -> None:
    areas, posts, cells, decisions = districts()
    day = date(2024, 12, 14)
    committee = unit(900, "committee", level="district", area=15)
    rules = said("investigation_coordination", 900, "QC 3", on=day)
    found = figure(
        "CT15", world([*posts, committee], cells, [*decisions, rules], day, areas), Period.parse("2024")
    )

    assert (lines(found), parts(found)["item:investigation_coordination"]) == ((3, 8), (1, 8))


def test_ct15_a_decision_of_a_unit_that_is_not_asked_does_not_count() -> None:
    areas, posts, cells, decisions = districts()
    day = date(2024, 12, 14)
    wrong = said("assignment_decision", 901, "QD 6", on=day)
    seen = world(
        [*posts, unit(901, "school", "education", "district", area=14)],
        cells,
        [*decisions, wrong],
        day,
        areas,
    )

    assert lines(figure("CT15", seen, Period.parse("2024"))) == (3, 8)


def test_ct15_stands_still_from_28_february_2025() -> None:
    areas, posts, cells, decisions = districts()
    last = date(2025, 2, 28)
    before = world(posts, cells, decisions, last, areas)
    found = figure("CT15", world([], day=DECEMBER), YEAR, others={last: before})

    assert (lines(found), found.as_of, found.frozen) == ((3, 8), last, True)


def test_what_is_frozen_is_read_in_the_window_of_its_own_day() -> None:
    last = date(2025, 2, 28)
    rule = replace(entry("CT07").rules[0], frozen_on=last)
    frozen = replace(entry("CT07"), rules=(rule,))
    before = world([school(1)], declared=[said("publication", 1, ALL_TICKS, on=date(2025, 1, 9))], day=last)
    found = figure(
        "CT07",
        world([], day=date(2026, 6, 14)),
        Period.parse("2026-H1"),
        others={last: before},
        indicator=frozen,
    )

    assert (lines(found), found.frozen) == ((1, 1), True)


# CT16: two needs, shown apart


def test_ct16_registered_and_trained() -> None:
    found = figure(
        "CT16",
        world(
            [unit(1, "post_office", "post", "district")],
            [
                cell(1, "postal_worker", 5, "BD-01", "network"),
                cell(1, "postal_worker", 3, "BD-01"),
                cell(1, "postal_worker", 1, "network"),
                cell(1, "postal_worker", 1),
            ],
        ),
    )

    assert (lines(found), found.needed, found.met) == ((5, 10), 9, False)
    assert parts(found) == {"need:BD-01": (8, 10), "need:network": (6, 10)}


# CT17: growth


BASE = date(2024, 12, 14)


def volunteers(active: int, others: int, day: date, *more: UnitFact) -> World:
    return world(
        [unit(1, "committee"), *more],
        [
            cell(1, "volunteer", active, "active"),
            cell(1, "volunteer", others),
            cell(1, "collaborator", 9, "active"),
        ],
        [said("volunteer_groups", 1, 12)],
        day,
    )


def test_ct17_130_joined_and_60_left_is_14_percent() -> None:
    found = figure(
        "CT17", volunteers(500 + 130 - 60, 60, DECEMBER), YEAR, others={BASE: volunteers(500, 0, BASE)}
    )

    assert (lines(found), found.value, found.needed, found.met) == ((570, 500), Fraction(14, 100), 600, False)
    assert (found.warnings, parts(found)) == ((), {"item:volunteer_groups": (12, None)})


def test_ct17_exactly_20_percent_is_met() -> None:
    assert (
        figure("CT17", volunteers(600, 0, DECEMBER), YEAR, others={BASE: volunteers(500, 0, BASE)}).met
        is True
    )


def test_ct17_the_first_year_is_the_baseline() -> None:
    silent = world([unit(1, "committee", basis=None)], day=BASE)
    found = figure("CT17", volunteers(570, 0, DECEMBER), YEAR, others={BASE: silent})

    assert (lines(found), found.value, found.met, found.warnings) == ((570, None), None, None, ("baseline",))


def test_ct17_a_unit_that_kept_no_list_at_the_base_is_a_warning() -> None:
    before = volunteers(500, 0, BASE, unit(2, "community", basis=None))
    now = volunteers(570, 0, DECEMBER, unit(2, "community"), unit(3, "community", basis=None))
    found = figure("CT17", now, YEAR, others={BASE: before})

    assert (found.warnings, found.missing) == (("base_incomplete",), (3,))


# Declarations and months


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2023, 6, 20), 24, date(2025, 6, 20)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2025, 8, 31), 18, date(2027, 2, 28)),
        (date(2024, 11, 30), 13, date(2025, 12, 30)),
        (date(2024, 12, 15), 12, date(2025, 12, 15)),
    ],
)
def test_months_later(day: date, months: int, later: date) -> None:
    assert months_later(day, months) == later


def test_a_teacher_who_moved_is_covered_where_she_is_and_her_class_stays_where_it_was() -> None:
    held = {1: frozenset({"II.2.c"})}  # at school A, on 1/3; she is on the roster of B since 1/5
    cells = [cell(1, "teacher", 4), cell(2, "teacher", 1, "GD-02")]
    found = figure("CT06", world([school(1), school(2)], cells, sessions=held))

    assert lines(found) == (1, 2)
    assert parts(found) == {"weak": (2, 2), "coverage": (1, 5)}


# Properties


BUNDLES = st.lists(
    st.tuples(st.integers(1, 4), st.booleans(), st.integers(1, 50)).map(
        lambda drawn: cell(drawn[0], "commune_officer", drawn[2], *(("BV-01",) if drawn[1] else ()))
    ),
    max_size=12,
)


@settings(deadline=None)
@given(BUNDLES)
def test_a_place_is_the_sum_of_its_parts(cells: list[Cell]) -> None:
    units = [unit(number, "committee", area=100 + number) for number in range(1, 5)]
    seen = world(units, cells)
    whole = figure("CT10", seen)
    alone = [figure("CT10", seen.within([one.id], [])) for one in units]

    assert whole.numerator == sum(one.numerator or 0 for one in alone)
    assert whole.denominator == sum(one.denominator or 0 for one in alone)
    assert (whole.numerator or 0) <= (whole.denominator or 0)


@settings(deadline=None)
@given(BUNDLES)
def test_people_may_be_bundled_or_named_one_by_one(cells: list[Cell]) -> None:
    units = [unit(number, "committee") for number in range(1, 5)]
    named = [
        replace(one, people=1, person=1000 * place + number)
        for place, one in enumerate(cells)
        for number in range(one.people)
    ]

    assert figure("CT10", world(units, cells)) == figure("CT10", world(units, named))
