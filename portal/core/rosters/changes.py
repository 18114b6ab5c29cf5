"""What is noted of a change to the roster, so that it can be undone: which fields, as JSON, and their digest."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from portal.core.accounts.models import Posting, User
from portal.core.rosters.models import RosterBasis

USER_FIELDS = ("full_name", "sort_key", "search_key", "phone", "staff_code", "coded")
POST_FIELDS = ("user_id", "unit_id", "audience", "title", "valid_from", "valid_to", "left_reason")
BASIS_FIELDS = ("unit_id", "evidence", "valid_from", "valid_to", "totals", "file_id")
MODELS: Mapping[str, tuple[Any, Sequence[str]]] = {
    "user": (User, USER_FIELDS),
    "posting": (Posting, POST_FIELDS),
    "basis": (RosterBasis, BASIS_FIELDS),
}


def digest(value: object) -> str:
    """Return 32 hexadecimal digits of a value's JSON."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def json_fields(row: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return the named fields of a row as JSON values."""
    return {name: json_value(getattr(row, name)) for name in names}


def json_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON values."""
    return {name: json_value(value) for name, value in values.items()}


def json_value(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value
