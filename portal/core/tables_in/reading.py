"""From a file that somebody sent to a `Sheet`: what it is, by its content. Pure."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from portal.core.names import tidy
from portal.core.tables_in import delimited, workbook
from portal.core.tables_in.faults import Damaged, NoTable, OldExcel, OtherKind, TooBig
from portal.core.tables_in.sheet import Limits, Sheet

Opener = Callable[[], BinaryIO]
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_KINDS = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"{\\rtf", "RTF"),
)


def read(source: Path | bytes, name: str, limits: Limits = Limits()) -> Sheet:  # noqa: B008 - frozen
    """Return the first table of an XLSX or CSV file. Its content decides what it is, not its name.

    source: the path of a file, which must stay until all has been read, or its bytes. name: what its sender called
    it, for the messages. Raises `CannotRead`, now or while the rows are read.
    """
    name = tidy(name)[-100:] or "?"
    opener: Opener = (lambda: source.open("rb")) if isinstance(source, Path) else (lambda: io.BytesIO(source))
    with opener() as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        head = file.read(4096)
        if size > limits.file:
            raise TooBig(name=name, most=limits.file // 1024 // 1024)
        if not head.strip(b"\x00 \t\r\n"):
            raise NoTable(name=name)
        if head.startswith(_OLE):
            raise OldExcel(name=name)
        for magic, kind in _KINDS:
            if head.startswith(magic):
                raise OtherKind(name=name, kind=kind)
        if (
            head.lstrip(b"\xef\xbb\xbf \t\r\n")
            .lower()
            .startswith((b"<html", b"<!doctype", b"<?xml", b"<table"))
        ):
            raise OtherKind(name=name, kind="HTML/XML")
        if head.startswith(b"PK"):
            file.seek(0)
            if not zipfile.is_zipfile(file):
                raise Damaged(name=name)
            return workbook.opened(opener, name, limits)
    return delimited.opened(opener, name, limits)
