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
        ("PORTAL_SIGN_IN_LIMIT", "as often as you like"),
        ("PORTAL_DATABASE_URL", "mysql://hoc@/hoc"),
        ("PORTAL_DATABASE_URL", "hoc"),
        ("PORTAL_SECRETKEY", "x" * 40),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        read_settings({**GOOD, name: value})


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
