"""TOML with lines: where things stand, and what is said of every wrong value."""

import re
from fractions import Fraction

import pytest

from courses.toml_tables import NotToml, Table, Text, parse

SAMPLE = '''# [not.a.header]
format = 1
note = """
[neither]
key = "x" \\"""
still = 1
"""
raw = \'\'\'
[[nor]]
\'\'\'
names = [
  "mot",   # [ a bracket in a comment
  'hai',
  "b]a",
]
a.b = 1
"quoted key" = 2

[title]
vi = "Một"
inline = { x = 1, y = ["]"] }

[[modules]]
ref = "m1"
[[modules.parts]]
ref = "p1"
[[modules.parts]]
ref = "p2"
[modules.parts.deep]
z = 1

[[modules]]
ref = "m2"

[deep.er]
k = 1
'''


@pytest.mark.parametrize(
    ("where", "line"),
    [
        (("format",), 2),
        (("note",), 3),
        (("raw",), 8),
        (("names",), 11),
        (("a",), 16),
        (("a", "b"), 16),
        (("quoted key",), 17),
        (("title",), 19),
        (("title", "vi"), 20),
        (("title", "inline", "y"), 21),
        (("modules",), 23),
        (("modules", 0, "ref"), 24),
        (("modules", 0, "parts", 0, "ref"), 26),
        (("modules", 0, "parts", 1), 27),
        (("modules", 0, "parts", 1, "deep", "z"), 30),
        (("modules", 1), 32),
        (("modules", 1, "ref"), 33),
        (("modules", 1, "missing"), 32),
        (("deep", "er", "k"), 36),
        (("missing",), 1),
        ((), 1),
    ],
)
def test_everything_has_the_line_where_it_stands(where: tuple[str | int, ...], line: int) -> None:
    assert parse(SAMPLE).line(where) == line
    assert parse(SAMPLE, before=10).line(where) == line + 10


def test_a_value_in_a_list_is_found_by_its_text() -> None:
    toml = parse(SAMPLE, before=5)

    assert toml.line_of(("names",), "hai") == 5 + 13
    assert toml.line_of(("names",), "b]a") == 5 + 14
    assert toml.line_of(("names",), "bốn") == 5 + 11
    assert toml.line_of(("modules", 1, "ref"), "m2") == 5 + 33


def test_windows_line_ends_count_as_one() -> None:
    assert parse(SAMPLE.replace("\n", "\r\n")).line(("modules", 1)) == 32


@pytest.mark.parametrize(
    ("text", "line"), [("a = 1\nb =\n", 2), ("a = 1\na = 2\n", 2), ('a = 1\nb = """\n', 3), ("a = [", 1)]
)
def test_what_is_not_toml_has_a_line(text: str, line: int) -> None:
    with pytest.raises(NotToml) as caught:
        parse(text, before=100)

    assert caught.value.line == 100 + line
    assert "line" not in caught.value.message


def table(text: str) -> tuple[Table, list[tuple[int, str]]]:
    faults: list[tuple[int, str]] = []
    return Table(parse(text), lambda line, message: faults.append((line, message))), faults


def test_right_values_are_returned_and_nothing_is_said() -> None:
    read, faults = table(
        't = "x"\nl = ["a", "b"]\nn = 3\nd = 2026-11-24\ns = "0.75"\nw = [1, 3]\nb = { vi = "một", en = "one" }\n[[r]]\nk = 1\n'
    )

    assert read.text("t", choices=("x", "y")) == "x"
    assert read.text("none", required=False) == ""
    assert read.texts("l", pattern="[a-z]") == ("a", "b")
    assert read.whole("n", 1, 3) == 3
    assert read.optional_whole("none", 1, 3) is None
    assert read.day("d").isoformat() == "2026-11-24"
    assert read.share("s") == Fraction(3, 4)
    assert read.wholes("w", 1, 3) == (1, 3)
    assert read.wholes("none", 1, 3) == ()
    assert read.both("b") == Text("một", "one")
    assert read.both("none", required=False) is None
    assert read.tables("none", required=False) == ()
    assert [one.whole("k", 1, 1) for one in read.tables("r")] == [1]
    read.close()
    assert faults == []
    assert read.sound


@pytest.mark.parametrize(
    ("text", "read", "line", "says"),
    [
        ("\n\nx = 1", lambda t: t.text("k", example='"…"'), 1, '“k” is missing here; add it, like k = "…"'),
        ("\nk = 1", lambda t: t.text("k"), 2, "“k” must be a text in quotes, not empty"),
        ("\nk = '  '", lambda t: t.text("k"), 2, "“k” must be a text in quotes, not empty"),
        ("\nk = 'c'", lambda t: t.text("k", choices=("a", "b")), 2, "“k” cannot be “c”; use one of: a, b"),
        ("k = 'C'", lambda t: t.text("k", "[a-z]", "c"), 1, "“C” has not the form of “k”; write it, like c"),
        ("k = 'a'", lambda t: t.texts("k", example="a"), 1, '“k” must be a list of texts, like ["a"]'),
        ("k = ['a', 1]", lambda t: t.texts("k", example="a"), 1, '“k” must be a list of texts, like ["a"]'),
        ("k = ['a', '']", lambda t: t.texts("k", example="a"), 1, '“k” must be a list of texts, like ["a"]'),
        ("k = []", lambda t: t.texts("k"), 1, "“k” is an empty list; name at least one"),
        ("", lambda t: t.texts("k", example="a"), 1, '“k” is missing here; add it, like k = ["a"]'),
        ("k = [\n'a',\n'a',\n]", lambda t: t.texts("k"), 2, "“a” is listed twice in “k”; name it once"),
        ("k = [\n'a',\n'B',\n]", lambda t: t.texts("k", "[a-z]", "c"), 3, "“B” has not the form of “k”"),
        ("k = [\n'a',\n'b',\n]", lambda t: t.texts("k", choices="a"), 3, "“k” cannot be “b”; use one of: a"),
        (
            "k = '1'",
            lambda t: t.whole("k", 1, 20),
            1,
            "“k” must be a whole number from 1 to 20, without quotes",
        ),
        ("k = 0", lambda t: t.whole("k", 1, 20), 1, "“k” must be a whole number from 1 to 20"),
        ("k = 21", lambda t: t.whole("k", 1, 20), 1, "“k” must be a whole number from 1 to 20"),
        ("k = true", lambda t: t.whole("k", 1, 20), 1, "“k” must be a whole number from 1 to 20"),
        ("k = 1.0", lambda t: t.whole("k", 1, 20), 1, "“k” must be a whole number from 1 to 20"),
        ("", lambda t: t.whole("k", 1, 20), 1, "“k” is missing here; add it, like k = 1"),
        ("k = '2026-11-24'", lambda t: t.day("k"), 1, "“k” must be a date without quotes, like 2026-11-24"),
        ("k = 2026-11-24T10:00:00", lambda t: t.day("k"), 1, "“k” must be a date without quotes"),
        ("", lambda t: t.day("k"), 1, "“k” is missing here; add it, like k = 2026-11-24"),
        (
            "k = 0.8",
            lambda t: t.share("k"),
            1,
            '“k” must be a share above 0 and up to 1, in quotes, like "0.80"',
        ),
        ("k = '0'", lambda t: t.share("k"), 1, "“k” must be a share above 0 and up to 1"),
        ("k = '0.00'", lambda t: t.share("k"), 1, "“k” must be a share above 0 and up to 1"),
        ("k = '1.01'", lambda t: t.share("k", nought=True), 1, "“k” must be a share from 0 to 1"),
        ("k = '80'", lambda t: t.share("k"), 1, "“k” must be a share above 0"),
        ("k = '8/10'", lambda t: t.share("k"), 1, "“k” must be a share above 0"),
        ("k = '0.12345'", lambda t: t.share("k"), 1, "“k” must be a share above 0"),
        ("", lambda t: t.share("k"), 1, '“k” is missing here; add it, like k = "0.80"'),
        (
            "k = 1",
            lambda t: t.wholes("k", 1, 3),
            1,
            "“k” must be a list of different whole numbers from 1 to 3",
        ),
        ("k = []", lambda t: t.wholes("k", 1, 3), 1, "“k” must be a list of different whole numbers"),
        ("k = [1, 1]", lambda t: t.wholes("k", 1, 3), 1, "“k” must be a list of different whole numbers"),
        ("k = [4]", lambda t: t.wholes("k", 1, 3), 1, "“k” must be a list of different whole numbers"),
        ("k = [true]", lambda t: t.wholes("k", 1, 3), 1, "“k” must be a list of different whole numbers"),
        ("k = 'x'", lambda t: t.both("k"), 1, "“k” must be a table, like { vi = "),
        ("[k]\nvi = 'x'", lambda t: t.both("k"), 1, "“en” is missing here; add it"),
        ("[k]\nvi = 'x'\nen = ''", lambda t: t.both("k"), 3, "“en” must be a text in quotes, not empty"),
        ("[k]\nvi = 'x'\nen = 'x'\nfr = 'x'", lambda t: t.both("k"), 4, "unknown key “fr”; remove it"),
        ("[k]", lambda t: t.tables("k"), 1, "“k” must be tables; begin each with a line [[k]]"),
        ("k = []", lambda t: t.tables("k"), 1, "“k” must be tables; begin each with a line [[k]]"),
        ("", lambda t: t.tables("k"), 1, "“k” is missing here; add it"),
        ("titel = 1", lambda t: (t.text("title"), t.close()), 1, "“title” is missing"),
        (
            "\ntitel = 1",
            lambda t: (t.text("title"), t.close()),
            2,
            "unknown key “titel”; remove it (did you mean “title”?)",
        ),
        (
            "\nzz = 1",
            lambda t: (t.text("b"), t.text("a"), t.close()),
            2,
            "unknown key “zz”; remove it (known here: a, b)",
        ),
    ],
)
def test_every_wrong_value_is_named_with_its_line(text: str, read: object, line: int, says: str) -> None:
    found, faults = table(text)

    read(found)  # type: ignore[operator]

    assert any(where == line and message.startswith(says) for where, message in faults), faults
    assert not found.sound or "k" in found.data
    assert all(re.search(r"; |like|must be", message) for _, message in faults)
