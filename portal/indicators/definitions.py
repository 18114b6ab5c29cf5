"""A plan file to a `Plan`, or every fault with its line: pure.

The plan is data: what the document asks, sentence by sentence; how each sentence is read (rules, with their versions);
what units must declare; which questions stay open and what the portal does meanwhile. The format is described in
plans/README.md. A rule once in force is never edited: a change is a further `[[indicator.rule]]` with a higher number,
and figures of a cut-off use the rule that was in force on that day.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction

from courses.faults import Fault
from courses.manifest import AUDIENCES, SECTORS
from courses.toml_tables import NotToml, Table, Text, parse

COURSE_CODE = r"[A-Z]{2}-[0-9]{2}[A-Z]?"


class Klass(StrEnum):
    """Where the numerator comes from: completions; completions and declarations; declarations; not collected."""

    COMPUTED = "computed"
    MIXED = "mixed"
    DECLARED = "declared"
    OUTSIDE = "outside"


class Counted(StrEnum):
    """What one unit of the figure is."""

    PERSON = "person"
    HOUSEHOLD = "household"
    FACILITY = "facility"
    AREA = "area"
    BODY = "body"
    CHILD = "child"
    NOTHING = "nothing"


class Way(StrEnum):
    """The few ways of counting; `rules.py` has one function for each."""

    PEOPLE = "people"
    PARTICIPANTS = "participants"
    HOUSEHOLDS = "households"
    FACILITIES = "facilities"
    AREAS = "areas"
    GROWTH = "growth"
    DECLARED = "declared"
    NARRATIVE = "narrative"


class ItemKind(StrEnum):
    """What is entered for a declared item: a number, or one for each grade; yes or no; a list of ticks; a document; words."""

    COUNT = "count"
    COUNT_BY_GRADE = "count_by_grade"
    YES = "yes"
    CHECKLIST = "checklist"
    DOCUMENT = "document"
    WORDS = "words"


#: Kinds of items whose value is a whole number, entered as one or added up from the numbers by grade.
NUMBERS = frozenset({ItemKind.COUNT, ItemKind.COUNT_BY_GRADE})
LEVELS = ("province", "district", "commune")
UNIT_KINDS = (
    *("school", "clinic", "police_post", "post_office"),
    *("department", "committee", "association", "community"),
)


@dataclass(frozen=True, slots=True)
class ByGrade:
    """How an item is entered grade by grade. kinds: units that are asked so; all others of the item give one number.

    grades: code and label, in the order of the form. column: what stands over the numbers. one_number: what a unit that
    gives one number counts. part_of: the item of which this one counts some (taught of enrolled); both have the same
    grades and are entered together, and of no grade may there be more here than there.
    """

    kinds: tuple[str, ...]
    grades: tuple[tuple[str, Text], ...]
    column: Text
    one_number: Text
    help: Text | None
    part_of: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """Something that units declare. `by`: kinds of the units that do; `sector` and `level` narrow them.

    lasts_months: a declaration counts so many months from its day (None: until it is replaced). yearly: it must be
    dated inside the window. ticks: of a checklist, all of which must be there. by_grade: of an item of that kind.
    replaces: an item of one number that was asked for before; what was declared of it stands, as a total without grades,
    until something newer is declared.
    """

    code: str
    label: Text
    kind: ItemKind
    by: tuple[str, ...]
    sector: str | None
    level: str | None
    evidence: bool
    yearly: bool
    lasts_months: int | None
    ticks: tuple[tuple[str, Text], ...]
    by_grade: ByGrade | None = None
    replaces: str | None = None

    def grades_of(self, kind: str) -> tuple[tuple[str, Text], ...]:
        """Return the grades (code, label) that a kind of unit is asked for; none where it gives one number."""
        return self.by_grade.grades if self.by_grade is not None and kind in self.by_grade.kinds else ()


@dataclass(frozen=True, slots=True)
class Group:
    """A group of people inside a figure. `needs`: all of them, each any of its courses (or facts like `network`).

    only: facts (like `active`) without which a person is not in the group at all. level: only units at this level.
    frozen_on: the group stands as it was on that day from then on.
    """

    key: str
    label: Text
    audiences: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...]
    only: tuple[str, ...] = ()
    level: str | None = None
    frozen_on: date | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """How a sentence is read, from a day on. What a way does not use keeps its default.

    kinds, sector, level or levels: of the units looked at. needs_apart: a row for each need of its groups by itself.
    shown: items shown under the figure, which decide nothing. threshold: share of a facility's roster that must be certified. least: people of a facility at least (all where it
    has fewer). each_group: at least one certified person in every group that the facility has. yearly: what happened inside the window
    counts, not everything up to the cut-off. items: declared legs that must all be there; gate: those of them that
    decide (the rest are shown). denominator: item that gives it (participants, households, declared). beside: item
    shown as a second figure. session_items: plan items of classes that count as a leg. session_courses/session_share:
    or so large a share of every group with one of these courses. frozen_on: the figure stands as of that day from then on.
    paired: of participants, how many answered before and after is shown, and how many scored more; it decides nothing.
    """

    version: int
    since: date
    author: str
    decided_on: date
    reason: Text
    basis: tuple[str, ...]
    groups: tuple[Group, ...] = ()
    courses: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    sector: str | None = None
    level: str | None = None
    levels: tuple[str, ...] = ()
    needs_apart: bool = False
    threshold: Fraction | None = None
    least: int = 0
    each_group: bool = False
    yearly: bool = False
    items: tuple[str, ...] = ()
    gate: tuple[str, ...] = ()
    numerator: str | None = None
    denominator: str | None = None
    beside: str | None = None
    shown: tuple[str, ...] = ()
    session_items: tuple[str, ...] = ()
    session_courses: tuple[str, ...] = ()
    session_share: Fraction | None = None
    frozen_on: date | None = None
    paired: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What the plan leaves open, and what the portal does meanwhile, on which basis."""

    asked: Text
    default: Text
    basis: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """One entry of the plan. `sentence` is the plan's own; `line` where it stands in the plan's text."""

    code: str
    line: int
    klass: Klass
    counted: Counted
    way: Way
    title: Text
    sentence: str
    gloss: str
    lead: str
    section: str
    targets: Mapping[str, Fraction]
    audiences: tuple[str, ...]
    rules: tuple[Rule, ...]
    questions: tuple[Question, ...]

    def rule_on(self, day: date) -> Rule:
        """Return the rule in force for a cut-off on `day`: the latest that has begun, else the first."""
        begun = [rule for rule in self.rules if rule.since <= day]
        return begun[-1] if begun else self.rules[0]


@dataclass(frozen=True, slots=True)
class TargetSet:
    """A document that sets targets for the same indicators."""

    code: str
    title: Text
    source: str


@dataclass(frozen=True, slots=True)
class Default:
    """A rule that applies to all entries (G1 … G12)."""

    code: str
    question: Text
    answer: Text


@dataclass(frozen=True, slots=True)
class Agency:
    """The standing agency of the plan from a day on, with the ministry that receives the consolidated report."""

    since: date
    name: Text
    symbol: str
    ministry: Text
    basis: str


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who must report: an office of the province (by its sector), or every area at a level, from a day to a day.

    A level of `province` is the standing agency's own report, which covers all sectors; its name is the agency's of the
    day. above: who stands over the office in the head of its report; empty for people's committees.
    """

    level: str
    sector: str | None
    name: Text
    symbol: str
    above: Text
    since: date
    until: date | None

    def on(self, day: date) -> bool:
        """Return whether it must report on a day."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan with everything needed to compute, show and defend its figures.

    digest: of the file's bytes. questions: what is open in the plan as a whole, beside those of its entries.
    """

    code: str
    number: str
    title: Text
    issuer: Text
    signed_on: date
    valid_from: date
    valid_to: date
    target_sets: tuple[TargetSet, ...]
    defaults: tuple[Default, ...]
    items: tuple[Item, ...]
    indicators: tuple[Indicator, ...]
    digest: str
    questions: tuple[Question, ...] = ()
    agencies: tuple[Agency, ...] = ()
    reporters: tuple[Reporter, ...] = ()

    def agency_on(self, day: date) -> Agency | None:
        """Return the standing agency in force on a day; None where the plan names none."""
        begun = [one for one in self.agencies if one.since <= day]
        return begun[-1] if begun else None

    def reporters_on(self, day: date) -> tuple[Reporter, ...]:
        """Return who must report on a day."""
        return tuple(one for one in self.reporters if one.on(day))

    def indicator(self, code: str) -> Indicator | None:
        """Return an entry by its code."""
        return next((one for one in self.indicators if one.code == code), None)

    def item(self, code: str) -> Item | None:
        """Return a declared item by its code."""
        return next((one for one in self.items if one.code == code), None)

    def entered_with(self, item: Item) -> tuple[Item, Item | None]:
        """Return an item and the one that counts some of it, where the two are entered together (else it and None)."""
        whole = item
        if item.by_grade is not None and item.by_grade.part_of is not None:
            whole = self.item(item.by_grade.part_of) or item
        part = (one for one in self.items if one.by_grade is not None and one.by_grade.part_of == whole.code)
        return whole, next(part, None)


class FaultyPlan(Exception):
    """A plan file that cannot be used; `faults` holds all of them, in the order of lines."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        """Keep `faults`, which is never empty."""
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def read(text: str, name: str) -> Plan:
    """Return the plan of a file's text; `name` is the file's, for the faults. Raises `FaultyPlan`."""
    faults: list[Fault] = []
    try:
        toml = parse(text)
    except NotToml as error:
        raise FaultyPlan((Fault(name, error.line, f"not TOML: {error}"),)) from error
    root = Table(toml, lambda line, message: faults.append(Fault(name, line, message)))
    plan = _plan(root, text)
    if faults:
        raise FaultyPlan(tuple(sorted(set(faults))))
    return plan


def _plan(root: Table, text: str) -> Plan:
    head = root.table("plan", example="[plan]") or Table(root.toml, root.report, ("plan",), {})
    sets = tuple(_target_set(one) for one in root.tables("target_set"))
    items = _entered_together(root, tuple(_item(one) for one in root.tables("item", required=False)))
    defaults = tuple(_default(one) for one in root.tables("default", required=False))
    names = _Names(
        frozenset(one.code for one in sets),
        {one.code: one for one in items},
        frozenset(one.code for one in defaults),
    )
    indicators = tuple(_indicator(one, names) for one in root.tables("indicator"))
    plan = Plan(
        code=head.text("code", r"plan-[a-z0-9-]+", "plan-39"),
        number=head.text("number"),
        title=_both(head, "title"),
        issuer=_both(head, "issuer"),
        signed_on=head.day("signed_on"),
        valid_from=head.day("valid_from"),
        valid_to=head.day("valid_to"),
        target_sets=sets,
        defaults=defaults,
        items=items,
        indicators=indicators,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        questions=tuple(_question(one) for one in root.tables("question", required=False)),
        agencies=tuple(_agency(one) for one in root.tables("agency", required=False)),
        reporters=tuple(_reporter(one) for one in root.tables("reporter", required=False)),
    )
    for place, (table, agency) in enumerate(
        zip(root.tables("agency", required=False), plan.agencies, strict=True)
    ):
        if place and agency.since <= plan.agencies[place - 1].since:
            table.fault("since", "a later agency begins later than the one before it")
    if plan.valid_to < plan.valid_from:
        head.fault("valid_to", "“valid_to” is before “valid_from”")
    head.close()
    root.close()
    for kind, tables, codes in (
        ("target_set", root.tables("target_set", required=False), [one.code for one in sets]),
        ("default", root.tables("default", required=False), [one.code for one in defaults]),
        ("item", root.tables("item", required=False), [one.code for one in items]),
        ("indicator", root.tables("indicator", required=False), [one.code for one in indicators]),
    ):
        _apart(tables, "code", kind, codes)
    return plan


@dataclass(frozen=True, slots=True)
class _Names:
    """What an entry may refer to."""

    sets: frozenset[str]
    items: Mapping[str, Item]
    defaults: frozenset[str]


def _apart(tables: Sequence[Table], key: str, kind: str, codes: Sequence[str]) -> None:
    """Report every code that stands twice."""
    for place, (table, code) in enumerate(zip(tables, codes, strict=True)):
        if code and code in codes[:place]:
            table.fault(key, f"“{code}” stands twice among [[{kind}]]; give each its own {key}")


def _both(table: Table, key: str) -> Text:
    return table.both(key) or Text("", "")


def _target_set(table: Table) -> TargetSet:
    found = TargetSet(
        table.text("code", r"[a-z0-9-]+", "province"), _both(table, "title"), table.text("source")
    )
    table.close()
    return found


def _agency(table: Table) -> Agency:
    found = Agency(
        table.day("since"),
        _both(table, "name"),
        table.text("symbol"),
        _both(table, "ministry"),
        table.text("basis"),
    )
    table.close()
    return found


def _reporter(table: Table) -> Reporter:
    found = Reporter(
        level=table.text("level", choices=LEVELS),
        sector=_optional(table, "sector", SECTORS),
        name=table.both("name") or Text("", "") if "name" in table.data else Text("", ""),
        symbol=table.text("symbol", required=False),
        above=table.both("above") or Text("", "") if "above" in table.data else Text("", ""),
        since=table.day("since"),
        until=_optional_day(table, "until"),
    )
    if found.sector is not None and not (found.name.vi and found.symbol):
        table.fault("name", "an office needs the “name” and the “symbol” that its report prints")
    if found.until is not None and found.until < found.since:
        table.fault("until", "“until” is before “since”")
    table.close()
    return found


def _default(table: Table) -> Default:
    found = Default(table.text("code", r"G[0-9]+", "G1"), _both(table, "question"), _both(table, "answer"))
    table.close()
    return found


def _optional(table: Table, key: str, choices: tuple[str, ...]) -> str | None:
    return table.text(key, choices=choices, required=False) or None


def _optional_day(table: Table, key: str) -> date | None:
    table.known.add(key)
    return table.day(key) if key in table.data else None


def _optional_share(table: Table, key: str) -> Fraction | None:
    table.known.add(key)
    return table.share(key) if key in table.data else None


def _optional_flag(table: Table, key: str) -> bool:
    table.known.add(key)
    return key in table.data and table.flag(key)


def _optional_texts(
    table: Table, key: str, pattern: str = "", example: str = "", choices: tuple[str, ...] = ()
) -> tuple[str, ...]:
    table.known.add(key)
    if key not in table.data:
        return ()
    return table.texts(key, pattern, example, choices)


def _item(table: Table) -> Item:
    kind = ItemKind(table.text("kind")) if _sound(table, "kind", tuple(ItemKind)) else ItemKind.COUNT
    found = Item(
        code=table.text("code", r"[a-z0-9_]+", "parents_with_child"),
        label=_both(table, "label"),
        kind=kind,
        by=table.texts("by", choices=UNIT_KINDS, example="committee"),
        sector=_optional(table, "sector", SECTORS),
        level=_optional(table, "level", LEVELS),
        evidence=_optional_flag(table, "evidence"),
        yearly=_optional_flag(table, "yearly"),
        lasts_months=table.optional_whole("lasts_months", 1, 120),
        ticks=tuple(_tick(one) for one in table.tables("tick", required=kind == ItemKind.CHECKLIST)),
        by_grade=_by_grade(table) if kind == ItemKind.COUNT_BY_GRADE else None,
        replaces=(table.text("replaces", required=False) or None)
        if kind == ItemKind.COUNT_BY_GRADE
        else None,
    )
    if found.ticks and kind != ItemKind.CHECKLIST:
        table.fault("tick", "only a checklist has ticks; make this kind “checklist” or remove them")
    if found.yearly and found.lasts_months:
        table.fault(
            "lasts_months", "“yearly” already says how long it counts; remove “lasts_months” or “yearly”"
        )
    _apart(table.tables("tick", required=False), "code", "item.tick", [code for code, _label in found.ticks])
    table.close()
    return found


def _by_grade(table: Table) -> ByGrade:
    part_of = table.text("part_of", required=False) or None
    found = ByGrade(
        kinds=table.texts("by_grade", choices=UNIT_KINDS, example="school"),
        grades=tuple(_grade(one) for one in table.tables("grade", required=part_of is None)),
        column=_both(table, "column"),
        one_number=_both(table, "one_number"),
        help=table.both("help", required=False),
        part_of=part_of,
    )
    if part_of is not None and found.grades:
        table.fault(
            "grade", f"the grades are those of “{part_of}”, of which this is a part; remove them here"
        )
    by = table.data.get("by")
    for kind in found.kinds:
        if isinstance(by, list) and kind not in by:
            table.fault_at(
                "by_grade", kind, f"“{kind}” declares this by grade, and is not in “by”; add it there"
            )
    _apart(
        table.tables("grade", required=False), "code", "item.grade", [code for code, _label in found.grades]
    )
    return found


def _grade(table: Table) -> tuple[str, Text]:
    found = table.text("code", r"[a-z0-9_]+", "grade_1"), _both(table, "label")
    table.close()
    return found


def _entered_together(root: Table, items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Return the items with the grades of a part taken from its whole; report what does not fit together."""
    known = {one.code: one for one in items}
    replaced: set[str] = set()
    parts: set[str] = set()
    found = []
    for table, item in zip(root.tables("item", required=False), items, strict=True):
        if item.replaces is not None:
            before = known.get(item.replaces)
            if before is None or before.kind != ItemKind.COUNT:
                table.fault("replaces", f"“{item.replaces}” is no [[item]] of the kind “count” of this file")
            elif item.replaces in replaced:
                table.fault("replaces", f"“{item.replaces}” is replaced by another item already")
            replaced.add(item.replaces)
        one = item
        if item.by_grade is not None and (code := item.by_grade.part_of) is not None:
            whole = known.get(code)
            if whole is None or whole.by_grade is None or whole.by_grade.part_of is not None:
                table.fault(
                    "part_of", f"“{code}” is no whole: name an [[item]] by grade that is no part itself"
                )
            elif code in parts:
                table.fault("part_of", f"“{code}” has another part already; it is entered with one only")
            elif _who(item) != _who(whole):
                table.fault(
                    "part_of",
                    f"both are entered together: “by”, “by_grade”, “sector” and “level” are those of “{code}”",
                )
            else:
                one = replace(item, by_grade=replace(item.by_grade, grades=whole.by_grade.grades))
            parts.add(code)
        found.append(one)
    return tuple(found)


def _who(item: Item) -> object:
    kinds = item.by_grade.kinds if item.by_grade is not None else ()
    return sorted(item.by), sorted(kinds), item.sector, item.level


def _tick(table: Table) -> tuple[str, Text]:
    found = table.text("code", r"[a-z0-9_]+", "posters"), _both(table, "label")
    table.close()
    return found


def _sound(table: Table, key: str, choices: tuple[str, ...]) -> bool:
    """Return whether a choice is one of those there are; the fault itself is reported where the key is read."""
    value = table.data.get(key)
    if isinstance(value, str) and value in choices:
        return True
    table.text(key, choices=choices)
    return False


def _indicator(table: Table, names: _Names) -> Indicator:
    klass = Klass(table.text("class")) if _sound(table, "class", tuple(Klass)) else Klass.OUTSIDE
    counted = Counted(table.text("counted")) if _sound(table, "counted", tuple(Counted)) else Counted.NOTHING
    way = Way(table.text("way")) if _sound(table, "way", tuple(Way)) else Way.NARRATIVE
    rules = tuple(_rule(one, way, names) for one in table.tables("rule"))
    for place, (one, rule) in enumerate(zip(table.tables("rule", required=False), rules, strict=True)):
        if rule.version != place + 1:
            one.fault("version", f"rules are numbered in their order: this one is {place + 1}")
        if place and rule.since <= rules[place - 1].since:
            one.fault("since", "a later rule begins later than the one before it")
    found = Indicator(
        code=table.text("code", r"(CT[0-9]{2}[ab]?|ĐT[0-9]|GP[0-9])", "CT10"),
        line=table.whole("line", 1, 10_000),
        klass=klass,
        counted=counted,
        way=way,
        title=_both(table, "title"),
        sentence=table.text("sentence"),
        gloss=table.text("gloss"),
        lead=table.text("lead", choices=SECTORS),
        section=table.text("section", r"[IV]+\.[0-9](\.[a-zđ])?", "II.4"),
        targets=_shares(table, "targets", names.sets),
        audiences=_optional_texts(table, "audiences", choices=AUDIENCES),
        rules=rules,
        questions=tuple(_question(one) for one in table.tables("question", required=False)),
    )
    table.close()
    return found


def _shares(table: Table, key: str, choices: frozenset[str]) -> Mapping[str, Fraction]:
    inner = table.table(key, required=False)
    if inner is None:
        return {}
    found = {}
    for name in inner.data:
        if choices and name not in choices:
            inner.fault(name, f"“{name}” is no [[target_set]] of this file")
        found[name] = inner.share(name)
    return found


def _question(table: Table) -> Question:
    found = Question(_both(table, "asked"), _both(table, "default"), table.text("basis"))
    table.close()
    return found


def _rule(table: Table, way: Way, names: _Names) -> Rule:
    def named(key: str) -> tuple[str, ...]:
        found = _optional_texts(table, key, example="readiness")
        for one in found:
            if one not in names.items:
                table.fault_at(key, one, f"“{one}” is no [[item]] of this file")
        return found

    def count_item(key: str) -> str | None:
        found = table.text(key, required=False)
        if found and found not in names.items:
            table.fault(key, f"“{found}” is no [[item]] of this file")
        elif found and names.items[found].kind not in NUMBERS:
            table.fault(key, f"“{found}” is no number; “{key}” needs an [[item]] of the kind “count”")
        return found or None

    rule = Rule(
        version=table.whole("version", 1, 99),
        since=table.day("since"),
        author=table.text("author"),
        decided_on=table.day("decided_on"),
        reason=_both(table, "reason"),
        basis=table.texts("basis", example="G4"),
        groups=tuple(_group(one) for one in table.tables("group", required=way in _WITH_GROUPS)),
        courses=_optional_texts(table, "courses", COURSE_CODE, "CM-01"),
        kinds=_optional_texts(table, "kinds", choices=UNIT_KINDS),
        sector=_optional(table, "sector", SECTORS),
        level=_optional(table, "level", LEVELS),
        levels=_optional_texts(table, "levels", choices=LEVELS, example="commune"),
        needs_apart=_optional_flag(table, "needs_apart"),
        threshold=_optional_share(table, "threshold"),
        least=table.optional_whole("least", 0, 1000) or 0,
        each_group=_optional_flag(table, "each_group"),
        yearly=_optional_flag(table, "yearly"),
        items=named("items"),
        gate=named("gate"),
        numerator=count_item("numerator"),
        denominator=count_item("denominator"),
        beside=count_item("beside"),
        shown=named("shown"),
        session_items=_optional_texts(table, "session_items", r"[IV]+\.[0-9](\.[a-zđ])?", "II.2.a"),
        session_courses=_optional_texts(table, "session_courses", COURSE_CODE, "NT-01"),
        session_share=_optional_share(table, "session_share"),
        frozen_on=_optional_day(table, "frozen_on"),
        paired=_optional_flag(table, "paired"),
    )
    if rule.paired and way != Way.PARTICIPANTS:
        table.fault("paired", f"only {Way.PARTICIPANTS} answer before and after; leave “paired” out")
    for one in rule.basis:
        if re.fullmatch(r"G[0-9]+", one) and one not in names.defaults:
            table.fault_at("basis", one, f"“{one}” is no [[default]] of this file")
    for one in rule.gate:
        if one not in rule.items:
            table.fault_at("gate", one, f"“{one}” decides nothing unless it is one of “items”; add it there")
    if rule.level and rule.levels:
        table.fault("levels", "“level” and “levels” say the same; keep one of them")
    for key, needed in _NEEDED.get(way, {}).items():
        if not needed(rule):
            table.fault(key, f"“{key}” is needed where figures are counted by {way}")
    if way == Way.DECLARED and not _adds_up(rule):
        table.fault(
            "items", "a declared figure is “items”, or “numerator” over “denominator”; give one of the two"
        )
    above, below = (names.items.get(code or "") for code in (rule.numerator, rule.denominator))
    if (
        above is not None
        and below is not None
        and (above.by_grade or below.by_grade)
        and (above.by_grade is None or above.by_grade.part_of != below.code)
    ):
        table.fault(
            "numerator", f"“{above.code}” is no part of “{below.code}”; by grade, it must be its part"
        )
    _apart(table.tables("group", required=False), "key", "group", [group.key for group in rule.groups])
    table.close()
    return rule


def _asks_people(rule: Rule) -> bool:
    return bool(rule.threshold or rule.least or rule.each_group or rule.session_share)


def _adds_up(rule: Rule) -> bool:
    """Return whether a declared figure is items to tick off, or one number over another, and not half of each."""
    return bool(rule.items) != bool(rule.numerator and rule.denominator) and bool(rule.numerator) == bool(
        rule.denominator
    )


_WITH_GROUPS = (Way.PEOPLE, Way.GROWTH, Way.AREAS)
_NEEDED: Mapping[Way, Mapping[str, Callable[[Rule], object]]] = {
    Way.PARTICIPANTS: {"courses": lambda rule: rule.courses, "denominator": lambda rule: rule.denominator},
    Way.HOUSEHOLDS: {"courses": lambda rule: rule.courses, "denominator": lambda rule: rule.denominator},
    Way.FACILITIES: {
        "kinds": lambda rule: rule.kinds,
        "group": lambda rule: rule.groups or not _asks_people(rule),
        "session_courses": lambda rule: rule.session_courses or rule.session_share is None,
    },
    Way.AREAS: {"level": lambda rule: rule.level},
}


def _group(table: Table) -> Group:
    needs = table.data.get("needs")
    table.known.add("needs")
    sound = (
        isinstance(needs, list)
        and bool(needs)
        and all(isinstance(one, list) and one and all(isinstance(code, str) for code in one) for one in needs)
    )
    if not sound:
        table.fault(
            "needs", '“needs” is a list of lists of courses, like [["BV-01"]]: all of them, each any of'
        )
    for code in _flat(needs or [] if sound else []):
        if not re.fullmatch(COURSE_CODE + r"|[a-z_]+", code):
            table.fault("needs", f"“{code}” is neither a course nor the name of a fact")
    found = Group(
        key=table.text("key", r"[a-z_]+", "officers"),
        label=_both(table, "label"),
        audiences=table.texts("audiences", choices=AUDIENCES, example="commune_officer"),
        needs=tuple(tuple(one) for one in needs) if sound and needs is not None else (),
        only=_optional_texts(table, "only", r"[a-z_]+", "active"),
        level=_optional(table, "level", LEVELS),
        frozen_on=_optional_day(table, "frozen_on"),
    )
    table.close()
    return found


def _flat(lists: list[list[str]]) -> Iterator[str]:
    for one in lists:
        yield from one
