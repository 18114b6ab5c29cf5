"""Lines of TOML headers and keys."""

import pytest

from quizzes.toml_lines import lines_of, nearest

TEXT = '''a = 1
b.c = "x"   # [[no]]
[t]
k = """
[[fake]]
q = 1 \\"""
"""
list = [
  "[[fake]]", # ]
  { x = 1 },
  'it''s',
]
[[one]]
ref = "1"
[[one.two]]
ref = "1.1"
[[one.two]]
"quo.ted" = 1
[one.two.sub]
deep = { x = [1,
  2] }
  [[ one ]] # a note
  ref = "2"
[[one.two]]
ref = \'\'\'
[[fake]]
\'\'\'
last = "\\\\" # end
'''.replace("  'it''s',\n", "  'its',\n")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 1),
        (("b",), 2),
        (("b", "c"), 2),
        (("t",), 3),
        (("t", "k"), 4),
        (("t", "list"), 8),
        (("one",), 13),
        (("one", 0), 13),
        (("one", 0, "two"), 15),
        (("one", 0, "ref"), 14),
        (("one", 0, "two", 0), 15),
        (("one", 0, "two", 1), 17),
        (("one", 0, "two", 1, "quo.ted"), 18),
        (("one", 0, "two", 1, "sub"), 19),
        (("one", 0, "two", 1, "sub", "deep"), 20),
        (("one", 1), 22),
        (("one", 1, "ref"), 23),
        (("one", 1, "two", 0), 24),
        (("one", 1, "two", 0, "last"), 28),
    ],
)
def test_lines(path: tuple[str | int, ...], line: int) -> None:
    assert lines_of(TEXT)[path] == line


def test_strings_and_lists_hold_no_headers() -> None:
    assert not any("fake" in path for path in lines_of(TEXT))


def test_nearest_goes_outwards() -> None:
    lines = lines_of(TEXT)

    assert nearest(lines, ("one", 0, "two", 1, "text", "vi")) == 17
    assert nearest(lines, ("one", 0, "other", 3)) == 13
    assert nearest(lines, ("nothing",)) == 1
    assert nearest(lines, ()) == 1


def test_a_text_that_stops_inside_a_value_ends() -> None:
    assert lines_of("a = [\n1,") == {("a",): 1}


def test_a_table_inside_a_table_has_its_own_line() -> None:
    assert lines_of("[a]\n[a.b]\nc = 1") == {("a",): 1, ("a", "b"): 2, ("a", "b", "c"): 3}
