"""What one process remembers between requests: trees, declarations, whole figures, each with the state it was read in.

A state (`reading.State`) changes with every fact that is written, by whatever process, and never comes back; so what is
remembered of the present state is what would be read now. Figures of a day are remembered until something is written
that can differ on it: those of past cut-offs stay while people learn today. Inside a unit of work nothing is remembered and nothing
looked up: what it has written may still be taken back.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from portal.indicators.tallies.reading import Days, Kept, State

Value = TypeVar("Value")
#: Trees, declarations and people of a day are up to a megabyte of a province each, a figure some hundred bytes.
MOST = {"places": 48, "said": 24, "day": 48, "all": 4000}


class _Shelf:
    """The latest used of one kind, by key, each with what it stands on; safe between threads.

    Of one key only the latest is kept: a state that is gone never comes back.
    """

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._kept: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()

    def get(self, own: Hashable, key: Hashable) -> Any:
        with self._lock:
            stands_on, value = self._kept.get(key, (None, None))
            if value is None or stands_on != own:
                return None
            self._kept.move_to_end(key)
            return value

    def put(self, own: Hashable, key: Hashable, value: object) -> None:
        with self._lock:
            self._kept[key] = own, value
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


_shelves: WeakKeyDictionary[Pool, dict[str, _Shelf]] = WeakKeyDictionary()


def forget(kind: str) -> None:
    """Forget what is remembered of a kind (`places`, `said`, `day`, `all`), in every database: for measuring."""
    for shelves in _shelves.values():
        shelves[kind] = _Shelf(MOST[kind])


class Memory:
    """What may be remembered in one request. The state is read once, before anything that stands on it."""

    def __init__(self, session: Session) -> None:
        """Remember whose memory it is; none inside a unit of work, or in a test that is rolled back."""
        self.days = Kept(session)
        bind = session.get_bind()
        self._shelves = (
            _shelves.setdefault(bind.pool, {kind: _Shelf(most) for kind, most in MOST.items()})
            if isinstance(bind, Engine) and not session.info.get("writing")
            else None
        )
        self._first: tuple[State, Days] | None = None
        self._read = False

    def _seen(self) -> tuple[State, Days] | None:
        """Return the state before anything was read, and the days of then; None: nothing can be remembered."""
        if not self._read and self._shelves is not None:
            state = self.days.state
            # at once: whatever is read after this is not older than the days
            self._first, self._read = None if state is None else (state, self.days.days), True
        return self._first

    def through(self, kind: str, key: tuple[Any, ...], read: Callable[[], Value]) -> Value:
        """Return what is remembered, else read it, and remember it if nothing was written meanwhile.

        kind: what it stands on: `places`, `said` (declarations, and places), or `day`: all that is known of a day; then
        a key begins with the plan's code and the day.
        """
        seen = self._seen()
        if self._shelves is None or seen is None:
            return read()
        own = _part(kind, key, *seen)
        found: Value | None = self._shelves[kind].get(own, key)
        if found is None:
            found = read()
            after = self.days.look()
            if after is not None and after.clear and _part(kind, key, after, self.days.days) == own:
                self._shelves[kind].put(own, key, found)
        return found

    def figures(self, plan: str, day: date, keys: Iterable[Hashable]) -> dict[Hashable, Any]:
        """Return the figures of a day that are remembered, by their keys."""
        seen = self._seen()
        if self._shelves is None or seen is None:
            return {}
        own, shelf = _until(*seen, plan, day), self._shelves["all"]
        return {key: found for key in keys if (found := shelf.get(own, key)) is not None}

    def put(self, plan: str, day: date, values: Mapping[Any, Any]) -> None:
        """Remember figures of a day, if its facts are still what they were before anything was read."""
        seen = self._seen()
        if self._shelves is None or seen is None or not values:
            return
        own, after = _until(*seen, plan, day), self.days.look()
        if after is not None and after.clear and _until(after, self.days.days, plan, day) == own:
            for key, value in values.items():
                self._shelves["all"].put(own, key, value)


def _part(kind: str, key: tuple[Any, ...], state: State, days: Days) -> Hashable:
    if kind == "day":
        return _until(state, days, key[0], key[1])
    return state.places if kind == "places" else (state.places, state.said)


def _until(state: State, days: Days, plan: str, day: date) -> Hashable:
    """Return what tells the facts of a day from those before and after: what was written of later days does not.

    Of a day that is not tallied nothing less than the whole state does.
    """
    known = days.get((plan, day))
    if known is None:
        return state
    key, digest, turn = known
    return state.places, state.said, key, digest, turn, state.until(day)
