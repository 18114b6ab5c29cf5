"""What one process remembers between requests: trees, declarations, whole figures, each with the state it was read in.

A state (`reading.State`) changes with every fact that is written, by whatever process, and never comes back; so what is
remembered of the present state is what would be read now. Inside a unit of work nothing is remembered and nothing
looked up: what it has written may still be taken back.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

from portal.indicators.tallies.reading import Kept, State

Value = TypeVar("Value")
#: Trees and declarations of a day are some megabytes of a province, figures some hundred bytes.
MOST = {"places": 24, "said": 24, "all": 4000}


class _Shelf:
    """The latest used of one kind, by key; safe between threads."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable) -> Any:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Hashable, value: object) -> None:
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


_shelves: WeakKeyDictionary[Pool, dict[str, _Shelf]] = WeakKeyDictionary()


def forget() -> None:
    """Forget everything: for measuring, and after a database was exchanged under a running process."""
    _shelves.clear()


class Memory:
    """What may be remembered in one request; the state is read once, when it is first asked for."""

    def __init__(self, session: Session) -> None:
        """Remember whose memory it is; none inside a unit of work, or in a test that is rolled back."""
        self.days = Kept(session)
        bind = session.get_bind()
        apart = isinstance(bind, Engine) and not session.info.get("writing")
        self._shelves = (
            _shelves.setdefault(bind.pool, {kind: _Shelf(most) for kind, most in MOST.items()})
            if apart and isinstance(bind, Engine)
            else None
        )
        self._read = False
        self._state: State | None = None

    def _seen(self) -> State | None:
        if not self._read:
            self._state, self._read = self.days.state, True
        return self._state

    def through(self, kind: str, key: Hashable, read: Callable[[], Value]) -> Value:
        """Return what is remembered, else read it, and remember it if nothing was written meanwhile.

        kind: what it stands on: `places`, `said` (declarations, and places) or `all`.
        """
        found: Value | None = self.get(kind, key)
        if found is None:
            found = read()
            self.put(kind, {key: found})
        return found

    def get(self, kind: str, key: Hashable) -> Any:
        """Return what is remembered; None: nothing."""
        if self._shelves is None or (seen := self._seen()) is None:
            return None
        return self._shelves[kind].get((_part(kind, seen), key))

    def put(self, kind: str, values: dict[Hashable, Any]) -> None:
        """Remember what was read since this memory was first asked, if what it stands on is still the same."""
        if self._shelves is None or (seen := self._seen()) is None or not values:
            return
        after = self.days.look()
        if after is not None and after.clear and _part(kind, after) == _part(kind, seen):
            for key, value in values.items():
                self._shelves[kind].put((_part(kind, seen), key), value)


def _part(kind: str, seen: State) -> Hashable:
    return {"places": seen.places, "said": (seen.places, seen.said), "all": seen}[kind]
