"""Areas and units. Areas form one tree; units stand in an area and in a sector and may have a parent unit.

A row of `area` or `unit` says how things stand today. How they stood before is in `area_past` and `unit_past`: one
row for each former state, closed at both ends. What made the difference is a reorganisation, and who followed whom
is in the two lineages.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, Document, Line, LongText, Pk
from portal.core.text import N_


class AreaKind(StrEnum):
    """The level of an area; districts exist until 30/6/2025."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


class Sector(StrEnum):
    """The branch of administration a unit answers to."""

    EDUCATION = "education"
    HEALTH = "health"
    POLICE = "police"
    LABOUR = "labour"
    POST = "post"
    COMMUNITY = "community"
    GOVERNMENT = "government"


class UnitKind(StrEnum):
    """What a unit is; a kind is a label, rights come from the place."""

    SCHOOL = "school"
    CLINIC = "clinic"
    POLICE_POST = "police_post"
    POST_OFFICE = "post_office"
    DEPARTMENT = "department"
    COMMITTEE = "committee"
    ASSOCIATION = "association"
    COMMUNITY = "community"


AREA_KIND_LABELS = {
    AreaKind.PROVINCE: N_("Province"),
    AreaKind.DISTRICT: N_("District"),
    AreaKind.COMMUNE: N_("Commune"),
}

UNIT_KIND_LABELS = {
    UnitKind.SCHOOL: N_("School"),
    UnitKind.CLINIC: N_("Health station"),
    UnitKind.POLICE_POST: N_("Police post"),
    UnitKind.POST_OFFICE: N_("Post office"),
    UnitKind.DEPARTMENT: N_("Department"),
    UnitKind.COMMITTEE: N_("People's committee"),
    UnitKind.ASSOCIATION: N_("Association"),
    UnitKind.COMMUNITY: N_("Community of a commune"),
}

SECTOR_LABELS = {
    Sector.EDUCATION: N_("Education"),
    Sector.HEALTH: N_("Health"),
    Sector.POLICE: N_("Police"),
    Sector.LABOUR: N_("Labour and social affairs"),
    Sector.POST: N_("Postal service"),
    Sector.COMMUNITY: N_("Community"),
    Sector.GOVERNMENT: N_("Government"),
}


def _one_current(table: str) -> tuple[Index, UniqueConstraint]:
    """Return what keeps codes apart: one holder at a time, for a new commune may get the code of an old one."""
    current = text("valid_to IS NULL")
    return (
        Index(
            f"uq_{table}_current_code", "code", unique=True, sqlite_where=current, postgresql_where=current
        ),
        UniqueConstraint("code", "valid_from"),
    )


class Area(Base):
    """A province, district or commune, with its official code, valid from one date until another (inclusive).

    `parent_id` is the area above today; of an area that has ended, what it has become.
    """

    __tablename__ = "area"

    id: Mapped[Pk]
    code: Mapped[Code]
    kind: Mapped[AreaKind] = mapped_column(String(20))
    name: Mapped[Line]
    search_key: Mapped[Line]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", "ends_after_it_begins"),
        *_one_current("area"),
    )


class Unit(Base):
    """A school, clinic, police post, office, association: it stands in an area and in a sector.

    Whether its staff list was given, and since when, is in `roster_basis` (portal.core.rosters): a unit without one
    has no denominator ("chưa có mẫu số"), however many of its people have signed in. `area_id` is where
    it stands within today's boundaries, also of a unit that has ended; `parent_id` of a unit that was merged is the
    unit it has become, so that whoever heads that one may see the records of its past.
    """

    __tablename__ = "unit"

    id: Mapped[Pk]
    code: Mapped[Code]
    kind: Mapped[UnitKind] = mapped_column(String(20))
    sector: Mapped[Sector] = mapped_column(String(20))
    name: Mapped[Line]
    search_key: Mapped[Line]
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", "ends_after_it_begins"),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", "not_its_own_parent"),
        Index("ix_unit_area_id_sector", "area_id", "sector"),
        *_one_current("unit"),
    )


class AreaPast(Base):
    """How an area stood from one date until another, before its present state."""

    __tablename__ = "area_past"

    id: Mapped[Pk]
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("reorganisation_event.id"), index=True)
    code: Mapped[Code]
    kind: Mapped[AreaKind] = mapped_column(String(20))
    name: Mapped[Line]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date]

    __table_args__ = (
        CheckConstraint("valid_to >= valid_from", "ends_after_it_begins"),
        UniqueConstraint("area_id", "valid_from"),
    )


class UnitPast(Base):
    """How a unit stood from one date until another, before its present state."""

    __tablename__ = "unit_past"

    id: Mapped[Pk]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("reorganisation_event.id"), index=True)
    code: Mapped[Code]
    kind: Mapped[UnitKind] = mapped_column(String(20))
    sector: Mapped[Sector] = mapped_column(String(20))
    name: Mapped[Line]
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date]

    __table_args__ = (
        CheckConstraint("valid_to >= valid_from", "ends_after_it_begins"),
        UniqueConstraint("unit_id", "valid_from"),
    )


class ReorganisationState(StrEnum):
    """Written down, carried out, or carried out and taken back."""

    PLANNED = "planned"
    APPLIED = "applied"
    UNDONE = "undone"


REORGANISATION_STATE_LABELS = {
    ReorganisationState.PLANNED: N_("planned"),
    ReorganisationState.APPLIED: N_("applied"),
    ReorganisationState.UNDONE: N_("undone"),
}


class Reorganisation(Base):
    """A decree: events that take effect on one day, applied and undone together.

    `changes` holds exactly what was written, row by row, before and after: an undo reads it backwards. `sealed_at`
    is set when a report was filed on figures that stand on this decree; from then on it cannot be undone.
    """

    __tablename__ = "reorganisation"

    id: Mapped[Pk]
    title: Mapped[Line]
    legal_basis: Mapped[str] = mapped_column(String(500))
    effective_on: Mapped[date] = mapped_column(index=True)
    state: Mapped[ReorganisationState] = mapped_column(String(20))
    search_key: Mapped[LongText]
    planned_at: Mapped[datetime]
    planned_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    applied_at: Mapped[datetime | None]
    applied_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    sealed_at: Mapped[datetime | None]
    changes: Mapped[list[Any] | None] = mapped_column(Document)

    __table_args__ = (
        CheckConstraint("state = 'planned' OR applied_at IS NOT NULL", "applied_before_it_is_undone"),
        CheckConstraint("(state = 'undone') = (undone_at IS NOT NULL)", "undone_at_a_moment"),
        CheckConstraint("sealed_at IS NULL OR state = 'applied'", "sealed_only_while_applied"),
    )


class ReorganisationEvent(Base):
    """One thing a decree does; `facts` is the event as it was written (`reorganise.Event`)."""

    __tablename__ = "reorganisation_event"

    id: Mapped[Pk]
    reorganisation_id: Mapped[int] = mapped_column(ForeignKey("reorganisation.id", ondelete="CASCADE"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(10))
    facts: Mapped[dict[str, Any]] = mapped_column(Document)

    __table_args__ = (UniqueConstraint("reorganisation_id", "position"),)


_SHARE = "share_part > 0 AND share_part <= share_whole"


class AreaLineage(Base):
    """An area became another, or a part of it did: `share_part` of `share_whole`; the shares of one event sum to 1.

    `main` marks the one successor that stands for a predecessor which has ended.
    """

    __tablename__ = "area_lineage"

    id: Mapped[Pk]
    event_id: Mapped[int] = mapped_column(ForeignKey("reorganisation_event.id"), index=True)
    predecessor_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    successor_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    share_part: Mapped[int]
    share_whole: Mapped[int]
    main: Mapped[bool]

    __table_args__ = (
        CheckConstraint(_SHARE, "share_is_of_one"),
        UniqueConstraint("event_id", "predecessor_id", "successor_id"),
    )


class UnitLineage(Base):
    """A unit became another, or a part of it did: as `AreaLineage`."""

    __tablename__ = "unit_lineage"

    id: Mapped[Pk]
    event_id: Mapped[int] = mapped_column(ForeignKey("reorganisation_event.id"), index=True)
    predecessor_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    successor_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    share_part: Mapped[int]
    share_whole: Mapped[int]
    main: Mapped[bool]

    __table_args__ = (
        CheckConstraint(_SHARE, "share_is_of_one"),
        UniqueConstraint("event_id", "predecessor_id", "successor_id"),
    )


__all__ = [
    "AREA_KIND_LABELS",
    "REORGANISATION_STATE_LABELS",
    "SECTOR_LABELS",
    "UNIT_KIND_LABELS",
    "Area",
    "AreaKind",
    "AreaLineage",
    "AreaPast",
    "Reorganisation",
    "ReorganisationEvent",
    "ReorganisationState",
    "Sector",
    "Unit",
    "UnitKind",
    "UnitLineage",
    "UnitPast",
]
