"""The rotating code of the trainer's screen: whoever can read it now is in the hall now. Pure.

A code is made of a workshop's own secret, its id, the day and a slice of 30 seconds. It is taken for the slice it was
made in and for the two after it: 90 seconds at most, 60 at least. A code of one workshop is none of another.
"""

import hashlib
import hmac
from base64 import b32encode
from datetime import date, datetime

SLICE_SECONDS = 30
TAKEN_SLICES = 3
LENGTH = 10


def code(secret: str, workshop_id: int, day: date, moment: datetime) -> str:
    """Return the code shown at an aware `moment`: ten letters and digits of base 32."""
    return _code(secret, workshop_id, day, int(moment.timestamp()) // SLICE_SECONDS)


def taken(given: str, secret: str, workshop_id: int, day: date, moment: datetime) -> bool:
    """Return whether `given` (spaces, hyphens and small letters allowed) is a code to be taken at `moment`."""
    wanted = "".join(given.split()).replace("-", "").upper()
    slice_now = int(moment.timestamp()) // SLICE_SECONDS
    # every candidate is compared, in the same time whatever the answer
    found = [
        hmac.compare_digest(wanted.encode(), _code(secret, workshop_id, day, slice_now - back).encode())
        for back in range(TAKEN_SLICES)
    ]
    return any(found)


def _code(secret: str, workshop_id: int, day: date, number: int) -> str:
    message = f"{workshop_id}:{day.isoformat()}:{number}".encode()
    return b32encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()[:LENGTH]
