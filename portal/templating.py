"""Words of templates, looked up quickly: a page asks for about fifty, and most are the same for everybody.

Flask-Babel finds the request's catalogue anew for every word and Jinja wraps each call twice; together that was a
third of a page's time. Here a language's words are escaped once and kept.

    icon("check")                     a drawing of `macros/icon.html`, drawn once
    macros("quizzes/kinds/x.html")    the macros of a template whose name is only known while drawing

    {% keep %}…{% endkeep %}          a part that is the same for everybody who reads in one language: drawn once
    {% keep a, b %}…{% endkeep %}     the same for everybody for whom a and b are the same

Whatever else a part depends on must stand in its key; a person's name or a token never belongs inside.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask, request
from flask_babel import get_translations
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup

from portal.core.locale import LANGUAGES, language
from quizzes.kinds.interview import UTTERANCE_LABELS

MOST_KEPT = 4000


class Keep(Extension):
    """The tag `keep`."""

    tags = {"keep"}  # noqa: RUF012 - Jinja's own declaration

    def parse(self, parser: Parser) -> nodes.Node:
        """Turn the part into a call that draws it only where it is not kept yet."""
        line = next(parser.stream).lineno
        place = nodes.Const(f"{parser.name}:{parser.free_identifier(line).name}")
        key = nodes.Const(()) if parser.stream.current.type == "block_end" else parser.parse_tuple()
        body = parser.parse_statements(("name:endkeep",), drop_needle=True)
        call = self.call_method("kept", [place, key])
        return nodes.CallBlock(call, [], [], body).set_lineno(line)

    def kept(self, place: str, key: Any, caller: Callable[[], Markup]) -> Markup:
        """Return the part of that place and key."""
        parts: dict[object, Markup] = self.environment.kept_parts  # type: ignore[attr-defined]
        whole = (place, language(), request.script_root, key)
        found = parts.get(whole)
        if found is None:
            found = caller()
            if len(parts) >= MOST_KEPT:
                parts.clear()
            parts[whole] = found
        return found


def init_app(app: Flask) -> None:
    """Put `_`, `gettext` and `ngettext` into templates, in Jinja's "new style": values are given by name and escaped."""
    known: dict[str, dict[str, Markup]] = {code: {} for code in LANGUAGES}

    def gettext(message: str, **values: object) -> Markup:
        table = known[language()]
        text = table.get(message)
        if text is None:
            text = table[message] = Markup(get_translations().ugettext(message))  # noqa: S704 - our own catalogues
        return text % values if values or "%" in text else text

    def ngettext(one: str, many: str, number: int, **values: object) -> Markup:
        values.setdefault("num", number)
        return Markup(get_translations().ungettext(one, many, number)) % values  # noqa: S704 - our own catalogues

    icons: dict[str, Markup] = {}

    def icon(name: str, label: str | None = None) -> Markup:
        if label is not None:
            return Markup(macros("macros/icon.html").icon(name, label))  # noqa: S704 - drawn by the macro
        drawn = icons.get(name)
        if drawn is None:
            drawn = icons[name] = Markup(macros("macros/icon.html").icon(name))  # noqa: S704 - drawn by the macro
        return drawn

    def macros(template: str) -> Any:
        return app.jinja_env.get_template(template).module

    app.jinja_env.kept_parts = {}  # type: ignore[attr-defined]
    app.jinja_env.add_extension(Keep)
    app.jinja_env.globals.update(
        utterances=UTTERANCE_LABELS, _=gettext, gettext=gettext, ngettext=ngettext, icon=icon, macros=macros
    )
