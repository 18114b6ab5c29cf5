"""Plan files: the shipped plan says what the document says, and every fault is reported with its line."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from portal.indicators.definitions import (
    Counted,
    FaultyPlan,
    Indicator,
    ItemKind,
    Klass,
    Plan,
    Way,
    read,
)
from portal.indicators.released import PLANS

SHIPPED = PLANS / "plan-39.toml"

SMALL = """\
[plan]
code = "plan-1"
number = "1/KH"
title = { vi = "Kế hoạch", en = "Plan" }
issuer = { vi = "Ủy ban", en = "Committee" }
signed_on = 2024-01-02
valid_from = 2024-01-02
valid_to = 2025-12-31

[[target_set]]
code = "province"
title = { vi = "Tỉnh", en = "Province" }
source = "1/KH"

[[default]]
code = "G1"
question = { vi = "Khi nào?", en = "When?" }
answer = { vi = "Lũy kế.", en = "Cumulative." }

[[item]]
code = "parents"
label = { vi = "Số cha, mẹ", en = "Parents" }
kind = "count"
by = ["committee"]

[[item]]
code = "readiness"
label = { vi = "Sẵn sàng", en = "Ready" }
kind = "checklist"
by = ["clinic"]
[[item.tick]]
code = "kit"
label = { vi = "Bộ dụng cụ", en = "Kit" }

[[indicator]]
code = "CT10"
line = 57
class = "computed"
counted = "person"
way = "people"
title = { vi = "Cán bộ", en = "Officers" }
sentence = "80% cán bộ"
gloss = "80 % of officers"
lead = "labour"
section = "II.4.a"
targets = { province = "0.80" }
[[indicator.rule]]
version = 1
since = 2024-01-02
author = "Ban soạn thảo"
decided_on = 2024-01-02
reason = { vi = "Theo câu chữ.", en = "As the words say." }
basis = ["L57", "G1"]
[[indicator.rule.group]]
key = "officers"
label = { vi = "Cán bộ", en = "Officers" }
audiences = ["commune_officer"]
needs = [["BV-01"]]
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return read(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name)


def entry(plan: Plan, code: str) -> Indicator:
    found = plan.indicator(code)
    assert found is not None
    return found


def line_of(text: str, holding: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if holding in line)


def faults(text: str) -> list[str]:
    with pytest.raises(FaultyPlan) as caught:
        read(text, "plan-1.toml")
    return [str(fault) for fault in caught.value.faults]


def swapped(old: str, new: str, text: str = SMALL) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


# The shipped plan


def test_the_plan_has_its_entries_in_their_order(plan: Plan) -> None:
    assert [one.code for one in plan.indicators] == [
        *("CT01", "CT02", "CT03", "CT04", "CT05", "CT06", "CT07", "CT08", "CT09", "CT10"),
        *("CT11a", "CT11b", "CT12", "CT13", "CT14", "CT15", "CT16", "CT17"),
        *("ĐT1", "ĐT2", "ĐT3", "GP5"),
    ]
    # 21 entries: one sentence holds two percentages
    assert len({one.sentence for one in plan.indicators}) == 21


def test_part_one_holds_18_percentages_and_part_three_one_more(plan: Plan) -> None:
    province = {one.code: one.targets["province"] for one in plan.indicators if one.targets}

    assert len([code for code in province if code.startswith("CT")]) == 18
    assert {code: int(target * 100) for code, target in province.items()} == {
        **{
            "CT01": 50,
            "CT02": 50,
            "CT03": 70,
            "CT04": 100,
            "CT05": 100,
            "CT06": 100,
            "CT07": 100,
            "CT08": 100,
        },
        **{"CT09": 70, "CT10": 80, "CT11a": 90, "CT11b": 100, "CT12": 90, "CT13": 90, "CT14": 100},
        **{"CT15": 40, "CT16": 90, "CT17": 20, "GP5": 100},
    }


def test_the_national_decision_asks_all_families_pupils_and_workers(plan: Plan) -> None:
    national = {one.code: one.targets["national-1863"] for one in plan.indicators if len(one.targets) > 1}

    assert national == {"CT02": 1, "CT03": 1, "CT09": 1, "CT10": 1}


@pytest.mark.parametrize(
    ("code", "line", "sentence"),
    [
        (
            "CT02",
            41,
            "50% gia đình có trẻ em được cung cấp thông tin, hướng dẫn kỹ năng nhận diện, phát hiện, thông báo, "
            "tố giác hành vi bạo lực, xâm hại tình dục trẻ em",
        ),
        (
            "CT06",
            49,
            "100% cơ sở giáo dục thực hiện nâng cao năng lực, bồi dưỡng đạo đức nghề nghiệp cho đội ngũ cán bộ "
            "quản lý, nhà giáo, nhân viên trong cơ sở giáo dục",
        ),
        (
            "CT11b",
            63,
            "90% cơ sở y tế cấp xã và 100% cơ sở y tế cấp huyện được tăng cường khả năng cung cấp dịch vụ chăm sóc "
            "sức khỏe cho trẻ em bị bạo lực, bị xâm hại tình dục một cách kịp thời, phù hợp",
        ),
        (
            "CT15",
            71,
            "40% các huyện, thành phố bố trí, đào tạo cán bộ điều tra thân thiện với trẻ em và tăng cường phối hợp "
            "liên ngành, nâng cao chất lượng dịch vụ bảo vệ trẻ em trong quá trình điều tra xét hỏi các vụ việc "
            "bạo lực, xâm hại tình dục trẻ em",
        ),
        ("CT16", 75, "90% nhân viên bưu điện văn hóa, bưu tá cấp xã tham gia mạng lưới xã hội bảo vệ trẻ em"),
        (
            "CT17",
            77,
            "Hằng năm tăng thêm 20% số tình nguyện viên bảo vệ trẻ em từ các tổ chức, nhóm xã hội, cá nhân và các "
            "nhóm kết nối, bao gồm cả các nhóm và cá nhân trên môi trường mạng",
        ),
        (
            "GP5",
            237,
            "bảo đảm 100% các tin báo, tố giác về tội phạm xâm hại trẻ em được tiếp nhận, giải quyết kịp thời, "
            "khách quan, đúng quy định pháp luật",
        ),
    ],
)
def test_a_sentence_is_the_plan_s_own(plan: Plan, code: str, line: int, sentence: str) -> None:
    assert (entry(plan, code).line, entry(plan, code).sentence) == (line, sentence)


def test_a_percentage_of_the_province_stands_in_its_sentence(plan: Plan) -> None:
    for one in plan.indicators:
        if one.targets:
            assert f"{int(one.targets['province'] * 100)}%" in one.sentence, one.code


def test_where_numerators_come_from(plan: Plan) -> None:
    classes = {klass: [one.code for one in plan.indicators if one.klass == klass] for klass in Klass}

    assert classes == {
        Klass.COMPUTED: ["CT01", "CT09", "CT10", "CT14"],
        Klass.MIXED: ["CT02", "CT04", "CT06", "CT11a", "CT11b", "CT12", "CT15", "CT16", "CT17"],
        Klass.DECLARED: ["CT03", "CT05", "CT07", "CT08", "ĐT1", "ĐT2", "ĐT3"],
        Klass.OUTSIDE: ["CT13", "GP5"],
    }


def test_every_default_of_the_plan_is_there_and_every_rule_stands_on_something(plan: Plan) -> None:
    assert [one.code for one in plan.defaults] == [f"G{number}" for number in range(1, 13)]
    for one in plan.indicators:
        assert all(rule.basis and rule.reason.vi and rule.reason.en for rule in one.rules), one.code


def test_both_registers_of_volunteers_are_one(plan: Plan) -> None:
    capacity, growth = entry(plan, "CT10").rules[0], entry(plan, "CT17").rules[0]
    trained = next(group for group in capacity.groups if group.key == "volunteers")

    assert (capacity.kinds, capacity.level, capacity.sector) == (growth.kinds, growth.level, growth.sector)
    assert trained.audiences == growth.groups[0].audiences
    assert (
        [[fact] for fact in trained.only] == [list(need) for need in growth.groups[0].needs] == [["active"]]
    )


def test_tracks_of_bv_01(plan: Plan) -> None:
    needs = {group.key: group.needs for group in entry(plan, "CT10").rules[0].groups}

    assert needs == {
        "officers": (("BV-01",),),
        "collaborators": (("BV-01", "BV-01B"),),
        "volunteers": (("BV-01", "BV-01B"),),
    }


def test_what_stood_still_when_districts_ended(plan: Plan) -> None:
    district = next(group for group in entry(plan, "CT09").rules[0].groups if group.key == "district")

    assert district.frozen_on == date(2025, 6, 30)
    assert entry(plan, "CT15").rules[0].frozen_on == date(2025, 2, 28)
    assert entry(plan, "CT15").rules[0].gate == ("assignment_decision",)


def test_a_cut_off_is_read_by_the_rule_of_its_day(plan: Plan) -> None:
    directives = entry(plan, "CT05")

    assert directives.rule_on(date(2025, 6, 14)).items == ("directive",)
    assert directives.rule_on(date(2025, 6, 30)).version == 1
    assert directives.rule_on(date(2025, 7, 1)).items == ("directive", "directive_commune")
    assert directives.rule_on(date(2020, 1, 1)).version == 1  # before the first: the first


def test_nothing_is_declared_that_no_entry_uses(plan: Plan) -> None:
    rules = [rule for one in plan.indicators for rule in one.rules]
    used = {
        code
        for rule in rules
        for code in (*rule.items, *rule.shown, rule.numerator, rule.denominator, rule.beside)
        if code
    }

    assert used == {item.code for item in plan.items}


def test_pupils_are_declared_by_grade_from_the_school_year_2025_on(plan: Plan) -> None:
    rules = entry(plan, "CT03").rules
    whole, part = plan.item("children_by_grade"), plan.item("taught_by_grade")
    assert whole is not None
    assert part is not None
    assert whole.by_grade is not None
    assert part.by_grade is not None

    assert [(rule.since, rule.numerator, rule.denominator) for rule in rules] == [
        (date(2020, 4, 10), "children_taught", "children_5_15"),
        (date(2025, 9, 1), "taught_by_grade", "children_by_grade"),
    ]
    assert [label.vi for _code, label in whole.by_grade.grades] == [
        "Mẫu giáo 5 tuổi", *(f"Lớp {number}" for number in range(1, 10)), "Lớp 10 (em chưa đủ 16 tuổi)",
        "Lớp 11 (em chưa đủ 16 tuổi)", "Lớp giáo dục thường xuyên (em chưa đủ 16 tuổi)",
    ]  # fmt: skip
    assert part.by_grade.grades == whole.by_grade.grades
    assert (whole.replaces, part.replaces) == ("children_5_15", "children_taught")
    assert (len(whole.grades_of("school")), whole.grades_of("committee")) == (13, ())
    assert plan.entered_with(part) == plan.entered_with(whole) == (whole, part)
    assert plan.entered_with(plan.items[0]) == (plan.items[0], None)
    assert whole.by_grade.help is not None
    assert "từ 16 tuổi trở lên không tính" in whole.by_grade.help.vi


def test_who_gives_the_denominators_of_families(plan: Plan) -> None:
    for code in ("parents_with_child", "households_with_child"):
        item = plan.item(code)
        assert item is not None
        assert (item.by, item.level, item.kind, item.lasts_months) == (
            ("committee",),
            "commune",
            ItemKind.COUNT,
            18,
        )
    assert entry(plan, "CT01").rules[0].denominator == "parents_with_child"
    assert entry(plan, "CT02").rules[0].denominator == "households_with_child"


def test_lookups_know_what_they_do_not_know(plan: Plan) -> None:
    assert plan.indicator("CT99") is None
    assert plan.item("CT99") is None


# The reader


def test_the_small_plan_is_read() -> None:
    plan = read(SMALL, "plan-1.toml")
    (one,) = plan.indicators
    (rule,) = one.rules

    assert (one.way, one.counted, one.targets) == (Way.PEOPLE, Counted.PERSON, {"province": Fraction(4, 5)})
    assert (rule.groups[0].needs, rule.groups[0].only, rule.threshold) == ((("BV-01",),), (), None)
    assert plan.digest != read(SMALL + "\n", "plan-1.toml").digest


def test_a_text_that_is_no_toml_names_its_line() -> None:
    assert faults("[plan]\ncode = \n")[0].startswith("plan-1.toml:2: not TOML")


CASES: list[tuple[str, str, str, str]] = [
    # what is replaced, by what, where the fault is, what it says
    ('lead = "labour"', 'led = "labour"', "led =", "unknown key “led”; remove it (did you mean “lead”?)"),
    ('class = "computed"', 'class = "guessed"', 'class = "guessed"', "“class” cannot be “guessed”"),
    ('way = "people"', 'way = "crowd"', 'way = "crowd"', "“way” cannot be “crowd”"),
    ('counted = "person"', 'counted = "case"', 'counted = "case"', "“counted” cannot be “case”"),
    ("line = 57", "line = 0", "line = 0", "“line” must be a whole number from 1"),
    ('code = "CT10"', 'code = "X10"', 'code = "X10"', "“X10” has not the form of “code”"),
    ('province = "0.80"', 'provinc = "0.80"', "provinc =", "“provinc” is no [[target_set]] of this file"),
    (
        'province = "0.80"',
        "province = 0.80",
        "province = 0.80",
        "must be a share above 0 and up to 1, in quotes",
    ),
    (
        'province = "0.80"',
        'province = "80"',
        'province = "80"',
        "must be a share above 0 and up to 1, in quotes",
    ),
    ('basis = ["L57", "G1"]', 'basis = ["L57", "G9"]', '"G9"', "“G9” is no [[default]] of this file"),
    ('needs = [["BV-01"]]', "needs = []", "needs = []", "“needs” is a list of lists of courses"),
    ('needs = [["BV-01"]]', 'needs = ["BV-01"]', "needs =", "“needs” is a list of lists of courses"),
    ('needs = [["BV-01"]]', "needs = [[]]", "needs =", "“needs” is a list of lists of courses"),
    (
        'needs = [["BV-01"]]',
        'needs = [["BV1"]]',
        "needs =",
        "“BV1” is neither a course nor the name of a fact",
    ),
    ('["commune_officer"]', '["mayor"]', '"mayor"', "“audiences” cannot be “mayor”"),
    ("version = 1", "version = 2", "version = 2", "rules are numbered in their order: this one is 1"),
    ("valid_to = 2025-12-31", "valid_to = 2023-12-31", "valid_to =", "“valid_to” is before “valid_from”"),
    ('by = ["clinic"]', 'by = ["hospital"]', '"hospital"', "“by” cannot be “hospital”"),
    ('code = "readiness"', 'code = "parents"', "@[[item]]2", "“parents” stands twice among [[item]]"),
    ('kind = "count"', 'kind = "number"', 'kind = "number"', "“kind” cannot be “number”"),
    ('kind = "checklist"', 'kind = "yes"', "[[item.tick]]", "only a checklist has ticks"),
    ("version = 1\n", 'version = 1\nitems = ["kits"]\n', "items =", "“kits” is no [[item]] of this file"),
    ("version = 1\n", 'version = 1\ngate = ["readiness"]\n', "gate =", "“readiness” decides nothing unless"),
    ("version = 1\n", 'version = 1\ndenominator = "kits"\n', "denominator =", "“kits” is no [[item]]"),
    (
        "version = 1\n",
        'version = 1\ndenominator = "readiness"\n',
        "denominator =",
        "“readiness” is no number",
    ),
    (
        "version = 1\n",
        'version = 1\nlevel = "commune"\nlevels = ["district"]\n',
        "levels =",
        "“level” and “levels” say the same",
    ),
]


@pytest.mark.parametrize(("old", "new", "where", "said"), CASES, ids=[case[1].strip()[:40] for case in CASES])
def test_a_fault_is_reported_with_its_line(old: str, new: str, where: str, said: str) -> None:
    text = swapped(old, new)
    line = (
        text.splitlines().index('code = "parents"', 25) + 1 if where.startswith("@") else line_of(text, where)
    )

    assert any(one.startswith(f"plan-1.toml:{line}: ") and said in one for one in faults(text)), faults(text)


BY_GRADE = swapped(
    """[[item]]
code = "readiness"
""",
    """[[item]]
code = "enrolled"
label = { vi = "Đang học", en = "Enrolled" }
kind = "count_by_grade"
by = ["school", "committee"]
replaces = "parents"
by_grade = ["school"]
column = { vi = "Đang học", en = "Enrolled" }
one_number = { vi = "Không đi học", en = "Out of school" }
[[item.grade]]
code = "g1"
label = { vi = "Lớp 1", en = "Grade 1" }
[[item.grade]]
code = "g2"
label = { vi = "Lớp 2", en = "Grade 2" }

[[item]]
code = "taught"
label = { vi = "Đã học", en = "Taught" }
kind = "count_by_grade"
part_of = "enrolled"
by = ["committee", "school"]
by_grade = ["school"]
column = { vi = "Đã dạy", en = "Taught" }
one_number = { vi = "Trong đó", en = "Of these" }

[[item]]
code = "readiness"
""",
    swapped('way = "people"', 'way = "declared"', SMALL[: SMALL.index("[[indicator.rule.group]]")]).replace(
        "version = 1\n", 'version = 1\nnumerator = "taught"\ndenominator = "enrolled"\n'
    ),
)


def test_an_item_by_grade_is_read_and_its_part_has_the_same_grades() -> None:
    plan = read(BY_GRADE, "plan-1.toml")
    whole, part = plan.item("enrolled"), plan.item("taught")
    assert whole is not None
    assert part is not None

    assert [code for code, _label in part.grades_of("school")] == ["g1", "g2"]
    assert plan.entered_with(part) == (whole, part)


@pytest.mark.parametrize(
    ("old", "new", "where", "said"),
    [
        (
            'replaces = "parents"',
            'replaces = "kits"',
            "replaces =",
            "“kits” is no [[item]] of the kind “count”",
        ),
        ('replaces = "parents"', 'replaces = "taught"', "replaces =", "“taught” is no [[item]] of the kind"),
        (
            'part_of = "enrolled"\n',
            'part_of = "enrolled"\nreplaces = "parents"\n',
            "@taught replaces",
            "“parents” is replaced by another item already",
        ),
        ('part_of = "enrolled"', 'part_of = "parents"', "part_of =", "“parents” is no whole"),
        ('part_of = "enrolled"', 'part_of = "taught"', "part_of =", "“taught” is no whole"),
        (
            'by = ["committee", "school"]',
            'by = ["school"]',
            "part_of =",
            "“sector” and “level” are those of “enrolled”",
        ),
        (
            'code = "g2"',
            'code = "g1"',
            "@second g1",
            "“g1” stands twice among [[item.grade]]",
        ),
        ('code = "g2"', 'code = "Lớp 2"', "Lớp 2", "“Lớp 2” has not the form of “code”"),
        (
            'by = ["school", "committee"]',
            'by = ["committee"]',
            "@first by_grade",
            "“school” declares this by grade, and is not in “by”",
        ),
        (
            'kind = "count_by_grade"\nby =',
            'kind = "count"\nby =',
            "replaces =",
            "unknown key “replaces”",
        ),
        (
            'numerator = "taught"',
            'numerator = "parents"',
            "numerator =",
            "“parents” is no part of “enrolled”; by grade, it must be its part",
        ),
        (
            'denominator = "enrolled"',
            'denominator = "parents"',
            "numerator =",
            "“taught” is no part of “parents”",
        ),
        (
            'one_number = { vi = "Trong đó", en = "Of these" }\n',
            'one_number = { vi = "Trong đó", en = "Of these" }\n'
            '[[item.grade]]\ncode = "g3"\nlabel = { vi = "Lớp 3", en = "Grade 3" }\n',
            "@own grades",
            "the grades are those of “enrolled”, of which this is a part",
        ),
    ],
)
def test_a_fault_of_an_item_by_grade_is_reported_with_its_line(
    old: str, new: str, where: str, said: str
) -> None:
    text = swapped(old, new, BY_GRADE)
    lines = text.splitlines()
    line = {
        "@taught replaces": lambda: lines.index('replaces = "parents"', lines.index('code = "taught"')) + 1,
        "@second g1": lambda: lines.index('code = "g1"', lines.index('code = "g1"') + 1) + 1,
        "@first by_grade": lambda: lines.index('by_grade = ["school"]') + 1,
        "@own grades": lambda: lines.index("[[item.grade]]", lines.index('code = "taught"')) + 1,
    }.get(where, lambda: line_of(text, where))()

    assert any(one.startswith(f"plan-1.toml:{line}: ") and said in one for one in faults(text)), faults(text)


def test_an_item_by_grade_needs_grades_and_names_for_its_numbers() -> None:
    without = (
        BY_GRADE[: BY_GRADE.index("[[item.grade]]")] + BY_GRADE[BY_GRADE.index('[[item]]\ncode = "taught"') :]
    )

    assert any("“grade” is missing here" in one for one in faults(without))
    assert any(
        "“column” is missing here" in one
        for one in faults(swapped('column = { vi = "Đã dạy", en = "Taught" }\n', "", BY_GRADE))
    )


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("participants", "“courses” is needed where figures are counted by participants"),
        ("participants", "“denominator” is needed where figures are counted by participants"),
        ("facilities", "“kinds” is needed where figures are counted by facilities"),
        ("areas", "“level” is needed where figures are counted by areas"),
        ("declared", "a declared figure is “items”, or “numerator” over “denominator”"),
    ],
)
def test_each_way_needs_its_own_keys(way: str, said: str) -> None:
    assert any(said in one for one in faults(swapped('way = "people"', f'way = "{way}"')))


def test_people_are_counted_in_groups() -> None:
    text = SMALL[: SMALL.index("[[indicator.rule.group]]")]

    assert faults(text) == [
        f"plan-1.toml:{line_of(text, '[[indicator.rule]]')}: “group” is missing here; add it"
    ]


def test_half_a_ratio_is_no_declared_figure() -> None:
    text = swapped('way = "people"', 'way = "declared"').replace(
        "version = 1", 'version = 1\nnumerator = "parents"'
    )

    assert any("give one of the two" in one for one in faults(text))


def test_a_later_rule_begins_later_and_is_numbered_on() -> None:
    rule = SMALL[SMALL.index("[[indicator.rule]]") :]
    second = swapped("version = 1", "version = 2", rule)

    (fault,) = faults(SMALL + second)
    assert "a later rule begins later than the one before it" in fault
    assert (
        len(read(SMALL + second.replace("since = 2024-01-02", "since = 2025-01-01"), "p").indicators[0].rules)
        == 2
    )
    assert any("this one is 2" in one for one in faults(SMALL + rule.replace("since = 2024", "since = 2025")))


def test_two_groups_of_a_rule_have_their_own_keys() -> None:
    group = SMALL[SMALL.index("[[indicator.rule.group]]") :]

    assert [one.partition(": ")[2] for one in faults(SMALL + group)] == [
        "“officers” stands twice among [[group]]; give each its own key"
    ]


def test_all_faults_come_at_once_in_the_order_of_lines() -> None:
    text = swapped('lead = "labour"', 'lead = "navy"', swapped('by = ["clinic"]', 'by = ["ship"]'))
    first, second = faults(text)

    assert first.startswith(f"plan-1.toml:{line_of(text, 'ship')}: “by” cannot be “ship”")
    assert second.startswith(f"plan-1.toml:{line_of(text, 'navy')}: “lead” cannot be “navy”")


def test_what_is_missing_is_named_at_its_table() -> None:
    text = swapped('sentence = "80% cán bộ"\n', "")

    assert faults(text) == [
        f"plan-1.toml:{line_of(text, '[[indicator]]')}: “sentence” is missing here; add it"
    ]


def test_an_empty_file_says_what_it_needs() -> None:
    said = "\n".join(faults(""))

    assert "“plan” is missing here" in said
    assert "“indicator” is missing here" in said


def test_the_file_is_utf_8_with_one_newline_at_its_end() -> None:
    raw = Path(SHIPPED).read_bytes()

    assert raw.endswith(b"\n")
    assert not raw.endswith(b"\n\n")
    assert b"\r" not in raw


def test_only_participants_answer_before_and_after(plan: Plan) -> None:
    spoilt = swapped("decided_on = 2024-01-02\n", "decided_on = 2024-01-02\npaired = true\n")

    (fault,) = faults(spoilt)
    assert fault == (
        f"plan-1.toml:{line_of(spoilt, 'paired = true')}: only participants answer before and after; leave “paired” out"
    )
    assert [rule.paired for rule in entry(plan, "CT01").rules] == [False, True]
    # the figure itself is read as before
    first, second = entry(plan, "CT01").rules
    assert (first.courses, first.denominator) == (second.courses, second.denominator)
