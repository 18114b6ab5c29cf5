"""Every fault of a course folder is named with its file, its line and what to do."""

from pathlib import Path

import pytest

from courses.faults import Fault, FaultyCourse
from courses.manifest import check_course, read_course
from tests.courses.manifests.support import (
    COURSE,
    EN,
    EN2,
    FIRST,
    PICTURE,
    TOML,
    VI,
    VI2,
    WORDS,
    Spoiler,
    both,
    file,
    gone,
    lesson,
    spoil,
    spoil_both,
    toml,
    write,
)

FAULTS: list[tuple[Spoiler, str, int, str]] = [
    # the folder
    (gone(TOML), TOML, 1, "there is no course.toml; write it as content/README.md shows"),
    (
        file("ghi-chu.txt", "x"),
        "ghi-chu.txt",
        1,
        "does not belong to a course (course.toml, vi/*.md, en/*.md, media/*)",
    ),
    (file("fr/010-vi-sao.md", "x"), "fr/010-vi-sao.md", 1, "does not belong to a course"),
    (file("media/sub/a.svg", PICTURE), "media/sub/a.svg", 1, "does not belong to a course"),
    (file("vi/10-a.md", "x"), "vi/10-a.md", 1, "name a lesson like 010-vi-sao-khong-danh.md"),
    (file("vi/030-Bài.md", "x"), "vi/030-Bài.md", 1, "name a lesson like 010-vi-sao-khong-danh.md"),
    (
        lambda folder: (folder / "vi" / "x").symlink_to("/"),
        "vi/x",
        1,
        "a link to another place; put the file itself here",
    ),
    # characters
    (lambda folder: (folder / VI).write_bytes(b"+++\n\xff\n"), VI, 2, "not UTF-8; save the file as UTF-8"),
    (lambda folder: (folder / TOML).write_bytes(b"a = 1\nb = '\xff'\n"), TOML, 2, "not UTF-8"),
    (lesson("Mở đầu.", "Mo\u0309 đầu."), VI, 12, "not Unicode NFC (letters and accents are apart)"),
    (lesson("Mở đầu.", "Mở\u200b đầu."), VI, 12, "an invisible character U+200B; remove it"),
    (lesson("+++", "\ufeff+++"), VI, 1, "an invisible character U+FEFF; remove it"),
    (toml("Cho thầy cô.", "Cho thầ\u0001y cô."), TOML, 20, "an invisible character U+0001"),
    # course.toml
    (toml('code = "GD-01"', "code = GD-01"), TOML, 2, "not TOML: Invalid value"),
    (toml("format = 1", "format = 2"), TOML, 1, "“format” must be a whole number from 1 to 1"),
    (toml("format = 1\n", ""), TOML, 1, "“format” is missing here; add it, like format = 1"),
    (
        toml('code = "GD-01"', 'code = "gd-1"'),
        TOML,
        2,
        '“gd-1” has not the form of “code”; write it, like "GD-01"',
    ),
    (toml('code = "GD-01"', 'code = "GD-02"'), TOML, 2, "“code” is GD-02, but its folder is called GD-01"),
    (
        toml("version = 1", "version = 2"),
        TOML,
        3,
        "“version” is 2, but its folder is called 1; make them the same",
    ),
    (
        toml("changed_on = 2026-11-24", 'changed_on = "24/11"'),
        TOML,
        4,
        "“changed_on” must be a date without quotes",
    ),
    (toml(', en = "First version."', ""), TOML, 5, "“en” is missing here; add it"),
    (
        toml('"education"', '"school"'),
        TOML,
        6,
        "“sector” cannot be “school”; use one of: education, health, police",
    ),
    (toml('"manager"', '"boss"'), TOML, 7, "“audiences” cannot be “boss”; use one of: teacher, manager"),
    (
        toml('"open"', '"public"'),
        TOML,
        8,
        "“access” cannot be “public”; use one of: open, audience, restricted",
    ),
    (toml("minutes = 360", "minutes = 0"), TOML, 9, "“minutes” must be a whole number from 1 to 6000"),
    (
        toml('"completion"', '"diploma"'),
        TOML,
        10,
        "“certificate” cannot be “diploma”; use one of: completion, part",
    ),
    (
        toml("validity_months = 36", "validity_months = 0"),
        TOML,
        11,
        "“validity_months” must be a whole number",
    ),
    (toml('"II.2.b"', '"2b"'), TOML, 12, "“2b” has not the form of “plan_items”; write it, like II.2.b"),
    (toml('"CT06"', '"CT6"'), TOML, 13, "“CT6” has not the form of “indicators”; write it, like CT06"),
    (
        toml("indicators", "indicator"),
        TOML,
        13,
        "unknown key “indicator”; remove it (did you mean “indicators”?)",
    ),
    (toml("[title]", "[titel]"), TOML, 15, "unknown key “titel”; remove it (did you mean “title”?)"),
    (toml('en = "For teachers."', 'fr = "x"'), TOML, 21, "unknown key “fr”; remove it"),
    (toml('vi = "Nêu được hai lý do."\n', ""), TOML, 23, "“vi” is missing here; add it"),
    (
        toml("[[modules]]", '[[objectives]]\nref = "o1"\nvi = "x"\nen = "x"\n[[modules]]'),
        TOML,
        29,
        "“o1” is already the ref",
    ),
    (toml('ref = "o1"', 'ref = "O 1"'), TOML, 24, "“O 1” has not the form of “ref”"),
    (
        toml('  "020-the-nao",\n', '  "020-the-nao",\n  "010-vi-sao",\n'),
        TOML,
        31,
        "“010-vi-sao” is listed twice",
    ),
    (
        toml(
            "[[completion]]",
            '[[modules]]\nref = "m2"\ntitle = { vi = "x", en = "x" }\nlessons = ["020-the-nao"]\n[[completion]]',
        ),
        TOML,
        39,
        "“020-the-nao” is already in module m1; list it once",
    ),
    (
        toml('"020-the-nao"', '"030-khac"'),
        TOML,
        32,
        "there is no lesson vi/030-khac.md or en/030-khac.md; write it",
    ),
    (toml('  "020-the-nao",\n', ""), VI2, 1, "in no module; name it in course.toml under one of [[modules]]"),
    (
        toml('"020-the-nao"', '"the-nao"'),
        TOML,
        32,
        "“the-nao” has not the form of “lessons”; write it, like 010-",
    ),
    (toml('title = { vi = "Vì sao", en = "Why" }', 'title = "Vì sao"'), TOML, 34, "“title” must be a table"),
    (
        toml("title = { vi", 'content_note = { vi = "x", en = "111" }\ntitle = { vi'),
        TOML,
        34,
        "the content note (vi) does not name the hotline 111",
    ),
    # completion and quizzes
    (
        toml('"lessons_share"', '"lessons_most"'),
        TOML,
        37,
        "“rule” cannot be “lessons_most”; use one of: lessons_read",
    ),
    (
        toml('share = "0.75"', "share = 0.75"),
        TOML,
        38,
        "“share” must be a share above 0 and up to 1, in quotes",
    ),
    (toml('share = "0.75"', 'share = "0.75"\ntimes = 1'), TOML, 39, "unknown key “times”; remove it"),
    (
        toml('quiz = "final"', 'quiz = "finale"'),
        TOML,
        41,
        "there is no quiz “finale”; add it under [[quizzes]]",
    ),
    (toml('quiz = "final"\n', ""), TOML, 39, "“quiz” is missing here; add it"),
    (
        toml('quiz = "final"', 'quiz = "final"\naudiences = ["parent"]'),
        TOML,
        42,
        "the course is not for “parent”; it is for: teacher, manager",
    ),
    (
        toml('quiz = "final"', 'quiz = "final"\naudiences = ["boss"]'),
        TOML,
        42,
        "“audiences” cannot be “boss”; use one of: teacher",
    ),
    (
        toml('quiz = "final"', 'quiz = "final"\naudiences = ["teacher", "manager"]'),
        TOML,
        42,
        "“audiences” names everybody that the course is for; leave it out",
    ),
    (
        toml('quiz = "final"', 'quiz = "final"\naudiences = []'),
        TOML,
        42,
        "“audiences” is an empty list; name at least one",
    ),
    (
        toml("[title]", '[certificate_for]\nparticipation = ["parent"]\n[title]'),
        TOML,
        16,
        "the course is not for “parent”; it is for: teacher, manager",
    ),
    (
        toml("[title]", '[certificate_for]\ncompletion = ["teacher"]\nparticipation = ["manager"]\n[title]'),
        TOML,
        16,
        "“completion” is what everybody else receives; name who receives the other kind",
    ),
    (toml("[title]", "[certificate_for]\n[title]"), TOML, 15, "“participation” is missing here; add it"),
    (
        toml("[title]", '[certificate_for]\ndiploma = ["manager"]\nparticipation = ["manager"]\n[title]'),
        TOML,
        16,
        "unknown key “diploma”; remove it",
    ),
    (toml("times = 2", "times = 0"), TOML, 44, "“times” must be a whole number from 1 to 100"),
    (
        toml("times = 2", 'times = 2\n[[completion]]\nrule = "lessons_share"\nshare = "1"'),
        TOML,
        46,
        "the rule “lessons_share” stands twice; keep one",
    ),
    (
        toml(COURSE[COURSE.index("[[completion]]") : COURSE.index("[[quizzes]]")], ""),
        TOML,
        1,
        "“completion” is missing here; add it",
    ),
    (toml('bank = "gd-01-1"', 'bank = "gd-01"'), TOML, 48, "“gd-01” has not the form of “bank”"),
    (
        toml('pass_share = "0.80"', 'pass_share = "1.2"'),
        TOML,
        50,
        "“pass_share” must be a share from 0 to 1, in quotes",
    ),
    (toml("attempts = 5", "attempts = -1"), TOML, 51, "“attempts” must be a whole number from 0 to 100"),
    (
        toml('feedback = "full"', 'feedback = "some"'),
        TOML,
        55,
        "“feedback” cannot be “some”; use one of: full, hints",
    ),
    (
        toml('objective = "o1"', 'objective = "o2"'),
        TOML,
        57,
        "there is no objective “o2”; the course has: o1",
    ),
    (toml("count = 2", "count = 0"), TOML, 58, "“count” must be a whole number from 1 to 100"),
    (
        toml("difficulty = [1, 2]", "difficulty = [4]"),
        TOML,
        59,
        "“difficulty” must be a list of different whole numbers",
    ),
    # front matter
    (lesson("+++\n", ""), VI, 1, "a lesson begins with a line +++, its front matter and a line +++"),
    (lesson('/"\n+++\n', '/"\n'), VI, 1, "the front matter is never closed; end it with a line +++"),
    (lesson('title = "Vì sao"', "title = Vì sao"), VI, 2, "the front matter is not TOML: Invalid value"),
    (lesson('title = "Vì sao"\n', ""), VI, 2, "“title” is missing here; add it"),
    (lesson("minutes = 7", "minutes = 21"), VI, 3, "“minutes” must be a whole number from 1 to 20"),
    (both('["o1"]', '["o1", "o9"]'), VI, 4, "there is no objective “o9”; the course has: o1"),
    (lesson('action = "Ngày mai, tôi sẽ hít thở."\n', ""), VI, 2, "“action” is missing here; add it"),
    (lesson("[[sources]]", 'author = "x"\n[[sources]]'), VI, 6, "unknown key “author”; remove it"),
    (
        lesson("checked = 2026-11-23\n", ""),
        VI,
        6,
        "“checked” is missing here; add it, like checked = 2026-11-24",
    ),
    (
        lesson("checked = 2026-11-23", "checked = 2026-11-25"),
        VI,
        8,
        "checked on 2026-11-25, after the course's changed_on",
    ),
    (
        lesson("https://vanban", "http://vanban"),
        VI,
        9,
        "“http://vanban.chinhphu.vn/” has not the form of “url”",
    ),
    (lesson("url =", "link ="), VI, 9, "unknown key “link”; remove it"),
    (
        both(FIRST[FIRST.index("[[sources]]") : FIRST.index("+++\n\n")], ""),
        VI,
        2,
        "“sources” is missing here; add it",
    ),
    (lesson("Gọi 111.", "Dừng lại.", VI2), VI2, 6, "a content note names the hotline 111; add it"),
    # text
    (lesson(WORDS, "chữ"), VI, 11, "the lesson has 29 words; write 400 to 900"),
    (lesson(WORDS, WORDS * 3), VI, 11, "the lesson has 1226 words; write 400 to 900"),
    (lesson("::: help", "::: helf"), VI, 22, "there is no block “helf”; use one of: note, tip"),
    (
        lesson("Mở đầu.", "Mở <b>đầu</b>."),
        VI,
        12,
        "HTML is shown as text and does nothing; write Markdown or a block",
    ),
    (lesson("## Mục", "# Mục"), VI, 14, "the title is the page's only first-level heading; use ## here"),
    (
        lesson("Mở đầu.", "Một con mồi."),
        VI,
        12,
        "“con mồi” is not used (safe writing); instead: trẻ bị xâm hại",
    ),
    (
        toml("Cho thầy cô.", "Kẻ mách."),
        TOML,
        20,
        "“kẻ mách” is not used (safe writing); instead: người báo tin",
    ),
    (
        lesson("<g/>", "<title>Con mồi</title>", "media/ba-bac.svg"),
        "media/ba-bac.svg",
        2,
        "“con mồi” is not used",
    ),
    (
        lesson("Mở đầu.", "Tự tử."),
        VI,
        12,
        "“tự tử” is said without a content note; add content_note to the lesson",
    ),
    # pictures and links
    (
        lesson("![Ba bậc]", "![ ]"),
        VI,
        16,
        "the picture has no alt text; say between the brackets what it shows",
    ),
    (
        lesson("ba-bac.svg", "ba-bac.jpg"),
        VI,
        16,
        "there is no file media/ba-bac.jpg (did you mean ba-bac.svg?)",
    ),
    (lesson("ba-bac.svg", "xyz.png"), VI, 16, "there is no file media/xyz.png (add the file)"),
    (
        lesson("media/ba", "https://a.vn/ba"),
        VI,
        16,
        "“https://a.vn/ba-bac.svg” is not in the course's media folder",
    ),
    (lesson("lop.mp4", "khac.mp4", VI2), VI2, 14, "there is no file media/khac.mp4"),
    (lesson("media/lop.mp4", "lop.mp4", VI2), VI2, 14, "“lop.mp4” is not in the course's media folder"),
    (
        lesson("(/help)", "(http://a.vn)"),
        VI,
        26,
        "the link to “http://a.vn” is not allowed; use https://…, tel:…",
    ),
    (lesson("(/help)", "(javascript:x)"), VI, 26, "the link to “javascript:x” is not allowed"),
    (lesson("(/help)", "(//a.vn)"), VI, 26, "the link to “//a.vn” is not allowed"),
    (lesson("(/help)", "(https:///a)"), VI, 26, "the link to “https:///a” has no host; write it in full"),
    (
        lesson("../the-nao/", "../the-nay/"),
        VI,
        26,
        "the link to “../the-nay/” leads to no lesson; write ../lesson-addr",
    ),
    (lesson("../the-nao/", "020-the-nao.md"), VI, 26, "the link to “020-the-nao.md” leads to no lesson"),
    (file("media/thua.svg", PICTURE), "media/thua.svg", 1, "no lesson shows this file; use it or remove it"),
    (
        file("media/Thừa.svg", PICTURE),
        "media/Thừa.svg",
        1,
        "name a media file with a-z, 0-9 and -, ending in one of",
    ),
    (
        file("media/anh.jpg", "x"),
        "media/anh.jpg",
        1,
        "name a media file with a-z, 0-9 and -, ending in one of: .svg",
    ),
    (
        file("media/to.png", "x" * 61441),
        "media/to.png",
        1,
        "the picture has 61441 bytes, more than 61440 (60 KB)",
    ),
    (
        lesson("<g/>", "<script/>", "media/ba-bac.svg"),
        "media/ba-bac.svg",
        2,
        "<script> is not allowed in a picture",
    ),
    (lesson("<g/>", "<g/>" + " " * 61440, "media/ba-bac.svg"), "media/ba-bac.svg", 1, "the picture has 61"),
    (
        both("::: jobaid Ba bước\n1. Dừng\n:::", "1. Dừng"),
        TOML,
        29,
        "module m1 has 0 job aids; write one card",
    ),
    # the two languages
    (gone(EN2), EN2, 1, "the lesson exists only in the other language; write en/020-the-nao.md"),
    (gone(VI2), VI2, 1, "the lesson exists only in the other language; write vi/020-the-nao.md"),
    (lesson("minutes = 7", "minutes = 8", EN), EN, 3, "“minutes” is 8, in Vietnamese 7; make them the same"),
    (
        lesson('["o1"]', '["o1", "o2"]', EN),
        EN,
        4,
        "“objectives” is o1, o2, in Vietnamese o1; make them the same",
    ),
    (lesson("content_note", "# content_note", EN2), EN2, 2, "only the Vietnamese file has a content_note"),
    (
        lesson("[[sources]]", 'content_note = "111"\n[[sources]]', EN),
        EN,
        6,
        "only the English file has a content_note",
    ),
    (
        lesson("[[sources]]", '[[sources]]\ntext = "a"\nchecked = 2026-11-20\n[[sources]]', EN),
        EN,
        6,
        "2 sources, in Vietnamese 1",
    ),
    (lesson("::: help", "::: note", EN), EN, 22, "here stands “note”, in Vietnamese “help” (line 22)"),
    (lesson("## Mục", "### Mục", EN), EN, 14, "here stands “###”, in Vietnamese “##” (line 14)"),
    (
        lesson("::: help\nGọi 111.\n:::\n", "", EN),
        EN,
        25,
        "“help” (line 22 of the Vietnamese file) is missing here",
    ),
    (
        lesson("::: help\nGọi 111.\n:::\n", "", VI),
        EN,
        22,
        "“help” is not in the Vietnamese file; remove it here",
    ),
    (
        lesson("::: jobaid", "Thêm.\n\n::: reveal Vì sao?\nVì.\n:::\n\n::: jobaid", EN),
        EN,
        20,
        "here stands “reveal”, in Vietnamese “jobaid” (line 18)",
    ),
    # one address, one lesson
    (
        lambda folder: (folder / VI).rename(folder / "vi/030-the-nao.md"),
        "vi/030-the-nao.md",
        1,
        "the address “the-nao” is that of 020-the-nao",
    ),
]


@pytest.mark.parametrize(("spoiler", "where", "line", "says"), FAULTS)
def test_every_fault_is_named(sound: Path, spoiler: Spoiler, where: str, line: int, says: str) -> None:
    spoiler(sound)

    faults = check_course(sound)

    near = [fault for fault in faults if fault.file == f"GD-01/1/{where}" and fault.message.startswith(says)]
    assert [fault.line for fault in near] == [line], "\n".join(map(str, faults))


def test_all_faults_come_at_once_in_order(sound: Path) -> None:
    spoil(sound, TOML, "minutes = 360", "minutes = 0")
    spoil(sound, TOML, "times = 2", "times = 0")
    spoil(sound, EN, "## Mục", "# Mục")
    write(sound, "ghi-chu.txt", "x")

    with pytest.raises(FaultyCourse) as caught:
        read_course(sound)

    assert [(fault.file, fault.line) for fault in caught.value.faults] == [
        ("GD-01/1/course.toml", 9),
        ("GD-01/1/course.toml", 44),
        ("GD-01/1/en/010-vi-sao.md", 14),
        ("GD-01/1/en/010-vi-sao.md", 16),
        ("GD-01/1/ghi-chu.txt", 1),
    ]
    assert str(caught.value).splitlines()[0] == (
        "GD-01/1/course.toml:9: “minutes” must be a whole number from 1 to 6000, without quotes"
    )


@pytest.mark.parametrize("text", ["x =", None])
def test_lessons_are_checked_even_without_a_readable_course_toml(sound: Path, text: str | None) -> None:
    if text is None:
        (sound / TOML).unlink()
    else:
        write(sound, TOML, text)
    spoil(sound, EN, "## Mục", "# Mục")

    faults = check_course(sound)

    assert {fault.file for fault in faults} == {"GD-01/1/course.toml", "GD-01/1/en/010-vi-sao.md"}


def test_a_lesson_that_cannot_be_read_is_not_called_missing(sound: Path) -> None:
    for one in (VI2, EN2):
        (sound / one).write_bytes(b"+++\n\xff\n")

    assert {(fault.file, fault.message) for fault in check_course(sound)} == {
        ("GD-01/1/vi/020-the-nao.md", "not UTF-8; save the file as UTF-8"),
        ("GD-01/1/en/020-the-nao.md", "not UTF-8; save the file as UTF-8"),
    }


def test_one_wrong_date_is_one_fault(sound: Path) -> None:
    spoil(sound, TOML, "changed_on = 2026-11-24", "changed_on = 1")

    assert len(check_course(sound)) == 1


def test_a_module_s_note_serves_its_lessons(sound: Path) -> None:
    spoil_both(sound, "020-the-nao.md", 'content_note = "Bài này nói về tổn hại. Gọi 111."\n', "")
    assert [fault.line for fault in check_course(sound)] == [11, 11]

    spoil(sound, TOML, 'ref = "m1"', 'ref = "m1"\ncontent_note = { vi = "Gọi 111.", en = "Call 111." }')

    assert check_course(sound) == ()


def test_faults_sort_by_file_and_line() -> None:
    assert sorted([Fault("b", 1, "x"), Fault("a", 10, "x"), Fault("a", 9, "y")]) == [
        Fault("a", 9, "y"),
        Fault("a", 10, "x"),
        Fault("b", 1, "x"),
    ]
