"""Every column that points at an area or a unit has an answer to a reorganisation: it follows, or it is history."""

import portal.tables  # noqa: F401 - completes the metadata and the followers
from portal.core.db import Base
from portal.core.organisation.following import FOLLOWERS

#: What `reorganise` works out itself.
_ITSELF = "reorganise writes it: places among each other, their pasts and lineages"
_ANEW = "reorganise works it out anew from the bases of all predecessors"
_POST = "where the person's post was on that day"
NOT_FOLLOWING = {
    ("area", "parent_id"): _ITSELF,
    ("unit", "area_id"): _ITSELF,
    ("unit", "parent_id"): _ITSELF,
    ("area_past", "area_id"): _ITSELF,
    ("area_past", "parent_id"): _ITSELF,
    ("unit_past", "unit_id"): _ITSELF,
    ("unit_past", "area_id"): _ITSELF,
    ("unit_past", "parent_id"): _ITSELF,
    ("area_lineage", "predecessor_id"): _ITSELF,
    ("area_lineage", "successor_id"): _ITSELF,
    ("unit_lineage", "predecessor_id"): _ITSELF,
    ("unit_lineage", "successor_id"): _ITSELF,
    ("roster_basis", "unit_id"): _ANEW,
    ("completion", "unit_id"): _POST,
    ("certificate", "unit_id"): _POST,
    ("certificate", "area_id"): _POST,
    ("workshop_attendance", "unit_id"): _POST,
    ("workshop_attendance", "area_id"): _POST,
    ("workshop_attended", "unit_id"): _POST,
    ("workshop_attended", "area_id"): _POST,
    ("group_present", "unit_id"): _POST,
    ("group_present", "area_id"): _POST,
    ("practice", "unit_id"): _POST,
    ("practice", "area_id"): _POST,
    (
        "declaration",
        "unit_id",
    ): "who said it; a number counts at the successor by the lineage, a paper ends with its unit",
    ("filing", "area_id"): "a filed report keeps the place it was filed for",
    ("filing", "unit_id"): "a filed report keeps the place it was filed for",
    ("group_lesson", "unit_id"): "who played the lesson, on the evening it was played",
    ("group_lesson", "area_id"): "where the lesson was played",
}


def test_whatever_points_at_a_place_follows_it_or_is_history() -> None:
    pointing = {
        (table.name, column.name): key.column.table.name
        for table in Base.metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name in ("area", "unit")
    }
    following = {(one.table, one.column): str(one.subject) for one in FOLLOWERS}

    assert len(pointing) >= 38
    assert len(following) == len(FOLLOWERS)
    assert {key: pointing.get(key) for key in following} == following, "a follower follows what it points at"
    assert set(following) & set(NOT_FOLLOWING) == set()
    assert set(pointing) == set(following) | set(NOT_FOLLOWING)
    for table, _column in following:
        columns = set(Base.metadata.tables[table].columns.keys())
        assert "id" in columns, "rows are kept by their id"
        dated = [one.dated for one in FOLLOWERS if one.table == table]
        assert {"valid_from", "valid_to"} <= columns or not any(dated)
