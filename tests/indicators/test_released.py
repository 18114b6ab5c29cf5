"""What is released never changes: rules and targets of the shipped plans are those that were sealed."""

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from portal.indicators import released
from portal.indicators.definitions import Indicator, Item, Plan

(PLAN,) = released.shipped()


def with_entry(plan: Plan, code: str, entry: Indicator) -> Plan:
    return replace(plan, indicators=tuple(entry if one.code == code else one for one in plan.indicators))


def entry(code: str) -> Indicator:
    found = PLAN.indicator(code)
    assert found is not None
    return found


def copied(tmp_path: Path) -> Path:
    plans = tmp_path / "plans"
    shutil.copytree(released.PLANS, plans)
    return plans


def test_every_rule_and_target_of_the_shipped_plans_is_sealed_and_unchanged() -> None:
    sealed = released.seals()

    assert set(released.digests(PLAN)) == set(sealed)
    assert released.changed(PLAN, sealed) == ()
    # 22 entries, three of them with two rules; 19 targets of the province and 4 of the national decision
    assert len([name for name in sealed if "@" not in name]) == 25
    assert len([name for name in sealed if "@" in name]) == 23


def test_a_released_rule_that_was_edited_is_named() -> None:
    rule = entry("CT06").rules[0]
    eased = replace(entry("CT06"), rules=(replace(rule, threshold=Fraction(7, 10)),))

    assert released.changed(with_entry(PLAN, "CT06", eased), released.seals()) == ("plan-39/CT06/1",)


def test_a_released_target_that_was_edited_is_named() -> None:
    eased = replace(entry("CT10"), targets={**entry("CT10").targets, "province": Fraction(7, 10)})

    assert released.changed(with_entry(PLAN, "CT10", eased), released.seals()) == ("plan-39/CT10@province",)


def test_an_item_that_counts_differently_changes_every_rule_that_uses_it() -> None:
    lenient = replace(
        PLAN,
        items=tuple(
            replace(one, evidence=False) if one.code == "intake_procedure" else one for one in PLAN.items
        ),
    )

    assert released.changed(lenient, released.seals()) == ("plan-39/CT11a/1", "plan-39/CT11b/1")


def test_another_list_of_grades_changes_the_reading_by_grade_alone() -> None:
    def without_the_first(item: Item) -> Item:
        assert item.by_grade is not None
        return replace(item, by_grade=replace(item.by_grade, grades=item.by_grade.grades[1:]))

    fewer = replace(
        PLAN,
        items=tuple(without_the_first(one) if one.code == "children_by_grade" else one for one in PLAN.items),
    )

    assert released.changed(fewer, released.seals()) == ("plan-39/CT03/2",)


def test_an_entry_that_is_gone_is_named() -> None:
    without = replace(PLAN, indicators=tuple(one for one in PLAN.indicators if one.code != "GP5"))

    assert released.changed(without, released.seals()) == ("plan-39/GP5/1", "plan-39/GP5@province")


def test_words_beside_the_rules_may_be_mended_and_versions_added() -> None:
    first = entry("CT06").rules[0]
    second = replace(first, version=2, since=first.since.replace(year=2026), threshold=Fraction(9, 10))
    mended = replace(entry("CT06"), gloss="Better words.", questions=(), rules=(first, second))

    assert released.changed(with_entry(PLAN, "CT06", mended), released.seals()) == ()


def test_seals_of_another_plan_are_not_this_one_s() -> None:
    assert released.changed(PLAN, {"plan-40/CT01/1": "x"}) == ()


def test_sealing_keeps_what_is_sealed_and_adds_what_is_new(tmp_path: Path) -> None:
    plans = copied(tmp_path)
    before = dict(released.seals(plans))
    assert released.seal(plans) == []
    assert released.seals(plans) == before

    file = plans / "plan-39.toml"
    text = file.read_text(encoding="utf-8")
    assert text.count('threshold = "0.80"') == 1
    file.write_text(text.replace('threshold = "0.80"', 'threshold = "0.70"'), encoding="utf-8")
    assert released.seal(plans) == []
    assert released.seals(plans) == before

    (plans / "released.toml").unlink()
    assert released.seals(plans) == {}
    assert len(released.seal(plans)) == 48  # 25 rules and 23 targets
    assert released.seals(plans)["plan-39/CT06/1"] != before["plan-39/CT06/1"]
