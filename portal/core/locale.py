"""The language of an answer, and dates and numbers as its reader writes them.

The language is the person's, else the browser's, else Vietnamese; `?lang=` switches and is remembered in a cookie.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, force_locale, gettext
from flask_login import current_user

from portal.config import ROOT
from portal.core.clock import PROVINCE, local_date
from portal.core.errors import Refused
from portal.core.rounding import percents, places

LANGUAGES = ("vi", "en")
COOKIE = "language"


def choose() -> str:
    """Return the language of this request."""
    if not has_request_context():  # a command writes files, too
        return LANGUAGES[0]
    asked = request.args.get("lang") or request.cookies.get(COOKIE)
    if asked in LANGUAGES:
        return str(asked)
    person = getattr(current_user, "person", None)
    if person is not None and person.language in LANGUAGES:
        return str(person.language)
    return request.accept_languages.best_match(LANGUAGES, default="vi") or "vi"


def language() -> str:
    """Return the language of this answer, `vi` or `en`; found once for a request, and asked for a hundred times."""
    here = g._get_current_object().__dict__  # a look-up through the proxy takes seven times as long
    found = here.get("language")
    if found is None:
        found = here["language"] = choose()
    return str(found)


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """Word everything in a language: for work that goes on without its reader's request."""
    here = g._get_current_object().__dict__
    before = here.get("language")
    here["language"] = code
    try:
        with force_locale(code):
            yield
    finally:
        if before is None:
            here.pop("language", None)
        else:
            here["language"] = before


def show_date(day: date | datetime | str | None) -> str:
    """Return `24/11/2026` (both languages write it so here), or an empty string. Takes stored ISO text too."""
    if not day:
        return ""
    if isinstance(day, str):
        day = date.fromisoformat(day)
    when = local_date(day) if isinstance(day, datetime) else day
    return when.strftime("%d/%m/%Y")


def show_time(moment: datetime) -> str:
    """Return the province's time of day, `14:03`."""
    return moment.astimezone(PROVINCE).strftime("%H:%M")


def show_moment(moment: datetime) -> str:
    """Return `14:03, 24/11/2026`."""
    return f"{show_time(moment)}, {show_date(moment)}"


def show_share(share: Fraction | Decimal | float | None, language: str, decimals: int | None = None) -> str:
    """Return a share of one as per cent, `66,7%` in Vietnamese and `66.7%` in English; a dash for None.

    Rounded half up, once, here: nothing else rounds. decimals: of a share that stands beside its target, as many as
    `portal.core.rounding.places` says; None: as many as it needs alone.
    """
    if share is None:
        return "–"
    exact = share if isinstance(share, Fraction) else Fraction(str(share))
    text = f"{percents(exact, places(exact, None) if decimals is None else decimals):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return (text.replace(".", ",") if language == "vi" else text) + "%"


def show_points(points: Fraction, language: str) -> str:
    """Return exact points with at most two decimals, rounded half up, as readers of a language write them."""
    whole, rest = divmod(int(points * 100 + Fraction(1, 2)), 100)
    decimals = f"{rest:02d}".rstrip("0")
    mark = "," if language == "vi" else "."
    return show_number(whole, language) + (mark + decimals if decimals else "")


def show_number(number: int, language: str) -> str:
    """Return a whole number with its thousands marked: `1.234` in Vietnamese, `1,234` in English."""
    return f"{number:,}".replace(",", ".") if language == "vi" else f"{number:,}"


def show_minutes(minutes: int) -> str:
    """Return a length in words: `45 phút`, `6 giờ`, `1 giờ 30 phút`."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return str(gettext("%(minutes)d min", minutes=rest))
    if not rest:
        return str(gettext("%(hours)d h", hours=hours))
    return str(gettext("%(hours)d h %(minutes)d min", hours=hours, minutes=rest))


def worded(refusal: Refused) -> str:
    """Return a refusal in the reader's language; moments in its values as people read them."""
    values = {
        key: show_moment(value) if isinstance(value, datetime) else value
        for key, value in refusal.values.items()
    }
    return str(gettext(refusal.message, **values))


def init_app(app: Flask) -> None:
    """Bind Flask-Babel to the project's catalogues."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(ROOT / "translations")
    app.config["BABEL_DEFAULT_LOCALE"] = "vi"
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Ho_Chi_Minh"
    Babel(app, locale_selector=language)
