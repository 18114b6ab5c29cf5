"""Pictures: what is let in, and how large they are drawn."""

import pytest

from courses.pictures import check_svg, svg_size

OPEN = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 360">'
SOUND = f"""{OPEN}
<title>Ba bậc</title>
<defs><linearGradient id="a"><stop offset="0" stop-color="#fff"/></linearGradient></defs>
<g fill="url(#a)" stroke="url( '#a' )"><path d="M0 0h9"/><use href="#a"/><text x="1">data: 3 &lt; 5</text></g>
</svg>""".encode()


def svg(inside: str) -> bytes:
    return f"{OPEN}\n{inside}</svg>".encode()


def test_a_drawing_is_let_in() -> None:
    assert check_svg(SOUND) == []
    assert svg_size(SOUND) == (640, 360)


@pytest.mark.parametrize(
    ("inside", "says"),
    [
        ("<script>alert(1)</script>", "<script> is not allowed in a picture"),
        ("<foreignObject/>", "<foreignObject> is not allowed"),
        ("<style>*{fill:red}</style>", "<style> is not allowed"),
        ("<image href='#a'/>", "<image> is not allowed"),
        ("<a href='#a'/>", "<a> is not allowed"),
        ("<animate attributeName='href'/>", "<animate> is not allowed"),
        ("<set attributeName='onclick'/>", "<set> is not allowed"),
        ("<x:script xmlns:x='http://www.w3.org/2000/svg'/>", "<x:script> is not allowed"),
        ("<g onload='x'/>", "the event attribute “onload” is not allowed"),
        ("<g ONCLICK='x'/>", "the event attribute “ONCLICK” is not allowed"),
        ("<g style='fill:red'/>", "the attribute “style” is not allowed"),
        ("<use href='https://a.vn/x.svg#a'/>", "“href” points out of the picture"),
        ("<use xlink:href='//a.vn' xmlns:xlink='http://www.w3.org/1999/xlink'/>", "“xlink:href” points out"),
        ("<use href='data:image/svg+xml,x'/>", "“href” points out of the picture"),
        ("<g fill='url(https://a.vn/#a)'/>", "the value of “fill” points out of the picture or could act"),
        ("<g fill='URL( //a.vn )'/>", "the value of “fill” points out"),
        (r"<g fill='u\72l(//a.vn)'/>", "the value of “fill” points out"),
        ("<g id='javascript:alert(1)'/>", "the value of “id” points out"),
        ("<?xml-stylesheet href='x'?>", "the picture has an instruction <?xml-stylesheet"),
    ],
)
def test_what_could_act_or_call_out_is_named_with_its_line(inside: str, says: str) -> None:
    faults = check_svg(svg(inside))

    assert [line for line, message in faults if message.startswith(says)] == [2], faults


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"<svg>\n<g>\n</svg>", 3, "the picture is not well-formed XML"),
        (b"", 1, "the picture is not well-formed XML"),
        (b"\n<!DOCTYPE svg [<!ENTITY a 'b'>]><svg>&a;</svg>", 2, "the picture has a DOCTYPE; remove it"),
        (b"<html/>", 1, "the picture begins with <html>, not <svg>"),
        (b"<svg viewBox='0 0 1 1'/>", 1, 'browsers need xmlns="http://www.w3.org/2000/svg" on <svg>'),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 1, "the picture has no viewBox"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 0 9'/>", 1, "the picture has no viewBox"),
        (b"<svg" + b" " * 61440, 1, "the picture has 61444 bytes, more than 61440 (60 KB)"),
    ],
)
def test_what_is_no_picture_is_named(content: bytes, line: int, says: str) -> None:
    faults = check_svg(content)

    assert any(where == line and message.startswith(says) for where, message in faults), faults


def test_entities_cannot_grow_without_end() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE svg [<!ENTITY l0 "ha">{laughs}]><svg>&l11;</svg>'.encode()

    assert check_svg(bomb) == [(1, "the picture has a DOCTYPE; remove it")]


@pytest.mark.parametrize(
    ("view", "size"),
    [
        ("0 0 640 360", (640, 360)),
        ("-5,-5, 10.4 9.6", (10, 10)),
        ("0 0 640", None),
        ("x", None),
        ("0 0 0 1", None),
    ],
)
def test_the_size_is_that_of_the_view_box(view: str, size: tuple[int, int] | None) -> None:
    assert svg_size(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}"/>'.encode()) == size
