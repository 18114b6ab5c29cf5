"""The figures of a province that was loaded before (`flask demo load --size province`): boards, figures, their rows.

Real pages, asked in this process by the standing agency, in turns with the floor's page. Written are one sign-in, what
opening people's rows always writes, and marks. `warm`: nothing was written since the last look. `after a fact`: a learner
was marked, so her units are counted from the facts, and figures of today added up again. `from the facts`: as if there
were no tallies. Of the lists behind figures: the first page, the hundredth, and a search by three words of a name.
"""

import gc
import os
import random
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from courses.certificates.models import Certificate
from portal.core import clock
from portal.core.accounts.models import Posting, User
from portal.core.db import db, unit_of_work
from portal.core.organisation.models import Area, AreaKind, Unit
from portal.indicators.catalogue import plans
from portal.indicators.compute import Asked, Facts, board
from portal.indicators.models import TallyMark
from portal.indicators.periods import running
from portal.indicators.places import Where, root
from portal.indicators.tallies import keeping
from tests.bench import floor, people

Add = Callable[..., None]
BOARD, OPENED = 300, 200  # ms
FIGURES = ("CT01", "CT02", "CT06", "CT10", "CT14", "CT17")
#: Lists with police officers ask for a reason first: their rows are measured by other figures. (figure, people inside)
ROWS = (("CT01", ""), ("CT02", ""), ("CT06", ""), ("CT06", "people"), ("CT10", ""), ("CT17", ""))
SEARCH = "nguyen thi hoa"


def measure(add: Add, where: str, app: Flask, folder: Path, *, quick: bool) -> None:
    """Measure the boards, figures and rows of the province, a district and a commune."""
    repeats = 5 if quick else 20
    os.environ["FLOOR_DATABASE_URL"] = f"sqlite:///{folder}/floor-of-figures.db"
    below = floor.create_app()
    floor.fill(below)
    plain = below.test_client()
    with plain.session_transaction() as kept:
        kept["person"] = 7
    with app.app_context():
        session = db.session()
        many = session.scalar(select(func.count()).select_from(Certificate)) or 0
        began = time.perf_counter()
        while keeping.tend(clock.today()):
            pass
        add(where, f"{many:,} certificates: tallies brought up, s", p50=(time.perf_counter() - began) * 1000)
        agency = session.scalars(select(User.id).where(User.username == "thuongtruc")).one()
        places = [("province", root(session)), *_below(session)]
        names = [(name, f"area:{area.code}") for name, area in places]
        units = [(str(unit.kind), f"unit:{unit.code}") for unit in _leaves(session)]
        province = places[0][1]
        whole = Where(f"area:{province.code}", province.name, province.id, None, None)
        plan, today = plans()["plan-39"], clock.today()
        asked = Asked(plan, "province", running(today), today, now=True)
        learners = session.scalars(
            select(Posting.user_id).where(Posting.audience.in_(("parent", "teacher"))).limit(5000)
        ).all()
        db.session.remove()
    dice = random.Random(1)
    (one,) = people.signed_in(app, [agency])

    def page(path: str) -> Callable[[], object]:
        client = app.test_client(use_cookies=False)

        def ask() -> None:
            answer = client.get(path, headers={"Cookie": one.cookie})
            assert answer.status_code == 200, (path, answer.status_code)
            assert answer.get_data()

        return ask

    def facts() -> None:
        with app.app_context():
            board(Facts(db.session(), asked, tallies=False), whole)

    def written() -> None:
        """Mark a learner as a trigger would, in place of the mark before: workers take marks away every few seconds."""
        with app.app_context(), unit_of_work() as work:
            work.execute(delete(TallyMark))
            work.add(TallyMark(what="person", person=dice.choice(learners), since=today))

    def under() -> None:
        assert plain.get("/page").status_code == 200

    at = f"period={asked.period.code}&lang=vi"
    steps: list[tuple[str, int | None, int, Callable[[], object], Callable[[], object]]] = [
        ("board of the province, from the facts", None, 3, facts, _nothing)
    ]
    for name, code in names:
        most = BOARD if name == "province" else OPENED
        path = f"/indicators/?{at}&place={code}"
        steps += [
            (f"board of the {name}, warm", most, repeats, page(path), _nothing),
            (f"board of the {name}, after a fact", most, repeats, page(path), written),
        ]
    for name, code in names:
        steps += [
            (f"{figure} of the {name}, after a fact", OPENED, repeats, page(f"/indicators/{figure}/?{at}&place={code}"), written)
            for figure in FIGURES
        ]  # fmt: skip
    fewer = max(3, repeats // 2)  # there are seventy of them, in under two minutes
    for name, code in [*names, *units]:
        steps += [
            (
                f"{figure} of the {name}: {'people inside' if of else 'rows'}, {which}",
                OPENED,
                fewer,
                page(f"/indicators/{figure}/rows?{at}&place={code}&of={of}{more}"),
                _nothing,
            )
            for figure, of in ROWS
            if name not in LEAVES or figure in LEAVES[name]
            for which, more in (("first page", ""), ("page 100", "&page=100"), ("a name", f"&q={SEARCH}"))
        ]
    steps += [
        (
            f"{figure} of the province: {'people inside' if of else 'rows'}, after a fact",
            OPENED,
            fewer,
            page(f"/indicators/{figure}/rows?{at}&place={names[0][1]}&of={of}"),
            written,
        )
        for figure, of in ROWS
    ]
    gc.collect()
    gc.freeze()  # as a server of the portal does once the application is loaded
    for what, limit, times, step, before in steps:
        p50, p95, used, ratio = _times(step, before, under, times)
        add(
            where,
            f"{many:,}: {what}",
            p50=p50,
            p95=p95,
            cpu=used,
            ratio=ratio,
            target="" if limit is None else f"p95 <= {limit} ms",
            met=None if limit is None else p95 <= limit,
        )


def _below(session: Session) -> Iterable[tuple[str, Area]]:
    """Yield a district (where there still are any) and a commune: the last of their codes, so of no special size."""
    for kind in (AreaKind.DISTRICT, AreaKind.COMMUNE):
        found = session.scalars(
            select(Area).where(Area.kind == kind, Area.valid_to.is_(None)).order_by(Area.code.desc()).limit(1)
        ).first()
        if found is not None:
            yield str(kind), found


#: Kinds of units, and the figures that have rows there.
LEAVES = {"school": ("CT06",), "community": ("CT01", "CT02", "CT10", "CT17")}


def _leaves(session: Session) -> Iterable[Unit]:
    """Yield a school and a community, the last of their codes likewise."""
    for kind in LEAVES:
        found = session.scalars(
            select(Unit).where(Unit.kind == kind, Unit.valid_to.is_(None)).order_by(Unit.code.desc()).limit(1)
        ).first()
        if found is not None:
            yield found


def _nothing() -> None:
    """Leave everything as it is."""


def _times(
    step: Callable[[], Any], before: Callable[[], None], under: Callable[[], None], repeats: int
) -> tuple[float, float, float, float]:
    """Return p50 and p95 of a step in ms, this process's own time, and the ratio to the floor; the first run is left out."""
    taken, used, floors = [], [], []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        under()
        floors.append((time.perf_counter() - began) * 1000)
        before()
        began, worked = time.perf_counter(), time.process_time()
        step()
        taken.append((time.perf_counter() - began) * 1000)
        used.append((time.process_time() - worked) * 1000)
    warm, ground = sorted(taken[1:]), sorted(floors[1:])
    middle = len(warm) // 2
    return (
        warm[middle],
        warm[min(len(warm) - 1, int(len(warm) * 0.95))],
        sorted(used[1:])[middle],
        warm[middle] / ground[middle],
    )
