"""Many things in lists of a size that a statement, or memory, can take. Pure."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield `things` in lists of `size`, the last one shorter; nothing where there are none. Raises ValueError for a size below one."""
    if size < 1:
        raise ValueError(f"a batch of {size}")
    stream = iter(things)
    while batch := list(islice(stream, size)):
        yield batch
