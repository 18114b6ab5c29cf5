"""Files broken on purpose, many thousands of them: each is read, or refused in words; nothing crashes, hangs or swells.

`python -m tests.fuzz.tables_in --count 100000 --seed 1` prints what became of them. Valid workbooks and CSV files are
mutated: bytes of the archive, bytes of a part (packed again, so that the XML is reached), tokens of the XML, the
text of CSV. An input that ends in anything but a table or a `CannotRead`, or takes longer than two seconds, is kept
beside and ends the run.
"""

import argparse
import io
import random
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import xlsxwriter

from portal.core.tables_in import cells
from portal.core.tables_in.faults import CannotRead
from portal.core.tables_in.reading import read
from portal.core.tables_in.sheet import Limits
from portal.core.tables_in.table import Column, table

SECONDS = 2.0
LIMITS = Limits(file=2_000_000, unpacked=20_000_000, rows=300, cells=20_000)
COLUMNS = (
    Column("name", "Họ và tên", cells.text(80), ("Họ tên",)),
    Column("code", "Mã cán bộ", cells.code(width=6), required=False),
    Column("phone", "Số điện thoại", cells.phone, ("SĐT",), required=False),
    Column("since", "Từ ngày", cells.day(), required=False),
    Column("many", "Số người", cells.whole_number(), required=False),
    Column("kind", "Đối tượng", cells.choice({"giáo viên": "teacher"}), required=False),
)
HEAD = [column.heading for column in COLUMNS]
LINE: list[Any] = ["Nguyễn Thị Hoa", 123, 912345678, "5/3/2020", 12, "giáo viên"]
TOKENS = (
    b"<row", b"</row>", b"<c r=\"ZZZ9999999\">", b"<c", b"t=\"s\"", b"t=\"inlineStr\"", b"t=\"b\"", b"t=\"d\"", b"t=\"e\"", b"<v>", b"</v>", b"<f>",
    b"<v>1e999</v>", b"<v>-1</v>", b"<v>nan</v>", b"<is><t>", b"<!DOCTYPE a [<!ENTITY b \"c\">]>", b"&b;", b"&#0;", b"&#x110000;",
    b"<![CDATA[", b"]]>", b"<?xml version=\"1.1\" encoding=\"UTF-16\"?>", b"\xff\xfe", b"\x00", b"s=\"99999999\"", b"r=\"-5\"", b"r=\"1e9\"",
    b"A" * 5000, b"<mergeCell ref=\"A1:XFD1048576\"/>", b"xml:space=\"preserve\"", b"date1904=\"1\"", b"state=\"hidden\"",
    "ễ".encode(), "e\u0302\u0303".encode(), b"\xed\xa0\x80", b"=cmd|'/c calc'!A0", b"\"", b"'", b";", b"\t", b"\r", b"\n", b"\xb5\xb8\xcb",
)  # fmt: skip


def workbooks() -> list[bytes]:
    """Return a few valid workbooks of different make."""
    made = []
    for options in ({}, {"constant_memory": True}, {"date_1904": True}):
        out = io.BytesIO()
        book = xlsxwriter.Workbook(out, {"in_memory": True, **options})
        sheet = book.add_worksheet("Danh sách")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        zeros = book.add_format({"num_format": "000000"})
        sheet.write_row(0, 0, HEAD)
        for row in range(1, 9):
            sheet.write_row(row, 0, LINE)
            sheet.write_number(row, 1, row, zeros)
            sheet.write_number(row, 3, 43895 + row, day)
            sheet.write_formula(row, 4, "=1+1", None, 2)
        book.close()
        made.append(out.getvalue())
    return made


def texts() -> list[bytes]:
    """Return a few valid CSV files in different encodings."""
    text = "\r\n".join(";".join(str(value) for value in line) for line in [HEAD, *[LINE] * 6])
    return [
        text.encode(), text.encode("utf-8-sig"), text.encode("utf-16"), text.encode("utf-16-be"),
        text.replace(";", ",").encode(), ("sep=;\n" + text).encode(), text.replace("ọ", "ä").encode("latin-1", "replace"),
    ]  # fmt: skip


def scramble(dice: random.Random, raw: bytes) -> bytes:
    """Return bytes with a few of them changed, put in, left out, doubled or moved."""
    out = bytearray(raw)
    for _ in range(dice.choice((1, 1, 2, 3, 8))):
        place = dice.randrange(len(out) + 1)
        kind = dice.randrange(7)
        if kind == 0 and out:
            out[place % len(out)] = dice.randrange(256)
        elif kind == 1:
            out[place:place] = dice.choice(TOKENS)
        elif kind == 2:
            del out[place : place + dice.choice((1, 2, 10, 200))]
        elif kind == 3:
            out[place:place] = out[place : place + dice.choice((5, 50, 500))] * dice.choice((1, 2, 20))
        elif kind == 4 and out:
            out[place % len(out)] ^= 1 << dice.randrange(8)
        elif kind == 5:
            other = dice.randrange(len(out) + 1)
            out[place:place] = out[other : other + 60]
        else:
            del out[place:]
    return bytes(out[:1_500_000])


def mutated(dice: random.Random, books: list[bytes], plain: list[bytes]) -> bytes:
    """Return one broken file."""
    kind = dice.randrange(10)
    if kind < 3:
        return scramble(dice, dice.choice(plain))
    book = dice.choice(books)
    if kind < 5:
        return scramble(dice, book)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/")]
        victims = set(dice.sample(names, dice.choice((1, 1, 2))))
        if dice.random() < 0.7:
            victims.add("xl/worksheets/sheet1.xml")
        with zipfile.ZipFile(out, "w", dice.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as target:
            for name in archive.namelist():
                if name in victims and dice.random() < 0.05:
                    continue
                content = archive.read(name)
                target.writestr(name, scramble(dice, content) if name in victims else content)
    return out.getvalue()


def outcome(raw: bytes) -> str:
    """Read one file to its end; return `table`, or the name of the refusal. Anything else comes out as it is."""
    try:
        found = table(read(raw, "fuzz.xlsx", LIMITS), COLUMNS)
        for line in found:
            assert set(line.values) == {column.key for column in COLUMNS}
            for fault in line.faults:
                assert fault.message % fault.values
    except CannotRead as refusal:
        return f"{type(refusal).__name__}{'' if str(refusal) else ' without words'}"
    return "table"


def run(count: int, seed: int, keep: Path | None = None) -> tuple[Counter[str], float]:
    """Read `count` broken files; return how they ended, and the longest time in seconds."""
    dice = random.Random(seed)
    books, plain = workbooks(), texts()
    ends: Counter[str] = Counter()
    longest = 0.0
    for number in range(count):
        raw = mutated(dice, books, plain)
        begin = time.perf_counter()
        try:
            ends[outcome(raw)] += 1
        except BaseException:
            if keep is not None:
                keep.write_bytes(raw)
            sys.stderr.write(f"input {number} of seed {seed} was not read and not refused\n")
            raise
        took = time.perf_counter() - begin
        longest = max(longest, took)
        if took > SECONDS:
            if keep is not None:
                keep.write_bytes(raw)
            raise TimeoutError(f"input {number} of seed {seed} took {took:.1f} s")
    return ends, longest


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="where to write the input that failed")
    asked = parser.parse_args()
    begin = time.perf_counter()
    ends, longest = run(asked.count, asked.seed, asked.keep)
    for end, many in ends.most_common():
        print(f"{many:8d}  {end}")  # noqa: T201
    took = time.perf_counter() - begin
    print(f"{asked.count} files in {took:.0f} s; the longest took {longest * 1000:.0f} ms")  # noqa: T201


if __name__ == "__main__":
    main()
