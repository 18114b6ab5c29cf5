"""A line of a paper list and the people it may mean: points with reasons, doubt left to people."""

from hypothesis import given
from hypothesis import strategies as st

from courses.workshops.matching import Known, Line, Verdict, best, match

ANH = Known(1, "Trần Thị Ánh", ("Trường Tiểu học Ánh Sao",), "T-000001", "0912345678", frozenset({2024}))
NAMESAKE = Known(2, "Trần Thị Anh", ("Trường THCS Bến Xuân",), "T-000002", "0987654321")


def test_code_name_and_unit_are_certain() -> None:
    line = Line("TRAN THI ANH", "trường tiểu học ánh sao", code="t-000001")

    # 60 (code) + 30 (name) + 20 (unit), 100 at most
    assert match(line, ANH).score == 100
    assert match(line, ANH).reasons == ("same_code", "same_name", "same_unit")
    assert best(line, [ANH, NAMESAKE])[0] is Verdict.SURE


def test_a_name_alone_is_nobody() -> None:
    assert match(Line("Trần Thị Ánh"), ANH).score == 30
    assert best(Line("Trần Thị Ánh"), [ANH]) == (Verdict.NOBODY, ())


def test_name_and_unit_are_doubtful() -> None:
    verdict, found = best(Line("Trần Thị Ánh", "Trường Tiểu học Ánh Sao"), [ANH, NAMESAKE])

    # 30 + 20 = 50; the namesake of another school has 30 and is no candidate
    assert (verdict, [(one.id, one.score) for one in found]) == (Verdict.DOUBTFUL, [(1, 50)])


def test_the_same_name_with_another_code_is_somebody_else() -> None:
    # 30 - 25 + 20 = 25
    assert match(Line("Trần Thị Ánh", "Trường Tiểu học Ánh Sao", code="X-9"), ANH).score == 25


def test_two_on_one_number_are_never_certain() -> None:
    other = Known(3, "Trần Thị Ánh", ("Trường Tiểu học Ánh Sao",), "", "0912345678")
    line = Line("Trần Thị Ánh", "Trường Tiểu học Ánh Sao", phone="912345678")

    verdict, found = best(line, [ANH, other])

    assert verdict is Verdict.DOUBTFUL
    assert {one.id for one in found} == {1, 3}


def test_words_in_another_order_are_a_similar_name() -> None:
    assert match(Line("Ánh Trần Thị", code="T-000001"), ANH).reasons == ("same_code", "similar_name")


@given(
    st.text(max_size=30),
    st.text(max_size=30),
    st.text(max_size=12),
    st.text(max_size=14),
    st.integers(0, 2100),
)
def test_points_stay_within_a_hundred(name: str, unit: str, code: str, phone: str, year: int) -> None:
    found = match(Line(name, unit, code, phone, year), ANH)

    assert 0 <= found.score <= 100
    assert (found.score > 0) <= bool(found.reasons)
