"""A lesson's Markdown to safe, accessible HTML by allow-list: pure. The format is written in content/README.md.

Two walls keep script out, and each would be enough: prose is rendered by markdown-it with HTML and every link but https,
tel and relative ones switched off; and the whole page passes an allow-list of elements, attributes, classes and addresses
(nh3) as the last thing that happens to it.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from courses.blocks import (
    CALLOUTS,
    MEDIA,
    MEDIA_WORDS,
    Block,
    Fence,
    Node,
    Prose,
    count_words,
    cut,
    is_safe_link,
    lesson_parser,
    media_name,
    walk,
)
from portal.core.names import fold

MediaUrl = Callable[[str], str]
"""From a file's name inside `media/` to its address."""
PictureSize = Callable[[str], tuple[int, int] | None]
"""From a file's name inside `media/` to its width and height, None where unknown."""

WORDING: dict[str, dict[str, str]] = {
    "vi": {
        "note": "Lưu ý",
        "tip": "Mẹo nhỏ",
        "warning": "Cẩn trọng",
        "law": "Luật nói gì",
        "help": "Trợ giúp",
        "scenario": "Tình huống",
        "ask": "Mở từng lựa chọn để xem điều gì xảy ra.",
        "best": "Cách nên chọn",
        "do": "Nên nói",
        "dont": "Không nên nói",
        "say": "Nên nói và không nên nói",
        "checklist": "Việc cần làm",
        "jobaid": "Phiếu công việc",
        "reveal": "Nghĩ thử rồi mở",
        "audio": "Ghi âm",
        "video": "Phim ngắn",
        "transcript": "Bản chép lời",
        "table": "Bảng",
    },
    "en": {
        "note": "Note",
        "tip": "Tip",
        "warning": "Take care",
        "law": "What the law says",
        "help": "Help",
        "scenario": "Scenario",
        "ask": "Open each choice to see what follows.",
        "best": "Recommended",
        "do": "Say",
        "dont": "Do not say",
        "say": "What to say and not to say",
        "checklist": "Things to do",
        "jobaid": "Job aid",
        "reveal": "Think first, then open",
        "audio": "Audio",
        "video": "Video",
        "transcript": "Transcript",
        "table": "Table",
    },
}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that the author wrote, for a table of contents. level: 2 to 6. anchor: its id in the page."""

    level: int
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class JobAid:
    """A card that prints alone on one A4 page. title: plain text. html: its content. anchor: its heading's id."""

    title: str
    html: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A lesson made ready to be shown. html is safe to insert; words counts the source text."""

    html: str
    headings: tuple[Heading, ...]
    blocks: tuple[Block, ...]
    job_aids: tuple[JobAid, ...]
    words: int


def render(
    text: str, language: str, media_url: MediaUrl, picture_size: PictureSize | None = None
) -> Rendered:
    """Return the lesson `text` (without front matter) as HTML.

    language: `vi` or `en`, for the labels of blocks. media_url gets a file's name inside `media/`. picture_size, where
    given, lets the browser keep room for a picture before it arrives. Faulty text is rendered as well as it can be,
    always safely; `check_blocks` names its faults.
    """
    page = _Page(WORDING[language], media_url, picture_size)
    nodes = cut(text)[0]
    html = _safe(page.nodes(nodes))
    return Rendered(html, tuple(page.headings), walk(nodes), tuple(page.job_aids), count_words(text))


# --- rendering ---------------------------------------------------------------------------------------------------

_STRICT = lesson_parser(is_safe_link)
_TITLES = MarkdownIt("zero").enable(["emphasis", "escape", "entity"])


class _Page:
    """One lesson while it is rendered: the ids already given, headings and job aids met so far."""

    def __init__(
        self, wording: dict[str, str], media_url: MediaUrl, picture_size: PictureSize | None
    ) -> None:
        self.wording = wording
        self.media_url = media_url
        self.picture_size = picture_size
        self.headings: list[Heading] = []
        self.job_aids: list[JobAid] = []
        self.anchors: set[str] = set()
        self.regions: Counter[str] = Counter()

    def nodes(self, nodes: Sequence[Node], say: bool = False) -> str:
        return "".join(
            self.prose(node.source, say) if isinstance(node, Prose) else self.fence(node) for node in nodes
        )

    def fence(self, fence: Fence) -> str:
        kind = fence.block.kind
        if kind in CALLOUTS:
            return self.callout(fence)
        if kind in MEDIA:
            return self.media(fence)
        draw: dict[str, Callable[[Fence], str]] = {
            "scenario": self.scenario,
            "choice": self.choice,
            "say": self.say,
            "checklist": self.checklist,
            "jobaid": self.jobaid,
            "reveal": self.reveal,
        }
        return draw[kind](fence) if kind in draw else self.nodes(fence.nodes)

    def callout(self, fence: Fence) -> str:
        kind = fence.block.kind
        return (
            f'<div class="callout callout--{kind}" role="note">'
            f'<p class="callout__title">{self.labelled(kind, fence.block.title)}</p>\n'
            f"{self.nodes(fence.nodes)}</div>\n"
        )

    def labelled(self, kind: str, title: str) -> str:
        """Return the block's label and, where there is one, its title; a title that begins with the label replaces it."""
        label = self.wording[kind]
        if re.match(rf"{re.escape(label)}\b", title, re.IGNORECASE):
            return _title(title)
        return f'<span class="callout__kind">{label}{":" if title else ""}</span> {_title(title)}'.rstrip()

    def heading(self, block: str, title: str) -> tuple[str, str]:
        """Return a block's heading (one level below the section it stands in) and its id."""
        anchor = self.anchor(title or block)
        level = 3 if any(heading.level == 2 for heading in self.headings) else 2
        return (
            f'<p class="{block}__kind">{self.wording[block]}</p>\n'
            f'<h{level} class="{block}__title" id="{anchor}">{_title(title or self.wording[block])}</h{level}>\n',
            anchor,
        )

    def scenario(self, fence: Fence) -> str:
        heading, anchor = self.heading("scenario", fence.block.title)
        parts = [f'<section class="scenario" aria-labelledby="{anchor}">\n{heading}']
        asked = False
        for node in fence.nodes:
            if not asked and isinstance(node, Fence) and node.block.kind == "choice":
                parts.append(f'<p class="scenario__ask">{self.wording["ask"]}</p>\n')
                asked = True
            parts.append(self.nodes([node]))
        return "".join(parts) + "</section>\n"

    def choice(self, fence: Fence) -> str:
        best = fence.block.best
        mark = f'<p class="choice__mark">{self.wording["best"]}</p>\n' if best else ""
        return (
            f'<details class="choice{" choice--best" if best else ""}">'
            f'<summary class="choice__title">{_title(fence.block.title)}</summary>\n'
            f'<div class="choice__text">\n{mark}{self.nodes(fence.nodes)}</div></details>\n'
        )

    def reveal(self, fence: Fence) -> str:
        title = _title(fence.block.title or self.wording["reveal"])
        return (
            f'<details class="reveal"><summary class="reveal__title">{title}</summary>\n'
            f'<div class="reveal__text">\n{self.nodes(fence.nodes)}</div></details>\n'
        )

    def say(self, fence: Fence) -> str:
        title = f'<p class="say__title">{_title(fence.block.title)}</p>\n' if fence.block.title else ""
        return f'<div class="say">\n{title}{self.nodes(fence.nodes, say=True)}</div>\n'

    def checklist(self, fence: Fence) -> str:
        title = _title(fence.block.title or self.wording["checklist"])
        return f'<div class="checklist">\n<p class="checklist__title">{title}</p>\n{self.nodes(fence.nodes)}</div>\n'

    def jobaid(self, fence: Fence) -> str:
        heading, anchor = self.heading("jobaid", fence.block.title)
        inner = self.nodes(fence.nodes)
        title = _TITLES.renderInline(fence.block.title) or self.wording["jobaid"]
        self.job_aids.append(JobAid(_plain(title), _safe(inner), anchor))
        return f'<section class="jobaid" aria-labelledby="{anchor}">\n{heading}{inner}</section>\n'

    def media(self, fence: Fence) -> str:
        kind = fence.block.kind
        label = self.wording[kind]
        words = MEDIA_WORDS.fullmatch(fence.block.title)
        name = media_name(words["file"]) if words else None
        player = ""
        facts = label
        if words and name:
            facts = f"{label} · {words['duration']} · {words['size']}"
            player = (
                f'<{kind} class="media__player" controls preload="none" aria-label="{label}, {words["duration"]}" '
                f'src="{escape(self.media_url(name))}"></{kind}>\n'
            )
        return (
            f'<div class="media media--{kind}">\n<p class="media__size">{escape(facts)}</p>\n{player}'
            f'<details class="media__transcript"><summary>{self.wording["transcript"]}</summary>\n'
            f"{self.nodes(fence.nodes)}</details></div>\n"
        )

    def prose(self, source: str, say: bool) -> str:
        tokens = _STRICT.parse(source)
        self.number_headings(tokens)
        self.dress_tables(tokens, say)
        for token in tokens:
            for child in token.children or []:
                self.dress_link(child)
        self.place_pictures(tokens)
        return str(_STRICT.renderer.render(tokens, _STRICT.options, {}))

    def number_headings(self, tokens: Sequence[Token]) -> None:
        """Give every heading an id; a first-level one becomes second-level, for the page's title is the only first."""
        for index, token in enumerate(tokens):
            if token.type == "heading_open":
                words = _text(tokens[index + 1])
                level = max(2, int(token.tag[1]))
                anchor = self.anchor(words)
                token.tag = tokens[index + 2].tag = f"h{level}"
                token.attrSet("id", anchor)
                self.headings.append(Heading(level, anchor, words))

    def anchor(self, words: str) -> str:
        """Return an id for `words` that no other element of the lesson has."""
        stem = "s-" + (re.sub(r"[^a-z0-9]+", "-", fold(words)).strip("-") or "x")
        anchor, number = stem, 1
        while anchor in self.anchors:
            number += 1
            anchor = f"{stem}-{number}"
        self.anchors.add(anchor)
        return anchor

    def dress_tables(self, tokens: list[Token], say: bool) -> None:
        """Wrap tables so that they scroll by themselves; turn alignment, which comes as a style, into a class."""
        column = 0
        heads: list[str] = []
        table: Token | None = None
        for index, token in enumerate(tokens):
            if token.type == "table_open":
                table, heads = token, []
            elif token.type == "tr_open":
                column = 0
            elif token.type in ("th_open", "td_open"):
                css = []
                align = str(token.attrs.pop("style", "")).removeprefix("text-align:")
                if align in ("left", "center", "right"):
                    css.append(f"align-{align}")
                if say and column < 2:
                    css.append(("say__do", "say__dont")[column])
                if css:
                    token.attrSet("class", " ".join(css))
                if token.type == "th_open":
                    token.attrSet("scope", "col")
                    self.name_column(tokens[index + 1], column, say)
                    heads.append(_text(tokens[index + 1]))
                column += 1
            elif token.type == "table_close" and table is not None:
                named = ", ".join(head for head in heads if head)
                label = self.wording["say"] if say else f"{self.wording['table']}: {named}".rstrip(": ")
                table.meta["label"] = self.region(label)
                table = None

    def region(self, label: str) -> str:
        """Return `label`, numbered from its second use on: regions of one page have different names."""
        self.regions[label] += 1
        return label if self.regions[label] == 1 else f"{label} ({self.regions[label]})"

    def name_column(self, inline: Token, column: int, say: bool) -> None:
        if say and column < 2 and not (inline.children or []):
            inline.children = [Token("text", "", 0, content=self.wording[("do", "dont")[column]])]

    def dress_link(self, token: Token) -> None:
        if token.type == "link_open" and str(token.attrGet("href")).startswith("https://"):
            token.attrSet("rel", "noopener noreferrer")

    def place_pictures(self, tokens: list[Token]) -> None:
        """Resolve pictures; one that is alone in its paragraph becomes a figure, its title the caption."""
        for index, token in enumerate(tokens):
            children = token.children or []
            for child in children:
                if child.type == "image":
                    self.resolve_picture(child)
            if (
                len(children) == 1
                and children[0].type == "image"
                and tokens[index - 1].type == "paragraph_open"
                and not tokens[index - 1].hidden
            ):
                tokens[index - 1].tag = tokens[index + 1].tag = "figure"
                tokens[index - 1].attrSet("class", "figure")
                children[0].meta["caption"] = children[0].attrs.pop("title", "")

    def resolve_picture(self, token: Token) -> None:
        name = media_name(str(token.attrGet("src")))
        token.meta["src"] = self.media_url(name) if name else None
        token.meta["size"] = self.picture_size(name) if name and self.picture_size else None


def _draw_picture(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Return a picture; one that is not in `media/` is replaced by its alt text."""
    token = tokens[index]
    alt = escape(renderer.renderInlineAsText(token.children or [], options, env))
    if not token.meta.get("src"):
        return alt
    size = token.meta.get("size")
    title = str(token.attrGet("title") or "")
    caption = token.meta.get("caption")
    return (
        f'<img src="{escape(token.meta["src"])}" alt="{alt}"'
        + (f' title="{escape(title)}"' if title else "")
        + (f' width="{size[0]}" height="{size[1]}"' if size else "")
        + ' loading="lazy">'
        + (f"<figcaption>{escape(str(caption))}</figcaption>" if caption else "")
    )


def _open_table(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    label = escape(str(tokens[index].meta.get("label", "")))
    return f'<div class="table-scroll" tabindex="0" role="region" aria-label="{label}"><table>\n'


def _close_table(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return "</table></div>\n"


_STRICT.add_render_rule("image", _draw_picture)
_STRICT.add_render_rule("table_open", _open_table)
_STRICT.add_render_rule("table_close", _close_table)


def _title(text: str) -> str:
    """Return a block's title as HTML: emphasis only, no links, for some titles are themselves something to press."""
    return str(_TITLES.renderInline(text))


def _plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


def _text(inline: Token) -> str:
    return "".join(
        child.content for child in inline.children or [] if child.type in ("text", "code_inline", "image")
    )


_TAGS = {
    *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "strong", "em", "a"),
    *("code", "pre", "table", "thead", "tbody", "tr", "th", "td", "div", "section", "span"),
    *("details", "summary", "figure", "figcaption", "img", "audio", "video"),
}
_ATTRIBUTES = {
    **{f"h{level}": {"id"} for level in range(2, 7)},
    "a": {"href", "title", "rel"},
    "ol": {"start"},
    "div": {"role", "tabindex", "aria-label"},
    "section": {"aria-labelledby"},
    "th": {"scope"},
    "img": {"src", "alt", "title", "width", "height", "loading"},
    "audio": {"src", "controls", "preload", "aria-label"},
    "video": {"src", "controls", "preload", "aria-label"},
}
_CELL = {"align-left", "align-center", "align-right", "say__do", "say__dont"}
_CLASSES = {
    "div": {
        *("callout", *(f"callout--{kind}" for kind in CALLOUTS), "say", "checklist", "table-scroll"),
        *("choice__text", "reveal__text", "media", "media--audio", "media--video"),
    },
    "section": {"scenario", "jobaid"},
    "p": {
        *("callout__title", "scenario__kind", "scenario__ask", "choice__mark", "say__title"),
        *("checklist__title", "jobaid__kind", "media__size"),
    },
    "h2": {"scenario__title", "jobaid__title"},
    "h3": {"scenario__title", "jobaid__title"},
    "span": {"callout__kind"},
    "details": {"choice", "choice--best", "reveal", "media__transcript"},
    "summary": {"choice__title", "reveal__title"},
    "figure": {"figure"},
    "audio": {"media__player"},
    "video": {"media__player"},
    "th": _CELL,
    "td": _CELL,
}


def _only_safe(tag: str, attribute: str, value: str) -> str | None:
    """Drop addresses that are not https, tel or relative, whatever wrote them."""
    return value if attribute not in ("href", "src") or is_safe_link(value) else None


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    allowed_classes=_CLASSES,
    attribute_filter=_only_safe,
    url_schemes={"https", "tel"},
    link_rel=None,
)


def _safe(html: str) -> str:
    """Return `html` with nothing in it but what the lists above allow."""
    return _CLEANER.clean(html)
