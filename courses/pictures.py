"""Whether an SVG picture is safe to serve, and how large it is drawn: pure.

A picture is shown by an `img` element, where browsers run no script of it; but its address can be opened by itself, so
nothing that could act or call out is let in. The list is of what a drawing needs, not of what is dangerous.
"""

import re
from xml.parsers import expat

LARGEST = 60 * 1024
"""Bytes; a lesson with everything on it is to stay light on a phone."""

_ELEMENTS = frozenset(
    {
        *("svg", "g", "defs", "symbol", "use", "title", "desc", "path", "rect", "circle", "ellipse", "line"),
        *("polyline", "polygon", "text", "tspan", "linearGradient", "radialGradient", "stop"),
        *("clipPath", "mask", "pattern", "marker"),
    }
)
_BAD_VALUE = re.compile(
    r"url\((?!\s*[\"']?#)|(?:java|vb)script\s*:|data\s*:|expression\s*\(|\\", re.IGNORECASE
)
_NUMBER = r"\d+(?:\.\d+)?"
_VIEW_BOX = re.compile(rf"\s*-?{_NUMBER}[\s,]+-?{_NUMBER}[\s,]+({_NUMBER})[\s,]+({_NUMBER})\s*")


def check_svg(content: bytes) -> list[tuple[int, str]]:
    """Return every fault of an SVG file as (line from 1, what is wrong and what to do)."""
    if len(content) > LARGEST:
        return [(1, f"the picture has {len(content)} bytes, more than {LARGEST} (60 KB); simplify it")]
    return _read(content).faults


def svg_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height from the viewBox, rounded to whole pixels; None where there is none."""
    return _read(content).size


class _Reader:
    def __init__(self) -> None:
        self.faults: list[tuple[int, str]] = []
        self.size: tuple[int, int] | None = None
        self.root = ""
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.element
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.ProcessingInstructionHandler = self.instruction

    def fault(self, message: str) -> None:
        self.faults.append((self.parser.CurrentLineNumber, message))

    def doctype(self, *_: object) -> None:
        self.fault("the picture has a DOCTYPE; remove it")
        raise _Stop  # entities declared in it could grow without end

    def instruction(self, target: str, _: str) -> None:
        self.fault(f"the picture has an instruction <?{target} …?>; remove it")

    def element(self, name: str, attributes: dict[str, str]) -> None:
        if not self.root:
            self.root = name
            view = _VIEW_BOX.fullmatch(attributes.get("viewBox", ""))
            if name != "svg":
                self.fault(f"the picture begins with <{name}>, not <svg>; save it as SVG")
            elif attributes.get("xmlns") != "http://www.w3.org/2000/svg":
                self.fault('browsers need xmlns="http://www.w3.org/2000/svg" on <svg>; add it')
            elif view is None or not float(view.group(1)) or not float(view.group(2)):
                self.fault('the picture has no viewBox; add one, like viewBox="0 0 640 360"')
            else:
                self.size = (round(float(view.group(1))), round(float(view.group(2))))
        if name not in _ELEMENTS:
            self.fault(f"<{name}> is not allowed in a picture; draw with: {', '.join(sorted(_ELEMENTS))}")
        for attribute, value in attributes.items():
            self.attribute(attribute, value)

    def attribute(self, name: str, value: str) -> None:
        plain = name.casefold()
        if plain.startswith("on"):
            self.fault(f"the event attribute “{name}” is not allowed in a picture; remove it")
        elif plain == "style":
            self.fault(
                "the attribute “style” is not allowed in a picture; write fill, stroke … as attributes"
            )
        elif plain.split(":")[-1] in ("href", "src") and not value.startswith("#"):
            self.fault(f"“{name}” points out of the picture; only #names of the same file are allowed")
        elif not plain.startswith("xmlns") and _BAD_VALUE.search(value):
            self.fault(f"the value of “{name}” points out of the picture or could act; remove it")


class _Stop(Exception):
    pass


def _read(content: bytes) -> _Reader:
    reader = _Reader()
    try:
        reader.parser.Parse(content, True)
    except expat.ExpatError as error:
        reader.faults.append(
            (error.lineno, "the picture is not well-formed XML; save it again from the drawing program")
        )
    except _Stop:
        pass
    return reader
