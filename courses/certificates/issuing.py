"""Who issues: the name on the paper, the address in its QR code, the key that signs. Made once for a process."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from courses.certificates.signing import Signer, from_files, self_made
from portal.config import Settings

REASON = "Cấp tự động khi hoàn thành khóa học"


@dataclass(frozen=True, slots=True)
class Issuer:
    """What every certificate of this portal has in common."""

    name: str
    base_url: str
    demonstration: bool
    reason: str
    signer: Signer


@cache
def issuer_for(settings: Settings) -> Issuer:
    """Return the issuer of these settings. A demonstration signs with a key of its own making and says so."""
    if settings.signing_key:
        signer = from_files(
            Path(settings.signing_key),
            Path(settings.signing_certificate),
            settings.signing_passphrase or None,
        )
        reason = REASON
    else:
        signer = self_made(settings.data_dir / "signing")
        reason = signer.reason
    return Issuer(
        name=settings.issuer,
        base_url=settings.base_url,
        demonstration=not settings.production,
        reason=reason,
        signer=signer,
    )
