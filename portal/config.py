"""Settings: read once, from the environment, loudly. Nothing below reads the environment again."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from limits import parse_many
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent.parent
_REDIS = ("redis", "rediss", "redis+unix", "redis+sentinel", "redis+cluster")
DEMONSTRATION_SECRET = "demonstration-only-"  # noqa: S105 - the mark by which production refuses it


class BadSetting(Exception):
    """A setting cannot be used: names it, what was found and what was expected."""

    def __init__(self, name: str, found: str, expected: str) -> None:
        super().__init__(f"{name} is {found!r}; expected {expected}")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that may differ between two installations. The README's table is written from this class."""

    environment: str = "demonstration"
    database_url: str = ""
    secret_key: str = ""
    redis_url: str = ""
    base_url: str = "http://127.0.0.1:8000"
    data_dir: Path = ROOT / "var"
    issuer: str = "Cổng học tập Bảo vệ trẻ em – tỉnh Thái Bình"
    signing_key: str = ""
    signing_certificate: str = ""
    signing_passphrase: str = ""
    idle_minutes: int = 120
    session_days: int = 30
    lockout_failures: int = 8
    lockout_minutes: int = 15
    sign_in_limit: str = "60 per minute"
    verify_limit: str = "30 per minute"
    register_limit: str = "100 per hour"
    proxies: int = 0
    remind_days: int = 7
    report_jump_points: int = 20
    public_figures: str = "off"
    jobs: str = ""
    job_lease_seconds: int = 60
    smtp_url: str = ""
    mail_from: str = ""
    sms_url: str = ""
    sms_token: str = ""
    sms_from: str = ""
    keep_sign_ins_days: int = 400
    keep_read_notices_days: int = 400
    keep_jobs_days: int = 100
    keep_list_views_days: int = 1830

    @property
    def production(self) -> bool:
        """Return whether real people are taught here: no demonstration data, no default secret."""
        return self.environment == "production"

    @property
    def secure(self) -> bool:
        """Return whether the portal is reached over https, so that cookies may insist on it."""
        return self.base_url.startswith("https://")


MEANING: Mapping[str, str] = {
    "environment": "`demonstration` (default), `production` or `test`",
    "database_url": "SQLAlchemy address; unset: SQLite in the data directory",
    "secret_key": "at least 32 characters; signs cookies. Production must set it",
    "redis_url": "counters of the rate limits; needed with several web processes. Unset: in the one process",
    "base_url": "address that people see; printed in certificates' QR codes",
    "data_dir": "database, keys and generated files of the embedded default (`var/`)",
    "issuer": "name printed on certificates",
    "signing_key": "PEM file of the key that signs certificates; unset: self-made in the data directory (demonstration)",
    "signing_certificate": "PEM file of its certificate chain",
    "signing_passphrase": "passphrase of the key",
    "idle_minutes": "a session left alone so long ends",
    "session_days": "a session ends after so many days in any case",
    "lockout_failures": "wrong passwords in a row that lock an account",
    "lockout_minutes": "how long it stays locked",
    "sign_in_limit": "sign-in attempts from one address",
    "verify_limit": "certificate look-ups from one address",
    "register_limit": "sign-ups from one address",
    "remind_days": "a person is reminded of what she must learn once in so many days, whoever reminds",
    "report_jump_points": "a figure that moved by more percentage points since the report before is named by the checks",
    "public_figures": "`on`: `/indicators/public/` shows everybody the figures of the filed consolidated report, numbers of people under 5 hidden with all from which they follow; `off`: there is no such page",
    "proxies": "number of reverse proxies in front whose `X-Forwarded-For` is trusted",
    "jobs": "`embedded`: gunicorn starts a worker for background work; `apart`: run `flask jobs work` yourself. Unset: embedded, but apart in production",
    "job_lease_seconds": "work of a killed worker is taken up again after so many seconds",
    "smtp_url": "e-mail for notices: `smtps://user:password@host` or `smtp://…` (STARTTLS; `?starttls=no` for the same host). Unset: no e-mail",
    "mail_from": "address that e-mails come from; needed with `PORTAL_SMTP_URL`",
    "sms_url": "address of an SMS gateway; takes POST with JSON `to`, `text`, `from`, `reference`. Unset: written to `sms.log` in the data directory",
    "sms_token": "sent to the gateway as `Authorization: Bearer …`",
    "sms_from": "name that SMS come from, as registered with the operator",
    "keep_sign_ins_days": "sign-ins are deleted after so many days; 0 keeps them. The audit trail is always kept",
    "keep_read_notices_days": "notices are deleted so many days after they were read; 0 keeps them",
    "keep_jobs_days": "background work that ended is forgotten after so many days; 0 keeps it",
    "keep_list_views_days": "who looked at which list of people is deleted after so many days; 0 keeps it",
}


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of `PORTAL_*` variables. Raises `BadSetting` with the name of the first bad one."""
    given: dict[str, object] = {}
    known = {field.name: field for field in fields(Settings)}
    for key, raw in environ.items():
        if not key.startswith("PORTAL_"):
            continue
        name = key.removeprefix("PORTAL_").lower()
        if name not in known:
            raise BadSetting(key, raw, "one of the settings listed in the README; this name is unknown")
        given[name] = _value(key, raw, str(known[name].type))
    settings = Settings(**given)  # type: ignore[arg-type]  # each value was made for its field just above
    if settings.environment not in ("demonstration", "production", "test"):
        raise BadSetting("PORTAL_ENVIRONMENT", settings.environment, "demonstration, production or test")
    if not settings.base_url.startswith(("http://", "https://")) or settings.base_url.endswith("/"):
        raise BadSetting(
            "PORTAL_BASE_URL",
            settings.base_url,
            "an address like https://hoc.example.vn, without a slash at its end",
        )
    _usable(settings)
    if settings.production:
        _fit_for_production(settings)
    return settings


def _usable(settings: Settings) -> None:
    """Refuse what would otherwise be found out at the first sign-in."""
    _can_send(settings)
    if settings.public_figures not in ("on", "off"):
        raise BadSetting("PORTAL_PUBLIC_FIGURES", settings.public_figures, "on or off")
    if settings.jobs not in ("", "embedded", "apart"):
        raise BadSetting("PORTAL_JOBS", settings.jobs, "embedded or apart")
    for name in ("idle_minutes", "session_days", "lockout_failures", "lockout_minutes", "job_lease_seconds"):
        if not getattr(settings, name):
            raise BadSetting(f"PORTAL_{name.upper()}", "0", "a whole number, 1 or more")
    for name in ("sign_in_limit", "verify_limit", "register_limit"):
        try:
            limits = parse_many(getattr(settings, name))
        except ValueError:
            limits = []
        if len(limits) != 1:  # of several, one would be counted and the others forgotten
            raise BadSetting(
                f"PORTAL_{name.upper()}", getattr(settings, name), "one limit like 30 per minute"
            )
    if settings.redis_url and urlsplit(settings.redis_url).scheme not in _REDIS:
        raise BadSetting("PORTAL_REDIS_URL", "(not shown)", "an address like redis://127.0.0.1:6379/0")
    if settings.database_url:
        try:
            known = make_url(settings.database_url).get_backend_name() in ("sqlite", "postgresql")
        except ArgumentError:
            known = False
        if not known:
            raise BadSetting(
                "PORTAL_DATABASE_URL",
                "(not shown)",
                "an address like postgresql://hoc@/hoc or sqlite:////srv/hoc.db",
            )


def _can_send(settings: Settings) -> None:
    """Refuse addresses of mail servers and gateways that cannot be used. Passwords in them are not shown."""
    for name, schemes in (("smtp_url", ("smtp", "smtps")), ("sms_url", ("http", "https"))):
        url = getattr(settings, name)
        try:
            parts = urlsplit(url)
            usable = not url or (parts.scheme in schemes and bool(parts.hostname) and parts.port != 0)
        except ValueError:
            usable = False
        if not usable:
            expected = f"an address like {schemes[-1]}://host"
            raise BadSetting(f"PORTAL_{name.upper()}", "(not shown)", expected)
    if settings.smtp_url and "@" not in settings.mail_from:
        raise BadSetting("PORTAL_MAIL_FROM", settings.mail_from, "an e-mail address that the mails come from")
    if settings.production and settings.sms_url.startswith("http://"):
        raise BadSetting("PORTAL_SMS_URL", "(not shown)", "an https:// address in production")


def _value(key: str, raw: str, kind: str) -> object:
    if "int" in kind:
        if not (raw.isascii() and raw.isdigit()):
            raise BadSetting(key, raw, "a whole number, 0 or more")
        return int(raw)
    return Path(raw).resolve() if "Path" in kind else raw


def _fit_for_production(settings: Settings) -> None:
    if len(settings.secret_key) < 32 or settings.secret_key.startswith(DEMONSTRATION_SECRET):
        raise BadSetting(
            "PORTAL_SECRET_KEY", "(not shown)", "at least 32 characters of its own; never a default"
        )
    if not settings.secure:
        raise BadSetting("PORTAL_BASE_URL", settings.base_url, "an https:// address in production")
    if not settings.signing_key or not settings.signing_certificate:
        raise BadSetting(
            "PORTAL_SIGNING_KEY",
            "(unset)",
            "a key and certificate: production never signs with a self-made key",
        )


def database_url(settings: Settings) -> str:
    """Return the database address, making the data directory of the embedded default if need be."""
    if settings.database_url:
        return settings.database_url
    return f"sqlite:///{_data_dir(settings) / 'portal.db'}"


def secret_key(settings: Settings) -> str:
    """Return the key that signs cookies; outside production one is made once and kept in the data directory."""
    if settings.secret_key:
        return settings.secret_key
    path = _data_dir(settings) / "secret-key"
    try:
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(DEMONSTRATION_SECRET + secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii")


def _data_dir(settings: Settings) -> Path:
    """Return the data directory, made if need be."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        expected = f"a folder that can be made and written to ({fault.strerror})"
        raise BadSetting("PORTAL_DATA_DIR", str(settings.data_dir), expected) from fault
    return settings.data_dir
