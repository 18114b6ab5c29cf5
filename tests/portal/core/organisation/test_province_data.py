"""The data files of the province: counted against numbers typed by hand, and every commune accounted for.

2020: 260 communes, typed from the package's count by district; 2024: 242; 2025: 104, of which 65 from Thái Bình.
"""

import csv
from collections import Counter
from importlib.resources import files

from portal.core.organisation import shipped
from portal.core.organisation.reorganise import Kind

#: District -> communes before and after 1 November 2024.
BEFORE = {"336": 19, "338": 37, "339": 35, "340": 38, "341": 36, "342": 32, "343": 33, "344": 30}
AFTER = {"336": 19, "338": 35, "339": 33, "340": 32, "341": 36, "342": 28, "343": 29, "344": 30}


def areas_2020() -> dict[str, dict[str, str]]:
    text = files("portal.demo").joinpath("areas-thai-binh-2020.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["code"]: row for row in rows}


def test_thai_binh_of_2020_has_eight_districts_and_260_communes() -> None:
    areas = areas_2020()
    communes = [row for row in areas.values() if row["kind"] == "commune"]

    assert [row["code"] for row in areas.values() if row["kind"] == "province"] == ["34"]
    assert Counter(row["parent"] for row in communes) == BEFORE
    assert len(communes) == 260
    assert len({row["code"] for row in areas.values()}) == len(areas)


def test_28_communes_became_10_on_1_november_2024() -> None:
    areas, rows = areas_2020(), shipped.rows("communes-2024-11-01.csv")

    assert len(rows) == 28
    assert len({row["new"] for row in rows}) == 10
    assert len({row["old"] for row in rows}) == 28
    assert all(
        (areas[row["old"]]["name"], areas[row["old"]]["parent"]) == (row["name"], row["district"])
        for row in rows
    )
    lost = Counter(row["district"] for row in rows)
    new = Counter(
        next(row["district"] for row in rows if row["new"] == code) for code in {row["new"] for row in rows}
    )
    assert {code: BEFORE[code] - lost[code] + new[code] for code in BEFORE} == AFTER
    assert sum(AFTER.values()) == 242


def test_every_new_commune_has_predecessors_and_every_old_one_goes_somewhere() -> None:
    areas = areas_2020()
    merged = {row["old"]: row for row in shipped.rows("communes-2024-11-01.csv")}
    names = {
        code: row["name"] for code, row in areas.items() if row["kind"] == "commune" and code not in merged
    }
    names.update({row["new"]: row["name_new"] for row in merged.values()})
    new = [row for row in shipped.rows("areas-hung-yen-2025.csv") if row["kind"] == "commune"]
    rows = shipped.rows("communes-2025-07-01.csv")
    thai_binh = [row for row in rows if row["province"] == "34"]

    assert len(names) == 242
    assert len(new) == 104
    assert Counter(row["name"].split()[0] for row in new) == {"Xã": 93, "Phường": 11}
    assert {row["new"] for row in rows} == {row["code"] for row in new}
    assert len({row["new"] for row in thai_binh}) == 65
    assert {row["old"]: row["name"] for row in thai_binh} == names
    assert len(thai_binh) == 242, "none of Thái Bình's was divided"
    assert Counter(row["district"] for row in thai_binh) == AFTER


def test_communes_of_hung_yen_are_whole_or_divided_between_several() -> None:
    rows = [row for row in shipped.rows("communes-2025-07-01.csv") if row["province"] == "33"]
    times = Counter(row["old"] for row in rows)

    assert len(times) == 139
    assert {row["old"] for row in rows if row["extent"] == "part"} == {
        old for old, many in times.items() if many > 1
    }
    assert {old: many for old, many in times.items() if many > 1} == {"11989": 2, "12004": 2, "12322": 2}


def test_the_decrees_say_what_the_tables_say() -> None:
    for name, table in (("2024-11-01", "communes-2024-11-01.csv"), ("2025-07-01", "communes-2025-07-01.csv")):
        decree = shipped.decree(name)
        said = {
            (one.successors[0].code, text.split(" ")[0])
            for one in decree.events
            for text in (*one.predecessors, *one.outside)
            if one.kind == Kind.MERGE and one.successors[0].code != "33"
        }
        assert said == {(row["new"], row["old"]) for row in shipped.rows(table)}
    assert [(one.kind, len(one.predecessors)) for one in decree.events if one.kind != Kind.MERGE] == [
        (Kind.ABOLISH, 8)
    ]


def test_every_file_names_its_source() -> None:
    named = {
        path.name: "vietnam-provinces" in path.read_text(encoding="utf-8").partition("\n\n")[0]
        for path in files("portal.core.organisation").joinpath("data").iterdir()
        if path.name.startswith(("areas", "communes"))
    }
    assert named == {
        "areas-hung-yen-2025.csv": True, "communes-2024-11-01.csv": True, "communes-2025-07-01.csv": True,
    }  # fmt: skip
