"""What a file is, by its content alone. Paths in, a kind out; the database is not asked."""

import warnings
from collections.abc import Collection
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from portal.core.files.errors import BrokenFile, WrongKind
from portal.core.files.models import KIND_NAMES, FileKind
from portal.core.tables_in.reading import read
from portal.core.tables_in.sheet import Limits

MOST_PIXELS = 60_000_000
_IMAGES = {FileKind.JPEG: b"\xff\xd8\xff", FileKind.PNG: b"\x89PNG\r\n\x1a\n"}


def kind_of(path: Path, name: str, allowed: Collection[FileKind], most: int) -> FileKind:
    """Return what the file at `path` is. name: for the messages. most: bytes, checked by the caller.

    Raises `WrongKind` for what is not allowed, `BrokenFile`, and `CannotRead` for tables that cannot be read.
    HTML and SVG are none of our kinds.
    """
    with path.open("rb") as file:
        head = file.read(1024)
        file.seek(max(0, path.stat().st_size - 2048))
        tail = file.read()
    kind = _begins_like(head)
    if kind is None or kind not in allowed:
        raise WrongKind(name=name, kinds=", ".join(KIND_NAMES[one] for one in sorted(allowed)))
    if kind == FileKind.PDF and b"%%EOF" not in tail:
        raise BrokenFile(name=name)
    if kind in _IMAGES:
        _check_image(path, name)
    if kind in (FileKind.XLSX, FileKind.CSV):
        read(path, name, Limits(file=most))
    return kind


def _begins_like(head: bytes) -> FileKind | None:
    if head.startswith(b"%PDF-"):
        return FileKind.PDF
    for kind, magic in _IMAGES.items():
        if head.startswith(magic):
            return kind
    if head.startswith(b"PK\x03\x04"):
        return FileKind.XLSX
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or head.startswith(
        (b"\xd0\xcf", b"GIF8", b"Rar!", b"MZ", b"\x7fELF")
    ):
        return None
    return FileKind.CSV


def _check_image(path: Path, name: str) -> None:
    """Refuse what does not decode, and pictures whose pixels would fill the memory."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=("JPEG", "PNG")) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise BrokenFile(name=name)
                picture.verify()
    except (
        OSError,
        ValueError,
        SyntaxError,
        UnidentifiedImageError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as fault:
        raise BrokenFile(name=name) from fault
