"""What codes of figures and rows are called on a page and in a file; in the reader's language, always with the facts."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from flask_babel import gettext, ngettext

from courses.toml_tables import Text
from portal.core.accounts.models import AUDIENCE_LABELS
from portal.core.locale import language, show_date, show_number, show_share
from portal.core.rounding import places
from portal.core.text import N_
from portal.indicators.definitions import Counted, Indicator, Klass, Plan, Rule, Way
from portal.indicators.opening.row import Row
from portal.indicators.rules import Figure, Part


def _(message: str, **values: object) -> str:
    """Return a message in the reader's language, as plain text."""
    return str(gettext(message, **values))


KLASS_LABELS = {
    Klass.COMPUTED: N_("computed"),
    Klass.MIXED: N_("computed and declared"),
    Klass.DECLARED: N_("declared"),
    Klass.OUTSIDE: N_("outside the portal"),
}
STATE_LABELS = {
    "met": N_("reached"),
    "short": N_("not reached"),
    "unknown": N_("no denominator yet"),
    "none": N_("no target set"),
    "words": N_("reported in words"),
}
LEVEL_LABELS = {
    "province": N_("Province level"),
    "district": N_("District level"),
    "commune": N_("Commune level"),
}
FACT_LABELS = {
    "network": N_("registration in the network"),
    "active": N_("activity as a volunteer within twelve months"),
}
WAY_LABELS = {
    Way.PEOPLE: N_(
        "Distinct people on staff lists at the cut-off; those who hold what their group needs count."
    ),
    Way.PARTICIPANTS: N_(
        "Distinct parents who took part to the end, out of the parents that communes declared."
    ),
    Way.HOUSEHOLDS: N_(
        "Households of which somebody took part to the end, out of those that communes declared."
    ),
    Way.FACILITIES: N_("Facilities that meet all conditions below, out of those whose denominator is known."),
    Way.AREAS: N_("Areas with somebody certified and the declared decision, out of all areas of the level."),
    Way.GROWTH: N_("Active people now against those at the cut-off of the year before."),
    Way.DECLARED: N_("What units declare, approved and with the evidence that is asked for."),
    Way.NARRATIVE: N_("Words only: no figure."),
}
#: Reasons without facts of their own.
REASONS = {
    "no_certificate": N_("no certificate"),
    "no_roster": N_("no staff list from the unit"),
    "totals": N_("the unit gives a signed total only"),
    "not_listed": N_("not on any staff list"),
    "elsewhere": N_("has a post in a unit that this indicator does not count"),
    "no_people": N_("nobody of the groups on its staff list"),
    "carer": N_("a carer who is not a parent: a line of its own"),
    "unlinked": N_("not linked to a household"),
    "no_child": N_("no child under 16"),
    "no_denominator": N_("the commune has not declared how many there are in all"),
    "gone": N_("counted a year before, not any more"),
    "share": N_("too small a part of the staff list is certified"),
    "least": N_("too few people are certified"),
    "session": N_("neither a class under the plan item nor enough people with the course"),
    "untrained": N_("nobody trained"),
    "not_declared": N_("nothing declared"),
    "waiting": N_("declared, waiting for approval"),
    "no_evidence": N_("declared without evidence"),
    "another_year": N_("declared for another year"),
    "outdated": N_("the declaration is out of date"),
    "says_no": N_("declared, but not complete"),
    "expired": N_("certificate expired"),
    "revoked": N_("certificate revoked"),
    "wrong_course": N_("certificate of another course"),
    "moved": N_("moved to another unit"),
    "left": N_("left the unit"),
    "double": N_("counted once already, by another post"),
}
#: What a counted thing is called behind a number: singular is never needed, for the number stands before it.
COUNTED_LABELS = {
    Counted.PERSON: N_("people"),
    Counted.HOUSEHOLD: N_("households"),
    Counted.FACILITY: N_("facilities"),
    Counted.AREA: N_("districts"),
    Counted.BODY: N_("bodies"),
    Counted.CHILD: N_("children"),
    Counted.NOTHING: N_("cases"),
}


def named(label: str) -> str:
    """Return a label of the tables above in the reader's language."""
    return _(label)


def target_name(indicator: Indicator, target: str) -> str:
    """Return the target in words: `target 70 %`, of growth `target +20 % a year`."""
    if indicator.way == Way.GROWTH:
        return _("target +%(share)s a year", share=target)
    return _("target %(share)s", share=target)


def said(text: Text) -> str:
    """Return a text of the plan in the reader's language."""
    return text.vi if language() == "vi" or not text.en else text.en


def reason_name(plan: Plan, rule: Rule, reason: str) -> str:
    """Return what a reason is called without the facts of a row, for a choice."""
    if reason in REASONS:
        return _(REASONS[reason])
    kind, _colon, code = reason.partition(":")
    if kind == "item":
        item = plan.item(code)
        return _("not declared: %(what)s", what=said(item.label) if item else code)
    if kind == "group":
        return _("nobody certified among: %(group)s", group=part_name(plan, rule, code))
    if kind == "fact":
        return _("no %(fact)s", fact=_(FACT_LABELS[code]))
    if kind == "only":
        return _("not in the group: no %(fact)s", fact=_(FACT_LABELS[code]))
    return reason


def reason_of(plan: Plan, rule: Rule, row: Row) -> str:
    """Return why a row does not count, with its facts; "" where it counts."""
    detail = row.detail
    on = show_date(date.fromisoformat(detail["on"])) if detail.get("on") else ""
    if row.reason == "expired" and on:
        return _("expired on %(day)s", day=on)
    if row.reason == "revoked" and on:
        return _("revoked on %(day)s", day=on)
    if row.reason == "moved":
        return _("moved to unit %(unit)s on %(day)s", unit=detail.get("unit") or "–", day=on)
    if row.reason == "left":
        return _("left the unit on %(day)s", day=on)
    if row.reason == "double":
        return _("double: counted once, by the post at %(unit)s", unit=detail.get("unit") or "–")
    if row.reason == "wrong_course":
        return _("holds %(course)s, a certificate of another course", course=detail.get("course") or "–")
    if row.reason == "no_certificate" and detail.get("needs"):
        return _("no certificate of %(courses)s", courses=_(" or ").join(detail["needs"]))
    lacking = detail.get("lacking")
    if row.reason and lacking and row.kind in ("unit", "area"):
        groups = [part_name(plan, rule, one[6:]) for one in lacking if one.startswith("group:")]
        said_of = [reason_name(plan, rule, one) for one in lacking if not one.startswith("group:")]
        if groups:
            said_of.append(_("nobody certified among: %(group)s", group=", ".join(groups)))
        return "; ".join(said_of)
    return reason_name(plan, rule, row.reason) if row.reason else ""


def part_name(plan: Plan, rule: Rule, key: str) -> str:
    """Return what a part of a figure is called: a group, a level, a need, an item, a second reading."""
    for group in rule.groups:
        if group.key == key:
            return said(group.label)
    kind, _colon, code = key.partition(":")
    if kind == "item":
        item = plan.item(code)
        return said(item.label) if item else code
    if kind == "grade":
        return grade_name(plan, rule, code)
    if key == "one_number":
        item = plan.item(rule.denominator or "")
        return said(item.by_grade.one_number) if item and item.by_grade else key
    if kind == "need":
        return _(" or ").join(_(FACT_LABELS[one]) if one in FACT_LABELS else one for one in code.split("|"))
    named = {
        "with_declared": _("computed and declared together"),
        "carers": _("carers who are not parents"),
        "unlinked": _("took part, in no household"),
        "weak": _("something was held (“đã tổ chức”)"),
        "coverage": _("people certified in all facilities"),
        "trained": _("areas with somebody trained"),
        "paired": _("CT01b: answered the same questions before and after"),
        "risen": _("CT01b: scored higher after than before (groups of fewer than five are left out)"),
        "base": _("counted a year before"),
        "by_grade": _("by grade"),
        "unsplit": _("not split by grade"),
        "parent": _("parents"),
        "carer": _("carers who are not parents"),
    }
    if key in named:
        return named[key]
    return _(LEVEL_LABELS[key]) if key in LEVEL_LABELS else key


def grade_name(plan: Plan, rule: Rule, code: str) -> str:
    """Return what a grade is called."""
    item = plan.item(rule.denominator or "")
    grades = dict(item.by_grade.grades) if item and item.by_grade else {}
    return said(grades[code]) if code in grades else code


def said_grades(plan: Plan, rule: Rule, row: Row) -> str:
    """Return what a unit declared of each grade, `Grade 1: 38 / 40; …`; "" where it gave one number."""
    return "; ".join(
        f"{grade_name(plan, rule, code)}: {ratio(part, whole)}"
        for code, part, whole in row.detail.get("grades", ())
    )


def ratio(numerator: int | None, denominator: int | None) -> str:
    """Return `38 / 45`, or only the number that is known."""
    if numerator is None and denominator is None:
        return "–"
    if denominator is None:
        return show_number(numerator or 0, language())
    shown = "–" if numerator is None else show_number(numerator, language())
    return f"{shown} / {show_number(denominator, language())}"


def part_line(plan: Plan, rule: Rule, part: Part) -> str:
    """Return a part as a line: its name, its counts, its share."""
    share = ""
    if part.share is not None:
        share = f" ({show_share(part.share, language(), places(part.share, part.target))})"
    name = part_name(plan, rule, part.key)
    if part.key == "risen" and part.numerator is None:
        return f"{name}: " + _(
            "told as of a cut-off only, and never of fewer than five people, so that nobody's result is known"
        )
    if part.key == "risen" and not part.denominator:
        return f"{name}: {_(STATE_LABELS['unknown'])}"
    return f"{name}: {ratio(part.numerator, part.denominator)}{share}"


def needed_of(indicator: Indicator, figure: Figure) -> str:
    """Return the whole number that reaches the target, and how many are still lacking; "" where nothing is known."""
    if figure.needed is None or figure.denominator is None:
        return ""
    what, number = _(COUNTED_LABELS[indicator.counted]), show_number(figure.needed, language())
    if indicator.way == Way.GROWTH:
        text = _("needs %(number)s %(what)s", number=number, what=what)
    else:
        whole = show_number(figure.denominator, language())
        text = _("needs %(number)s of %(whole)s %(what)s", number=number, whole=whole, what=what)
    lacking = figure.needed - (figure.numerator or 0)
    if lacking > 0:
        text += "; " + _("%(number)s still lacking", number=show_number(lacking, language()))
    return str(text)


def warning_of(plan: Plan, rule: Rule, code: str) -> str:
    """Return a warning in words."""
    kind, _colon, rest = code.partition(":")
    if kind == "group_below":
        return _("Below the target: %(group)s", group=part_name(plan, rule, rest))
    return {
        "more_than_all": _("More were counted than there are in all: a number that was declared is wrong."),
        "baseline": _("There is no base of the year before: growth cannot be computed."),
        "base_incomplete": _(
            "Some units gave a staff list only after the base of the year before: this looks like growth."
        ),
    }.get(code, code)


def marks_of(figure: Figure) -> list[str]:
    """Return what else is to be said about a figure: frozen, coded, totals only, outside, waiting."""
    marks = []
    if figure.frozen:
        marks.append(_("frozen as of %(day)s", day=show_date(figure.as_of)))
    for number, text in (
        (figure.coded, N_("%(num)s people known by code only")),
        (figure.totals_only, N_("%(num)s people given as signed totals only, in no ratio")),
        (figure.outside, N_("%(num)s counted in places without a denominator, in no ratio")),
        (figure.waiting, N_("%(num)s declarations wait for approval")),
    ):
        if number:
            marks.append(_(text, num=show_number(number, language())))
    return [str(mark) for mark in marks]


def missing_of(figure: Figure) -> str:
    """Return how many units must still give something; "" where none."""
    number = len(figure.missing)
    if not number:
        return ""
    shown = show_number(number, language())
    return str(
        ngettext(
            "%(number)s unit must still declare", "%(number)s units must still declare", number, number=shown
        )
    )


def nobody_of(indicator: Indicator, figure: Figure) -> str:
    """Return that every list is there and names nobody whom the indicator counts; "" where that is not so."""
    if indicator.way != Way.PEOPLE or figure.denominator != 0 or figure.missing or figure.totals_only:
        return ""
    return str(_("Every unit has given its list; none of them names anybody of these groups."))


def rule_lines(plan: Plan, indicator: Indicator, rule: Rule) -> list[str]:
    """Return a rule in words, printed from the plan: one condition a line."""
    found = [_(WAY_LABELS[indicator.way])]
    if rule.yearly:
        found.append(_("Counted for the year of the period, not cumulatively."))
    if rule.courses:
        found.append(_("Courses: %(courses)s", courses=", ".join(rule.courses)))
    if rule.paired:
        found.append(
            _(
                "Beside it, CT01b: of those counted, who answered the same questions before and after the course, and who"
                " scored higher after. It decides nothing. A place with fewer than five of them is told of only together"
                " with others."
            )
        )
    for group in rule.groups:
        who = ", ".join(_(AUDIENCE_LABELS[one]) for one in AUDIENCE_LABELS if one in group.audiences)
        needs = _(" and ").join(
            _(" or ").join(_(FACT_LABELS[one]) if one in FACT_LABELS else one for one in need)
            for need in group.needs
        )
        line = _("%(group)s (%(who)s): %(needs)s", group=said(group.label), who=who, needs=needs)
        if group.level:
            line += "; " + _(LEVEL_LABELS[group.level]).lower()
        if group.only:
            line += "; " + _("only with %(fact)s", fact=", ".join(_(FACT_LABELS[one]) for one in group.only))
        if group.frozen_on:
            line += "; " + _("frozen as of %(day)s", day=show_date(group.frozen_on))
        found.append(line)
    if rule.threshold is not None:
        found.append(_("At least %(share)s of the staff list", share=show_share(rule.threshold, language())))
    if rule.least:
        found.append(_("At least %(number)s certified, or all where there are fewer", number=rule.least))
    if rule.each_group:
        found.append(_("At least one certified person in every group that the facility has"))
    if rule.session_share is not None:
        found.append(
            _(
                "A class under %(items)s, or %(share)s of every group with %(courses)s",
                items=", ".join(rule.session_items),
                share=show_share(rule.session_share, language()),
                courses=", ".join(rule.session_courses),
            )
        )
    for one in rule.items:
        item = plan.item(one)
        label = said(item.label) if item else one
        if rule.gate and one not in rule.gate:
            found.append(_("Declared, shown only: %(what)s", what=label))
        else:
            found.append(_("Declared: %(what)s", what=label))
    for code, text in (
        (rule.numerator, N_("Numerator: %(what)s")),
        (rule.denominator, N_("Denominator: %(what)s")),
    ):
        item = plan.item(code) if code else None
        if item:
            found.append(_(text, what=said(item.label)))
    below = plan.item(rule.denominator or "")
    if below is not None and below.by_grade is not None:
        names = ", ".join(said(label) for _code, label in below.by_grade.grades)
        found.append(_("By grade: %(grades)s", grades=names))
        if below.by_grade.help is not None:
            found.append(said(below.by_grade.help))
    if rule.frozen_on:
        found.append(_("The whole figure stands as of %(day)s from then on.", day=show_date(rule.frozen_on)))
    return [str(line) for line in found]


def who_gives(plan: Plan, indicator: Indicator, rule: Rule) -> str:
    """Return what the units that are missing must give."""
    codes = [code for code in (rule.denominator, rule.numerator) if code]
    if codes:
        labels = [said(item.label) for item in (plan.item(code) for code in codes) if item is not None]
        return "; ".join(labels)
    return str(_("staff list"))


def percent(value: Fraction | None) -> float | None:
    """Return a share as the width of a bar, 0 to 100."""
    return None if value is None else round(float(min(max(value, Fraction(0)), Fraction(1)) * 100), 2)


def percent_words(value: Fraction) -> str:
    """Return a share as it is read."""
    return show_share(value, language())


def said_value(plan: Plan, row: Row) -> str:
    """Return what a declaration says: a number, yes or no, the ticks that are there, a document, words."""
    detail = row.detail
    if "numerator" in detail or "denominator" in detail:
        return ratio(detail.get("numerator"), detail.get("denominator"))
    value = detail.get("value")
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return show_number(value, language())
    if isinstance(value, list):
        item = plan.item((row.part or "").removeprefix("item:"))
        names = dict(item.ticks) if item else {}
        return ", ".join(said(names[code]) if code in names else str(code) for code in value)
    if isinstance(value, dict):
        return ", ".join(str(one) for one in value.values() if isinstance(one, (str, int)))
    return str(value)


def labels(codes: Mapping[Any, str]) -> dict[str, str]:
    """Return labels in the reader's language."""
    return {str(code): _(label) for code, label in codes.items()}
