"""What an administrator and a person read of where a list was looked at."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask_babel import force_locale

from portal.core.rights.places import in_words
from portal.core.rights.queries import Look


@pytest.mark.parametrize(
    ("place", "name", "vietnamese", "english"),
    [
        ("unit:MN-01", "Trường Mầm non Sao Mai", "Trường Mầm non Sao Mai", "Trường Mầm non Sao Mai"),
        ("households", None, "các hộ gia đình của cộng đồng", "the households of a community"),
        ("workshop:12", None, "lớp số 12", "class no. 12"),
        ("household:12454-3", None, "hộ số 12454-3", "household 12454-3"),
        ("unit:GONE-01", None, "unit:GONE-01", "unit:GONE-01"),
        ("workshop:", None, "workshop:", "workshop:"),
    ],
)
def test_a_place_in_words(app: Flask, place: str, name: str | None, vietnamese: str, english: str) -> None:
    look = Look(1, datetime(2026, 11, 26, tzinfo=UTC), "–", "people.read", place, name, 1, "", {})

    with app.test_request_context():
        for language, words in (("vi", vietnamese), ("en", english)):
            with force_locale(language):
                assert in_words(look) == words
