"""Answers in gzip: the same words in fewer bytes, never for those who did not ask, never of one length."""

import gzip

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import compression

ASKING = {"Accept-Encoding": "gzip, deflate, br"}


def test_a_page_is_the_same_unpacked(client: FlaskClient):
    plain, small = client.get("/help"), client.get("/help", headers=ASKING)
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == plain.data
    assert len(small.data) < len(plain.data) / 2
    assert int(small.headers["Content-Length"]) == len(small.data)


def test_shared_caches_are_told_what_the_answer_depends_on(client: FlaskClient):
    for head in ({}, ASKING):
        assert "Accept-Encoding" in client.get("/help", headers=head).headers["Vary"]


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0"])
def test_who_does_not_take_gzip_is_not_given_it(client: FlaskClient, accepted: str):
    assert "Content-Encoding" not in client.get("/help", headers={"Accept-Encoding": accepted}).headers


def test_small_answers_and_other_kinds_stay_as_they_are(client: FlaskClient):
    for path in ("/healthz", "/static/fonts/be-vietnam-pro-semibold.woff2"):
        reply = client.get(path, headers=ASKING)
        assert reply.status_code == 200
        assert "Content-Encoding" not in reply.headers
        reply.close()


def test_a_static_file_is_packed_and_known_again(client: FlaskClient):
    plain = client.get("/static/css/portal.css")
    reply = client.get("/static/css/portal.css", headers=ASKING)
    assert gzip.decompress(reply.data) == plain.data
    again = client.get("/static/css/portal.css", headers={**ASKING, "If-None-Match": reply.headers["ETag"]})
    assert again.status_code == 304
    for one in (plain, reply, again):
        one.close()


def test_lengths_are_blurred():
    body = "Trẻ em cần được lắng nghe. ".encode() * 80
    lengths = {len(compression.packed(body, blur=blur)) for blur in range(8)}
    assert len(lengths) == 8
    assert all(gzip.decompress(compression.packed(body, blur=blur)) == body for blur in range(8))


def test_a_page_with_a_secret_has_no_steady_length(client: FlaskClient):
    assert len({len(client.get("/login", headers=ASKING).data) for _ in range(12)}) > 2


def test_the_hook_runs_after_every_other(app: Flask):
    hooks = app.after_request_funcs[None]
    assert hooks[0].__module__ == "portal.compression"
