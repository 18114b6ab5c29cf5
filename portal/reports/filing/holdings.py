"""What filed reports hold about a person: the steps she took. Rows behind figures hold ids and serials, never names."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core.rights import own  # noqa: F401 - account, posts and roles stand before
from portal.core.rights.holdings import NAMELESS, Holding, Part, holds
from portal.core.text import N_
from portal.indicators.asking import called
from portal.reports.filing.models import FILING_STATE_LABELS, Filing, FilingStep


def _steps(session: Session, user_id: int) -> Part:
    rows = session.execute(
        select(FilingStep, Filing.period, Filing.place_name)
        .join(Filing, Filing.id == FilingStep.filing_id)
        .where(FilingStep.by_id == user_id)
        .order_by(FilingStep.id)
    )
    return Part(
        [
            {"period": called(period), "place": place, "state": step.state, "at": step.at.isoformat()}
            for step, period, place in rows
        ]
    )


def _let_go(session: Session, user_id: int, now: datetime) -> None:
    session.execute(
        update(FilingStep).where(FilingStep.by_id == user_id).values(by_id=None, by_name=NAMELESS)
    )
    session.execute(update(Filing).where(Filing.made_by_id == user_id).values(made_by_id=None))


holds(
    Holding(
        "filings",
        N_("Reports prepared and filed"),
        (
            ("period", N_("Period")),
            ("place", N_("Place")),
            ("state", N_("State")),
            ("at", N_("When")),
        ),
        ("filing", "filing_step"),
        _steps,
        _let_go,
        {"state": {str(key): label for key, label in FILING_STATE_LABELS.items()}},
    )
)
