"""The arithmetic of reorganisations: examples by hand, and properties over thousands of small worlds."""

from collections import defaultdict
from copy import deepcopy
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.core.organisation.planning import plan
from portal.core.organisation.reorganise import (
    Event,
    Follower,
    Kind,
    Plan,
    State,
    Subject,
    Successor,
    effects,
    perform,
    reverse,
)
from tests.examples import examples

BEGAN = date(2020, 4, 10)
DAY = date(2025, 7, 1)
EVE = DAY - timedelta(days=1)
FOLLOWERS = (
    Follower("posting", "unit_id", Subject.UNIT, same=("user_id", "audience")),
    Follower(
        "membership", "area_id", Subject.AREA, same=("user_id", "role", "area_id", "unit_id"), grants=True
    ),
    Follower(
        "membership", "unit_id", Subject.UNIT, same=("user_id", "role", "area_id", "unit_id"), grants=True
    ),
    Follower("household", "area_id", Subject.AREA, dated=False),
)


def area(code: str, parent: int | None, kind: str = "commune") -> dict[str, Any]:
    return {
        "code": code, "kind": kind, "name": f"Xã {code}", "search_key": f"xa {code.lower()}", "parent_id": parent,
        "valid_from": BEGAN, "valid_to": None,
    }  # fmt: skip


def unit(code: str, where: int, parent: int | None = None, kind: str = "committee") -> dict[str, Any]:
    return {
        "code": code, "kind": kind, "sector": "government", "name": f"UBND Xã {code[3:]}", "search_key": "ubnd",
        "area_id": where, "parent_id": parent, "valid_from": BEGAN, "valid_to": None,
    }  # fmt: skip


def post(
    user: int, where: int, since: date = BEGAN, until: date | None = None, audience: str = "teacher"
) -> dict[str, Any]:
    return {"user_id": user, "unit_id": where, "audience": audience, "valid_from": since, "valid_to": until}


def basis(
    where: int, evidence: str = "named", since: date = BEGAN, until: date | None = None
) -> dict[str, Any]:
    return {
        "unit_id": where, "evidence": evidence, "valid_from": since, "valid_to": until,
        "totals": {"teacher": 4} if evidence == "totals" else None, "file_id": 9 if evidence == "totals" else None,
        "import_id": None, "confirmed_by_id": None, "confirmed_at": None,
    }  # fmt: skip


def world() -> State:
    """Province P (1) with districts D (2) and E (3); communes A (4), B (5) in D, C (6) in E; a committee in each."""
    return State(
        {
            "area": {
                1: area("P", None, "province"), 2: area("D", 1, "district"), 3: area("E", 1, "district"),
                4: area("A", 2), 5: area("B", 2), 6: area("C", 3),
            },
            "unit": {1: unit("UB-A", 4), 2: unit("UB-B", 5), 3: unit("UB-C", 6), 4: unit("TR-A", 4, 1, "school")},
            "area_past": {}, "unit_past": {},
            "posting": {1: post(10, 1), 2: post(11, 2), 3: post(12, 3), 4: post(10, 4), 5: post(11, 1)},
            "membership": {1: {"user_id": 10, "role": "head", "area_id": 4, "unit_id": None, "valid_from": BEGAN, "valid_to": None}},
            "household": {1: {"area_id": 4}, 2: {"area_id": 5}},
        },
        FOLLOWERS,
        {10: "S-10", 11: "S-11"},
    )  # fmt: skip


def planned(state: State, *events: Event, day: date = DAY) -> Plan:
    before = deepcopy(state)
    found = plan([(100 + number, event) for number, event in enumerate(events)], day, state)
    assert state == before, "a plan writes nothing"
    return found


def message(found: Plan) -> str:
    return found.faults[0].message % found.faults[0].values


MERGE = Event(Kind.MERGE, Subject.AREA, ("A", "B"), (Successor("A", "Xã Mới"),), along=("committee",))


def test_two_communes_become_a_new_one_with_the_code_of_one_of_them() -> None:
    state = world()
    found = planned(state, MERGE)
    after = perform(state, found.changes).tables

    assert not found.faults
    (new,) = [key for key, row in after["area"].items() if key < 0]
    assert after["area"][new]["name"] == "Xã Mới"
    assert after["area"][new]["parent_id"] == 2
    assert [after["area"][key]["valid_to"] for key in (4, 5, 6)] == [EVE, EVE, None]
    # the school and both committees stand in the new one, the past says where they stood
    assert after["unit"][4]["area_id"] == new
    assert {row["unit_id"]: row["area_id"] for row in after["unit_past"].values()} == {1: 4, 2: 5, 4: 4}
    assert all(row["valid_to"] == EVE and row["valid_from"] == BEGAN for row in after["unit_past"].values())
    # one committee remains, with the people of both; she who had a post in each has one
    (committee,) = [key for key, row in after["unit"].items() if key < 0]
    assert (after["unit"][committee]["code"], after["unit"][committee]["name"]) == ("UB-A", "UBND Xã Mới")
    assert sorted(r["user_id"] for r in after["posting"].values() if r["unit_id"] == committee) == [10, 11]
    assert [after["posting"][key]["valid_to"] for key in (1, 2, 3, 4, 5)] == [EVE, EVE, None, None, EVE]
    # the school stands below the new committee, the grant goes on, households point at the new commune
    assert after["unit"][4]["parent_id"] == committee
    assert [row["valid_from"] for row in after["membership"].values() if row["area_id"] == new] == [DAY]
    assert [row["area_id"] for row in after["household"].values()] == [new, new]


def test_one_commune_takes_another_in_and_goes_on() -> None:
    state = world()
    found = planned(state, Event(Kind.MERGE, Subject.AREA, ("A", "B"), (Successor("A", goes_on=True),)))
    after = perform(state, found.changes).tables

    assert not [key for key in after["area"] if key < 0]
    assert after["area"][4] == state.tables["area"][4]
    assert after["area"][5]["valid_to"] == EVE
    assert after["unit"][2]["area_id"] == 4
    shares = [(r["predecessor_id"], r["successor_id"], r["main"]) for r in after["area_lineage"].values()]
    assert shares == [(4, 4, False), (5, 4, True)]


def test_a_split_sends_named_units_and_people_where_they_belong_and_the_rest_to_the_largest() -> None:
    state = world()
    event = Event(
        Kind.SPLIT, Subject.AREA, ("A",),
        (Successor("A1", "Xã A Một", share=Fraction(2, 5)), Successor("A2", "Xã A Hai", share=Fraction(3, 5))),
        assign={"unit:TR-A": "A1"},
    )  # fmt: skip
    after = perform(state, planned(state, event).changes).tables
    names = {key: row["name"] for key, row in after["area"].items()}

    assert names[after["unit"][4]["area_id"]] == "Xã A Một"
    assert names[after["unit"][1]["area_id"]] == "Xã A Hai"
    unit_split = Event(
        Kind.SPLIT, Subject.UNIT, ("UB-A",),
        (Successor("UB-A", goes_on=True, share=Fraction(1, 2)), Successor("UB-X", "UBND X", share=Fraction(1, 2))),
        assign={"person:s-11": "UB-X"},
    )  # fmt: skip
    after = perform(state, planned(state, unit_split).changes).tables
    (new,) = [key for key in after["unit"] if key < 0]
    assert [row["user_id"] for row in after["posting"].values() if row["unit_id"] == new] == [11]
    assert after["posting"][1]["valid_to"] is None


def test_what_ends_with_a_district_is_taken_over_and_its_grants_end() -> None:
    state = world()
    state.tables["membership"][2] = {**state.tables["membership"][1], "area_id": 2}
    refused = planned(state, Event(Kind.ABOLISH, Subject.AREA, ("D",)))
    after = perform(
        state, planned(state, Event(Kind.ABOLISH, Subject.AREA, ("D",), (Successor("P"),))).changes
    ).tables

    assert (
        message(refused)
        == "Xã D cannot be abolished: 2 areas, units or records stand in it. Say who takes them over."
    )
    assert [after["area"][key]["parent_id"] for key in (4, 5, 6)] == [1, 1, 3]
    assert after["membership"][2]["valid_to"] == EVE
    assert len(after["membership"]) == 2


def test_posts_in_an_abolished_unit_end_and_its_units_stand_below_the_one_above() -> None:
    state = world()
    after = perform(state, planned(state, Event(Kind.ABOLISH, Subject.UNIT, ("UB-A",))).changes).tables

    assert [after["posting"][key]["valid_to"] for key in (1, 5, 4)] == [EVE, EVE, None]
    assert len(after["posting"]) == 5
    assert after["unit"][4]["parent_id"] is None


def test_a_rename_and_a_move_keep_the_place_and_its_past() -> None:
    state = world()
    found = planned(
        state,
        Event(Kind.RENAME, Subject.AREA, ("A",), (Successor("", "Xã Anh"),)),
        Event(Kind.MOVE, Subject.AREA, ("A",), (Successor("", parent="E"),)),
        Event(
            Kind.MOVE, Subject.UNIT, ("TR-A",), (Successor("", area="C", parent="UB-C", sector="education"),)
        ),
    )
    after = perform(state, found.changes).tables

    assert (after["area"][4]["name"], after["area"][4]["search_key"], after["area"][4]["parent_id"]) == (
        "Xã Anh",
        "xa anh",
        3,
    )
    (past,) = after["area_past"].values()
    assert (past["name"], past["parent_id"], past["valid_to"]) == ("Xã A", 2, EVE), (
        "two events of a day, one past"
    )
    school = after["unit"][4]
    assert (school["area_id"], school["parent_id"], school["sector"]) == (6, 3, "education")


def test_posts_that_begin_later_and_end_earlier() -> None:
    state = world()
    later, ended, ending = DAY + timedelta(days=90), date(2024, 1, 1), DAY + timedelta(days=30)
    state.tables["posting"] = {
        1: post(20, 1, later),
        2: post(21, 1, BEGAN, ended),
        3: post(22, 1, BEGAN, ending),
    }
    event = Event(Kind.MERGE, Subject.UNIT, ("UB-A", "UB-B"), (Successor("UB-N", "UBND Mới"),))
    after = perform(state, planned(state, event).changes).tables["posting"]

    assert (after[1]["unit_id"], after[1]["valid_from"]) == (-1, later), (
        "not begun yet: simply at the successor"
    )
    assert after[2] == post(21, 1, BEGAN, ended)
    assert after[3]["valid_to"] == EVE
    assert [row for key, row in after.items() if key < 0] == [post(22, -1, DAY, ending)]


def test_refusals_say_what_and_why() -> None:
    new = (Successor("N", "Xã N"),)
    for event, words in (
        (Event(Kind.MERGE, Subject.AREA, ("A", "X"), new), "There is no area with the code X on this day."),
        (Event(Kind.MERGE, Subject.UNIT, ("UB-A", "X"), new), "There is no unit with the code X on this day."),
        (Event(Kind.MERGE, Subject.AREA, ("A", "A"), new), "A predecessor is named twice."),
        (Event(Kind.MERGE, Subject.AREA, ("A", "B"), ()), "A merge has one successor."),
        (Event(Kind.MERGE, Subject.AREA, (), new), "A merge needs at least one predecessor."),
        (Event(Kind.MERGE, Subject.AREA, ("A", "B"), (Successor("C", "Xã C"),)), "The code C is taken by Xã C."),
        (Event(Kind.MERGE, Subject.AREA, ("A", "B"), (Successor("N"),)), "The new N needs a name."),
        (Event(Kind.MERGE, Subject.AREA, ("A", "B"), (Successor("C", goes_on=True),)), "C goes on, and is none of the predecessors."),
        (Event(Kind.MERGE, Subject.AREA, ("A Xã Khác",), new), "A is called Xã A here, not Xã Khác: is an earlier decree missing?"),
        (Event(Kind.SPLIT, Subject.AREA, ("A",), (Successor("N", "N", share=Fraction(1, 2)), Successor("M", "M", share=Fraction(1, 3)))), "The shares of a split are above nought and sum to 1."),
        (Event(Kind.SPLIT, Subject.AREA, ("A",), new), "A split needs at least two successors."),
        (Event(Kind.RENAME, Subject.AREA, ("A",), (Successor("A"),)), "A rename has one predecessor and one new name."),
        (Event(Kind.RENAME, Subject.AREA, ("A",), (Successor("B", "Xã"),)), "The code B is taken by Xã B."),
        (Event(Kind.MOVE, Subject.AREA, ("D",), (Successor("", parent="A"),)), "Xã D cannot be moved below itself."),
        (Event(Kind.MOVE, Subject.AREA, ("A",), (Successor(""),)), "A move names what is moved, and where to."),
        (Event(Kind.ABOLISH, Subject.AREA, ("A",), (Successor("A"),)), "Xã A cannot take over from itself."),
    ):  # fmt: skip
        found = planned(world(), event)
        assert (message(found), found.changes) == (words, ())


def test_a_decree_that_comes_too_late_in_the_file_or_in_time_is_refused() -> None:
    state = world()
    twice = planned(state, MERGE, Event(Kind.RENAME, Subject.AREA, ("B",), (Successor("", "Xã Bé"),)))
    renamed = perform(
        state, planned(state, Event(Kind.RENAME, Subject.AREA, ("A",), (Successor("", "Xã Anh"),))).changes
    )
    earlier = planned(renamed, MERGE, day=date(2024, 1, 1))

    assert message(twice) == "B is not valid on the day before, or an event above has ended it."
    assert twice.faults[0].event == 2
    assert message(earlier) == "Xã Anh was reorganised later than this day; undo the later decree first."


def test_a_code_and_a_first_day_name_one_place_for_ever() -> None:
    """UB-A began on the day on which UB-B began and ends by this decree: UB-B cannot be given its code."""
    state = world()
    events = (
        Event(Kind.RENAME, Subject.UNIT, ("UB-B",), (Successor("UB-A", "UBND Xã Bê"),)),
        Event(Kind.MERGE, Subject.UNIT, ("UB-A",), (Successor("UB-N", "UBND Mới"),)),
    )

    found = planned(state, *events)

    assert message(found) == "The code UB-A is taken by UBND Xã A."
    assert found.changes == ()


def test_places_that_the_portal_does_not_hold_come_from_outside() -> None:
    state = world()
    events = (
        Event(Kind.MERGE, Subject.AREA, ("P",), (Successor("Q", "Tỉnh Q"),), outside=("33 Tỉnh Khác",)),
        Event(
            Kind.MERGE,
            Subject.AREA,
            (),
            (Successor("Z", "Xã Z", kind="commune", parent="Q"),),
            outside=("B Xã B", "99 Xã Lạ"),
        ),
    )
    after = perform(state, planned(state, *events).changes).tables

    assert after["area"][5]["valid_to"] == EVE, "B is held here after all"
    assert after["area"][2]["parent_id"] == -1
    assert len(after["area_lineage"]) == 2


def test_effects_count_what_people_ask_for() -> None:
    state = world()
    touched = effects(state, planned(state, MERGE).changes)

    assert (touched.areas_ended, touched.areas_new, touched.units_ended) == ((4, 5), ("Xã Mới",), (1, 2))
    assert (touched.units_new, touched.units_changed) == (("UBND Xã Mới",), (4,))
    assert (touched.posts, touched.people, touched.grants, touched.lost) == (3, {10, 11}, 1, 0)


UNITE = Event(Kind.MERGE, Subject.UNIT, ("UB-A", "UB-B"), (Successor("UB-N", "UBND Mới"),))


@pytest.mark.parametrize(
    ("first", "second", "made", "ends"),
    [
        (basis(1), basis(2), basis(-1, "named", DAY), EVE),
        (basis(1), basis(2, "coded"), basis(-1, "coded", DAY), EVE),
        (basis(1, "coded"), basis(2, "coded"), basis(-1, "coded", DAY), EVE),
        (basis(1), basis(2, "totals"), None, EVE),
        (basis(1, "totals"), basis(2, "totals"), None, EVE),
        (basis(1), basis(2, until=date(2025, 5, 31)), None, date(2025, 5, 31)),
        (basis(1), basis(2, until=date(2025, 9, 30)), basis(-1, "named", DAY, date(2025, 9, 30)), EVE),
        (
            basis(1),
            basis(2, since=date(2025, 10, 5)),
            basis(-1, "named", date(2025, 10, 5)),
            date(2025, 10, 5),
        ),
    ],
)
def test_a_merged_unit_has_a_denominator_only_from_lists_of_all(
    first: dict[str, Any], second: dict[str, Any], made: dict[str, Any] | None, ends: date
) -> None:
    state = world()
    state.tables["roster_basis"] = {1: first, 2: second}
    changes = planned(state, UNITE).changes
    after = perform(state, changes).tables["roster_basis"]

    assert [row for key, row in after.items() if key < 0] == ([{**made, "unit_id": -1}] if made else [])
    assert after[1]["valid_to"] == EVE
    assert after[2]["valid_to"] == ends
    touched = effects(state, changes)
    totals = "totals" in (first["evidence"], second["evidence"])
    assert (touched.unlisted, touched.totals) == ((() if made else ("UBND Mới",)), totals)


def test_a_unit_without_a_list_leaves_the_whole_without_one_also_where_it_goes_on() -> None:
    state = world()
    state.tables["roster_basis"] = {1: basis(1)}
    event = Event(Kind.MERGE, Subject.UNIT, ("UB-A", "UB-B"), (Successor("UB-A", goes_on=True),))
    more = Event(Kind.MERGE, Subject.UNIT, ("UB-A", "UB-C"), (Successor("UB-A", goes_on=True),))
    changes = planned(state, event).changes
    listed = world()
    listed.tables["roster_basis"] = {1: basis(1), 2: basis(2)}
    twice = perform(listed, planned(listed, event, more).changes).tables["roster_basis"]
    once = perform(listed, planned(listed, event).changes).tables["roster_basis"]

    assert perform(state, changes).tables["roster_basis"] == {1: basis(1, until=EVE)}
    assert effects(state, changes).unlisted == ("UBND Xã A",)
    assert sorted(once.values(), key=str) == sorted(
        [basis(1, until=EVE), basis(2, until=EVE), basis(1, since=DAY)], key=str
    )
    assert sorted(twice.values(), key=str) == sorted([basis(1, until=EVE), basis(2, until=EVE)], key=str), (
        "the second event takes back what the first gave"
    )


def test_a_list_given_after_the_day_by_a_unit_that_goes_on_stays() -> None:
    state = world()
    given = basis(1, "coded", date(2025, 10, 5))
    state.tables["roster_basis"] = {1: basis(1, until=date(2025, 10, 4)), 2: given, 3: basis(2)}
    event = Event(Kind.MERGE, Subject.UNIT, ("UB-A", "UB-B"), (Successor("UB-A", goes_on=True),))
    after = perform(state, planned(state, event).changes).tables["roster_basis"]

    assert after[2] == given
    assert [row for key, row in after.items() if key < 0] == [basis(1, "named", DAY, date(2025, 10, 4))]


def test_both_parts_of_a_split_list_have_one_and_an_abolished_unit_has_none() -> None:
    state = world()
    state.tables["roster_basis"] = {1: basis(1, "coded")}
    halves = tuple(Successor(code, f"UBND {code}", share=Fraction(1, 2)) for code in ("UB-X", "UB-Y"))
    split = perform(state, planned(state, Event(Kind.SPLIT, Subject.UNIT, ("UB-A",), halves)).changes).tables[
        "roster_basis"
    ]
    gone = perform(state, planned(state, Event(Kind.ABOLISH, Subject.UNIT, ("UB-A",))).changes).tables[
        "roster_basis"
    ]

    assert sorted(key for key in split if key > 0) == [1]
    assert [
        (row["evidence"], row["valid_from"], row["valid_to"]) for key, row in split.items() if key < 0
    ] == [
        ("coded", DAY, None),
        ("coded", DAY, None),
    ]
    assert split[1]["valid_to"] == EVE
    assert gone == {1: basis(1, "coded", until=EVE)}


# --- properties ---------------------------------------------------------------------------------------------------

CODES = [f"K{number}" for number in range(7)]
days = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@st.composite
def worlds(draw: st.DrawFn) -> State:
    """Return a province with two districts and seven communes, up to ten units, posts that begin and end anyhow."""
    areas = {1: area("P", None, "province"), 2: area("D", 1, "district"), 3: area("E", 1, "district")}
    areas.update({4 + n: area(code, draw(st.sampled_from([2, 3]))) for n, code in enumerate(CODES)})
    units: dict[int, dict[str, Any]] = {}
    for key in range(1, draw(st.integers(1, 10)) + 1):
        parent = draw(st.sampled_from([None, *units]))
        kind = draw(st.sampled_from(["committee", "school", "community"]))
        units[key] = unit(f"U-{key}", draw(st.sampled_from([2, 3, *range(4, 11)])), parent, kind)
    posting = {}
    for key in range(1, draw(st.integers(0, 14)) + 1):
        since = draw(days)
        until = draw(st.one_of(st.none(), st.dates(since, date(2027, 12, 31))))
        posting[key] = post(
            draw(st.integers(1, 5)),
            draw(st.sampled_from(list(units))),
            since,
            until,
            draw(st.sampled_from("ab")),
        )
    grants = {
        key: {"user_id": draw(st.integers(1, 5)), "role": "head", "area_id": draw(st.sampled_from([None, *areas])),
              "unit_id": draw(st.sampled_from([None, *units])), "valid_from": BEGAN, "valid_to": None}
        for key in range(1, draw(st.integers(0, 4)) + 1)
    }  # fmt: skip
    households = {key: {"area_id": draw(st.sampled_from(list(areas)))} for key in range(1, 4)}
    bases: dict[int, dict[str, Any]] = {}
    for where in units:
        since = draw(st.one_of(st.none(), days))
        while since is not None:
            until = draw(st.one_of(st.none(), st.dates(since, since + timedelta(days=900))))
            evidence = draw(st.sampled_from(["named", "named", "coded", "totals"]))
            bases[len(bases) + 1] = basis(where, evidence, since, until)
            since = (
                until + timedelta(days=draw(st.integers(1, 99))) if until and draw(st.booleans()) else None
            )
    tables = {
        "area": areas, "unit": units, "posting": posting, "membership": grants, "household": households,
        "roster_basis": bases,
    }  # fmt: skip
    return State({**tables, "area_past": {}, "unit_past": {}}, FOLLOWERS)


@st.composite
def events(draw: st.DrawFn, state: State, number: int) -> Event:
    """Return an event about codes of the world, or (now and then) about nonsense."""
    subject = draw(st.sampled_from(Subject))
    codes = [row["code"] for row in state.tables[subject].values()]
    kind = draw(st.sampled_from(Kind))
    some = tuple(
        draw(st.lists(st.sampled_from([*codes, f"N{number - 1}"]), min_size=1, max_size=3, unique=True))
    )
    new = draw(st.sampled_from([f"N{number}", f"N{number}", some[0]]))
    goes_on = draw(st.booleans()) and new == some[0]
    parts = draw(st.lists(st.integers(1, 9), min_size=2, max_size=3))
    many = tuple(
        Successor(f"N{number}-{i}" if i or not goes_on else some[0], f"Nơi {number} {i}", share=Fraction(part, sum(parts)), goes_on=goes_on and i == 0)
        for i, part in enumerate(parts)
    )  # fmt: skip
    one = Successor(new, f"Nơi {number}", goes_on=goes_on)
    successors = {
        Kind.MERGE: (one,),
        Kind.SPLIT: many,
        Kind.RENAME: (Successor(new if new not in some else "", f"Tên {number}"),),
        Kind.MOVE: (
            Successor("", parent=draw(st.sampled_from(codes)), area=draw(st.sampled_from(["", *CODES]))),
        ),
        Kind.ABOLISH: draw(st.sampled_from([(), (Successor(draw(st.sampled_from(codes))),)])),
    }[kind]
    if kind in (Kind.SPLIT, Kind.RENAME):
        some = some[:1]
    along = ("committee", "community") if draw(st.booleans()) else ()
    return Event(kind, subject, some, successors, along=along)


@st.composite
def decrees(draw: st.DrawFn) -> tuple[State, list[tuple[int, Event]]]:
    state = draw(worlds())
    return state, [(number, draw(events(state, number))) for number in range(1, draw(st.integers(1, 4)) + 1)]


def people_on(state: State, day: date) -> set[int]:
    return {
        row["user_id"]
        for row in state.tables["posting"].values()
        if row["valid_from"] <= day and (row["valid_to"] is None or row["valid_to"] >= day)
    }


@given(decrees(), st.lists(days, min_size=3, max_size=3))
@examples(100)
def test_whatever_is_decreed(case: tuple[State, list[tuple[int, Event]]], some: list[date]) -> None:
    state, decree = case
    found = plan(decree, DAY, state)
    after = perform(state, found.changes)

    the_undo_changes_nothing(state, after, found)
    shares_sum_to_one(after)
    nobody_appears_or_disappears(state, after, decree, some)
    what_stands_stands_in_what_stands(after)
    a_unit_counts_from_one_basis_at_a_time(state, after, some)


def the_undo_changes_nothing(state: State, after: State, found: Plan) -> None:
    back = reverse(after, found.changes)
    assert {name: rows for name, rows in back.tables.items() if rows} == {
        n: r for n, r in state.tables.items() if r
    }


def shares_sum_to_one(after: State) -> None:
    """The shares of every predecessor sum to 1, and one successor stands for each that ended."""
    for subject in ("area", "unit"):
        rows = list(after.tables.get(f"{subject}_lineage", {}).values())
        sums: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
        for row in rows:
            sums[row["event_id"], row["predecessor_id"]] += Fraction(row["share_part"], row["share_whole"])
        assert set(sums.values()) <= {Fraction(1)}
        main = [row["predecessor_id"] for row in rows if row["main"]]
        assert len(main) == len(set(main))
        assert all(after.tables[subject][key]["valid_to"] == EVE for key in main)


def nobody_appears_or_disappears(
    state: State, after: State, decree: list[tuple[int, Event]], some: list[date]
) -> None:
    """On every day the same people have posts as before, unless a unit was abolished: then no others."""
    abolished = any(event.kind == Kind.ABOLISH and event.subject == Subject.UNIT for _, event in decree)
    for day in (EVE, DAY, *some):
        if day < DAY or not abolished:
            assert people_on(after, day) == people_on(state, day)
        else:
            assert people_on(after, day) <= people_on(state, day)


def bases_on(state: State, day: date) -> list[tuple[int, str]]:
    return sorted(
        (row["unit_id"], row["evidence"])
        for row in state.tables["roster_basis"].values()
        if row["valid_from"] <= day and (row["valid_to"] is None or row["valid_to"] >= day)
    )


def a_unit_counts_from_one_basis_at_a_time(state: State, after: State, some: list[date]) -> None:
    """The past is as it was; no unit has two bases on a day; no list comes from nowhere, and no total at a new unit."""
    assert bases_on(after, EVE) == bases_on(state, EVE)
    for day in (EVE, DAY, *some):
        there = bases_on(after, day)
        assert len({unit for unit, _ in there}) == len(there)
        assert not [unit for unit, evidence in there if unit < 0 and evidence == "totals"]
    rows = after.tables["roster_basis"].values()
    standing = {key for key, row in after.tables["unit"].items() if row["valid_to"] is None}
    assert {row["unit_id"] for row in rows if row["valid_to"] is None} <= standing
    lines = after.tables.get("unit_lineage", {}).values()
    for key, row in after.tables["roster_basis"].items():
        if key < 0:
            olds = {line["predecessor_id"] for line in lines if line["successor_id"] == row["unit_id"]}
            assert olds
            day = row["valid_from"]
            given = {one["unit_id"]: one for one in state.tables["roster_basis"].values() if one["unit_id"] in olds
                     and (one["valid_to"] is None or one["valid_to"] >= EVE)}  # fmt: skip
            assert set(given) == olds
            assert day >= DAY


def what_stands_stands_in_what_stands(whole: State) -> None:
    """No code is held twice; nothing that goes on stands in, below or at something that has ended, or below itself."""
    after = whole.tables
    standing = {s: {k: r for k, r in after[s].items() if r["valid_to"] is None} for s in ("area", "unit")}
    for rows in standing.values():
        codes = [row["code"] for row in rows.values()]
        assert len(codes) == len(set(codes))
        for key, row in rows.items():
            chain, above = {key}, row["parent_id"]
            while above is not None:
                assert above in rows
                assert above not in chain
                chain.add(above)
                above = rows[above]["parent_id"]
    assert all(row["area_id"] in standing["area"] for row in standing["unit"].values())
    going_on = [row for row in after["posting"].values() if row["valid_to"] is None]
    assert all(row["unit_id"] in standing["unit"] for row in going_on)
    for past, own in (("area_past", "area_id"), ("unit_past", "unit_id")):
        spans = [(row[own], row["valid_from"], row["valid_to"]) for row in after.get(past, {}).values()]
        assert all(begin <= end <= EVE for _, begin, end in spans)
        assert len({key for key, _, _ in spans}) == len(spans), "one decree, one past"


def open_posts(state: State) -> list[tuple[object, ...]]:
    return [
        (r["user_id"], r["unit_id"], r["audience"])
        for r in state.tables["posting"].values()
        if r["valid_to"] is None
    ]


@given(decrees())
@examples(60)
def test_no_two_open_posts_are_one(case: tuple[State, list[tuple[int, Event]]]) -> None:
    state, decree = case
    assume(len(open_posts(state)) == len(set(open_posts(state))))
    after = perform(state, plan(decree, DAY, state).changes)

    assert len(open_posts(after)) == len(set(open_posts(after)))
