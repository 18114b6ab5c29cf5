"""What a form's words mean as a value, who must declare what on a day, when two numbers differ too much: pure."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.indicators.catalogue import plans
from portal.indicators.declaring import values
from portal.indicators.facts import Said, UnitFact
from portal.indicators.periods import Period

PLAN = plans()["plan-39"]
SCHOOL = UnitFact(1, "A", "Trường A", "school", "education", (10, 11, 12), "commune")
COMMUNE = UnitFact(2, "UB", "UBND xã", "committee", "government", (10, 11, 12), "commune")
DISTRICT = UnitFact(3, "UH", "UBND huyện", "committee", "government", (10, 11), "district")
POLICE = UnitFact(4, "CA", "Công an huyện", "police_post", "police", (10, 11), "district")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1850", 1850), ("1.850", 1850), ("1 850", 1850), ("1.234.567", 1234567), ("0", 0), (" 12 ", 12),
        ("10000000", 10_000_000), ("10000001", None), ("18,5", None), ("-3", None), ("1.85", None), ("", None),
        ("ba mươi", None), ("12 000 xã", None), ("1e3", None),
    ],
)  # fmt: skip
def test_a_whole_number_is_read_as_people_write_it(text: str, number: int | None) -> None:
    assert values.whole_number(text) == number


@pytest.mark.parametrize(
    ("declared", "computed", "apart"),
    [(110, 100, False), (111, 100, True), (90, 100, False), (89, 100, True), (5, None, False), (1, 1, False)],
)
def test_more_than_a_tenth_apart_needs_a_note(declared: int, computed: int | None, apart: bool) -> None:
    """10 % of 100 is 10: 110 and 90 are still near, 111 and 89 are not; with nothing computed nothing differs."""
    assert values.too_different(declared, computed) is apart


def test_a_unit_declares_what_its_kind_sector_and_level_are_asked_for() -> None:
    day = date(2025, 6, 14)

    assert [one.code for one in values.items_for(PLAN, SCHOOL, day)] == [
        "children_5_15", "children_taught", "learner_awareness", "publication", "intervention_statement",
        "coordination_facility",
    ]  # fmt: skip
    assert [one.code for one in values.items_for(PLAN, COMMUNE, day)] == [
        "parents_with_child", "households_with_child", "households_visited", "children_5_15", "children_taught",
        "volunteer_groups", "services_note", "coordination_note", "apps_note",
    ]  # fmt: skip


def test_from_the_school_year_2025_on_pupils_are_asked_by_grade_and_no_more_as_one_number() -> None:
    for one in (SCHOOL, COMMUNE):
        before, after = (
            [item.code for item in values.items_for(PLAN, one, day)]
            for day in (date(2025, 8, 31), date(2025, 9, 1))
        )
        old, new = ("children_5_15", "children_taught"), ("children_by_grade", "taught_by_grade")

        assert [code for code in before if code in (*old, *new)] == list(old)
        assert [code for code in after if code in (*old, *new)] == list(new)


@pytest.mark.parametrize(
    ("typed", "whole", "part", "wrong"),
    [
        ({"a": ("40", "35"), "b": ("", "")}, {"a": 40}, {"a": 35}, []),
        ({"a": ("1.040", "1 035"), "b": ("0", "0")}, {"a": 1040, "b": 0}, {"a": 1035, "b": 0}, []),
        ({"a": ("40", ""), "b": ("41", "")}, {"a": 40, "b": 41}, None, []),
        ({"a": ("40", "41")}, {"a": 40}, {"a": 41}, [("a", "part", "more")]),
        ({"a": ("40", "3"), "b": ("41", "")}, {"a": 40, "b": 41}, {"a": 3}, [("b", "part", "lacking")]),
        ({"a": ("", "3")}, {}, {"a": 3}, [("a", "whole", "lacking")]),
        ({"a": ("x", "3")}, {}, {"a": 3}, [("a", "whole", "no_number")]),
        ({"a": ("4", "-3")}, {"a": 4}, {}, [("a", "part", "no_number")]),
        ({"a": (" ", ""), "b": ("", "")}, {}, None, [("a", "whole", "empty")]),
    ],
)
def test_two_columns_are_read_and_every_fault_has_its_grade(
    typed: dict[str, tuple[str, str]],
    whole: dict[str, int],
    part: dict[str, int] | None,
    wrong: list[tuple[str, str, str]],
) -> None:
    found = values.numbers(typed)

    assert (found.whole, found.part) == (whole, part)
    assert [(one.grade, one.column, one.what) for one in found.wrong] == wrong


COLUMN = st.one_of(st.just(""), st.integers(0, 90).map(str))


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.tuples(COLUMN, COLUMN), min_size=1))
def test_what_is_taken_has_no_part_above_its_whole_and_the_same_grades(
    typed: dict[str, tuple[str, str]],
) -> None:
    """What is typed is taken exactly when every line is empty, or whole, or a pair in which the part is not more."""
    found = values.numbers(typed)
    lines = [line for line in typed.values() if line != ("", "")]
    parts = any(some for _all, some in lines)
    sound = bool(lines) and all(
        bool(whole) and (bool(some) == parts) and (not some or int(some) <= int(whole))
        for whole, some in lines
    )

    assert (not found.wrong) == sound
    if sound:
        assert sum(found.whole.values()) == sum(int(whole) for whole, _some in lines)
        assert found.part is None or set(found.part) == set(found.whole)


def test_the_directive_of_a_commune_is_asked_for_from_the_day_its_reading_begins() -> None:
    before, after = (
        [one.code for one in values.items_for(PLAN, COMMUNE, day)]
        for day in (date(2025, 6, 30), date(2025, 7, 1))
    )

    assert "directive_commune" not in before
    assert "directive_commune" in after


def test_what_is_frozen_is_asked_for_no_more() -> None:
    """CT15 stands as of 28/2/2025: a decision of March changes nothing."""
    assert [one.code for one in values.items_for(PLAN, POLICE, date(2025, 2, 28))] == ["assignment_decision"]
    assert values.items_for(PLAN, POLICE, date(2025, 3, 1)) == []
    assert "investigation_coordination" not in [
        one.code for one in values.items_for(PLAN, DISTRICT, date(2025, 3, 1))
    ]


def test_totals_outside_the_portal_are_welcome_and_not_asked_for() -> None:
    asked = values.asked_on(PLAN, date(2025, 6, 14))

    assert asked["cases_needing"] is False
    assert asked["parents_with_child"] is True


@pytest.mark.parametrize(
    ("item", "on", "approved", "evidence", "state"),
    [
        ("learner_awareness", date(2025, 3, 1), True, True, ""),
        ("learner_awareness", date(2025, 3, 1), False, True, "waiting"),
        ("learner_awareness", date(2025, 3, 1), True, False, "no_evidence"),
        ("learner_awareness", date(2024, 12, 14), True, True, "another_year"),
        ("learner_awareness", date(2024, 12, 15), True, True, ""),
        ("children_5_15", date(2023, 12, 14), True, False, "outdated"),  # 18 months later is 14/6/2025
        ("children_5_15", date(2023, 12, 15), True, False, ""),
    ],
)
def test_why_a_value_does_not_count(item: str, on: date, approved: bool, evidence: bool, state: str) -> None:
    said = Said(item, 1, 12, on, evidence, approved)

    assert values.state(PLAN, said, Period.parse("2025-H1"), date(2025, 6, 14)) == state


def test_nothing_said_is_not_declared() -> None:
    assert values.state(PLAN, None, Period.parse("2025-H1"), date(2025, 6, 14)) == "not_declared"


@pytest.mark.parametrize(
    ("item", "given", "kept"),
    [
        ("children_5_15", {"number": 240}, {"count": 240}),
        ("children_by_grade", {"number": 7}, {"count": 7}),
        (
            "children_by_grade",
            {"grades": {"grade_2": 41, "grade_1": 40, "x": 3}},
            {"grades": {"grade_1": 40, "grade_2": 41}},
        ),
        ("intervention_statement", {"yes": True}, {"yes": True}),
        ("publication", {"ticks": ["channels", "hotline_111", "x"]}, {"ticks": ["hotline_111", "channels"]}),
        (
            "coordination_facility",
            {"document": "12/QC", "document_on": date(2025, 3, 4), "partner": "Công an xã"},
            {"number": "12/QC", "on": "2025-03-04", "partner": "Công an xã"},
        ),
        ("apps_note", {"words": "Đã phát 300 tờ."}, {"words": "Đã phát 300 tờ."}),
    ],
)
def test_a_value_is_kept_in_the_shape_that_the_rules_read(
    item: str, given: dict[str, object], kept: dict[str, object]
) -> None:
    one = PLAN.item(item)
    assert one is not None

    assert values.stored(one, given) == kept


def test_a_document_names_a_partner_only_where_it_is_made_with_one() -> None:
    named = [one.code for one in PLAN.items if values.has_partner(one)]

    assert named == ["coordination_agency", "coordination_facility", "investigation_coordination"]
