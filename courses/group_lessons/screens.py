"""A lesson's HTML cut into screens for a hall: one heading or one block at a time, in big type. Pure."""

from html.parser import HTMLParser

#: A screen of prose is closed once it has so many words: what a hall reads from one slide.
WORDS = 90
_VOID = frozenset({"img", "br", "hr", "input", "wbr", "source", "col"})
_BLOCKS = frozenset({"aside", "section", "details", "figure", "div", "table"})
_HEADINGS = frozenset({"h2", "h3"})


def screens(html: str) -> tuple[str, ...]:
    """Return the screens of a rendered lesson, in order; joined they are the lesson again, white space apart.

    A heading begins a screen and stays with what follows it. A block (a callout, a scenario, a table, a picture) has a
    screen of its own, with the heading before it if nothing stands between.
    """
    cut = _Cutter(html)
    made: list[list[tuple[str, str]]] = []
    for tag, text in cut.parts():
        last = made[-1] if made else None
        only_heading = last is not None and all(kind in _HEADINGS for kind, _ in last)
        full = last is not None and _words("".join(part for _, part in last)) >= WORDS
        after_block = last is not None and last[-1][0] in _BLOCKS
        starts = tag in _HEADINGS or (tag in _BLOCKS and not only_heading)
        if (
            last is None
            or (tag in _HEADINGS and not only_heading)
            or (starts and tag in _BLOCKS)
            or ((full or after_block) and not only_heading)
        ):
            made.append([(tag, text)])
        else:
            last.append((tag, text))
    return tuple("".join(text for _, text in one) for one in made)


def _words(html: str) -> int:
    return len("".join(" " if c == ">" else c for c in html).split())


class _Cutter(HTMLParser):
    """Finds the outermost elements of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.html = html
        self.starts = [0]
        for line in html.split("\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.depth = 0
        self.begun: list[tuple[int, str]] = []
        self.feed(html)
        self.close()

    def here(self) -> int:
        line, column = self.getpos()
        return self.starts[line - 1] + column

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if self.depth == 0:
            self.begun.append((self.here(), tag))
        if tag not in _VOID:
            self.depth += 1

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        if self.depth == 0:
            self.begun.append((self.here(), tag))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            self.depth = max(0, self.depth - 1)

    def parts(self) -> list[tuple[str, str]]:
        """Return each outermost element with its tag; text between two belongs to the first."""
        if not self.begun:
            return [("p", self.html)] if self.html.strip() else []
        ends = [start for start, _ in self.begun[1:]] + [len(self.html)]
        first = 0
        found = []
        for (_start, tag), end in zip(self.begun, ends, strict=True):
            found.append((tag, self.html[first:end]))
            first = end
        return found
