"""The craft of a course, and the check as a whole: faults for what is not released, notes for what is."""

import json
import shutil
from pathlib import Path

import pytest
from flask import Flask

from courses import craft, loader, quality
from courses.craft import Finding
from courses.manifest import read_course
from courses.safe_words import blaming, hurting
from courses.sources import Register

PARENTS = loader.CONTENT / "CM-01" / "1"


def copied(tmp_path: Path, lesson: str = "", old: str = "", new: str = "") -> Path:
    """Return the folder of CM-01/1 as a copy, `old` replaced by `new` in the files of one lesson."""
    folder = tmp_path / "CM-01" / "1"
    shutil.copytree(PARENTS, folder)
    for language in ("vi", "en") if lesson else ():
        path = folder / language / f"{lesson}.md"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def found_in(folder: Path, register: Register | None = None) -> list[tuple[str, bool, str]]:
    known = register if register is not None else loader.sources()[0]
    return [(one.at.file, one.fault, one.at.message) for one in craft.findings(read_course(folder), known)]


def test_sources_without_a_key_are_one_note(tmp_path: Path) -> None:
    notes = [
        (fault, said) for file, fault, said in found_in(copied(tmp_path)) if file.endswith("course.toml")
    ]

    assert notes == [
        (
            False,
            "33 of 33 sources of its lessons have no key of the register (sources.toml); "
            "advice of the course itself needs none",
        )
    ]


def test_a_key_that_is_not_in_the_register_is_a_fault(tmp_path: Path) -> None:
    folder = copied(tmp_path, "010-ba-do-tuoi", "[[sources]]", '[[sources]]\nkey = "luat-la"')

    faults = [(file, said) for file, fault, said in found_in(folder) if fault]

    assert faults == [
        (
            f"CM-01/1/{language}/010-ba-do-tuoi.md",
            "there is no source “luat-la” in the register (sources.toml); mend the key",
        )
        for language in ("en", "vi")
    ]


def test_a_key_of_the_register_is_none(tmp_path: Path) -> None:
    folder = copied(tmp_path, "010-ba-do-tuoi", "[[sources]]", '[[sources]]\nkey = "who-par"')

    assert not [said for _file, fault, said in found_in(folder) if fault]


def test_minutes_far_from_the_words_are_a_fault(tmp_path: Path) -> None:
    text = (PARENTS / "vi" / "010-ba-do-tuoi.md").read_text(encoding="utf-8")
    minutes = next(line for line in text.splitlines() if line.startswith("minutes"))
    folder = copied(tmp_path, "010-ba-do-tuoi", minutes, "minutes = 15")

    faults = [said for _file, fault, said in found_in(folder) if fault]

    assert len(faults) == 2
    assert all("words in 15 minutes" in said for said in faults)


def test_sentences_too_long_on_average_are_a_fault_for_parents(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    path = folder / "vi" / "010-ba-do-tuoi.md"
    path.write_text(
        path.read_text(encoding="utf-8").replace(". ", ", ").replace("? ", ", "), encoding="utf-8"
    )

    faults = [said for _file, fault, said in found_in(folder) if fault]

    assert any("on average, more than 15; say one thing in each" in said for said in faults)


def test_of_several_tracks_one_is_in_the_minutes_that_the_certificate_states(tmp_path: Path) -> None:
    """CM-01/2: 44 minutes for everybody, tracks of 28, 27 and 26: 125 to read all, 72 for who reads the longest."""
    parents = loader.CONTENT / "CM-01" / "2"
    folder = tmp_path / "CM-01" / "2"
    shutil.copytree(parents, folder)
    course = folder / "course.toml"
    text = course.read_text(encoding="utf-8")

    def with_minutes(stated: int) -> list[str]:
        course.write_text(text.replace("\nminutes = 120\n", f"\nminutes = {stated}\n"), encoding="utf-8")
        return [said for _file, _fault, said in found_in(folder)]

    assert craft.measures(read_course(parents)).minutes == 125
    assert with_minutes(72) == []
    assert with_minutes(71) == ["its lessons take 72 minutes, more than the 71 that the certificate states"]


def test_what_a_course_is_made_of() -> None:
    measures = craft.measures(read_course(PARENTS))

    assert (measures.lessons, measures.easy) == (12, True)
    assert (measures.sources, measures.without_key) == (33, 33)
    bodies = [path.read_text(encoding="utf-8") for path in (PARENTS / "vi").glob("*.md")]
    assert measures.scenarios == sum(body.count(": scenario ") for body in bodies)
    assert measures.job_aids == sum(body.count(": jobaid ") for body in bodies)
    average = measures.average("vi")
    assert average is not None
    assert 8 < average < 10


def test_what_is_published_is_noted_and_what_is_new_is_at_fault() -> None:
    finding = Finding(loader.Fault("X/1/course.toml", 1, "a fault"), True)
    note = Finding(loader.Fault("X/1/course.toml", 1, "a note"), False)

    assert loader._sorted_out([finding, note], sealed=False) == ((finding.at,), (note.at,))
    assert loader._sorted_out([finding, note], sealed=True) == ((), (finding.at, note.at))


def test_a_course_that_nobody_released_needs_enough_questions(tmp_path: Path) -> None:
    content = tmp_path / "content"
    shutil.copytree(loader.CONTENT, content)
    course = content / "CM-01" / "1" / "course.toml"
    text = course.read_text(encoding="utf-8")
    seals = content / loader.SEALS
    lines = seals.read_text(encoding="utf-8").splitlines()
    seals.write_text("\n".join(line for line in lines if "CM-01/1" not in line) + "\n", encoding="utf-8")
    course.write_text(text.replace('pass_share = "0"', 'pass_share = "0.70"'), encoding="utf-8")

    faults = {one.name: [fault.message for fault in one.faults] for one in loader.check_all(content)}

    assert faults["CM-01/1"] == ["32 questions in all; a course with an exam has 40 or more"]


def test_everything_shipped_is_without_a_fault() -> None:
    assert [str(fault) for one in loader.check_all() for fault in one.faults] == []


def test_the_command_prints_notes_and_ends_well(app: Flask) -> None:
    plain = app.test_cli_runner().invoke(args=["content", "check"])
    shaped = app.test_cli_runner().invoke(args=["content", "check", "--format", "json"])

    assert plain.exit_code == 0, plain.output
    assert "CM-01/1/course.toml:1: note: 33 of 33 sources" in plain.output
    assert "sources.toml: in order" in plain.output
    listed = json.loads(shaped.output)
    assert {one["level"] for one in listed} == {"note"}
    assert {"file", "line", "message", "level"} == set(listed[0])


def test_faults_end_the_command_badly(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = loader.Checked("X/1", (loader.Fault("X/1/course.toml", 3, "wrong"),))
    monkeypatch.setattr("courses.loader.check_all", lambda: [bad])

    result = app.test_cli_runner().invoke(args=["content", "check"])

    assert result.exit_code == 1
    assert "X/1/course.toml:3: wrong" in result.output
    assert "X/1: 1 fault" in result.output


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Thầy hỏi em: tại sao em không nói?", ["tại sao em không"]),
        ("Đừng hỏi “tại sao em không nói”.", []),
        ("| Nên | Không nên |\n|---|---|\n| Cô nghe | Tại sao em không nói |", []),
        ("::: choice Tại sao con không kêu\nKhông nên.\n:::", []),
        ("Why didn't you tell me?", ["why didn't you"]),
    ],
)
def test_blame_is_noticed_outside_quotations(text: str, found: list[str]) -> None:
    assert [word for _line, word, _better in blaming(text)] == found


@pytest.mark.parametrize("word", ["ảnh khiêu dâm trẻ em", "committed suicide", "ác thú", "mại dâm trẻ em"])
def test_more_words_that_hurt(word: str) -> None:
    assert [found for _line, found, _better in hurting(f"Một câu có {word} ở giữa.")] == [word]


def test_a_law_lists_what_rests_on_it_in_the_newest_versions_only() -> None:
    checked, register = quality.survey()

    found = {one.law.key: one for one in quality.law_used(checked, register)}

    discipline = found["tt19"]
    places = {(use.code, use.number) for use in discipline.lessons if use.code == "GD-01"}
    assert places == {("GD-01", max(int(one.name) for one in (loader.CONTENT / "GD-01").iterdir()))}
    assert "020-duoc-lam-gi".split("-", 1)[1] in {
        use.place for use in discipline.lessons
    }  # named by its number
    assert len(discipline.articles) == 7
    assert {one.law.key for one in quality.law_used(checked, register, "nha giao")} >= {"tt03", "lng"}
    assert quality.law_used(checked, register, "không có văn bản nào như thế") == []
