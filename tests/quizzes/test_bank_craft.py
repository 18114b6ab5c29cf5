"""The craft of a bank: doubles, lengths, places, leaks and sizes, each with an example that has it and one that has not."""

import copy
from typing import Any

import pytest

from quizzes import craft
from quizzes.bank import Bank


def text(words: str) -> dict[str, str]:
    return {"vi": words, "en": words}


def single(ref: str, stem: str, options: list[str], right: int) -> dict[str, Any]:
    return {
        "ref": ref,
        "kind": "single",
        "objective": "o1",
        "difficulty": 1,
        "lesson": "bai",
        "stem": text(stem),
        "feedback": {"right": text("Đúng."), "wrong": text("Chưa đúng.")},
        "options": [
            {"ref": f"x{at}", "right": at == right, "text": text(one), "feedback": text("Vì thế.")}
            for at, one in enumerate(options)
        ],
    }


def bank(*questions: dict[str, Any]) -> Bank:
    return Bank(
        {"format": 1, "slug": "x", "version": 1, "languages": ["vi", "en"], "questions": list(questions)}
    )


def messages(found: list[craft.Finding]) -> list[tuple[int, bool, str]]:
    return [(one.place, one.fault, one.message) for one in found]


EIGHT = [
    single("q1", "Sáng nay ai trực cổng", ["bác Ba", "chị Tư xa lắm", "anh Sáu"], 0),
    single("q2", "Trời mưa thì phơi áo ở chỗ nào", ["ngoài sân", "trong nhà", "trên mái nhà cao"], 1),
    single("q3", "Con mèo thích gì nhất", ["cá", "rau muống luộc", "một quyển vở"], 2),
    single("q4", "Xe đạp hỏng gọi thợ nào", ["thợ xe", "thợ may giỏi nhất", "thợ điện"], 0),
    single("q5", "Bữa tối nấu canh gì", ["canh chua cá lóc", "canh cua", "canh bí"], 1),
    single("q6", "Mùa hè nghỉ mấy tháng", ["một", "cả năm dài", "ba"], 2),
    single("q7", "Hoa nào nở đầu xuân", ["đào", "sen hồng ngoài đầm", "cúc"], 0),
    single("q8", "Đèn đỏ thì làm sao", ["chạy thật nhanh", "dừng lại", "rẽ"], 1),
]


def test_a_careful_bank_has_no_findings() -> None:
    assert craft.findings(bank(*EIGHT)) == []


def test_the_same_question_twice_is_a_fault_and_nearly_the_same_a_note() -> None:
    same = copy.deepcopy(EIGHT[0]) | {"ref": "q9"}
    near = single("q10", "Đèn đỏ thì bạn làm sao", ["chạy thật nhanh", "dừng lại", "rẽ"], 1)
    other_kind = copy.deepcopy(EIGHT[0]) | {"ref": "q11", "kind": "multiple"}

    found = messages(craft.findings(bank(*EIGHT, same, near, other_kind)))

    assert found == [
        (8, True, "'q9' is the same question as 'q1'; ask something else"),
        (9, False, "'q10' is nearly the same question as 'q8'; ask something else"),
    ]


def test_one_stem_with_other_options_is_another_question() -> None:
    again = single("q9", "Sáng nay ai trực cổng", ["học sinh lớp năm", "cô hiệu phó", "chú bảo vệ mới"], 0)

    assert craft.findings(bank(*EIGHT, again)) == []


@pytest.mark.parametrize(("long", "fault"), [(1, False), (2, True)])
def test_the_longest_option_is_right_in_fewer_than_half(long: int, fault: bool) -> None:
    questions = [
        copy.deepcopy(one) for one in EIGHT[:4]
    ]  # of these, in q3 alone the longest option is not wrong
    questions[2] = single("q3", "Con mèo thích gì nhất", ["cá", "rau muống luộc nhừ", "vở"], 2)
    for at in range(long):
        right = next(one for one in questions[at]["options"] if one["right"])
        right["text"] = text("một câu trả lời dài hơn hẳn mọi câu khác")

    found = [one for one in craft.findings(bank(*questions)) if "longest" in one.message]

    assert bool(found) is fault
    if fault:
        assert "the longest option (vi) is the right one in 2 of 4 single questions" in found[1].message
        assert found[0].fault


def test_one_place_holds_the_right_option_in_at_most_half() -> None:
    questions = [copy.deepcopy(one) for one in EIGHT]
    for at in (1, 2):  # five of eight are number 1 then, and number 3 is left with one
        for place, option in enumerate(questions[at]["options"]):
            option["right"] = place == 0

    found = [one for one in craft.findings(bank(*questions)) if "number" in one.message]

    assert messages(found) == [
        (0, True, "the right option is number 1 in 5 of 8 single questions; spread it")
    ]


def test_a_place_that_is_never_right_is_a_note() -> None:
    questions = [copy.deepcopy(one) for one in EIGHT]
    for at in (2, 5):
        for place, option in enumerate(questions[at]["options"]):
            option["right"] = place == 1

    found = [one for one in craft.findings(bank(*questions)) if "never" in one.message]

    assert messages(found) == [
        (0, False, "the right option is never number 3 in a single question; spread it")
    ]


@pytest.mark.parametrize(
    ("stem", "right", "fault"),
    [
        ("Gọi tổng đài một một một lúc nào", "tổng đài một một một nhận tin cả ngày đêm", False),  # a note
        ("Việc báo tin ngay lập tức là việc của ai", "báo tin ngay lập tức", True),  # the whole option
        ("Em nói “cô ơi con đau bụng”, cô ghi gì", "cô ơi con đau bụng", None),  # quoted: the case itself
        ("Ai nhận tin báo", "tổng đài nhận", None),  # too little in common
    ],
)
def test_a_stem_that_gives_the_answer_away(stem: str, right: str, fault: bool | None) -> None:
    question = single("q1", stem, ["hàng xóm", right, "một người nào khác nữa ở rất xa nơi này"], 1)

    found = [(one.fault) for one in craft.findings(bank(question)) if "the stem says" in one.message]

    assert found == ([] if fault is None else [fault])


def test_words_that_a_distractor_has_too_give_nothing_away() -> None:
    question = single("q1", "Việc báo tin ngay là gì", ["báo tin ngay cho xã", "chờ báo tin ngay mai"], 0)

    assert craft.findings(bank(question)) == []


def test_sizes_and_kinds_of_the_banks_of_a_course_together() -> None:
    one, two = bank(*EIGHT), bank(*({**each, "kind": "ordering"} for each in EIGHT))

    assert craft.shortfalls([one, two], exam=True) == [
        "16 questions in all; a course with an exam has 40 or more",
        "the questions are of 2 kinds (ordering, single); use 3 or more",
    ]
    assert (
        craft.shortfalls([one], exam=False)[0]
        == "8 questions in all; a course with a self-check has 20 or more"
    )
    kinds = ("single", "multiple", "ordering", "truefalse")
    forty = bank(*({**EIGHT[0], "kind": kinds[at % 4]} for at in range(40)))
    assert craft.shortfalls([forty], exam=True) == []


def test_a_finding_has_the_line_of_its_question() -> None:
    written = 'format = 1\n\n[[questions]]\nref = "q1"\n\n[[questions]]\nref = "q2"\n'

    found = craft.lines(written, [craft.Finding(1, "something", True)])

    assert [line for line, _one in found] == [6]
