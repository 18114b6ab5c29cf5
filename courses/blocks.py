"""The colon-fenced blocks of a lesson and what its text refers to, each with its line: pure.

The text is cut by a scanner of our own, before Markdown, and not by a Markdown plug-in: so an unclosed fence or an unknown
word has a line, a fence can be closed by its own length only, and the same cut serves the page (`courses.markdown`), the
check and the comparison of two languages (`courses.manifest`).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

CALLOUTS = ("note", "tip", "warning", "law", "help")
MEDIA = ("audio", "video")
KINDS = (*CALLOUTS, "scenario", "choice", "say", "checklist", "jobaid", "reveal", *MEDIA)


MEDIA_WORDS = re.compile(
    r"(?P<file>\S+) +(?P<duration>\d{1,2}:[0-5]\d(?::[0-5]\d)?) +(?P<size>\d+(?:[.,]\d+)? ?[KM]B)"
)
"""What follows `audio` or `video`: file, duration, size."""


@dataclass(frozen=True, slots=True)
class Block:
    """A colon-fenced block. line: of its opening fence, from 1. best: a choice that the author recommends."""

    kind: str
    line: int
    title: str
    best: bool = False

    @property
    def name(self) -> str:
        """The words after the colons without the title: `scenario`, `choice best`."""
        return f"{self.kind} best" if self.best else self.kind

    @property
    def media(self) -> str:
        """The file that an audio or video block plays, as written (`media/lesson.mp4`); empty for others."""
        words = MEDIA_WORDS.fullmatch(self.title) if self.kind in MEDIA else None
        return words["file"] if words else ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A link or picture as written. kind: `link` or `image`. text: the link's words or the picture's alt text."""

    kind: str
    line: int
    target: str
    text: str


def check_blocks(text: str) -> list[tuple[int, str]]:
    """Return every fault of block syntax in `text` as (line from 1, what is wrong and what to do), in order of lines."""
    nodes, faults = cut(text)
    return sorted([*faults, *_check_nodes(nodes, None)])


def blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of `text` in order, each before the blocks inside it."""
    return walk(cut(text)[0])


def references(text: str) -> tuple[Reference, ...]:
    """Return every link and picture of `text`, whatever it points to."""
    return tuple(
        reference for line, source in _prose(cut(text)[0]) for reference in _references(source, line)
    )


def html_lines(text: str) -> tuple[int, ...]:
    """Return the lines on which the author wrote HTML, which is shown as text and never works."""
    return tuple(
        sorted({line for start, source in _prose(cut(text)[0]) for line in _html_lines(source, start)})
    )


def heading_lines(text: str, level: int) -> tuple[int, ...]:
    """Return the lines of the headings that were written with `level` number signs."""
    return tuple(
        start + token.map[0]
        for start, source in _prose(cut(text)[0])
        for token in _tokens(source)
        if token.type == "heading_open" and token.tag == f"h{level}" and token.map
    )


def count_words(text: str) -> int:
    """Return how many words `text` has: stretches without white space; in Vietnamese these are syllables."""
    return len(text.split())


# --- cutting -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Prose:
    """Lines of plain Markdown between blocks. line: of the first, from 1."""

    line: int
    lines: list[str] = field(default_factory=list)

    @property
    def source(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


@dataclass(slots=True)
class Fence:
    """A block with what stands in it. colons: the length of its fence."""

    block: Block
    colons: int
    nodes: "list[Prose | Fence]" = field(default_factory=list)


Node = Prose | Fence


def cut(text: str) -> tuple[list[Node], list[tuple[int, str]]]:
    """Cut `text` into prose and blocks; return them with the faults of the fences. Colons in a code fence are text."""
    scanner = _Scanner()
    for number, source in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        scanner.line(number, source)
    scanner.end()
    return scanner.root, scanner.faults


_COLONS = re.compile(r"(:{3,})[ \t]*(.*?)[ \t]*")
_INDENTED = re.compile(r"[ \t>*+-]+:{3,}")
_CODE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_DEEPEST = 6


class _Scanner:
    """Reads line by line and keeps which fences are open."""

    def __init__(self) -> None:
        self.root: list[Node] = []
        self.faults: list[tuple[int, str]] = []
        self.open: list[Fence] = []
        self.code = ""
        self.code_line = 0

    def line(self, number: int, source: str) -> None:
        if self.code:
            if re.fullmatch(rf" {{0,3}}{re.escape(self.code[0])}{{{len(self.code)},}}[ \t]*", source):
                self.code = ""
            self.prose(number, source)
        elif opened := _CODE.match(source):
            self.code, self.code_line = opened.group(1), number
            self.prose(number, source)
        elif colons := _COLONS.fullmatch(source):
            length, words = len(colons.group(1)), colons.group(2)
            if words:
                self.opening(number, length, words)
            else:
                self.closing(number, length)
        else:
            if _INDENTED.match(source):
                self.fault(number, "a fence of colons must start the line; remove what stands before it")
            self.prose(number, source)

    def fault(self, number: int, message: str) -> None:
        self.faults.append((number, message))

    def prose(self, number: int, source: str) -> None:
        nodes = self.open[-1].nodes if self.open else self.root
        last = nodes[-1] if nodes else None
        if not isinstance(last, Prose):
            last = Prose(number)
            nodes.append(last)
        last.lines.append(source)

    def opening(self, number: int, length: int, words: str) -> None:
        if len(self.open) == _DEEPEST:
            self.fault(number, f"blocks are nested more than {_DEEPEST} deep; close some first")
            return
        kind, _, title = words.partition(" ")
        best = kind == "choice" and title.split(" ")[0] == "best"
        if kind not in KINDS:
            self.fault(number, f"there is no block “{kind}”; use one of: {', '.join(KINDS)}")
        if self.open and length >= self.open[-1].colons:
            outer = self.open[-1]
            self.fault(
                number,
                f"this fence has {length} colons, not fewer than the {outer.colons} of the “{outer.block.name}” "
                f"around it (line {outer.block.line}); close that block first, or give it more colons",
            )
        fence = Fence(Block(kind, number, (title[4:] if best else title).strip(), best), length)
        (self.open[-1].nodes if self.open else self.root).append(fence)
        self.open.append(fence)

    def closing(self, number: int, length: int) -> None:
        """Close the innermost block whose fence has this length; those opened inside it were left open."""
        while any(fence.colons == length for fence in self.open):
            fence = self.open.pop()
            if fence.colons == length:
                return
            self.unclosed(fence)
        self.fault(number, f"{length} colons close nothing here; remove them or open a block of that length")

    def unclosed(self, fence: Fence) -> None:
        name, colons = fence.block.name, fence.colons
        self.fault(
            fence.block.line, f"the block “{name}” is never closed; end it with a line of {colons} colons"
        )

    def end(self) -> None:
        for fence in self.open:
            self.unclosed(fence)
        if self.code:
            self.fault(
                self.code_line,
                f"the code fence {self.code} is never closed; end it with a line of {self.code}",
            )


def walk(nodes: Sequence[Node]) -> tuple[Block, ...]:
    """Return the blocks of `nodes` in order, each before the blocks inside it."""
    found: list[Block] = []
    for node in nodes:
        if isinstance(node, Fence):
            found += [node.block, *walk(node.nodes)]
    return tuple(found)


def _prose(nodes: Sequence[Node]) -> Iterator[tuple[int, str]]:
    for node in nodes:
        if isinstance(node, Prose):
            yield node.line, node.source
        else:
            yield from _prose(node.nodes)


# --- checking ----------------------------------------------------------------------------------------------------

_NEEDS_TITLE = frozenset({"scenario", "choice", "jobaid", "reveal"})


def _check_nodes(nodes: Sequence[Node], outer: Fence | None) -> Iterator[tuple[int, str]]:
    for node in nodes:
        if isinstance(node, Fence):
            for message in _check_fence(node, outer):
                yield node.block.line, message
            yield from _check_nodes(node.nodes, node)


def _check_fence(fence: Fence, outer: Fence | None) -> Iterator[str]:
    block = fence.block
    if block.kind == "choice" and (outer is None or outer.block.kind != "scenario"):
        yield "a choice stands directly inside a scenario; move it there or make it another block"
    if block.kind in ("scenario", "jobaid") and outer is not None:
        yield f"a {block.kind} stands by itself, not inside “{outer.block.name}”; close that block first"
    if block.kind in _NEEDS_TITLE and not block.title:
        yield f"the block “{block.name}” has no title; write it after the word, on the same line"
    if not any(source.strip() for _, source in _prose(fence.nodes)):
        if block.kind in MEDIA:
            yield f"the {block.kind} has no transcript; write down what is said between the two fences"
        else:
            yield f"the block “{block.name}” is empty; write its text or remove it"
    if block.kind in MEDIA and not MEDIA_WORDS.fullmatch(block.title):
        yield (
            f"{block.kind} needs file, duration and size on its first line, "
            f"like “::: {block.kind} media/lesson.mp4 2:10 4,2 MB”"
        )
    if block.kind == "help" and not any("111" in source for _, source in _prose(fence.nodes)):
        yield "the block “help” does not name the hotline 111; add it"
    if block.kind == "scenario":
        yield from _check_scenario(fence)
    if block.kind == "say" and _columns(fence) != [2]:
        yield "the block “say” holds one table of two columns: what to say, and what not to say"
    if block.kind == "checklist" and not _has_list(fence):
        yield "the block “checklist” holds a list; start each line with “- ”"


def _check_scenario(fence: Fence) -> Iterator[str]:
    choices = [node.block for node in fence.nodes if isinstance(node, Fence) and node.block.kind == "choice"]
    if len(choices) < 2:
        yield f"the scenario has {len(choices)} choices; give it at least 2"
    if not any(choice.best for choice in choices):
        yield "no choice of the scenario is marked “best”; mark the one you recommend: ::: choice best …"
    if not any(isinstance(node, Prose) and node.source.strip() for node in fence.nodes[:1]):
        yield "the scenario does not start with what happened; write it before the first choice"


def _columns(fence: Fence) -> list[int]:
    """Return the number of columns of each table of the block."""
    tables: list[int] = []
    for _, source in _prose(fence.nodes):
        for token in _tokens(source):
            if token.type == "table_open":
                tables.append(0)
            elif token.type == "th_open":
                tables[-1] += 1
    return tables


def _has_list(fence: Fence) -> bool:
    return any(
        token.type in ("bullet_list_open", "ordered_list_open")
        for _, source in _prose(fence.nodes)
        for token in _tokens(source)
    )


def _references(source: str, start: int) -> Iterator[Reference]:
    for line, children in _inlines(source, start):
        for index, token in enumerate(children):
            if token.type == "image":
                yield Reference("image", line(index), str(token.attrGet("src") or ""), token.content)
            elif token.type == "link_open":
                rest = children[index + 1 :]
                words = "".join(part.content for part in rest[: _closing(rest)])
                yield Reference("link", line(index), str(token.attrGet("href") or ""), words)


def _closing(children: Sequence[Token]) -> int:
    return next(i for i, token in enumerate(children) if token.type == "link_close")


_TAG = re.compile(r"<(?:/?[A-Za-z][^<]*>|!--|!\[CDATA|!DOCTYPE|\?)", re.IGNORECASE)


def _html_lines(source: str, start: int) -> Iterator[int]:
    for line, children in _inlines(source, start):
        for index, token in enumerate(children):
            if token.type == "text" and _TAG.search(token.content):
                yield line(index)


def _inlines(source: str, start: int) -> Iterator[tuple[Callable[[int], int], list[Token]]]:
    """Yield the inline tokens of each paragraph, heading or cell, with a function from their index to their line."""
    for token in _tokens(source):
        if token.type == "inline":
            children = token.children or []
            first = start + (token.map[0] if token.map else 0)

            def line(index: int, first: int = first, children: list[Token] = children) -> int:
                return first + sum(part.type in ("softbreak", "hardbreak") for part in children[:index])

            yield line, children


_MEDIA_NAME = re.compile(r"media/([a-z0-9][a-z0-9-]*\.[a-z0-9]+)")
_SCHEME = re.compile(r"^[^/?#]*:")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")


def is_safe_link(target: str) -> bool:
    """Whether a lesson may link to `target`: https, tel, or a relative address on this portal."""
    if not target or _UNSAFE.search(target) or target.startswith("//"):
        return False
    return target.startswith(("https://", "tel:")) or not _SCHEME.match(target)


def media_name(target: str) -> str | None:
    """Return the file's name of a target `media/NAME`, None where it is something else."""
    match = _MEDIA_NAME.fullmatch(target)
    return match.group(1) if match else None


class _LessonMarkdown(MarkdownIt):
    """CommonMark and tables, without HTML; `accepts` decides which addresses become links and pictures."""

    def __init__(self, accepts: Callable[[str], bool]) -> None:
        super().__init__("commonmark", {"html": False})
        self.enable("table")
        self.accepts = accepts

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the parser's own name
        return self.accepts(url)


def lesson_parser(accepts: Callable[[str], bool]) -> MarkdownIt:
    """Return a parser for the prose of lessons that makes links and pictures of the addresses that `accepts` takes."""
    return _LessonMarkdown(accepts)


_ANY = lesson_parser(lambda target: True)


@lru_cache(maxsize=4096)
def _tokens(source: str) -> Sequence[Token]:
    """Return the tokens of a piece of prose, which nobody changes: each check of a lesson asks for them again."""
    return _ANY.parse(source)
