"""No page without a bound: every address that answers GET stands in a table of this folder, or below with its reason."""

from flask import Flask
from werkzeug.exceptions import NotFound
from werkzeug.routing import RequestRedirect

from tests.speed import (
    test_query_counts_courses,
    test_query_counts_figures,
    test_query_counts_halls,
    test_query_counts_people,
    test_query_counts_places,
)
from tests.speed.growth import filled_in

TABLES = (
    test_query_counts_courses.PAGES,
    test_query_counts_figures.PAGES,
    test_query_counts_halls.PAGES,
    test_query_counts_people.PAGES,
    test_query_counts_places.PAGES,
)
#: What needs no bound.
EXCEPT = {
    "static": "a file of the disk",
    "indicator_files.made": "one file that a job has made",
    "filed_rows.made": "one file that a job has made",
}


def test_every_page_is_bounded(app: Flask) -> None:
    matching = app.url_map.bind("localhost")
    bounded = set()
    for address in (filled_in(one.address).partition("?")[0] for pages in TABLES for one in pages):
        try:
            bounded.add(matching.match(address)[0])
        except (NotFound, RequestRedirect) as error:
            raise AssertionError(f"{address} is no page") from error
    answer = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}

    assert sorted(answer - bounded - set(EXCEPT)) == []
    assert sorted(set(EXCEPT) & bounded) == []
    assert sorted(set(EXCEPT) - answer) == []
