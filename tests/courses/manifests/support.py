"""A sound course folder, the smallest there can be, and the ways in which a test spoils it."""

from collections.abc import Callable
from pathlib import Path

COURSE = """format = 1
code = "GD-01"
version = 1
changed_on = 2026-11-24
change = { vi = "Bản đầu tiên.", en = "First version." }
sector = "education"
audiences = ["teacher", "manager"]
access = "open"
minutes = 360
certificate = "completion"
validity_months = 36
plan_items = ["II.2.b"]
indicators = ["CT06"]

[title]
vi = "Kỷ luật tích cực"
en = "Positive discipline"

[summary]
vi = "Cho thầy cô."
en = "For teachers."

[[objectives]]
ref = "o1"
vi = "Nêu được hai lý do."
en = "Name two reasons."

[[modules]]
ref = "m1"
lessons = [
  "010-vi-sao",
  "020-the-nao",
]
title = { vi = "Vì sao", en = "Why" }

[[completion]]
rule = "lessons_share"
share = "0.75"
[[completion]]
rule = "quiz_passed"
quiz = "final"
[[completion]]
rule = "workshop_attended"
times = 2

[[quizzes]]
ref = "final"
bank = "gd-01-1"
title = { vi = "Bài kiểm tra", en = "Quiz" }
pass_share = "0.80"
attempts = 5
wait_after = 2
wait_hours = 24
limit_minutes = 0
feedback = "full"
[[quizzes.draw]]
objective = "o1"
count = 2
difficulty = [1, 2]
"""

FIRST = """+++
title = "Vì sao"
minutes = 7
objectives = ["o1"]
action = "Ngày mai, tôi sẽ hít thở."
[[sources]]
text = "Luật Trẻ em 2016"
checked = 2026-11-23
url = "https://vanban.chinhphu.vn/"
+++

Mở đầu.

## Mục

![Ba bậc](media/ba-bac.svg "Chú thích")

::: jobaid Ba bước
1. Dừng
:::

::: help
Gọi 111.
:::

Xem [bài sau](../the-nao/), [trang giúp](/help) và [đầu bài](#s-muc).

{words}
"""

SECOND = """+++
title = "Thế nào"
minutes = 5
objectives = ["o1"]
action = "Ngày mai, tôi sẽ hỏi."
content_note = "Bài này nói về tổn hại. Gọi 111."
[[sources]]
text = "Luật Trẻ em 2016"
checked = 2026-11-24
+++

Mở đầu, xâm hại tình dục.

::: video media/lop.mp4 2:10 4,2 MB
Lời nói.
:::

{words}
"""

PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 360">\n<g/>\n</svg>\n'
WORDS = " ".join(["chữ"] * 400)


def spoil(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def write(folder: Path, file: str, text: str) -> None:
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(text, encoding="utf-8")


def spoil_both(folder: Path, file: str, old: str, new: str) -> None:
    for language in ("vi", "en"):
        spoil(folder, f"{language}/{file}", old, new)


Spoiler = Callable[[Path], object]


def toml(old: str, new: str) -> Spoiler:
    return lambda folder: spoil(folder, "course.toml", old, new)


def lesson(old: str, new: str, file: str = "vi/010-vi-sao.md") -> Spoiler:
    return lambda folder: spoil(folder, file, old, new)


def both(old: str, new: str, file: str = "010-vi-sao.md") -> Spoiler:
    return lambda folder: spoil_both(folder, file, old, new)


def file(name: str, text: str) -> Spoiler:
    return lambda folder: write(folder, name, text)


def gone(name: str) -> Spoiler:
    return lambda folder: (folder / name).unlink()


TOML = "course.toml"
VI, EN = "vi/010-vi-sao.md", "en/010-vi-sao.md"
VI2, EN2 = "vi/020-the-nao.md", "en/020-the-nao.md"
