"""From planned outcomes to people and posts: a few statements for each batch, and a note of what was there before."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import LeftReason, Posting, PostingSource, SecretKind, User
from portal.core.names import fold, sort_key
from portal.core.organisation.models import Unit
from portal.core.rosters.bases import set_bases
from portal.core.rosters.changes import POST_FIELDS, USER_FIELDS, digest, json_value, json_values
from portal.core.rosters.models import Evidence, RosterChange
from portal.core.rosters.plan import Kind, Outcome
from portal.core.rosters.rows import Row
from portal.core.rosters.statements import add_rows, change_rows, read_anew


def is_new(outcome: Outcome) -> bool:
    """Return whether somebody is to be entered who is not in the portal, nor on an earlier row."""
    return outcome.kind == Kind.ADDED and outcome.person is None and outcome.same_as is None


class Writer:
    """Writes outcomes to the roster, and notes what was there before."""

    def __init__(
        self, session: Session, *, as_of: date, by_id: int, now: datetime, source: PostingSource,
        import_id: int | None,
    ) -> None:  # fmt: skip
        self.session, self.as_of, self.by_id, self.now = session, as_of, by_id, now
        self.source, self.import_id = source, import_id
        self.made: dict[int, int] = {}
        self.units: dict[str, int] = {}
        self._notes: list[dict[str, Any]] = []

    def write(
        self, pairs: Sequence[tuple[Row | int, Outcome]], keys: Mapping[int, tuple[str, str]] | None = None
    ) -> list[int]:
        """Write a batch: rows (or, of somebody who left, 0) with their outcomes; return the ids of new posts.

        keys: how new people sort and are searched, by row, where that is known already. A few statements, however
        many rows.
        """
        self.session.flush()
        self._find_units({row.unit for row, _outcome in pairs if isinstance(row, Row)})
        self._people([row for row, outcome in pairs if isinstance(row, Row) and is_new(outcome)], keys or {})
        posts, corrections, changes = [], [], []
        for row, outcome in pairs:
            number = row.number if isinstance(row, Row) else row
            if outcome.kind == Kind.LEFT:
                changes.append((number, outcome))
            elif outcome.kind in (Kind.ADDED, Kind.CHANGED) and isinstance(row, Row):
                who = outcome.person or self.made[outcome.same_as or row.number]
                corrections.append((number, who, outcome))
                if outcome.kind == Kind.ADDED:
                    posts.append((row, who, outcome))
                else:
                    changes.append((number, outcome))
        self._correct(corrections)
        self._change_posts(changes)
        ids = self._add_posts(posts)
        self._flush_notes()
        return ids

    def _find_units(self, codes: set[str]) -> None:
        missing = codes - set(self.units)
        if missing:
            found = self.session.execute(select(Unit.code, Unit.id).where(Unit.code.in_(missing)))
            self.units |= {row.code: row.id for row in found}

    def _people(self, rows: Sequence[Row], keys: Mapping[int, tuple[str, str]]) -> None:
        if not rows:
            return
        values = []
        for row in rows:
            order, plain = keys.get(row.number) or (sort_key(row.name), fold(row.name))
            values.append(
                {
                    "full_name": row.name, "sort_key": order, "search_key": plain,
                    "phone": row.phone, "staff_code": row.code, "coded": row.coded,
                    "secret_kind": SecretKind.PASSWORD, "failed_count": 0, "created_at": self.now,
                }
            )  # fmt: skip
        for row, value, id_ in zip(rows, values, add_rows(self.session, User, values), strict=True):
            self.made[row.number] = id_
            self._note(row.number, "user", id_, None, {key: value[key] for key in USER_FIELDS})

    def _correct(self, wanted: Sequence[tuple[int, int, Outcome]]) -> None:
        """Write names, numbers and codes that differ, in the order of the rows."""
        news = [
            (number, who, {key: after for key, (_before, after) in outcome.changes.items()})
            for number, who, outcome in wanted
            if outcome.changes.keys() & {"name", "phone", "code"}
        ]
        state = self._state(User, USER_FIELDS, {who for _number, who, _changes in news})
        updates = []
        for number, who, changes in news:
            before = state[who]
            after = dict(before)
            if "name" in changes:
                name = changes["name"]
                after |= {"full_name": name, "sort_key": sort_key(name), "search_key": fold(name)}
            if "phone" in changes:
                after["phone"] = changes["phone"] or None
            if "code" in changes:
                after["staff_code"] = changes["code"] or None
            if after != before:
                updates.append({**after, "of": who})
                self._note(number, "user", who, json_values(before), json_values(after))
                state[who] = after
        self._update(User, USER_FIELDS, updates)

    def _change_posts(self, wanted: Sequence[tuple[int, Outcome]]) -> None:
        """End the posts of those who left, and write titles and first days that differ, in the order of the rows."""
        changing = [
            (number, outcome.post, outcome)
            for number, outcome in wanted
            if outcome.post is not None
            and (outcome.kind == Kind.LEFT or outcome.changes.keys() & {"title", "began"})
        ]
        state = self._state(Posting, POST_FIELDS, {post for _number, post, _outcome in changing})
        updates = []
        for number, post, outcome in changing:
            before = state[post]
            after = dict(before)
            if outcome.kind == Kind.LEFT:
                after |= {"valid_to": self.as_of - timedelta(days=1), "left_reason": LeftReason.NOT_ON_LIST}
            else:
                if "title" in outcome.changes:
                    after["title"] = outcome.changes["title"][1]
                if outcome.began is not None:
                    after["valid_from"] = outcome.began
            updates.append({**after, "of": post})
            self._note(number, "posting", post, json_values(before), json_values(after))
            state[post] = after
        self._update(Posting, POST_FIELDS, updates)

    def _state(self, model: Any, names: Sequence[str], ids: Collection[int]) -> dict[int, dict[str, Any]]:
        """Return the fields of rows by id, as they stand."""
        if not ids:
            return {}
        table = model.__table__
        found = self.session.execute(
            select(table.c.id, *(table.c[name] for name in names)).where(table.c.id.in_(ids))
        ).all()
        return {row[0]: dict(zip(names, row[1:], strict=True)) for row in found}

    def _update(self, model: Any, names: Sequence[str], updates: Sequence[dict[str, Any]]) -> None:
        if updates:
            change_rows(self.session, model, names, updates)
            read_anew(self.session, model)

    def _add_posts(self, posts: Sequence[tuple[Row, int, Outcome]]) -> list[int]:
        if not posts:
            return []
        values = [
            {
                "user_id": who, "unit_id": self.units[row.unit], "audience": row.audience, "title": row.title,
                "valid_from": outcome.began or self.as_of, "valid_to": None, "left_reason": None,
                "source": self.source, "import_id": self.import_id, "recorded_at": self.now,
                "recorded_by_id": self.by_id,
            }
            for row, who, outcome in posts
        ]  # fmt: skip
        ids = list(add_rows(self.session, Posting, values))
        for (row, _who, _outcome), value, id_ in zip(posts, values, ids, strict=True):
            self._note(row.number, "posting", id_, None, {key: json_value(value[key]) for key in POST_FIELDS})
        return ids

    def bases(self, wanted: Mapping[int, Evidence]) -> None:
        """Let the denominators of units stand on lists from `as_of` on; nothing is written where they do already."""
        for id_, before, after in set_bases(
            self.session, wanted, self.as_of, by_id=self.by_id, now=self.now, import_id=self.import_id
        ):
            self._note(0, "basis", id_, before, after)
        self._flush_notes()

    def _note(
        self, number: int, kind: str, row_id: int, before: dict[str, Any] | None, after: dict[str, Any]
    ) -> None:
        if self.import_id is not None:
            self._notes.append(
                {
                    "import_id": self.import_id, "number": number, "kind": kind, "row_id": row_id,
                    "before": before, "after_digest": digest(after),
                }
            )  # fmt: skip

    def _flush_notes(self) -> None:
        if self._notes:
            self.session.execute(insert(RosterChange), self._notes)
            self._notes = []
