"""What a staff list would change: rows of a file against the roster as it stands. Pure: no database, no clock.

A person is recognised by her staff code; else by telephone and name; else by her name within the unit. What only
looks alike (a name that differs under one code, a code or number one digit off) is a doubtful double, which a person
decides. Applying the outcomes and planning the same file again changes nothing.

Rows come in batches, so that a long file never stands in memory whole; what is remembered of earlier rows is in
`Seen`. `Known` holds what of the roster a batch needs.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from portal.core.names import fold, tidy
from portal.core.rosters.rows import NOT_STAFF, Row

MOST_ON_ONE_NUMBER = 10


class Kind(StrEnum):
    """What a line does: adds a post, changes a person or post, nothing, ends a post; or is left to a person; or not."""

    ADDED = "added"
    CHANGED = "changed"
    SAME = "same"
    LEFT = "left"
    DOUBLE = "double"
    REFUSED = "refused"


class Decision(StrEnum):
    """What a person said of a doubtful double. Without one, the row is left out."""

    SAME = "same"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the portal knows. `yours`: the planner may add posts to her and correct her entry."""

    id: int
    name: str
    phone: str | None
    code: str | None
    coded: bool = False
    yours: bool = True


@dataclass(frozen=True, slots=True)
class Post:
    """A post of a person in a unit (its code), from `began` until `ended` (inclusive; None: still)."""

    id: int
    person: int
    unit: str
    audience: str
    title: str | None
    began: date
    ended: date | None = None

    def stands(self, day: date) -> bool:
        """Return whether the post has not ended before `day`."""
        return self.ended is None or self.ended >= day


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """A unit that rows name: may the planner write there, and does it give codes only."""

    yours: bool
    codes_only: bool = False


@dataclass(frozen=True)
class Known:
    """What of the roster one batch needs.

    units: by code; one that is missing does not exist on the day. people: whoever may be meant. posts: all posts, of
    any date, that these people have in the units of the batch. by_phone: how many people use a number at all.
    """

    units: Mapping[str, UnitFacts]
    people: Sequence[Person]
    posts: Sequence[Post]
    by_phone: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a row does.

    person: id of whom it is about; same_as: number of the earlier row that adds her; None of both: a new person.
    post: id of the post it is about; None: a new one. changes: field -> (before, after) as text. began: first day of
    a new post, or the corrected one. values: what the sentence of `reason` needs. candidate: of a double, the person
    she may be; choices: what may be decided.
    """

    kind: Kind
    reason: str = ""
    person: int | None = None
    same_as: int | None = None
    post: int | None = None
    began: date | None = None
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    values: Mapping[str, str | int] = field(default_factory=dict)
    candidate: int | None = None
    choices: tuple[Decision, ...] = ()


Token = tuple[str, int]  # ("known", id of a person) or ("row", number of the row that adds her)


@dataclass(slots=True)
class _Identity:
    """A person as the rows so far leave her: what later rows are compared with."""

    name: str
    phone: str | None
    code: str | None
    row: int | None = None  # the first row about her
    given: Row | None = None


@dataclass(slots=True)
class Seen:
    """What is remembered of the rows before: a few hundred bytes a row."""

    who: dict[Token, _Identity] = field(default_factory=dict)
    codes: dict[str, Token] = field(default_factory=dict)
    phones: dict[tuple[str, str], list[Token]] = field(default_factory=dict)
    names: dict[tuple[str, str], list[Token]] = field(default_factory=dict)
    posts: dict[tuple[Token, str, str], int] = field(default_factory=dict)
    matched: set[int] = field(default_factory=set)
    numbers: Counter[str] = field(default_factory=Counter)
    units: set[str] = field(default_factory=set)
    incomplete: set[str] = field(default_factory=set)
    coded: set[str] = field(default_factory=set)
    open: dict[str, list[Row]] = field(default_factory=dict)
    waiting: dict[Token, int] = field(default_factory=dict)
    nowhere: bool = False
    written: dict[str, tuple[str, int]] = field(default_factory=dict)

    def refused(self, unit: str) -> None:
        """Remember that a row of `unit` ("": nobody knows of which) was not used, so that its list is not whole."""
        if unit:
            self.incomplete.add(unit)
        else:
            self.nowhere = True

    def whole(self, unit: str) -> bool:
        """Return whether every row of `unit` was used, so that the file is its whole list."""
        return unit in self.units and unit not in self.incomplete and not self.nowhere


_TONES = "\u0300\u0309\u0303\u0301\u0323"


def spoken(name: str) -> str:
    """Return a name as it is spoken: capitals, and where in a word the tone mark stands, make no difference."""
    words = []
    for word in tidy(name).lower().split(" "):
        parts = unicodedata.normalize("NFD", word)
        tones = "".join(sorted(part for part in parts if part in _TONES))
        words.append(
            unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES)) + tones
        )
    return " ".join(words)


def alike(one: str, other: str) -> bool:
    """Return whether two codes or numbers differ by one character (changed, added, left out, or two swapped)."""
    if one == other:
        return False
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    start = 0
    while start < len(one) and one[start] == other[start]:
        start += 1
    rest, longer = one[start:], other[start:]
    if len(one) < len(other):
        return rest == longer[1:]
    return rest[1:] == longer[1:] or (
        len(rest) > 1 and rest[0] == longer[1] and rest[1] == longer[0] and rest[2:] == longer[2:]
    )


def _zeros(code: str) -> str:
    return code.lstrip("0") if code.isdigit() else code


def _agree(one: str | None, other: str | None) -> bool:
    """Return whether two codes or numbers may be the same person's: one is missing, or but for lost zeros equal."""
    return one is None or other is None or _zeros(one) == _zeros(other)


class _Batch:
    """One batch of rows, with indexes over what is known."""

    def __init__(self, known: Known, seen: Seen, as_of: date, decisions: Mapping[int, str]) -> None:
        self.known, self.seen, self.as_of, self.decisions = known, seen, as_of, decisions
        self.people = {person.id: person for person in known.people}
        self.meant: list[Token] = []  # whom the present row may be about
        self.code = {person.code: person for person in known.people if person.code}
        self.phone: dict[tuple[str, str], list[Token]] = {}
        self.name: dict[tuple[str, str], list[Token]] = {}
        self.posts: dict[tuple[int, str, str], list[Post]] = {}
        for person in known.people:
            if person.phone:
                self.phone.setdefault((person.phone, fold(person.name)), []).append(("known", person.id))
        for post in known.posts:
            self.posts.setdefault((post.person, post.unit, post.audience), []).append(post)
            person_ = self.people.get(post.person)
            if person_ is not None and post.stands(as_of):
                here = self.name.setdefault((post.unit, fold(person_.name)), [])
                if ("known", person_.id) not in here:
                    here.append(("known", person_.id))

    def identity(self, token: Token) -> _Identity:
        """Return who a token is, as the rows so far leave her."""
        found = self.seen.who.get(token)
        if found is None:
            person = self.people[token[1]]
            found = _Identity(person.name, person.phone, person.code)
        return found

    def plan(self, row: Row) -> Outcome:
        unit = self.known.units.get(row.unit)
        if unit is None:
            self.seen.refused("")
            return Outcome(Kind.REFUSED, "unknown_unit", values={"text": row.unit})
        if not unit.yours:
            return Outcome(Kind.REFUSED, "unit_not_yours", values={"text": row.unit})
        self.seen.units.add(row.unit)
        outcome = self._placed(row, unit)
        if outcome.kind in (Kind.REFUSED, Kind.DOUBLE):
            self.seen.refused(row.unit)
            self.seen.open.setdefault(fold(row.name), []).append(row)
            for token in self.meant:
                self.seen.waiting.setdefault(token, row.number)
            if row.code is not None:
                self.seen.open.setdefault(f"#{row.code}", []).append(row)
        elif row.coded:
            self.seen.coded.add(row.unit)
        return outcome

    def _placed(self, row: Row, unit: UnitFacts) -> Outcome:
        if unit.codes_only and not row.coded:
            return Outcome(Kind.REFUSED, "codes_only")
        if row.code is not None and row.code.isdigit():
            # 7 and 007 may be one code that lost its zeros, or two: of one file nobody can tell
            text, number = self.seen.written.setdefault(_zeros(row.code), (row.code, row.number))
            if text != row.code:
                return Outcome(Kind.REFUSED, "repeated_code", values={"text": row.code, "row": number})
        found = self._who(row)
        if isinstance(found, Outcome):
            decision = self.decisions.get(row.number)
            if found.kind != Kind.DOUBLE or decision not in found.choices:
                return found
            found = (
                ("known", found.candidate)
                if decision == Decision.SAME and found.candidate is not None
                else None
            )
        else:
            twin = self._open_twin(row, found)
            if twin is not None:
                choices = (Decision.NEW,) if found is None else ()
                if not choices or self.decisions.get(row.number) != Decision.NEW:
                    return Outcome(Kind.DOUBLE, "beside_open", choices=choices, values={"row": twin.number})
        return self._added_to(row, found)

    def _open_twin(self, row: Row, token: Token | None) -> Row | None:
        """Return an earlier row that was left out and would be recognised by what this row writes, else None.

        Using this row would settle that one behind everybody's back: the file, read again, would then change more.
        """
        who = self.identity(token) if token is not None else None
        here = (row.unit, fold(who.name if who is not None else row.name))
        waiting = self.seen.open.get(fold(row.name), []) + self.seen.open.get(f"#{row.code}", [])
        for other in waiting:
            code = row.code is not None and row.code == other.code and (who is None or who.code != row.code)
            phone = (
                row.phone is not None
                and row.phone == other.phone
                and fold(row.name) == fold(other.name)
                and (who is None or who.phone != row.phone)
            )
            entering = (
                (token is None or token not in self._tokens(self.seen.names, self.name, here))
                and row.unit == other.unit
                and _agree(other.code, row.code or (who.code if who is not None else None))
                and _agree(other.phone, row.phone or (who.phone if who is not None else None))
            )
            if code or phone or entering:
                return other
        return None

    def _who(self, row: Row) -> Token | Outcome | None:
        """Return whom a row is about, None for somebody new, or why that cannot be said."""
        key = fold(row.name)
        self.meant = []
        if row.code is not None:
            token = self.seen.codes.get(row.code)
            person = self.code.get(row.code) if token is None else None
            if person is not None:
                token = ("known", person.id)
                if not person.yours:
                    return Outcome(Kind.REFUSED, "code_elsewhere", values={"text": row.code})
            # a code that a row before has changed is no longer hers
            if token is not None and _agree(self.identity(token).code, row.code):
                self.meant = [token]
                return self._by_code(row, key, token)
        near: list[Token] = []
        exact: list[Token] = []
        pairs = [(row.phone, key)] if row.phone else []
        for pair in pairs:
            for token in self._tokens(self.seen.phones, self.phone, pair):
                who = self.identity(token)
                if who.phone == row.phone and fold(who.name) == key:
                    (exact if _agree(who.code, row.code) else near).append(token)
        if not exact:
            for token in self._tokens(self.seen.names, self.name, (row.unit, key)):
                who = self.identity(token)
                if not (_agree(who.code, row.code) and _agree(who.phone, row.phone)):
                    if self._similar(who, row):
                        near.append(token)
                elif spoken(who.name) == spoken(row.name):
                    exact.append(token)
                else:
                    near.append(token)
        exact = list(dict.fromkeys(exact))
        self.meant = [*exact, *near]
        if len(exact) == 1:
            return exact[0]
        if len(exact) > 1:
            return Outcome(Kind.DOUBLE, "several", choices=(Decision.NEW,), values={"many": len(exact)})
        for token in near:
            who = self.identity(token)
            if who.row is not None and who.code and row.code and _zeros(who.code) == _zeros(row.code):
                return Outcome(Kind.REFUSED, "contradicts", values={"row": who.row})
        known = [token for token in dict.fromkeys(near) if token[0] == "known"]
        if known and not row.coded:
            who = self.identity(known[0])
            return Outcome(
                Kind.DOUBLE,
                "alike",
                candidate=known[0][1],
                choices=(Decision.SAME, Decision.NEW),
                values={"name": who.name, "code": who.code or "–", "phone": who.phone or "–"},
            )
        return None

    def _by_code(self, row: Row, key: str, token: Token) -> Token | Outcome:
        who = self.identity(token)
        person = self.people.get(token[1]) if token[0] == "known" else None
        if person is not None and person.coded and not row.coded:
            return Outcome(Kind.REFUSED, "kept_by_code", values={"text": row.code or ""})
        if fold(who.name) == key or row.coded:
            return token
        if who.row is not None:
            return Outcome(Kind.REFUSED, "repeated_code", values={"text": row.code or "", "row": who.row})
        return Outcome(
            Kind.DOUBLE,
            "other_name",
            candidate=token[1],
            choices=(Decision.SAME,),
            values={"name": who.name, "code": row.code or ""},
        )

    def _tokens(
        self,
        seen: Mapping[tuple[str, str], list[Token]],
        known: Mapping[tuple[str, str], list[Token]],
        pair: tuple[str, str],
    ) -> list[Token]:
        return list(dict.fromkeys([*known.get(pair, ()), *seen.get(pair, ())]))

    @staticmethod
    def _similar(who: _Identity, row: Row) -> bool:
        """Return whether what does not agree is one character off, or one of two agrees."""
        code = who.code is not None and row.code is not None
        phone = who.phone is not None and row.phone is not None
        if code and _zeros(who.code or "") == _zeros(row.code or ""):
            return True  # the code agrees, so it is the number that differs
        if phone and who.phone == row.phone:
            return True
        return (code and alike(who.code or "", row.code or "")) or (
            phone and not code and alike(who.phone or "", row.phone or "")
        )

    def _added_to(self, row: Row, token: Token | None) -> Outcome:
        """Return what the row does to the person of `token`, or to a new one, and remember it."""
        person = self.people[token[1]] if token is not None and token[0] == "known" else None
        who = self.identity(token) if token is not None else None
        if who is not None:
            fault = self._contradiction(row, who)
            if fault is not None:
                return fault
        here = token or ("row", row.number)
        if (here, row.unit, row.audience) in self.seen.posts:
            first = self.seen.posts[here, row.unit, row.audience]
            return Outcome(Kind.REFUSED, "repeated", values={"row": first})
        changes = self._changes(row, who, person is not None and person.coded)
        if changes and here in self.seen.waiting:
            return Outcome(Kind.DOUBLE, "beside_open", values={"row": self.seen.waiting[here]})
        phone_before = who.phone if who is not None else None
        if row.phone and row.phone != phone_before:
            using = self.known.by_phone.get(row.phone, 0) + self.seen.numbers[row.phone]
            if using >= MOST_ON_ONE_NUMBER:
                return Outcome(Kind.REFUSED, "number_full", values={"text": row.phone, "many": using})
        outcome = self._post(row, token, person, changes)
        self._remember(row, here, who, phone_before)
        if outcome.post is not None:
            self.seen.matched.add(outcome.post)
        return outcome

    @staticmethod
    def _contradiction(row: Row, who: _Identity) -> Outcome | None:
        given = who.given
        if given is None:
            return None
        differs = (
            (given.code and row.code and _zeros(given.code) != _zeros(row.code))
            or (given.phone and row.phone and given.phone != row.phone)
            or (not given.coded and not row.coded and spoken(given.name) != spoken(row.name))
        )
        return Outcome(Kind.REFUSED, "contradicts", values={"row": who.row or 0}) if differs else None

    @staticmethod
    def _changes(row: Row, who: _Identity | None, kept_by_code: bool) -> dict[str, tuple[str, str]]:
        """Return what the row corrects of a person; how a name or code is spelt, only the first row about her says."""
        if who is None:
            return {}
        changes: dict[str, tuple[str, str]] = {}
        first = who.row is None
        if first and not row.coded and not kept_by_code and row.name != who.name:
            changes["name"] = (who.name, row.name)
        if row.phone and row.phone != who.phone:
            changes["phone"] = (who.phone or "", row.phone)
        if row.code and row.code != who.code:
            lost = who.code is not None and _zeros(row.code) == _zeros(who.code)
            if not lost or (first and len(row.code) > len(who.code or "")):
                changes["code"] = (who.code or "", row.code)
        return changes

    def _post(
        self, row: Row, token: Token | None, person: Person | None, changes: dict[str, tuple[str, str]]
    ) -> Outcome:
        same_as = token[1] if token is not None and token[0] == "row" else None
        posts = self.posts.get((person.id, row.unit, row.audience), []) if person is not None else []
        standing = [post for post in posts if post.stands(self.as_of)]
        if person is None or not standing:
            began = row.began or self.as_of
            before = [post.ended for post in posts if post.ended is not None]
            if before:
                began = max(began, max(before) + timedelta(days=1))
            return Outcome(
                Kind.ADDED,
                person=person.id if person is not None else None,
                same_as=same_as,
                began=began,
                changes=changes,
            )
        post = max(standing, key=lambda one: (one.ended is None, one.began, one.id))
        if row.title and row.title != post.title:
            changes["title"] = (post.title or "", row.title)
        earlier = [one.ended for one in posts if one.ended is not None and one.id != post.id]
        began = row.began or post.began
        if earlier and began <= max(earlier):
            began = post.began
        if began != post.began:
            changes["began"] = (post.began.isoformat(), began.isoformat())
        return Outcome(
            Kind.CHANGED if changes else Kind.SAME,
            person=person.id,
            post=post.id,
            began=began if began != post.began else None,
            changes=changes,
        )

    def _remember(self, row: Row, here: Token, who: _Identity | None, phone_before: str | None) -> None:
        given = row if who is None or who.given is None else _joined(who.given, row)
        code = who.code if who is not None and who.code and row.code is None else row.code
        if who is not None and who.code and row.code and _zeros(who.code) == _zeros(row.code):
            code = max(who.code, row.code, key=len) if who.row is None else who.code
        now = _Identity(
            name=who.name if who is not None and (row.coded or who.row is not None) else row.name,
            phone=row.phone or phone_before,
            code=code,
            row=who.row if who is not None and who.row is not None else row.number,
            given=given,
        )
        seen = self.seen
        seen.who[here] = now
        for code in {now.code, row.code} - {None}:
            seen.codes[str(code)] = here
        key = fold(now.name)
        if now.phone:
            _put(seen.phones, (now.phone, key), here)
            if now.phone != phone_before:
                seen.numbers[now.phone] += 1
        _put(seen.names, (row.unit, key), here)
        seen.posts[here, row.unit, row.audience] = row.number


def _put(index: dict[tuple[str, str], list[Token]], pair: tuple[str, str], token: Token) -> None:
    tokens = index.setdefault(pair, [])
    if token not in tokens:
        tokens.append(token)


def _joined(first: Row, row: Row) -> Row:
    """Return what rows have said of a person so far."""
    return replace(first, code=first.code or row.code, phone=first.phone or row.phone)


def plan(
    rows: Iterable[Row], known: Known, seen: Seen, as_of: date, decisions: Mapping[int, str]
) -> Iterator[tuple[Row, Outcome]]:
    """Yield each row of a batch with its outcome; `seen` goes on to the next batch.

    as_of: the day the list describes. decisions: row number -> a `Decision` value, for doubtful doubles.
    """
    batch = _Batch(known, seen, as_of, decisions)
    for row in rows:
        yield row, batch.plan(row)


def left(posts: Iterable[Post], seen: Seen, as_of: date) -> Iterator[tuple[Post, Outcome]]:
    """Yield the posts of a full list's units that no row stood for: they end the day before `as_of`.

    posts: those of the units in `seen.units`. A unit with a row that was refused or left open is not whole, and
    nobody of it has left; a post that begins on `as_of` or later is not the list's matter.
    """
    for post in posts:
        if (
            seen.whole(post.unit)
            and post.audience not in NOT_STAFF
            and post.id not in seen.matched
            and post.began < as_of
            and post.stands(as_of)
        ):
            yield post, Outcome(Kind.LEFT, "not_on_list", person=post.person, post=post.id)
