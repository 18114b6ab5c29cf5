"""Bank files: every fault, each with its line."""

import re
from collections.abc import Sequence

import pytest

from quizzes import bank
from quizzes.bank import Bank, BankFaults, read_bank

HEAD = """format = 1
slug = "thu"
version = 2
languages = ["vi", "en"]
"""
QUESTION = """
[[questions]]
ref = "q%(n)02d"
kind = "single"
objective = "o1"
difficulty = 1
lesson = "bai-mot"
stem = { vi = "Câu %(n)d?", en = "Question %(n)d?" }
feedback = { right = { vi = "Đúng.", en = "Right." }, wrong = { vi = "Chưa.", en = "Wrong." } }
[[questions.options]]
ref = "a"
right = %(a)s
text = { vi = "%(long_a)s", en = "One" }
feedback = { vi = "Vì.", en = "As." }
[[questions.options]]
ref = "b"
right = %(b)s
text = { vi = "%(long_b)s", en = "Two" }
feedback = { vi = "Vì.", en = "As." }
"""


def question(n: int, *, right: str = "a", longest: str = "") -> str:
    """Return a sound single question; `longest` names an option to be longer than the other."""
    return QUESTION % {
        "n": n,
        "a": "true" if right == "a" else "false",
        "b": "true" if right == "b" else "false",
        "long_a": "Một một" if longest == "a" else "Một",
        "long_b": "Hai hai" if longest == "b" else "Hai",
    }


def faults(text: str, name: str = "thu-2.toml") -> list[str]:
    with pytest.raises(BankFaults) as refused:
        read_bank(text, name)
    assert all(fault.file == name for fault in refused.value.faults)
    return [str(fault).removeprefix(f"{name}:") for fault in refused.value.faults]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_sound_bank_is_read() -> None:
    found = read_bank(HEAD + question(1), "thu-2.toml")

    assert (found.slug, found.version) == ("thu", 2)
    (one,) = found.questions
    assert (one.ref, one.kind, one.objective, one.difficulty, one.lesson) == (
        "q01",
        "single",
        "o1",
        1,
        "bai-mot",
    )
    assert one.stem == {"vi": "Câu 1?", "en": "Question 1?"}
    assert one.parts.key["right"] == ["a"]


def test_the_digest_is_of_the_data_and_not_of_its_spelling() -> None:
    plain = read_bank(HEAD + question(1), "thu-2.toml")
    respelt = read_bank("# a note\n" + HEAD.replace(" = ", "=") + question(1), "thu-2.toml")
    changed = read_bank(HEAD + question(1).replace("Vì.", "Vì thế.", 1), "thu-2.toml")

    assert plain.digest == respelt.digest
    assert re.fullmatch(r"[0-9a-f]{64}", plain.digest)
    assert plain.digest != changed.digest


def test_a_stored_document_is_the_same_bank() -> None:
    plain = read_bank(HEAD + question(1), "thu-2.toml")

    assert Bank(dict(plain.document)).questions == plain.questions


def test_what_is_no_toml_says_where() -> None:
    assert faults(HEAD + "\n[[questions]\n")[0].startswith("6: is not TOML")
    assert faults('a = """never closed')[0].startswith("1: is not TOML")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("format = 1", "format = 2", "format: 'format' must be 1; this release reads no other"),
        ('slug = "thu"', 'slug = "Thử"', "slug: 'slug' must be of a-z, 0-9 and -, at most 40 long"),
        ("version = 2", "version = 0", "version: 'version' must be a whole number from 1"),
        ("version = 2", "version = true", "version: 'version' must be a whole number from 1"),
        ("version = 2", "version = 3", "slug: the file of this bank must be called 'thu-3.toml'"),
        ('["vi", "en"]', '["vi"]', "languages: 'languages' must be ['vi', 'en']: every text is in both"),
        ('ref = "q01"', 'ref = "Q 1"', "questions 1 ref: needs a ref of a-z, 0-9 and -, at most 40 long"),
        ('kind = "single"', 'kind = "hotspot"', "questions 1 kind: there is no kind 'hotspot'"),
        ('kind = "single"', "kind = 7", "questions 1 kind: there is no kind 7"),
        (
            'objective = "o1"',
            "objective = 1",
            "questions 1 objective: 'objective' must be a ref of a-z, 0-9 and -",
        ),
        (
            "difficulty = 1",
            "difficulty = 4",
            "questions 1 difficulty: 'difficulty' must be 1 (easy), 2 or 3 (hard)",
        ),
        (
            "difficulty = 1",
            "difficulty = true",
            "questions 1 difficulty: 'difficulty' must be 1 (easy), 2 or 3 (hard)",
        ),
        ("bai-mot", "Bài một", "questions 1 lesson: 'lesson' must be a ref of a-z, 0-9 and -"),
        ("difficulty = 1", "difficulty = 1\ncolour = 3", "questions 1 colour: 'colour' is not known here"),
        ("Câu 1?", "Ca\u0302u 1?", "questions 1 stem vi: is not in Unicode NFC"),
        ("Câu 1?", "  ", "questions 1 stem vi: must be a text that is not empty"),
        ("Câu 1?", "a\\u0007b", "questions 1 stem vi: holds a control character"),
        (', en = "Question 1?"', "", "questions 1 stem: has no text in 'en'"),
        (
            'en = "Question 1?"',
            'en = "Q?", fr = "Q?"',
            "questions 1 stem: has a text in 'fr', which is no language of this bank",
        ),
        (
            '{ vi = "Câu 1?", en = "Question 1?" }',
            '"Câu 1?"',
            "questions 1 stem: must be a text in every language",
        ),
        (
            ', wrong = { vi = "Chưa.", en = "Wrong." }',
            "",
            "questions 1 feedback wrong: must be a text in every language",
        ),
        ("right = { vi", "extra = { vi", "questions 1 feedback extra: 'extra' is not known here"),
        (
            'text = { vi = "Hai", en = "Two" }',
            'text = { vi = "Hai" }',
            "questions 1 options 2 text: has no text in 'en'",
        ),
        ('ref = "b"', 'ref = "a"', "questions 1 options 2 ref: the ref 'a' is used twice"),
        (
            "right = true",
            "right = false",
            "questions 1 options: exactly one option must be right, here 0 are",
        ),
    ],
)
def test_a_fault_is_named_with_its_line(old: str, new: str, message: str) -> None:
    text = (HEAD + question(1)).replace(old, new, 1)

    found = faults(text)

    assert any(message in fault for fault in found), found
    places = {
        "slug: the file": "slug =",
        "questions 1 stem": "stem",
        "questions 1 feedback": "feedback",
        "questions 1 options 2 ref": 'ref = "a"\nright = false',
        "questions 1 options:": "[[questions.options]]",
        "questions 1 options 2 text": 'text = { vi = "Hai"',
        "questions 1 colour": "colour",
        "languages": "languages =",
    }
    mark = next(
        (place for start, place in places.items() if message.startswith(start)), new.split("=")[0] + "="
    )
    if message.startswith("questions 1 lesson"):
        mark = "lesson ="
    assert any(fault.startswith(f"{line_of(text, mark)}: {message}") for fault in found), found


def test_every_fault_is_named_at_once_in_the_order_of_lines() -> None:
    text = (
        HEAD.replace("format = 1", "format = 9") + question(1).replace('en = "One"', 'en = ""') + question(1)
    )

    found = faults(text)

    assert [int(fault.split(":")[0]) for fault in found] == sorted(
        int(fault.split(":")[0]) for fault in found
    )
    assert len(found) == 3
    assert found[0].startswith("1: format")
    assert found[1].startswith(f"{line_of(text, 'text = { vi')}: questions 1 options 1 text en")
    assert found[2].startswith("26: questions 2 ref: the ref 'q01' is used twice")


def test_missing_feedback_and_questions() -> None:
    assert "2: " not in faults(HEAD + re.sub(r"feedback = \{ right.*", "", question(1)))[0]
    assert faults(HEAD + re.sub(r"feedback = \{ right.*", "", question(1)))[0].startswith(
        "6: questions 1 feedback: every question needs feedback"
    )
    assert faults(HEAD) == ["1: questions: a bank needs [[questions]]"]
    assert faults(HEAD + "questions = [1]") == ["5: questions 1: a question must be a table"]
    assert faults("what = 1\n" + HEAD + question(1)) == ["1: what: 'what' is not known here"]


def singles(rights: str, longest: Sequence[str]) -> str:
    return HEAD + "".join(
        question(n, right=right, longest=long).replace("Câu", f"Câu {n}")
        for n, (right, long) in enumerate(zip(rights, longest, strict=True), start=1)
    )


def test_the_longest_option_may_be_right_in_six_of_ten() -> None:
    read_bank(singles("ababababab", [*"ababab", *"baba"]), "thu-2.toml")

    found = faults(singles("ababababab", [*"abababa", *"aba"]))
    assert found == [
        "6: questions 1: the longest option (vi) is the right one in 7 of 10 single questions, more than 60 %:"
        " q01, q02, q03, q04, q05, q06, q07"
    ]


def test_options_of_equal_length_give_nothing_away() -> None:
    read_bank(singles("abab", ["", "", "", ""]), "thu-2.toml")


def test_right_options_must_not_all_stand_in_one_place() -> None:
    assert faults(singles("aaaa", ["", "", "", ""])) == [
        "6: questions 1: the right option is number 1 in every single question"
    ]
    read_bank(singles("aaa", ["", "", ""]), "thu-2.toml")


@pytest.mark.parametrize("name", bank.shipped())
def test_shipped_banks_are_sound(name: str) -> None:
    found = bank.read_shipped(name)

    interviews = found.slug.endswith(
        "-interviews"
    )  # a practice of a few long stories, beside the exam's bank
    assert len(found.questions) >= (
        2
        if interviews
        else 8
        if found.slug.endswith("-before-after")
        else 16
        if found.slug.startswith("cm-")
        else 30
    )
    assert f"{found.slug}-{found.version}.toml" == name


def test_a_bank_that_is_not_shipped() -> None:
    with pytest.raises(BankFaults, match="there is no such bank"):
        bank.read_shipped("../services.py")


def test_a_file_that_is_not_utf8(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("package")
    (folder / "banks").mkdir()
    (folder / "banks" / "thu-2.toml").write_bytes(b'format = 1\nslug = "\xff"\n')
    monkeypatch.setattr(bank, "files", lambda package: folder)

    with pytest.raises(BankFaults, match=r"thu-2.toml:2: is not UTF-8"):
        bank.read_shipped("thu-2.toml")
