"""Sets as bits of a whole number, put together by the database."""

from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class Either(FunctionElement[int]):
    """All bits of single-bit numbers (or noughts) together: no sorting where the database can (PostgreSQL)."""

    type = BigInteger()
    inherit_cache = True


@compiles(Either, "postgresql")
def _bit_or(element: Either, compiler: Any, **more: Any) -> str:
    return f"bit_or({compiler.process(element.clauses, **more)})"


@compiles(Either)
def _distinct_sum(element: Either, compiler: Any, **more: Any) -> str:
    return f"sum(DISTINCT {compiler.process(element.clauses, **more)})"
