"""The portal as it is, but every answer says from which templates it was drawn: for tests of whether all were seen."""

from flask import Flask, Response, g, template_rendered
from jinja2 import Template

from portal.app import create_app
from tests.browser.pages import HEADER

app = create_app()


def _drawn(_sender: Flask, template: Template, **_more: object) -> None:
    g.setdefault("drawn_from", []).append(template.name)


@app.after_request
def _say(response: Response) -> Response:
    response.headers[HEADER] = ",".join(g.get("drawn_from", []))
    return response


template_rendered.connect(_drawn, app)
