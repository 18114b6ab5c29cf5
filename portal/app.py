"""The factory: the only module that knows every blueprint. It ends by refusing to start with an undeclared policy."""

import hashlib
from datetime import timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, Request, request, url_for
from flask_babel import gettext
from flask_login import current_user
from jinja2 import StrictUndefined
from sqlalchemy import inspect
from werkzeug.middleware.proxy_fix import ProxyFix

import portal.handlers
import portal.tables  # noqa: F401 - completes the metadata
from courses.certificates import views as certificates
from courses.certificates.issuing import issuer_for
from courses.certificates.signing import UnusableKey
from courses.families import views as families
from courses.group_lessons import views as group_lessons
from courses.practice import views as practice
from courses.views import attempts, before_after, catalogue, learn, preview
from courses.workshops import attending, manage
from courses.workshops import imports as hall_imports
from courses.workshops import pages as halls
from courses.workshops import past as paper_classes
from courses.workshops import views as workshops
from portal import compression, demo, errors, headers, home, limits, session_cookies, templating
from portal.cli import groups
from portal.config import ROOT, BadSetting, Settings, database_url, read_settings, secret_key
from portal.core import clock, db, locale, names
from portal.core.accounts import login
from portal.core.accounts import views as accounts
from portal.core.audit import views as audit
from portal.core.files import web as files
from portal.core.jobs import views as jobs
from portal.core.locale import language
from portal.core.notices import views as notices
from portal.core.policy import Action
from portal.core.rights import views as rights
from portal.core.text import N_
from portal.core.web import actor, check_declared, public
from portal.demo.accounts import ACCOUNTS
from portal.forged_requests import ForgedRequests
from portal.indicators import api
from portal.indicators import declaration_views as declarations
from portal.indicators import views as indicators
from portal.reports import assignment_views as assignments
from portal.reports import authoring, declaration_files, indicator_files, looks, reorganisations, units
from portal.reports import halls as hall_files
from portal.reports import household_views as households
from portal.reports import published_views as published
from portal.reports import reminder_views as reminders
from portal.reports import views as reports
from portal.reports.filing import row_views as filed_rows
from portal.reports.filing import views as filings
from portal.reports.rosters import views as rosters

#: Modules that add their addresses to a blueprint of another one when they are imported.
BESIDE = (attending, manage)
NAVIGATION = (
    ("home.index", N_("Home"), None),
    ("catalogue.index", N_("Courses"), None),
    ("certificates.mine", N_("Certificates"), Action.OWN_LEARNING),
    ("workshops.index", N_("Classes"), Action.OWN_LEARNING),
    ("manage.board", N_("People and rates"), Action.PEOPLE_COUNT),
    ("indicators.board", N_("Indicators"), Action.INDICATOR_READ),
    ("filings.index", N_("Reports"), Action.REPORT_PREPARE),
    ("assignments.index", N_("Assignments"), Action.COURSE_ASSIGN),
    ("households.index", N_("Households"), Action.HOUSEHOLD_KEEP),
    ("families.index", N_("Family support"), Action.FAMILY_SUPPORT),
    ("roster.units", N_("Staff lists"), Action.ROSTER_MANAGE),
    ("author.index", N_("Course files"), Action.COURSE_CHECK),
    ("preview.index", N_("Questions and keys"), Action.COURSE_PREVIEW),
    ("audit.index", N_("Audit trail"), Action.AUDIT_READ),
    ("units.index", N_("Areas and units"), Action.UNITS_MANAGE),
)


#: Pages that stand under an entry of the navigation whose blueprint is another one.
UNDER = {
    "learn": "catalogue", "attempts": "catalogue",
    "halls": "workshops", "hall_imports": "workshops", "paper_classes": "workshops", "practice": "workshops",
    "group_lessons": "workshops", "reminders": "manage", "places": "manage", "declarations": "indicators",
    "looks": "audit", "reorganisations": "units",
}  # fmt: skip


class PortalRequest(Request):
    """A request whose body is looked through for a form only where it says that it is one."""

    @property
    def want_form_data_parsed(self) -> bool:
        """Return whether the body is a form; JSON is not, and looking for one cost a saved answer a fortieth of its time."""
        return self.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data")


def create_app(settings: Settings | None = None) -> Flask:
    """Build the portal from `settings`, or from the environment. Raises `BadSetting`, `UndeclaredPolicy`."""
    settings = settings or read_settings()
    app = Flask("portal", root_path=str(ROOT / "portal"), static_folder=str(ROOT / "static"))
    app.request_class = PortalRequest
    _configure(app, settings)
    session_cookies.init_app(app)
    compression.init_app(app)  # the first hook on answers is the last to run
    db.init_app(app, database_url(settings))
    login.init_app(app)
    locale.init_app(app)
    files.init_app(app)  # before whatever reads a form
    ForgedRequests(app)
    limits.init_app(app, settings)
    errors.init_app(app)
    headers.init_app(app, settings)
    _templates(app, settings)
    templating.init_app(app)
    for blueprint in (
        home.bp,
        accounts.bp,
        audit.bp,
        jobs.bp,
        notices.bp,
        rights.bp,
        looks.bp,
        catalogue.bp,
        learn.bp,
        attempts.bp,
        before_after.bp,
        preview.bp,
        certificates.bp,
        certificates.verify,
        api.bp,
        reports.bp,
        indicators.bp,
        indicator_files.bp,
        declarations.bp,
        declaration_files.bp,
        households.bp,
        assignments.bp,
        reminders.bp,
        filings.bp,
        filed_rows.bp,
        published.bp,
        families.bp,
        authoring.bp,
        units.bp,
        units.mine,
        reorganisations.bp,
        workshops.bp,
        halls.bp,
        hall_imports.bp,
        paper_classes.bp,
        practice.bp,
        group_lessons.bp,
        hall_files.bp,
        rosters.bp,
    ):
        app.register_blueprint(blueprint)
    # the quizzes package has templates and no views: its partials are found beside everybody else's
    app.jinja_loader.searchpath.append(str(ROOT / "quizzes" / "templates"))  # type: ignore[union-attr]
    groups.init_app(app)
    public(app.view_functions["static"])
    limits.apply(app, settings)
    check_declared(app.view_functions)
    if settings.proxies:
        hops = settings.proxies
        # not X-Forwarded-Host: a proxy hands the host on as Host, and passes that header through as it came
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    if settings.production or settings.signing_key:
        _able_to_sign(settings)
    if settings.production:
        _fit_for_production(app, settings)
    return app


def _able_to_sign(settings: Settings) -> None:
    """Refuse a key that cannot sign, before the first learner completes a course."""
    try:
        issuer_for(settings)
    except UnusableKey as fault:
        raise BadSetting(
            "PORTAL_SIGNING_KEY", settings.signing_key, f"a key that can sign ({fault})"
        ) from fault


def _fit_for_production(app: Flask, settings: Settings) -> None:
    """Refuse the demonstration's people, whose password everybody can read."""
    with app.app_context():
        engine = db.db.engine
        if inspect(engine).has_table("user") and demo.is_here(db.db.session()):
            raise BadSetting("PORTAL_DATABASE_URL", "(not shown)", "a database without the demonstration")
        db.db.session.remove()
        engine.dispose()  # no connection is carried into the processes that serve


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SETTINGS=settings,
        DEMO_ACCOUNTS=[(one.username, one.words) for one in ACCOUNTS]
        if settings.environment == "demonstration"
        else (),
        SECRET_KEY=secret_key(settings),
        TESTING=settings.environment == "test",
        MIGRATIONS=ROOT / "portal" / "migrations",
        MAX_CONTENT_LENGTH=1024 * 1024,
        SESSION_COOKIE_NAME="__Host-hoc" if settings.secure else "hoc",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure,
        PERMANENT_SESSION_LIFETIME=timedelta(minutes=settings.idle_minutes),
        WTF_CSRF_TIME_LIMIT=None,  # a lesson may stay open all evening; the token lives as long as the session
        WTF_CSRF_SSL_STRICT=settings.secure,
        SEND_FILE_MAX_AGE_DEFAULT=31536000,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]


def _templates(app: Flask, settings: Settings) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.filters.update(
        date=locale.show_date,
        time=locale.show_time,
        moment=locale.show_moment,
        minutes=locale.show_minutes,
        share=lambda share: locale.show_share(share, language()),
        number=lambda number: locale.show_number(number, language()),
        masked=names.masked,
    )

    @app.context_processor
    def context() -> dict[str, Any]:
        chosen = language()
        return {
            "language": chosen,
            "person": current_user.person if current_user.is_authenticated else None,
            "navigation": _navigation(),
            "language_urls": _language_urls(),
            "theme": request.cookies.get("theme", "")
            if request.cookies.get("theme") in ("dark", "light")
            else "",
            "asset": asset,
            "demonstration": settings.environment == "demonstration",
            "may": lambda action: actor().may(Action(action)),
            "pick": lambda texts: texts.get(chosen) or texts.get("vi", ""),
            "today": clock.today(),
        }

    @app.after_request
    def remember_language(response: Any) -> Any:
        if request.args.get("lang") in locale.LANGUAGES:
            response.set_cookie(
                locale.COOKIE,
                request.args["lang"],
                max_age=31536000,
                samesite="Lax",
                secure=settings.secure,
                httponly=True,
            )
        return response


def _navigation() -> list[dict[str, object]]:
    me = actor()
    mine = frozenset(endpoint for endpoint, _label, action in NAVIGATION if action is None or me.may(action))
    part, _, page = (request.endpoint or "").partition(".")
    here = UNDER.get(part, "" if page == "help_page" else part)
    return [
        {"label": label, "url": url, "current": here == part}
        for part, label, url in _entries(mine, language(), request.script_root)
    ]


@lru_cache(maxsize=256)  # a page asks for the same few lists again and again
def _entries(endpoints: frozenset[str], _language: str, _root: str) -> tuple[tuple[str, str, str], ...]:
    """Return blueprint, label and address of each entry, for one language and one place of the portal on its host."""
    return tuple(
        (endpoint.split(".")[0], gettext(label), url_for(endpoint))
        for endpoint, label, _action in NAVIGATION
        if endpoint in endpoints
    )


def _language_urls() -> dict[str, str]:
    kept = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    if request.method != "GET":
        return {code: url_for("home.index", lang=code) for code in locale.LANGUAGES}
    path = quote(request.script_root + "/" + request.path.lstrip("/"))  # two slashes would be another host
    return {code: f"{path}?{urlencode([*kept, ('lang', code)])}" for code in locale.LANGUAGES}


@cache
def _digest(path: str) -> str:
    return hashlib.sha256((Path(ROOT) / "static" / path).read_bytes()).hexdigest()[:10]


def asset(path: str) -> str:
    """Return the address of a static file with its digest, so that it can be kept for a year."""
    return _address(path, request.script_root)


@lru_cache(maxsize=256)
def _address(path: str, _root: str) -> str:
    return url_for("static", filename=path, v=_digest(path))
