"""Areas and units. Areas form one tree; units stand in an area and in a sector and may have a parent unit."""

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, Line, Pk
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

SECTOR_LABELS = {
    Sector.EDUCATION: N_("Education"),
    Sector.HEALTH: N_("Health"),
    Sector.POLICE: N_("Police"),
    Sector.LABOUR: N_("Labour and social affairs"),
    Sector.POST: N_("Postal service"),
    Sector.COMMUNITY: N_("Community"),
    Sector.GOVERNMENT: N_("Government"),
}


class Area(Base):
    """A province, district or commune, with its official code, valid from one date until another."""

    __tablename__ = "area"

    id: Mapped[Pk]
    code: Mapped[Code] = mapped_column(unique=True)
    kind: Mapped[AreaKind] = mapped_column(String(20))
    name: Mapped[Line]
    search_key: Mapped[Line]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    __table_args__ = (CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", "ends_after_it_begins"),)


class Unit(Base):
    """A school, clinic, police post, office, association: it stands in an area and in a sector.

    Whether its staff list was given, and since when, is in `roster_basis` (portal.core.rosters): a unit without one
    has no denominator ("chưa có mẫu số"), however many of its people have signed in.
    """

    __tablename__ = "unit"

    id: Mapped[Pk]
    code: Mapped[Code] = mapped_column(unique=True)
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
    )


__all__ = ["AREA_KIND_LABELS", "SECTOR_LABELS", "Area", "AreaKind", "Sector", "Unit", "UnitKind"]
