"""A few thousand broken files in every run; `make fuzz` reads a hundred thousand."""

from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.fuzz import tables_in


def test_broken_files_are_read_or_refused() -> None:
    ends, longest = tables_in.run(1500, seed=20261125)

    assert sum(ends.values()) == 1500
    assert ends["table"] > 200, "the mutations never reach the cells"
    assert len(ends) >= 5, "the mutations find one refusal only"
    assert longest < tables_in.SECONDS


@examples(75)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    assert tables_in.outcome(raw)


@examples(75)
@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert tables_in.outcome(text.encode("utf-8", "surrogatepass"))
