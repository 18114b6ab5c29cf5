"""Production refuses to start on what would harm real people later: the demonstration's people, a key that cannot sign."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_migrate import upgrade

from portal import demo
from portal.app import create_app
from portal.config import BadSetting, Settings
from portal.core.accounts.models import SecretKind
from portal.core.accounts.services import new_user
from portal.core.db import unit_of_work
from tests.factories import NOW


def production(folder: Path) -> Settings:
    """Return settings of production, signed by the key that a demonstration makes."""
    from courses.certificates.signing import SELF_MADE_FILE, self_made

    self_made(folder / "keys")
    key = str(folder / "keys" / SELF_MADE_FILE)
    return Settings(
        environment="production",
        secret_key="x1y2" * 10,
        base_url="https://hoc.example.vn",
        data_dir=folder,
        signing_key=key,
        signing_certificate=key,
    )


def test_it_starts_on_an_empty_database_and_not_on_the_demonstration(tmp_path: Path) -> None:
    app = create_app(production(tmp_path))
    with app.app_context():
        upgrade()
        create_app(production(tmp_path))
        with unit_of_work() as work:
            for account in demo.ACCOUNTS:
                new_user(
                    work,
                    full_name=account.full_name,
                    secret=account.username,
                    secret_kind=SecretKind.PASSWORD,
                    username=account.username,
                    now=NOW,
                )

    with pytest.raises(BadSetting, match="without the demonstration"):
        create_app(production(tmp_path))


def test_it_does_not_start_with_a_key_that_cannot_sign(tmp_path: Path) -> None:
    settings = production(tmp_path)
    Path(settings.signing_key).write_text("no key")

    with pytest.raises(BadSetting, match="PORTAL_SIGNING_KEY"):
        create_app(settings)


def test_a_demonstration_does_not_start_with_a_key_that_cannot_sign_either(tmp_path: Path) -> None:
    for key in ("none.pem", "empty.pem"):
        (tmp_path / "empty.pem").write_text("")
        settings = Settings(
            data_dir=tmp_path, signing_key=str(tmp_path / key), signing_certificate=str(tmp_path / key)
        )
        with pytest.raises(BadSetting, match="PORTAL_SIGNING_KEY"):
            create_app(settings)


def test_the_links_to_the_other_language_stay_here(client: FlaskClient) -> None:
    assert 'href="//' not in client.get("//evil.example/").text
