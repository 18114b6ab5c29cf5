"""The register of sources: read strictly, complete, and named by every key that lessons and questions use."""

from datetime import date

import pytest

from courses import loader
from courses.sources import Law, SourceKind, read_register, wrong_day

GOOD = """format = 1
[laws]
lte = { number = "102/2016/QH13", title = "Luật Trẻ em", in_force = 2017-06-01 }
old = { number = "1/2000/QĐ", title = "Cũ", in_force = 2000-01-01, replaced_by = "Mới", ended = 2020-01-01, verify = true }
[sources]
lte = { kind = "law", law = "lte", text = "Luật Trẻ em", url = "https://example.org/a", checked = 2026-11-23 }
lte4 = { kind = "law", law = "lte", text = "Điều 4", checked = 2026-11-23, verify = true }
old = { kind = "law", law = "old", text = "Cũ", checked = 2026-11-23 }
mics = { kind = "statistic", text = "Điều tra", checked = 2026-11-23 }
"""


def faults_of(text: str) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    read_register(text, lambda line, message: found.append((line, message)))
    return found


def test_a_register_is_read() -> None:
    found: list[str] = []
    register = read_register(GOOD, lambda line, message: found.append(message))

    assert found == []
    assert register.laws["old"] == Law(
        "old", "1/2000/QĐ", "Cũ", date(2000, 1, 1), "", "Mới", date(2020, 1, 1), True
    )
    assert register.sources["lte"].url == "https://example.org/a"
    assert register.sources["mics"].kind == SourceKind.STATISTIC
    law = register.law_of("lte4")
    assert law
    assert law.number == "102/2016/QH13"
    assert register.law_of("mics") is None
    assert register.law_of("nobody") is None


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('title = "Luật Trẻ em", ', "", 3, "“title” is missing here"),
        ('kind = "statistic"', 'kind = "rumour"', 9, "“kind” cannot be “rumour”"),
        ('law = "lte", text = "Điều 4"', 'law = "xyz", text = "Điều 4"', 7, "there is no legal text “xyz”"),
        ('law = "lte", text = "Điều 4"', 'text = "Điều 4"', 7, "“law” is missing here"),
        ('kind = "statistic",', 'kind = "statistic", law = "lte",', 9, "only a source of kind “law”"),
        ("https://", "http://", 6, "“http://example.org/a” has not the form of “url”"),
        ('replaced_by = "Mới", ', "", 4, "“ended” without “replaced_by”"),
        ("ended = 2020-01-01", "ended = 2000-01-01", 4, "“ended” is not after “in_force”"),
        ("mics = {", "Mics = {", 9, "“Mics” is no key"),
        ('text = "Cũ", ', 'text = "Cũ", page = 3, ', 8, "unknown key “page”"),
        (
            'old = { kind = "law", law = "old"',
            'old = { kind = "law", law = "lte"',
            4,
            "no source names the legal text “old”",
        ),
        ("format = 1", "format = 2", 1, "“format” must be"),
    ],
)
def test_each_fault_is_named_with_its_line(old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD

    found = faults_of(GOOD.replace(old, new))

    assert any(at == line and said in message for at, message in found), found


def test_what_is_not_toml_has_a_line() -> None:
    found = faults_of("format = 1\n[laws\n")

    assert [line for line, _message in found] == [2]


LAW = Law("tt19", "19/2025/TT-BGDĐT", "Thông tư", date(2025, 10, 31), "", "", None, False)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Thông tư 19/2025/TT-BGDĐT; hiệu lực từ 31/10/2025", False),
        ("Thông tư 19/2025/TT-BGDĐT; hiệu lực từ 15/9/2025", True),
        ("Thông tư 19/2025/TT-BGDĐT; in force since 15/9/2025", True),
        ("Thông tư 19/2025/TT-BGDĐT (15/9/2025)", False),
        ("Thông tư 18/2025/TT-BGDĐT; hiệu lực từ 15/9/2025", False),
        ("19/2025/TT-BGDĐT hiệu lực từ 15/9/2025 và X hiệu lực từ 01/01/2026", False),
    ],
)
def test_another_first_day_than_the_register_s_is_noticed(text: str, wrong: bool) -> None:
    assert bool(wrong_day(text, LAW)) is wrong


def test_no_day_is_compared_where_none_is_known() -> None:
    unknown = Law("x", "19/2025/TT-BGDĐT", "", None, "", "", None, False)

    assert wrong_day("19/2025/TT-BGDĐT; hiệu lực từ 15/9/2025", unknown) == ""
    assert wrong_day("19/2025/TT-BGDĐT; hiệu lực từ 15/9/2025", None) == ""


def test_the_shipped_register_is_sound_and_knows_the_changes_of_law() -> None:
    register, faults = loader.sources()

    assert faults == ()
    assert len(register.sources) >= 111  # those of the fact book; courses add theirs
    juvenile, discipline = register.law_of("ltp156"), register.law_of("dt-tt19")
    assert juvenile
    assert (juvenile.number, juvenile.in_force) == ("59/2024/QH15", date(2026, 1, 1))
    assert discipline
    assert (discipline.replaces, discipline.in_force) == (
        "Thông tư 08/TT ngày 21/3/1988",
        date(2025, 10, 31),
    )
    forensic = register.law_of("tvpl-5609")
    assert forensic
    assert (forensic.ended, forensic.replaced_by) == (
        date(2023, 3, 1),
        "Thông tư 13/2022/TT-BYT",
    )
