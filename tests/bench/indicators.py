"""The figures of a province that was loaded before (`flask demo load --size province`): a board, a figure, its rows.

In this process, without pages: what a question costs from the first statement to the last. Nothing is written.
"""

import time
from collections.abc import Callable
from itertools import islice
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses.certificates.models import Certificate
from portal.core import clock
from portal.core.db import db
from portal.core.organisation.models import Area, AreaKind
from portal.indicators.catalogue import plans
from portal.indicators.compute import Asked, Facts, board, figure
from portal.indicators.opening import named, rows
from portal.indicators.periods import running
from portal.indicators.places import Where, root

Add = Callable[..., None]
BOARD, OPENED = 300, 200  # ms
PAGE = 50


def measure(add: Add, where: str, app: Flask, *, quick: bool) -> None:
    """Measure the board of the province, figures of one district, and a page of the rows behind one."""
    repeats = 3 if quick else 10
    with app.app_context():
        session = db.session()
        many = session.scalar(select(func.count()).select_from(Certificate)) or 0
        plan, today = plans()["plan-39"], clock.today()
        asked = Asked(plan, "province", running(today), today, now=True)
        province, district = _place(root(session)), _place(_district(session))
        steps: list[tuple[str, int, Callable[[Facts], Any]]] = [
            ("board of the province", BOARD, lambda facts: board(facts, province)),
            ("board of a district", OPENED, lambda facts: board(facts, district)),
        ]
        for code in ("CT01", "CT02", "CT06", "CT10", "CT14", "CT17"):
            indicator = plan.indicator(code)
            assert indicator is not None
            steps += [
                (f"{code} of a district", OPENED, lambda facts, one=indicator: figure(facts, one, district)),
                (
                    f"{code} of a district: a page of its rows",
                    OPENED,
                    lambda facts, one=indicator: named(
                        session, list(islice(rows(facts, one, district), PAGE))
                    ),
                ),
            ]
        for name, most, step in steps:
            p50, p95, used = _times(session, lambda step=step: step(Facts(session, asked)), repeats)
            add(
                where,
                f"{many:,} certificates: {name}",
                p50=p50,
                p95=p95,
                cpu=used,
                target=f"p95 <= {most} ms",
                met=p95 <= most,
            )


def _place(area: Area) -> Where:
    return Where(f"area:{area.code}", area.name, area.id, None, None)


def _district(session: Session) -> Area:
    """Return a district, or where there are none any more a commune."""
    for kind in (AreaKind.DISTRICT, AreaKind.COMMUNE):
        found = session.scalars(
            select(Area).where(Area.kind == kind, Area.valid_to.is_(None)).order_by(Area.code).limit(1)
        ).first()
        if found is not None:
            return found
    raise AssertionError("a province has places")


def _times(session: Session, step: Callable[[], object], repeats: int) -> tuple[float, float, float]:
    """Return p50 and p95 of a step in ms, and the processor time of this process; the first run is not counted."""
    taken, used = [], []
    for _ in range(repeats + 1):
        session.rollback()
        session.expunge_all()
        began, worked = time.perf_counter(), time.process_time()
        step()
        taken.append((time.perf_counter() - began) * 1000)
        used.append((time.process_time() - worked) * 1000)
    warm = sorted(taken[1:])
    return (
        warm[len(warm) // 2],
        warm[min(len(warm) - 1, int(len(warm) * 0.95))],
        sorted(used[1:])[repeats // 2],
    )
