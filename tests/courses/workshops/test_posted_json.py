"""Whatever JSON a device or a stranger posts: it is read, or it is refused; nothing breaks."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from courses.group_lessons.views import _evening
from courses.workshops.attending import _ticks
from tests.examples import examples
from tests.factories import NOW

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def nearly(**good: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects of the right keys, each value right or anything."""
    return st.fixed_dictionaries({}, optional={key: st.just(value) | ANYTHING for key, value in good.items()})


MARK = nearly(key="abcdefgh", day="2026-11-24", user=5, present=True, at=1_700_000_000_000)
EVENING = nearly(
    key="abcdefgh", place="x", began=1, ended=2, sent=3, present=[1, 2], others=0, hands={"q01": {"a": 1}}
)


@examples(150)
@given(ANYTHING | nearly(marks=[]) | st.fixed_dictionaries({"marks": st.lists(MARK, max_size=3)}))
def test_marks(posted: Any) -> None:
    found = _ticks(posted)

    for one in found or ():
        assert 10 <= len(one.key) <= 38
        assert isinstance(one.made_at, datetime)
        assert one.made_at.tzinfo is not None
        assert 0 < one.user_id < 2**62
        assert isinstance(one.present, bool)


@examples(150)
@given(ANYTHING | EVENING)
def test_evenings(posted: Any) -> None:
    found = _evening(posted, NOW)

    if found is not None:
        assert 8 <= len(found.key) <= 40
        assert found.others >= 0
        assert all(many >= 0 for votes in found.hands.values() for many in votes.values())


def test_a_right_one_is_read() -> None:
    assert _evening(
        {"key": "abcdefgh", "place": "x", "began": 1, "ended": 2, "present": [1], "others": 0, "hands": {}},
        NOW,
    )
    marks = [{"key": "abcdefgh", "day": "2026-11-24", "user": 5, "present": True, "at": 1_700_000_000_000}]
    assert [one.key for one in _ticks({"marks": marks}) or ()] == ["t:abcdefgh"]


def test_letters_that_no_database_keeps_are_refused() -> None:
    evening = {
        "key": "abcdefgh", "place": "Nhà văn hóa thôn Ẵ", "began": 1, "ended": 2, "present": [], "others": 0, "hands": {},
    }  # fmt: skip
    mark = {"key": "abcdefgh", "day": "2026-11-24", "user": 5, "present": True, "at": 1_700_000_000_000}

    assert _evening(evening, NOW) is not None
    for broken in ("abcdefg\0", "abcdefg\ud800"):
        assert _evening({**evening, "key": broken}, NOW) is None
        assert _evening({**evening, "place": broken}, NOW) is None
        assert _ticks({"marks": [{**mark, "key": broken}]}) is None


def test_a_phone_whose_clock_is_years_behind_is_set_right_by_what_it_says_when_it_sends() -> None:
    """It says 1/1/2020 08:00 when it sends, and that the evening ended an hour before that."""
    sent = 1_577_840_400_000
    evening = {
        "key": "abcdefgh", "place": "x", "began": 1, "ended": sent - 3_600_000, "sent": sent, "present": [], "others": 0, "hands": {},
    }  # fmt: skip

    found = _evening(evening, NOW)

    assert found is not None
    assert found.ended_at == NOW - timedelta(hours=1)
