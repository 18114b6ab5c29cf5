"""A bad setting ends the start with its name and what was expected."""

from pathlib import Path

import pytest

from portal.config import BadSetting, database_url, read_settings, secret_key

GOOD = {
    "PORTAL_ENVIRONMENT": "production",
    "PORTAL_SECRET_KEY": "x1y2" * 10,
    "PORTAL_BASE_URL": "https://hoc.example.vn",
    "PORTAL_SIGNING_KEY": "/etc/key.pem",
    "PORTAL_SIGNING_CERTIFICATE": "/etc/chain.pem",
}


def test_defaults_are_a_demonstration() -> None:
    settings = read_settings({})

    assert settings.environment == "demonstration"
    assert not settings.production


def test_production_with_everything_it_needs() -> None:
    assert read_settings(GOOD).secure


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_ENVIRONMENT", "prod"),
        ("PORTAL_BASE_URL", "hoc.example.vn"),
        ("PORTAL_BASE_URL", "https://hoc.example.vn/"),
        ("PORTAL_BASE_URL", "http://hoc.example.vn"),
        ("PORTAL_SECRET_KEY", "short"),
        ("PORTAL_SECRET_KEY", "demonstration-only-" + "x" * 40),
        ("PORTAL_SIGNING_KEY", ""),
        ("PORTAL_IDLE_MINUTES", "ten"),
        ("PORTAL_PROXIES", "-1"),
        ("PORTAL_LOCKOUT_FAILURES", "0"),
        ("PORTAL_PROXIES", "²"),
        ("PORTAL_SIGN_IN_LIMIT", "as often as you like"),
        ("PORTAL_SIGN_IN_LIMIT", "60 per minute; 100 per hour"),
        ("PORTAL_REDIS_URL", "127.0.0.1:6379"),
        ("PORTAL_REDIS_URL", "http://127.0.0.1:6379"),
        ("PORTAL_DATABASE_URL", "mysql://hoc@/hoc"),
        ("PORTAL_DATABASE_URL", "hoc"),
        ("PORTAL_SECRETKEY", "x" * 40),
        ("PORTAL_JOBS", "somewhere"),
        ("PORTAL_JOB_LEASE_SECONDS", "0"),
        ("PORTAL_SMTP_URL", "mail.example.vn"),
        ("PORTAL_SMTP_URL", "smtp://mail.example.vn:port"),
        ("PORTAL_SMS_URL", "ftp://gateway.example.vn"),
        ("PORTAL_SMS_URL", "http://gateway.example.vn/send"),
        ("PORTAL_KEEP_JOBS_DAYS", "-1"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read_settings({**GOOD, name: value})


def test_mail_needs_an_address_that_it_comes_from() -> None:
    with pytest.raises(BadSetting, match="PORTAL_MAIL_FROM"):
        read_settings({**GOOD, "PORTAL_SMTP_URL": "smtps://mail.example.vn"})
    assert read_settings(
        {
            **GOOD,
            "PORTAL_SMTP_URL": "smtps://u:p%40ss@mail.example.vn:465",
            "PORTAL_MAIL_FROM": "hoc@example.vn",
        }
    )


def test_a_password_in_an_address_is_never_shown() -> None:
    with pytest.raises(BadSetting) as refusal:
        read_settings({**GOOD, "PORTAL_SMTP_URL": "http://hoc:hush-hush@mail.example.vn"})

    assert "hush-hush" not in str(refusal.value)


def test_a_secret_is_never_shown_in_the_message() -> None:
    with pytest.raises(BadSetting) as refusal:
        read_settings({**GOOD, "PORTAL_SECRET_KEY": "hush-hush"})

    assert "hush-hush" not in str(refusal.value)


def test_the_embedded_default_makes_its_own_key_once(tmp_path: Path) -> None:
    settings = read_settings({"PORTAL_DATA_DIR": str(tmp_path)})

    first, second = secret_key(settings), secret_key(settings)

    assert first == second
    assert len(first) > 60
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0


def test_the_embedded_database_stands_in_the_data_directory(tmp_path: Path) -> None:
    assert (
        database_url(read_settings({"PORTAL_DATA_DIR": str(tmp_path)})) == f"sqlite:///{tmp_path}/portal.db"
    )


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    settings = read_settings({"PORTAL_DATA_DIR": str(tmp_path / "file" / "data")})

    for asked in (secret_key, database_url):
        with pytest.raises(BadSetting, match="PORTAL_DATA_DIR"):
            asked(settings)
