"""When the database is gone the page that says so is a whole page: words, headers, and the number to call."""

from pathlib import Path

from portal.app import create_app
from portal.config import Settings


def test_somebody_signed_in_gets_the_page_with_the_hotline(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path))  # no table was ever made
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = "a token"

    answer = client.get("/")

    assert answer.status_code == 500
    assert 'href="tel:111"' in answer.text
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert client.get("/healthz").status_code == 200
