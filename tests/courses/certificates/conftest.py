"""Facts of one certificate, a demonstration signer, and the programs that judge what we write."""

import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from courses.certificates.pdf import CertificateFacts
from courses.certificates.signing import Signer, self_made

SERIAL = "CN-2026-7K3Q-9XWM-2BHT-4"

Run = Callable[..., str]


@pytest.fixture(scope="session")
def facts() -> CertificateFacts:
    """Return the facts of an ordinary certificate, as the demonstration would issue it."""
    return CertificateFacts(
        kind="completion",
        serial=SERIAL,
        full_name="Nguyễn Thị Hương",
        course_title_vi="Kỷ luật tích cực trong nhà trường",
        course_title_en="Positive Discipline at School",
        course_code="GD-01",
        version=1,
        minutes=390,
        completed_on=date(2026, 11, 14),
        issued_on=date(2026, 11, 14),
        expires_on=date(2029, 11, 14),
        unit_name="Trường Mầm non Hoa Sen",
        area_name="xã Vũ Quý, huyện Kiến Xương",
        issuer_name="Cổng học tập Bảo vệ trẻ em – tỉnh Thái Bình",
        place="Thái Bình",
        verify_url=f"http://127.0.0.1:8000/verify/{SERIAL}",
        share=Decimal("0.9257"),
        demonstration=True,
    )


@pytest.fixture(scope="session")
def demonstration_signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    """Return a signer with a key of its own making."""
    return self_made(tmp_path_factory.mktemp("signing"))


@pytest.fixture(scope="session")
def program() -> Run:
    """Return a function that runs a program and gives its output; the test is skipped where there is no such program."""

    def run(name: str, *arguments: str | Path) -> str:
        if shutil.which(name) is None and os.environ.get("REQUIRE_ALL") != "1":
            pytest.skip(f"this machine has no {name}")
        return subprocess.run([name, *arguments], capture_output=True, text=True, check=True).stdout

    return run
