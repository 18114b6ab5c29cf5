"""A course folder that is sound is read whole, and stored as it says."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from courses.completion import Rule
from courses.manifest import (
    AUDIENCES,
    CourseManifest,
    Draw,
    check_course,
    document_of,
    quiz_document,
    read_course,
)
from courses.toml_tables import Text
from portal.core.accounts.models import Audience
from tests.courses.manifests.support import COURSE, spoil, write


@pytest.mark.parametrize("code", ["GD-01B", "GD-02"])
def test_a_code_may_end_in_the_letter_of_a_track(sound: Path, code: str) -> None:
    spoil(sound, "course.toml", 'code = "GD-01"', f'code = "{code}"')
    track = sound.parent.parent / code / "1"
    track.parent.mkdir()
    sound.rename(track)

    assert check_course(track) == ()
    assert read_course(track).code == code


@pytest.mark.parametrize("code", ["GD-01b", "GD-01BC", "GD-01-B", "GDB-01", "GD-1B"])
def test_a_code_of_another_form_is_refused(sound: Path, code: str) -> None:
    spoil(sound, "course.toml", 'code = "GD-01"', f'code = "{code}"')

    assert f'“{code}” has not the form of “code”; write it, like "GD-01"' in [
        fault.message for fault in check_course(sound)
    ]


def test_a_sound_course_is_read_whole(sound: Path) -> None:
    course = read_course(sound)

    assert check_course(sound) == ()
    assert (course.code, course.version, course.changed_on) == ("GD-01", 1, date(2026, 11, 24))
    assert (course.sector, course.access, course.certificate) == ("education", "open", "completion")
    assert (course.minutes, course.validity_months) == (360, 36)
    assert (course.audiences, course.plan_items, course.indicators) == (
        ("teacher", "manager"),
        ("II.2.b",),
        ("CT06",),
    )
    assert course.title == Text("Kỷ luật tích cực", "Positive discipline")
    assert course.lesson_slugs == ("vi-sao", "the-nao")
    assert course.completion == (
        Rule("lessons_share", share=Fraction(3, 4)),
        Rule("quiz_passed", quiz="final"),
        Rule("workshop_attended", times=2),
    )
    (quiz,) = course.quizzes
    assert (quiz.bank, quiz.pass_share, quiz.draw) == ("gd-01-1", Fraction(4, 5), (Draw("o1", 2, (1, 2)),))
    assert {media.name: media.size for media in course.media} == {"ba-bac.svg": (640, 360), "lop.mp4": None}
    assert course.picture_size("ba-bac.svg") == (640, 360)
    assert course.picture_size("khong-co.svg") is None


def test_a_lesson_has_its_texts_in_both_languages(sound: Path) -> None:
    spoil(sound, "en/020-the-nao.md", "Thế nào", "How")

    lesson = read_course(sound).lessons[1]

    assert (lesson.slug, lesson.name, lesson.minutes, lesson.objectives) == (
        "the-nao",
        "020-the-nao",
        5,
        ("o1",),
    )
    assert (lesson.texts["vi"].title, lesson.texts["en"].title) == ("Thế nào", "How")
    assert lesson.texts["vi"].content_note == "Bài này nói về tổn hại. Gọi 111."
    assert lesson.texts["vi"].line == 11
    assert lesson.texts["vi"].body.startswith("\nMở đầu")
    assert lesson.texts["vi"].words == 415  # 6, then 6 + 2 + 1 of the block, then 400
    assert [one.document() for one in read_course(sound).lessons[0].texts["vi"].sources] == [
        {"text": "Luật Trẻ em 2016", "checked": "2026-11-23", "url": "https://vanban.chinhphu.vn/"}
    ]


def with_tracks(folder: Path) -> None:
    """Give the sound course two more modules of one lesson each: tracks of which one is read."""
    for number, name, slug in (("m2", "030-nho", "nho"), ("m3", "040-lon", "lon")):
        for language in ("vi", "en"):
            text = (folder / language / "010-vi-sao.md").read_text(encoding="utf-8")
            write(folder, f"{language}/{name}.md", text)
        module = f'[[modules]]\nref = "{number}"\nlessons = ["{name}"]\ntitle = {{ vi = "{slug}", en = "{slug}" }}\n\n'
        spoil(
            folder,
            "course.toml",
            '[[completion]]\nrule = "lessons_share"',
            module + '[[completion]]\nrule = "lessons_share"',
        )
    spoil(
        folder,
        "course.toml",
        'share = "0.75"\n',
        'share = "0.75"\nmodules = ["m1"]\n[[completion]]\nrule = "track_share"\nshare = "1"\nmodules = ["m2", "m3"]\n',
    )


def test_tracks_are_read_and_stored(sound: Path) -> None:
    with_tracks(sound)

    course = read_course(sound)

    assert course.completion[:2] == (
        Rule("lessons_share", share=Fraction(3, 4), modules=("m1",)),
        Rule("track_share", share=Fraction(1), modules=("m2", "m3")),
    )
    assert document_of(course)["completion"][:2] == [
        {"rule": "lessons_share", "share": "0.75", "modules": ["m1"]},
        {"rule": "track_share", "share": "1", "modules": ["m2", "m3"]},
    ]


def test_rules_and_the_certificate_by_audience_are_read_and_stored(sound: Path) -> None:
    assert "audiences" not in str(document_of(read_course(sound))["completion"])
    assert "certificate_for" not in document_of(read_course(sound))
    spoil(sound, "course.toml", 'quiz = "final"', 'quiz = "final"\naudiences = ["manager"]')
    spoil(sound, "course.toml", "[title]", '[certificate_for]\nparticipation = ["teacher"]\n\n[title]')

    course = read_course(sound)

    assert course.completion[1] == Rule("quiz_passed", quiz="final", audiences=("manager",))
    assert course.certificate_for == {"participation": ("teacher",)}
    document = document_of(course)
    assert document["completion"][1] == {"rule": "quiz_passed", "quiz": "final", "audiences": ["manager"]}
    assert (document["certificate"], document["certificate_for"]) == (
        "completion",
        {"participation": ["teacher"]},
    )


def test_a_second_track_rule_for_some_is_refused(sound: Path) -> None:
    with_tracks(sound)
    spoil(sound, "course.toml", 'modules = ["m2", "m3"]', 'modules = ["m2", "m3"]\naudiences = ["teacher"]')

    assert [fault.message for fault in check_course(sound)] == [
        "tracks are there for everybody; leave “audiences” out"
    ]


def test_of_every_audience_something_is_asked(sound: Path) -> None:
    rules = COURSE[COURSE.index("[[completion]]") : COURSE.index("[[quizzes]]")]
    only = '[[completion]]\nrule = "quiz_passed"\nquiz = "final"\naudiences = ["manager"]\n\n'
    spoil(sound, "course.toml", rules, only)

    (fault,) = check_course(sound)

    assert (fault.line, fault.message) == (36, "no rule binds “teacher”; say what is asked of them")


def test_a_discreet_course_asks_the_same_of_everybody(sound: Path) -> None:
    spoil(sound, "course.toml", 'access = "open"', 'access = "discreet"\nstands_for = "CM-01"')
    spoil(sound, "course.toml", 'quiz = "final"', 'quiz = "final"\naudiences = ["manager"]')

    (fault,) = check_course(sound)

    assert (fault.line, fault.message) == (
        37,
        "a discreet course asks the same of everybody; leave “audiences” out of its rules",
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('modules = ["m2", "m3"]', 'modules = ["m2", "m9"]', "there is no module “m9”; the course has: m1, m2, m3"),
        ('modules = ["m2", "m3"]', 'modules = ["m2"]', "one track is no choice; name two or more"),
        ('modules = ["m2", "m3"]', 'modules = ["m1", "m3"]', "give each of them as many lessons"),
        ('modules = ["m2", "m3"]\n', "", "“modules” is missing here; add it"),
        ('modules = ["m1"]', 'modules = ["m1", "m2"]', "“m2” is a track, and not everybody reads it; take it out"),
        ('modules = ["m1"]\n', "", "name in “modules” what everybody reads, or “lessons_share” asks for every track"),
    ],
)  # fmt: skip
def test_faults_of_tracks(sound: Path, old: str, new: str, message: str) -> None:
    with_tracks(sound)
    spoil(sound, "course.toml", old, new)

    assert any(message in fault.message for fault in check_course(sound)), check_course(sound)


def test_the_stored_document_is_what_course_toml_says(sound: Path) -> None:
    document = document_of(read_course(sound))

    assert document["changed_on"] == "2026-11-24"
    assert document["objectives"] == [{"ref": "o1", "vi": "Nêu được hai lý do.", "en": "Name two reasons."}]
    assert document["modules"] == [
        {"ref": "m1", "title": {"vi": "Vì sao", "en": "Why"}, "lessons": ["vi-sao", "the-nao"]}
    ]
    assert document["completion"] == [
        {"rule": "lessons_share", "share": "0.75"},
        {"rule": "quiz_passed", "quiz": "final"},
        {"rule": "workshop_attended", "times": 2},
    ]
    assert document["quizzes"] == [quiz_document(read_course(sound).quizzes[0])]
    assert document["quizzes"][0] == {
        "ref": "final",
        "bank": "gd-01-1",
        "title": {"vi": "Bài kiểm tra", "en": "Quiz"},
        "pass_share": "0.8",
        "attempts": 5,
        "wait_after": 2,
        "wait_hours": 24,
        "limit_minutes": 0,
        "feedback": "full",
        "draw": [{"objective": "o1", "count": 2, "difficulty": [1, 2]}],
    }


def test_a_module_s_note_is_stored_with_it(sound: Path) -> None:
    spoil(
        sound, "course.toml", 'ref = "m1"', 'ref = "m1"\ncontent_note = { vi = "Gọi 111.", en = "Call 111." }'
    )

    assert document_of(read_course(sound))["modules"][0]["content_note"] == {
        "vi": "Gọi 111.",
        "en": "Call 111.",
    }


RUBRIC = """
[practice]
kind = "case_plan"
title = { vi = "Kế hoạch", en = "Plan" }
minutes = 60
two_assessors = true
differ_by = 1
guide = { vi = "Đọc.", en = "Read." }
[[practice.criteria]]
ref = "c1"
title = { vi = "Rõ", en = "Clear" }
[[practice.criteria.levels]]
points = 0
vi = "Chưa"
en = "No"
[[practice.criteria.levels]]
points = 2
vi = "Rồi"
en = "Yes"
"""


def test_what_may_be_left_out_may_be_left_out(sound: Path) -> None:
    spoil(sound, "course.toml", "validity_months = 36\n", "")
    spoil(sound, "course.toml", 'plan_items = ["II.2.b"]', "plan_items = []")
    spoil(sound, "course.toml", COURSE[COURSE.index("[[quizzes]]") :], "")
    spoil(
        sound, "course.toml", 'rule = "quiz_passed"\nquiz = "final"', 'rule = "practice_marked"\nshare = "1"'
    )
    text = (sound / "course.toml").read_text(encoding="utf-8")
    write(sound, "course.toml", text + RUBRIC)

    course = read_course(sound)

    assert (course.validity_months, course.quizzes, course.plan_items) == (None, (), ())
    assert course.completion[1] == Rule("practice_marked", share=Fraction(1))


@pytest.mark.parametrize("kind", ["observed_lesson", "observed_interview", "case_plan", "indicator_sheet"])
def test_a_practice_is_a_lesson_an_interview_a_case_plan_or_an_indicator_sheet(
    sound: Path, kind: str
) -> None:
    spoil(sound, "course.toml", COURSE[COURSE.index("[[quizzes]]") :], "")
    spoil(
        sound, "course.toml", 'rule = "quiz_passed"\nquiz = "final"', 'rule = "practice_marked"\nshare = "1"'
    )
    text = (sound / "course.toml").read_text(encoding="utf-8")
    write(sound, "course.toml", text + RUBRIC.replace('kind = "case_plan"', f'kind = "{kind}"'))

    course = read_course(sound)

    assert course.practice is not None
    assert course.practice.kind == kind


CONTENT = Path(__file__).parents[3] / "courses" / "content"
SHIPPED = sorted(path.parent for path in CONTENT.glob("*/*/course.toml"))


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_every_shipped_course_is_sound(folder: Path) -> None:
    assert check_course(folder) == ()
    assert isinstance(read_course(folder), CourseManifest)


def test_audiences_are_those_a_person_can_have() -> None:
    assert set(AUDIENCES) == {audience.value for audience in Audience}
