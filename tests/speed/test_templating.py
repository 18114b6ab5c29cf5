"""Words and parts of pages that are kept: nobody is shown what was drawn for somebody else."""

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient


@pytest.fixture(autouse=True)
def forgotten(app: Flask):
    app.jinja_env.kept_parts.clear()


def drawn(app: Flask, template: str, lang: str = "vi", **values: object) -> str:
    with app.test_request_context(f"/?lang={lang}"):
        return render_template_string(template, **values)


def test_a_part_is_drawn_once_for_a_language(app: Flask):
    template = "{% keep %}{{ word }}{% endkeep %}"
    assert [drawn(app, template, word="one"), drawn(app, template, word="two")] == ["one", "one"]


def test_a_part_with_a_key_is_drawn_for_each_key(app: Flask):
    template = "{% keep key, 1 %}{{ word }}{% endkeep %}"
    pairs = [("a", "one"), ("b", "two"), ("a", "three")]
    assert [drawn(app, template, key=key, word=word) for key, word in pairs] == ["one", "two", "one"]


def test_two_parts_of_a_page_are_two(app: Flask):
    assert drawn(app, "{% keep %}a{% endkeep %} {% keep %}b{% endkeep %}") == "a b"


def test_what_is_kept_is_escaped_once(app: Flask):
    template = "{% keep %}{{ word }}{% endkeep %}"
    assert [drawn(app, template, word="<b>") for _ in range(2)] == ["&lt;b&gt;"] * 2


def test_values_in_words_are_escaped(app: Flask):
    shown = drawn(app, '{{ _("Print: %(title)s", title=word) }}', "en", word="<b>&")
    assert shown == "Print: &lt;b&gt;&amp;"
    assert drawn(app, '{{ _("100%% of %(title)s", title=word) }}', "en", word="x") == "100% of x"


def test_numbers_choose_the_form(app: Flask):
    template = '{{ ngettext("%(num)d fault", "%(num)d faults", n) }}'
    assert [drawn(app, template, "en", n=n) for n in (1, 2)] == ["1 fault", "2 faults"]


@pytest.mark.parametrize("path", ["/", "/help", "/courses/", "/courses/GD-01/"])
def test_each_language_has_its_own_words(client: FlaskClient, path: str):
    """Asked in turns, so that what was kept for one reader is there when the other asks."""
    pages = [client.get(path, headers={"Accept-Language": lang}).text for lang in ("vi", "en", "vi", "en")]
    for page, own, other in zip(
        pages, ("Thoát nhanh", "Quick exit") * 2, ("Quick exit", "Thoát nhanh") * 2, strict=True
    ):
        assert own in page
        assert other not in page


def test_the_list_of_lessons_shows_what_its_own_reader_has_read(app: Flask, world, sign_in):
    ana, carla = sign_in(world.ana), sign_in(world.carla)
    for one in (ana, carla):
        assert one.post("/courses/GD-01/enrol").status_code == 303
    lesson = ana.get("/courses/GD-01/").text.partition("/courses/GD-01/lessons/")[2].partition("/")[0]
    here = f"/courses/GD-01/lessons/{lesson}/"
    assert ana.post(f"{here}done").status_code == 303
    sign = "path__step--done"
    following = ana.get("/courses/GD-01/", headers={}).text
    assert "/lessons/" in following
    other = [part.partition("/")[0] for part in following.split("/courses/GD-01/lessons/")[1:]]
    second = f"/courses/GD-01/lessons/{next(slug for slug in other if slug != lesson)}/"
    assert [sign in one.get(second).text for one in (carla, ana, carla, ana)] == [False, True, False, True]
