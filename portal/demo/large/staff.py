"""The staff of the large demonstration: who holds which posts, and who left, moved or holds two."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from portal.core import clock
from portal.core.accounts.models import (
    Audience,
    LeftReason,
    Membership,
    Posting,
    PostingSource,
    SecretKind,
    User,
)
from portal.core.accounts.secrets import hashed
from portal.core.names import fold, sort_key
from portal.core.organisation.models import UnitKind
from portal.core.policy import Role
from portal.demo.accounts import PASSWORD
from portal.demo.large.places import Place, Places
from portal.demo.large.work import DAY, Work

USER_COLUMNS = (
    "id", "full_name", "coded", "sort_key", "search_key", "phone", "staff_code", "username", "secret_kind",
    "secret_hash", "failed_count", "consent_version", "consented_at", "created_at", "claimed_at",
)  # fmt: skip
POST_COLUMNS = (
    "user_id", "unit_id", "audience", "title", "valid_from", "valid_to", "source", "recorded_at", "recorded_by_id",
    "left_reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Post:
    """A post of a member of the staff."""

    place: Place
    audience: str
    title: str
    begins: date
    ends: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of the staff with all her posts, the first first."""

    id: int
    name: str
    posts: tuple[Post, ...]


def add_staff(work: Work, places: Places, wanted: int) -> tuple[list[Staff], dict[int, int]]:
    """Add so many people on staff, some of whom have left, moved, or hold a second post.

    Returns all of them, and of each community its collaborator (unit id -> user id).
    """
    schools = [one for one in places.all if one.kind == UnitKind.SCHOOL]
    lines = [line for place in places.all for line in _lines(place)]
    free = wanted - len(lines)
    for number, school in enumerate(schools):
        many = free // len(schools) + (number < free % len(schools))
        swing = min(many - 1, 6) if number < len(schools) - len(schools) % 2 else 0
        many += swing if number % 2 else -swing  # two neighbours together have twice the average
        lines += [(school, *_school_post(place, many)) for place in range(many)]
    password = hashed(PASSWORD)
    by_kind: dict[str, list[Place]] = {}
    for place in places.all:
        by_kind.setdefault(place.kind, []).append(place)
    collaborators: dict[int, int] = {}
    people, users, posts, roles = [], [], [], []
    headed: set[int] = set()
    for place, audience, title in lines:
        id_ = work.new_user()
        code = f"TB-{id_:06d}"
        coded = place.id in places.coded
        name, order, plain = (code, sort_key(code), fold(code)) if coded else work.name()
        chance = work.dice.random()
        account = chance < 0.8
        begins = work.today - timedelta(days=200 + int(work.dice.random() * 1300))
        one = Staff(id_, name, _career(work, Post(place, audience, title, begins), by_kind))
        people.append(one)
        users.append(
            (id_, name, coded, order, plain, f"08{id_:08d}" if chance < 0.6 and not coded else None, code, None,
             SecretKind.PASSWORD, password if account else None, 0, None, None, clock.start_of(begins),
             clock.start_of(begins + timedelta(days=14)) if account else None)
        )  # fmt: skip
        posts += [
            (id_, post.place.id, post.audience, post.title, post.begins, post.ends, PostingSource.DEMONSTRATION,
             clock.start_of(post.begins), None, post.reason)
            for post in one.posts
        ]  # fmt: skip
        if audience == Audience.COLLABORATOR and place.id not in collaborators:
            collaborators[place.id] = id_
            roles.append((id_, Role.COLLABORATOR, place.id, begins))
        elif audience == Audience.MANAGER and place.id not in headed:
            headed.add(place.id)
            roles.append((id_, Role.UNIT_HEAD, place.id, begins))
    work.bulk.write(User, USER_COLUMNS, users)
    work.bulk.write(Posting, POST_COLUMNS, posts)
    work.bulk.write(Membership, ("user_id", "role", "unit_id", "valid_from"), roles)
    work.report(f"staff: {work.size.staff:,} with {len(posts):,} more posts")
    return people, collaborators


def _career(work: Work, post: Post, by_kind: dict[str, list[Place]]) -> tuple[Post, ...]:
    """Return the posts of one who began with `post`: most stay, some leave, move, or take a second post."""
    chance = work.dice.random()
    if chance >= 0.09 or post.audience == Audience.COLLABORATOR:
        return (post,)
    day = work.today - timedelta(days=int(work.dice.random() * 150) + 1)
    others = by_kind[post.place.kind]
    other = others[int(work.dice.random() * len(others))]
    if chance < 0.04 or other.id == post.place.id:
        reason = (LeftReason.RETIRED, LeftReason.RESIGNED, LeftReason.OTHER)[int(chance * 1000) % 3]
        return (replace(post, ends=day, reason=reason),)
    if chance < 0.07:
        gone = replace(post, ends=day, reason=LeftReason.TRANSFERRED)
        return (gone, replace(post, place=other, begins=day + DAY))
    return (post, replace(post, place=other, begins=day))


def _lines(place: Place) -> list[tuple[Place, str, str]]:
    """Return the posts of a place that is no school."""
    match place.kind:
        case UnitKind.CLINIC:
            return [(place, Audience.HEALTH_WORKER, "Nhân viên y tế")] * 4
        case UnitKind.POLICE_POST:
            return [
                *[(place, Audience.POLICE_OFFICER, "Công an viên")] * 3,
                (place, Audience.INVESTIGATOR, "Điều tra viên"),
            ]
        case UnitKind.POST_OFFICE:
            return [(place, Audience.POSTAL_WORKER, "Bưu tá")]
        case UnitKind.COMMITTEE:
            return [
                (place, Audience.COMMUNE_OFFICER, "Công chức Văn hóa – Xã hội"),
                (place, Audience.CHILD_AFFAIRS_OFFICER, "Người làm công tác trẻ em"),
            ]
        case UnitKind.COMMUNITY:
            return [
                *[(place, Audience.COLLABORATOR, "Cộng tác viên")] * 3,
                (place, Audience.VOLUNTEER, "Tình nguyện viên"),
            ]
    return []


def _school_post(place: int, many: int) -> tuple[str, str]:
    """Return audience and title of a member of a school's staff, the head first."""
    if place == 0:
        return Audience.MANAGER, "Hiệu trưởng"
    if place == 1 and many > 8:
        return Audience.MANAGER, "Phó hiệu trưởng"
    return (Audience.SCHOOL_STAFF, "Nhân viên") if place % 7 == 6 else (Audience.TEACHER, "Giáo viên")
