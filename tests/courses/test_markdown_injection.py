"""A lesson cannot act: whatever an author, or somebody in her name, writes comes out as harmless text.

The page is parsed here by another parser than the one that cleaned it, and held against lists typed again.
"""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses import markdown
from courses.markdown import render
from tests.examples import examples

TAGS = {
    *(
        "p",
        "br",
        "hr",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "blockquote",
        "strong",
        "em",
        "code",
        "pre",
    ),
    *("a", "table", "thead", "tbody", "tr", "th", "td", "div", "section", "span", "details", "summary"),
    *("figure", "figcaption", "img", "audio", "video"),
}
ATTRIBUTES = {
    *(
        "id",
        "class",
        "href",
        "title",
        "rel",
        "start",
        "role",
        "tabindex",
        "aria-label",
        "aria-labelledby",
        "scope",
    ),
    *("src", "alt", "width", "height", "loading", "controls", "preload"),
}


class _Inspector(HTMLParser):
    """Collects what a browser would find that should not be there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES:
                self.wrong.append(f"{tag}.{name}")
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src"):
                self.address(tag, name, value or "")

    def address(self, tag: str, name: str, value: str) -> None:
        plain = "".join(one for one in value if one > " ").casefold()
        scheme = plain.split(":")[0] if ":" in plain.split("/")[0] else ""
        if scheme not in ("", "https", "tel") or plain.startswith(("//", "/\\", "\\")):
            self.wrong.append(f"{tag}.{name}={value}")
        if name == "src" and not value.startswith("/m/"):
            self.wrong.append(f"{tag}.{name}={value}")

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.wrong.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.wrong.append(f"<?{data}>")

    def unknown_decl(self, data: str) -> None:
        self.wrong.append(f"<![{data}]>")


def wrong_in(html: str) -> list[str]:
    inspector = _Inspector()
    inspector.feed(html)
    inspector.close()
    twice = {one for one in inspector.ids if inspector.ids.count(one) > 1}
    strangers = {one for one in inspector.ids if not one.startswith("s-")}
    return [*inspector.wrong, *sorted(twice | strangers)]


def html_of(text: str) -> str:
    return render(text, "vi", lambda name: f"/m/{name}").html


ATTACKS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=https://a.vn/x.js></ScRiPt>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<style>body{display:none}</style>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "<!-- <script>alert(1)</script> -->",
    "<!doctype html><?php x ?><![CDATA[x]]>",
    "<form action=//a.vn><input name=pin></form>",
    "<meta http-equiv=refresh content='0;url=//a.vn'>",
    "<base href=//a.vn>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](java&Tab;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\\javascript:alert(1))",
    "[x](vbscript:x)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](file:///etc/passwd)",
    "[x](//a.vn)",
    "[x](/\\a.vn)",
    "[x](\\\\a.vn)",
    "[x](http://a.vn)",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "<javascript:alert(1)>",
    '[x](https://a.vn "\\" onclick=alert(1) x=\\"")',
    '[x](https://a.vn/"onmouseover="alert(1))',
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](data:image/png;base64,AAAA)",
    "![x](https://a.vn/track.png)",
    "![x](media/../../etc/passwd)",
    '![" onerror="alert(1)](media/a.svg "\\" onload=\\"alert(1)")',
    "## <script>alert(1)</script>",
    '## " onclick="alert(1)',
    "## [x](javascript:alert(1))",
    "|<script>|\n|---|\n|<img onerror=x>|",
    "|<a onclick=x>|\n|:---:|",
    "::: note <script>alert(1)</script>\nx\n:::",
    '::: note " onclick="alert(1)\nx\n:::',
    "::: tip [x](javascript:alert(1))\n<script>\n:::",
    '::: jobaid "><script>alert(1)</script>\n<script>\n:::',
    ":::: scenario <img onerror=x>\n<b>\n::: choice best <script>\n[x](javascript:x)\n:::\n::::",
    "::: reveal <details open ontoggle=alert(1)>\nx\n:::",
    "::: video javascript:alert(1) 2:10 4 MB\nx\n:::",
    "::: video https://a.vn/a.mp4 2:10 4 MB\nx\n:::",
    '::: audio media/a.mp3"onerror="alert(1) 2:10 4 MB\nx\n:::',
    "::: <script>alert(1)</script>\nx\n:::",
    '::: note" onclick="alert(1)\nx\n:::',
    '```"><script>alert(1)</script>\n</code></pre><script>alert(1)</script>\n```',
    "    <script>alert(1)</script>",
    ":::: note\n```\n::::\n<script>\n```\n::::",
    "\x00<script>\x00alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "`<script>`",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_it_comes_out_harmless(attack: str) -> None:
    rendered = render(f"Trước.\n\n{attack}\n\nSau.\n", "vi", lambda name: f"/m/{name}")

    assert wrong_in(rendered.html) == []
    for aid in rendered.job_aids:
        assert wrong_in(aid.html) == []


def test_the_last_wall_holds_by_itself() -> None:
    html = markdown._safe(
        '<script>x</script><p onclick=x style="color:red" id=a>y</p><a href="javascript:x">z</a><a href="//a.vn">z</a>'
        '<img src="data:image/png;base64,A" onerror=x><div class="callout stranger" hidden>w</div><iframe></iframe>'
        '<svg><a href="x">v</a></svg><form><input></form><!-- u --><h1>t</h1><video autoplay src="/m/a.mp4"></video>'
    )

    assert wrong_in(html) == []
    assert html == (
        '<p>y</p><a>z</a><a>z</a><img><div class="callout">w</div>t<video src="/m/a.mp4"></video>'
    )


def test_the_address_of_a_file_cannot_break_out_either() -> None:
    html = render("![x](media/a.svg)", "vi", lambda name: '"><script>alert(1)</script>').html

    assert html == (
        '<figure class="figure"><img src="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;" alt="x" loading="lazy">'
        "</figure>\n"
    )


PIECES = [
    *(
        "<",
        ">",
        '"',
        "'",
        "&",
        "=",
        "(",
        ")",
        "[",
        "]",
        "!",
        "`",
        "```",
        "~~~",
        "|",
        "|-|",
        ":",
        ":::",
        "::::",
    ),
    *(
        "\n",
        "\n\n",
        " ",
        "    ",
        "#",
        "##",
        "- ",
        "1. ",
        "*",
        "**",
        "\\",
        "/",
        "//",
        "\t",
        "\r\n",
        "\x00",
        "&#0;",
    ),
    *("note", "scenario A", "choice best B", "say", "jobaid C", "video media/a.mp4 1:00 1 MB", "media/a.svg"),
    *("script", "<script>", "</script>", "<!--", "-->", "<style>", "<svg/onload=x>", "onerror=", "onclick=x"),
    *("javascript:", "data:text/html,", "https://a.vn", "tel:111", "&colon;", "&Tab;", "style=", "Trẻ em"),
]


@examples(150)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=30).map("".join))
def test_no_text_whatever_comes_out_as_more_than_a_lesson(text: str) -> None:
    rendered = render(text, "vi", lambda name: f"/m/{name}")

    assert wrong_in(rendered.html) == []
    for aid in rendered.job_aids:
        assert wrong_in(aid.html) == []


@examples(100)
@given(st.text())
def test_no_characters_whatever_make_it_fail(text: str) -> None:
    assert wrong_in(html_of(text)) == []
