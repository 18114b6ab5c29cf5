"""The first page leads everybody to her own work: what she may do stands there, what she may not does not."""

from collections.abc import Callable

from flask.testing import FlaskClient

from tests.factories import World

SignIn = Callable[[int], FlaskClient]


def test_a_head_finds_who_has_not_finished_her_classes_and_her_list(sign_in: SignIn, world: World) -> None:
    page = sign_in(world.bruno).get("/").text

    assert "state=not_completed" in page
    assert "state=overdue" in page
    assert 'class="button" href="/manage/workshops/"' in page
    assert 'class="button" href="/manage/roster/"' in page
    assert 'href="/manage/register"' not in page


def test_who_only_learns_finds_no_work(sign_in: SignIn, world: World) -> None:
    page = sign_in(world.ana).get("/").text

    assert 'id="work"' not in page
    assert "/manage/" not in page
