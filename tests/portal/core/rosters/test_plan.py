"""The planner: hand-worked cases, laws over drawn lists, and a brute-force oracle that scans everything."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.rosters.plan import (
    Decision,
    Kind,
    Known,
    Outcome,
    Person,
    Post,
    Seen,
    UnitFacts,
    alike,
    left,
    plan,
    spoken,
)
from portal.core.rosters.rows import Row
from tests.examples import examples

DAY = date(2026, 9, 5)
UNITS = {"A": UnitFacts(yours=True), "B": UnitFacts(yours=True), "Z": UnitFacts(yours=False)}


@dataclass
class Roster:
    """A roster in two lists, and what it means to apply outcomes to it: the test's own, as plain as can be."""

    people: list[Person] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)

    def known(self) -> Known:
        numbers = [person.phone for person in self.people if person.phone]
        return Known(UNITS, self.people, self.posts, {number: numbers.count(number) for number in numbers})

    def planned(
        self,
        rows: Sequence[Row],
        *,
        full: bool = False,
        decisions: dict[int, str] | None = None,
        size: int = 0,
    ) -> list[tuple[Row | Post, Outcome]]:
        seen = Seen()
        done: list[tuple[Row | Post, Outcome]] = []
        for start in range(0, len(rows), size or max(1, len(rows))):
            done += plan(rows[start : start + (size or len(rows))], self.known(), seen, DAY, decisions or {})
        return done + (list(left(self.posts, seen, DAY)) if full else [])

    def apply(self, planned: list[tuple[Row | Post, Outcome]]) -> "Roster":
        people = {person.id: person for person in self.people}
        posts = {post.id: post for post in self.posts}
        made: dict[int, int] = {}
        for what, outcome in planned:
            if outcome.kind in (Kind.SAME, Kind.DOUBLE, Kind.REFUSED):
                continue
            if isinstance(what, Post):
                posts[what.id] = replace(what, ended=DAY - timedelta(days=1))
                continue
            who = outcome.person if outcome.same_as is None else made[outcome.same_as]
            if who is None:
                who = max(people, default=0) + 1
                made[what.number] = who
                people[who] = Person(who, what.name, what.phone, what.code, what.coded)
            one = people[who]
            news = {key: after for key, (_before, after) in outcome.changes.items()}
            people[who] = replace(
                one,
                name=news.get("name", one.name), phone=news.get("phone", one.phone), code=news.get("code", one.code),
            )  # fmt: skip
            if outcome.kind == Kind.ADDED:
                number = max(posts, default=0) + 1
                assert outcome.began is not None
                posts[number] = Post(number, who, what.unit, what.audience, what.title, outcome.began)
            else:
                assert outcome.post is not None
                post = posts[outcome.post]
                posts[post.id] = replace(
                    post, title=news.get("title", post.title), began=outcome.began or post.began
                )
        return Roster(list(people.values()), list(posts.values()))


def row(number: int, name: str, code: str | None = None, phone: str | None = None, **more: object) -> Row:
    values = {"unit": "A", "audience": "teacher", **more}
    return Row(number, code=code, name=name, phone=phone, **values)  # type: ignore[arg-type]


HOA = Person(1, "Nguyễn Thị Hoa", "0912000001", "GV-001")
HERE = Post(1, 1, "A", "teacher", "Giáo viên", date(2020, 9, 1))
ONE = Roster([HOA], [HERE])


def only(planned: list[tuple[Row | Post, Outcome]]) -> Outcome:
    assert len(planned) == 1
    return planned[0][1]


@pytest.mark.parametrize(
    ("asked", "kind", "reason", "changes"),
    [
        (row(2, "Nguyễn Thị Hoa", "GV-001", "0912000001"), "same", "", {}),
        (row(2, "Nguyễn Thị Hoa", "GV-001"), "same", "", {}),
        (row(2, "Nguyễn Thị Hoa"), "same", "", {}),
        (row(2, "NGUYỄN THỊ HOA", "GV-001"), "changed", "", {"name": ("Nguyễn Thị Hoa", "NGUYỄN THỊ HOA")}),
        (row(2, "Nguyễn Thị Hoà", "GV-001"), "changed", "", {"name": ("Nguyễn Thị Hoa", "Nguyễn Thị Hoà")}),
        (row(2, "Nguyễn Thị Hoa", "GV-001", "0912000009"), "changed", "", {"phone": ("0912000001", "0912000009")}),
        (row(2, "Nguyễn Thị Hoa", "GV-001", title="Tổ trưởng"), "changed", "", {"title": ("Giáo viên", "Tổ trưởng")}),
        (row(2, "Trần Văn Bình", "GV-001"), "double", "other_name", {}),
        (row(2, "Nguyễn Thị Hoa", "GV-002"), "double", "alike", {}),
        (row(2, "Nguyễn Thị Hoa", "GV-555"), "added", "", {}),
        (row(2, "Nguyễn Thị Hoa", None, "0912000002"), "double", "alike", {}),
        (row(2, "Nguyễn Thị Hoa", None, "0987654321"), "added", "", {}),
        (row(2, "Nguyễn Thị Hòa"), "double", "alike", {}),
        (row(2, "Trần Văn Bình", "GV-900"), "added", "", {}),
        (row(2, "Nguyễn Thị Hoa", "GV-001", unit="B"), "added", "", {}),
        (row(2, "Nguyễn Thị Hoa", "GV-001", audience="manager"), "added", "", {}),
        (row(2, "Nguyễn Thị Hoa", unit="Z"), "refused", "unit_not_yours", {}),
        (row(2, "Nguyễn Thị Hoa", unit="Q"), "refused", "unknown_unit", {}),
    ],
)  # fmt: skip
def test_one_row_against_one_person(
    asked: Row, kind: str, reason: str, changes: dict[str, tuple[str, str]]
) -> None:
    outcome = only(ONE.planned([asked]))

    assert (outcome.kind, outcome.reason, dict(outcome.changes)) == (kind, reason, changes)


def test_a_second_unit_is_a_second_post_of_the_same_person() -> None:
    after = ONE.apply(ONE.planned([row(2, "Nguyễn Thị Hoa", "GV-001", unit="B")]))

    assert len(after.people) == 1
    assert [(post.person, post.unit) for post in after.posts] == [(1, "A"), (1, "B")]


def test_the_same_row_twice_is_refused_with_the_number_of_the_first() -> None:
    planned = Roster().planned([row(2, "Lê Thị Na", "GV-7"), row(9, "Lê Thị Na", "GV-7")])

    assert [outcome.kind for _row, outcome in planned] == [Kind.ADDED, Kind.REFUSED]
    assert (planned[1][1].reason, planned[1][1].values) == ("repeated", {"row": 2})


def test_one_code_for_two_names_is_refused() -> None:
    planned = Roster().planned([row(2, "Lê Thị Na", "GV-7"), row(3, "Lê Văn Tư", "GV-7")])

    assert planned[1][1].reason == "repeated_code"


def test_a_new_person_with_two_rows_is_added_once() -> None:
    rows = [row(2, "Lê Thị Na", "GV-7"), row(3, "Lê Thị Na", "GV-7", unit="B")]
    planned = Roster().planned(rows, size=1)

    assert planned[1][1].same_as == 2
    assert len(Roster().apply(planned).people) == 1


def test_somebody_of_another_unit_is_not_taken_by_her_code() -> None:
    roster = Roster([replace(HOA, yours=False)], [replace(HERE, unit="Z")])

    assert only(roster.planned([row(2, "Nguyễn Thị Hoa", "GV-001")])).reason == "code_elsewhere"


def test_a_full_list_ends_the_posts_that_are_not_on_it() -> None:
    planned = ONE.planned([row(2, "Lê Thị Na", "GV-7")], full=True)

    assert [outcome.kind for _what, outcome in planned] == [Kind.ADDED, Kind.LEFT]
    assert ONE.apply(planned).posts[0].ended == date(2026, 9, 4)


@pytest.mark.parametrize(
    "bad", [row(3, "Trần Văn Bình", "GV-001"), row(3, "Lê Thị Na", "GV-7"), row(3, "Lê Na", unit="Q")]
)
def test_nobody_has_left_while_a_row_is_open(bad: Row) -> None:
    planned = ONE.planned([row(2, "Lê Thị Na", "GV-7"), bad], full=True)

    assert Kind.LEFT not in [outcome.kind for _what, outcome in planned]


def test_a_decision_makes_a_double_the_same_person_or_a_new_one() -> None:
    asked = [row(2, "Nguyễn Thị Hoa", "GV-002")]

    same = only(ONE.planned(asked, decisions={2: Decision.SAME}))
    new = only(ONE.planned(asked, decisions={2: Decision.NEW}))

    assert (same.kind, same.person, dict(same.changes)) == (Kind.CHANGED, 1, {"code": ("GV-001", "GV-002")})
    assert (new.kind, new.person) == (Kind.ADDED, None)


def test_whoever_comes_back_gets_a_new_post_behind_the_old_one() -> None:
    gone = Roster([HOA], [replace(HERE, ended=date(2025, 5, 31))])

    outcome = only(gone.planned([row(2, "Nguyễn Thị Hoa", "GV-001", began=date(2024, 1, 1))]))

    assert (outcome.kind, outcome.began) == (Kind.ADDED, date(2025, 6, 1))


def test_an_eleventh_person_on_one_number_is_refused() -> None:
    many = Roster([Person(n, f"Người Thứ {n}", "0912000001", None) for n in range(1, 11)])

    assert only(many.planned([row(2, "Lê Thị Na", "GV-7", "0912000001")])).reason == "number_full"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("AB", "AC", True), ("AB", "ABC", True), ("AB", "BA", True), ("AB", "AB", False), ("AB", "CD", False),
     ("ABCD", "A", False), ("", "A", True)],
)  # fmt: skip
def test_alike_is_one_slip_of_the_hand(one: str, other: str, expected: bool) -> None:
    assert alike(one, other) is expected
    assert alike(other, one) is expected


def test_where_the_tone_mark_stands_makes_no_difference() -> None:
    assert spoken("Nguyễn Thị Hoà") == spoken("nguyễn  thị Hòa")
    assert spoken("Nguyễn Thị Hoa") != spoken("Nguyễn Thị Hòa")


# --- laws over drawn lists ---------------------------------------------------------------------------------------

NAMES = ("Lê Thị Na", "Lê Thị Nạ", "LÊ THỊ NA", "Trần Văn Bình", "Trần Văn Bính")
CODES = (None, "7", "007", "8", "GV-1", "GV-2", "GV-12")
PHONES = (None, "0912000001", "0912000002", "0987654321")
names, codes, phones = st.sampled_from(NAMES), st.sampled_from(CODES), st.sampled_from(PHONES)
units = st.sampled_from(["A", "A", "B"])
audiences = st.sampled_from(["teacher", "teacher", "manager"])
days = st.sampled_from([date(2020, 9, 1), date(2026, 9, 4), DAY, date(2026, 9, 20)])


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    taken: set[str] = set()
    people = []
    for number in range(1, draw(st.integers(0, 6)) + 1):
        code = draw(codes)
        code = None if code in taken else code
        if code:
            taken.add(code)
        people.append(Person(number, draw(names), draw(phones), code))
    posts: list[Post] = []
    for person in people:
        for unit, audience in draw(st.lists(st.tuples(units, audiences), max_size=2, unique=True)):
            began = draw(days)
            ended = draw(st.sampled_from([None, None, began, date(2026, 12, 31)]))
            posts.append(Post(len(posts) + 1, person.id, unit, audience, None, began, ended))
    return Roster(people, posts)


@st.composite
def files(draw: st.DrawFn) -> list[Row]:
    return [
        Row(
            number, draw(st.sampled_from(["A", "A", "A", "B", "Z", "Q"])), draw(codes), draw(names), draw(phones),
            draw(audiences), draw(st.sampled_from([None, "Tổ trưởng"])),
            draw(st.sampled_from([None, None, date(2019, 1, 1), DAY])),
        )
        for number in range(2, draw(st.integers(0, 7)) + 2)
    ]  # fmt: skip


WRITES = (Kind.ADDED, Kind.CHANGED, Kind.LEFT)


@examples(300)
@given(rosters(), files(), st.booleans(), st.integers(0, 3))
def test_planning_a_file_again_after_applying_it_changes_nothing(
    roster: Roster, file: list[Row], full: bool, size: int
) -> None:
    after = roster.apply(roster.planned(file, full=full, size=size))

    again = after.planned(file, full=full)

    assert [(what, outcome) for what, outcome in again if outcome.kind in WRITES] == []


@examples(200)
@given(rosters(), files(), st.booleans(), st.integers(1, 3))
def test_how_a_file_is_cut_into_batches_makes_no_difference(
    roster: Roster, file: list[Row], full: bool, size: int
) -> None:
    assert roster.planned(file, full=full, size=size) == roster.planned(file, full=full)


@examples(200)
@given(rosters(), files(), st.booleans())
def test_applying_keeps_what_a_roster_must_be(roster: Roster, file: list[Row], full: bool) -> None:
    planned = roster.planned(file, full=full)
    after = roster.apply(planned)
    codes_ = [person.code for person in after.people if person.code]
    open_ = [(post.person, post.unit, post.audience) for post in after.posts if post.ended is None]

    assert len(codes_) == len(set(codes_)), "a code is one person's"
    assert len(open_) == len(set(open_)), "a post stands once"
    assert all(post.ended is None or post.began <= post.ended for post in after.posts)
    assert len(after.people) - len(roster.people) == sum(
        outcome.kind == Kind.ADDED and outcome.person is None and outcome.same_as is None
        for _what, outcome in planned
    )
    assert [what.number for what, _outcome in planned if isinstance(what, Row)] == [
        one.number for one in file
    ]


# --- the oracle: lists where everybody has a code, planned by scanning everything for every row -------------------


def brute_force(roster: Roster, file: list[Row], full: bool) -> list[str]:
    """Return the kind of every line: nested loops over the whole file and roster, nothing remembered."""
    kinds: list[str] = []
    for place, one in enumerate(file):
        before = [
            other
            for other, kind in zip(file[:place], kinds, strict=True)
            if kind not in ("refused", "double")
        ]
        person = next((p for p in roster.people if p.code == one.code), None)
        twins = [other for other in before if other.code == one.code]
        if one.unit not in ("A", "B") or any(
            (other.unit, other.audience) == (one.unit, one.audience) for other in twins
        ):
            kinds.append("refused")
            continue
        if person is None:
            kinds.append("added")
            continue
        standing = [
            post
            for post in roster.posts
            if post.person == person.id
            and (post.unit, post.audience) == (one.unit, one.audience)
            and (post.ended is None or post.ended >= DAY)
        ]
        if not standing:
            kinds.append("added")
        elif (one.title and one.title != standing[0].title) or (one.phone and one.phone != person.phone):
            kinds.append("changed")
        else:
            kinds.append("same")
    if not full or any(kind == "refused" and one.unit == "Q" for one, kind in zip(file, kinds, strict=True)):
        return kinds
    rows = list(zip(file, kinds, strict=True))
    for post in roster.posts:
        mine = [(one, kind) for one, kind in rows if one.unit == post.unit]
        code = next(person.code for person in roster.people if person.id == post.person)
        named = any(one.code == code and one.audience == post.audience for one, _kind in mine)
        there = post.began < DAY and (post.ended is None or post.ended >= DAY)
        if mine and "refused" not in [kind for _one, kind in mine] and not named and there:
            kinds.append("left")
    return kinds


@st.composite
def coded_worlds(draw: st.DrawFn) -> tuple[Roster, list[Row]]:
    """People 1 to 6 with the codes C1 to C6 and a name each; rows name them and three more."""
    people = [
        Person(n, f"Người Số {'abcdefghi'[n]}", None, f"C{n}X{n}Y{n}")
        for n in range(1, draw(st.integers(0, 6)) + 1)
    ]
    posts: list[Post] = []
    for person in people:
        for unit, audience in draw(st.lists(st.tuples(units, audiences), max_size=3, unique=True)):
            began = draw(days)
            ended = draw(st.sampled_from([None, began, date(2026, 12, 31)]))
            posts.append(Post(len(posts) + 1, person.id, unit, audience, None, began, ended))
    rows = [
        Row(number, draw(st.sampled_from(["A", "A", "B", "B", "Z", "Q"])), f"C{who}X{who}Y{who}",
            f"Người Số {'abcdefghi'[who]}", None, draw(audiences), draw(st.sampled_from([None, "Tổ trưởng"])))
        for number, who in enumerate(draw(st.lists(st.integers(1, 8), max_size=8)), 2)
    ]  # fmt: skip
    return Roster(people, posts), rows


@examples(300)
@given(coded_worlds(), st.booleans(), st.integers(0, 3))
def test_a_scan_of_everything_agrees(world: tuple[Roster, list[Row]], full: bool, size: int) -> None:
    roster, file = world

    planned = roster.planned(file, full=full, size=size)

    assert [str(outcome.kind) for _what, outcome in planned] == brute_force(roster, file, full)


@examples(100)
@given(coded_worlds(), st.sampled_from([date(2020, 9, 1), date(2026, 9, 4), DAY, date(2027, 1, 1)]))
def test_a_headcount_after_a_full_list_is_the_list(world: tuple[Roster, list[Row]], day: date) -> None:
    roster, file = world
    file = [one for one in file if one.unit in ("A", "B")]
    unique = list({(one.code, one.unit, one.audience): one for one in file}.values())
    after = roster.apply(roster.planned(unique, full=True))

    def heads(one: Roster, unit: str, when: date) -> set[str | None]:
        here = {
            post.person for post in one.posts
            if post.unit == unit and post.began <= when and (post.ended is None or post.ended >= when)
        }  # fmt: skip
        return {person.code for person in one.people if person.id in here}

    for unit in ("A", "B"):
        listed = {one.code for one in unique if one.unit == unit}
        if listed:
            later = {
                person.code for person in roster.people for post in roster.posts
                if post.person == person.id and post.unit == unit and post.began == DAY
                and (post.ended is None or post.ended >= DAY)
            }  # fmt: skip
            future = {
                person.code for person in roster.people for post in roster.posts
                if post.person == person.id and post.unit == unit and post.began > DAY
            }  # fmt: skip
            assert heads(after, unit, DAY) - later == listed - later - (
                listed & future - heads(after, unit, DAY)
            )
        if day < DAY - timedelta(days=1):
            assert heads(after, unit, day) == heads(roster, unit, day)
