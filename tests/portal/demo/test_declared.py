"""Declared values of the demonstration: the same every time, and in agreement with each other."""

import random
from datetime import date

import pytest

from portal.demo import declared, history
from portal.indicators.catalogue import plans
from portal.indicators.declaring import values
from portal.indicators.facts import UnitFact

PLAN = plans()[declared.PLAN]
BY = {"hieutruong": 1, "sogddt": 2, "soyte": 3, "congantinh": 4, "thuongtruc": 5}


def school(number: int) -> UnitFact:
    return UnitFact(number, f"TH-336-{number:02d}", "Trường", "school", "education", (1, 2, 3), "commune")


def committee(number: int) -> UnitFact:
    return UnitFact(
        number, f"UB-{12400 + number}", "UBND xã", "committee", "government", (1, 2, 3), "commune"
    )


@pytest.mark.parametrize("day", declared.DAYS)
def test_a_part_is_never_more_than_the_whole(day: date) -> None:
    for number in range(1, 60):
        one = school(number)
        assert declared._number(one, "children_taught", day) <= declared._number(one, "children_5_15", day)
        assert declared._number(one, "learner_awareness", day) <= declared._number(one, "children_5_15", day)
        place = committee(number)
        homes = declared._number(place, "households_with_child", day)
        assert declared._number(place, "households_visited", day) < homes
        assert homes < declared._number(place, "parents_with_child", day) < 2 * homes


@pytest.mark.parametrize(
    ("code", "grades"),
    [
        ("MN-336-01", ["kindergarten_5"]),
        ("TH-336-02", ["grade_1", "grade_2", "grade_3", "grade_4", "grade_5"]),
        ("THCS-336-03", ["grade_6", "grade_7", "grade_8", "grade_9"]),
    ],
)
def test_a_school_declares_the_grades_of_its_level_since_the_school_year_2025(
    code: str, grades: list[str]
) -> None:
    one = UnitFact(1, code, "Trường", "school", "education", (1, 2, 3), "commune")
    dice = random.Random(0)
    items = [PLAN.item(item) for item in ("children_by_grade", "taught_by_grade")]

    for day in declared.DAYS[2:]:
        whole, part = (declared._given(one, item, day, dice)["grades"] for item in items if item is not None)
        assert list(whole) == list(part) == grades
        assert all(0 < part[grade] <= whole[grade] for grade in grades)
        assert sum(whole.values()) == declared._number(one, "children_by_grade", day)
    asked = [item.code for item in values.items_for(PLAN, one, declared.DAYS[1])]
    assert "children_5_15" in asked
    assert "children_by_grade" not in asked


def test_who_declares_the_pupils_declares_how_many_were_taught() -> None:
    items = [PLAN.item(item) for item in ("children_by_grade", "taught_by_grade")]

    for number in range(1, 60):
        for day in declared.DAYS[2:]:
            whole, part = (declared._row(school(number), one, day, 7, BY) for one in items if one is not None)
            assert (whole is None) == (part is None)


def test_some_units_declare_nothing_and_the_same_ones_every_time() -> None:
    item = PLAN.item("learner_awareness")
    assert item is not None
    units = [school(number) for number in range(1, 60)]

    first = [declared._row(unit, item, declared.DAYS[1], 7, BY) for unit in units]
    again = [declared._row(unit, item, declared.DAYS[1], 7, BY) for unit in units]

    assert first == again
    silent = sum(row is None for row in first)
    assert 3 <= silent <= 25  # a tenth never, a tenth late: about twelve of 59
    assert all(row["decided_by_id"] == 2 and row["file_id"] == 7 for row in first if row is not None)


def test_every_item_that_a_unit_is_asked_for_gets_a_value_the_rules_can_read() -> None:
    day = declared.DAYS[1]
    for unit in (school(1), committee(1)):
        for item in values.items_for(PLAN, unit, day):
            for number in range(1, 40):
                row = declared._row(
                    school(number) if unit.kind == "school" else committee(number), item, day, 7, BY
                )
                if row is not None:
                    assert len(row["value"]) >= 1
                    assert row["said_on"] == day


def test_the_courses_of_the_history_are_those_of_the_plan() -> None:
    assert [one.code for one in history.PAST] == [
        "GD-02", "GD-01", "NT-01", "CM-01", "BV-01", "BV-01B", "YT-01", "CA-01", "CA-02", "BD-01", "MT-01",
        "BV-03",
    ]  # fmt: skip
    assert sum(one.most for one in history.PAST) <= 450  # 30 ms each: the load stays within its seconds
