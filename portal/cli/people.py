"""`flask user`: people, entered by whoever keeps the machine."""

import getpass
import sys
from datetime import date

import click

from portal.core import clock
from portal.core.accounts import secrets
from portal.core.accounts import services as accounts
from portal.core.accounts.models import Audience, Membership, Posting, SecretKind
from portal.core.audit.services import record
from portal.core.db import unit_of_work
from portal.core.errors import Refused
from portal.core.names import phone_number
from portal.core.organisation import services as organisation
from portal.core.organisation.models import Area, Unit
from portal.core.policy import Role


@click.group()
def user() -> None:
    """People."""


@user.command("add")
@click.option("--name", required=True, help="full name")
@click.option("--phone", help="phone number, any usual spelling")
@click.option("--code", "staff_code", help="staff code")
@click.option("--shared-phone", is_flag=True, help="the number is a family's: others use it already")
@click.option("--username")
@click.option("--unit", "unit_code", help="code of the unit of the posting")
@click.option("--audience", type=click.Choice([str(one) for one in Audience]))
@click.option("--role", type=click.Choice([str(one) for one in Role]))
@click.option("--area", "area_code", help="code of the area the role covers")
@click.option("--sector", help="narrow the role to one sector")
@click.option("--password-stdin", is_flag=True, help="read the password from standard input")
def user_add(
    name: str,
    phone: str | None,
    staff_code: str | None,
    shared_phone: bool,
    username: str | None,
    unit_code: str | None,
    audience: str | None,
    role: str | None,
    area_code: str | None,
    sector: str | None,
    password_stdin: bool,
) -> None:
    """Add a person, with a posting and a role where given."""
    number = phone_number(phone) if phone else None
    if phone and number is None:
        raise click.ClickException(f"--phone {phone!r} is not a Vietnamese number; write it like 0912345678")
    if not (number or staff_code or username):
        raise click.ClickException("give --phone, --code or --username: something to sign in with")
    if bool(unit_code) != bool(audience):
        raise click.ClickException("--unit and --audience belong together")
    password = sys.stdin.readline().rstrip("\n") if password_stdin else getpass.getpass("Password: ")
    if len(password) < secrets.MIN_LENGTH:
        raise click.ClickException(f"a password has at least {secrets.MIN_LENGTH} characters")
    if secrets.easy_password(password, name, number or "", staff_code or "", username or ""):
        raise click.ClickException("this password is too easy to guess")
    if role in (Role.UNIT_HEAD, Role.COLLABORATOR, Role.DISTRICT_HEAD) and not (unit_code or area_code):
        raise click.ClickException(
            f"--role {role} needs --unit or --area: without, it would cover the whole province"
        )
    with unit_of_work() as session:
        unit = organisation.unit_named(session, unit_code) if unit_code else None
        area = organisation.area_named(session, area_code) if area_code else None
        if (unit_code and unit is None) or (area_code and area is None):
            raise click.ClickException(f"there is no unit or area with the code {unit_code or area_code!r}")
        now, today = clock.now(), clock.today()
        others = accounts.people_on_number(session, number) if number else 0
        if others >= (accounts.MOST_ON_ONE_NUMBER if shared_phone else 1):
            most = f"at most {accounts.MOST_ON_ONE_NUMBER} people may share one"
            raise click.ClickException(
                f"--phone {number} is in use already, by {others}; "
                + (most if shared_phone else f"give --shared-phone if they share it ({most})")
            )
        try:
            one = accounts.new_user(
                session,
                full_name=name,
                secret=password,
                secret_kind=SecretKind.PASSWORD,
                phone=number,
                staff_code=staff_code,
                username=username,
                now=now,
            )
        except Refused as refusal:
            raise click.ClickException(str(refusal)) from None
        if unit is not None:
            session.add(
                Posting(user_id=one.id, unit_id=unit.id, audience=Audience(audience or ""), valid_from=today)
            )
        if role is not None:
            session.add(_membership(one.id, Role(role), area, unit, sector, today))
        record(
            session,
            at=now,
            actor_id=None,
            code="user.add",
            target=f"user:{one.id}",
            by="command line",
            role=role or "",
        )
        click.echo(f"added {name} with the id {one.id}")


def _membership(
    user_id: int, role: Role, area: Area | None, unit: Unit | None, sector: str | None, day: date
) -> Membership:
    narrowed = unit.id if unit is not None and area is None else None
    return Membership(
        user_id=user_id,
        role=role,
        area_id=area.id if area else None,
        sector=sector,
        unit_id=narrowed,
        valid_from=day,
    )
