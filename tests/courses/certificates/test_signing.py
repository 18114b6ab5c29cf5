"""Signatures: valid, dated as asked, closed to changes; keys: made once, read strictly."""

import multiprocessing
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from courses.certificates.pdf import CertificateFacts, render
from courses.certificates.signing import (
    SELF_MADE_FILE,
    SELF_MADE_REASON,
    Signer,
    UnusableKey,
    from_files,
    self_made,
)

AT = datetime(2026, 11, 14, 8, 30, 5, tzinfo=UTC)

AnyKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def certificate_of(key: AnyKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Khóa thử")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2050, 1, 1, tzinfo=UTC))
        .add_extension(usage, critical=True)
        .sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )


def pem(key: AnyKey, passphrase: str | None = None) -> bytes:
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


@pytest.fixture(scope="module")
def pdf(facts: CertificateFacts) -> bytes:
    return render(facts)


def assert_good(signed: bytes) -> None:
    (signature,) = PdfFileReader(BytesIO(signed)).embedded_signatures
    roots = [*signature.other_embedded_certs, signature.signer_cert]
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=roots))
    assert status.intact
    assert status.valid
    assert status.trusted
    assert status.modification_level == ModificationLevel.NONE


def test_poppler_calls_the_signature_valid(
    pdf: bytes, demonstration_signer: Signer, tmp_path: Path, program: Callable[..., str]
) -> None:
    file = tmp_path / "signed.pdf"
    file.write_bytes(demonstration_signer.sign(pdf, location="Thái Bình", at=AT))

    verdict = program("pdfsig", "-nocert", file)

    assert "Signature is Valid." in verdict
    assert "Total document signed" in verdict
    assert "ETSI.CAdES.detached" in verdict


def test_signature_is_dated_reasoned_and_closed(pdf: bytes, demonstration_signer: Signer) -> None:
    signed = demonstration_signer.sign(pdf, reason="Hoàn thành khóa học", location="Thái Bình", at=AT)

    reader = PdfFileReader(BytesIO(signed))
    (signature,) = reader.embedded_signatures
    assert_good(signed)
    assert signed.startswith(pdf)
    assert signature.self_reported_timestamp == AT
    assert signature.sig_object["/Reason"] == "Hoàn thành khóa học"
    assert signature.sig_object["/Location"] == "Thái Bình"
    assert signature.docmdp_level is MDPPerm.NO_CHANGES
    assert reader.root["/Perms"]["/DocMDP"] == signature.sig_object


def test_moment_in_another_zone_is_the_same_moment(pdf: bytes, demonstration_signer: Signer) -> None:
    signed = demonstration_signer.sign(pdf, at=AT.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")))

    (signature,) = PdfFileReader(BytesIO(signed)).embedded_signatures
    assert signature.self_reported_timestamp == AT
    assert signature.sig_object["/Reason"] == SELF_MADE_REASON
    assert "/Location" not in signature.sig_object


def test_moment_without_zone_is_refused(pdf: bytes, demonstration_signer: Signer) -> None:
    with pytest.raises(ValueError, match="aware"):
        demonstration_signer.sign(pdf, at=AT.replace(tzinfo=None))


def test_one_changed_byte_shows(pdf: bytes, demonstration_signer: Signer) -> None:
    signed = bytearray(demonstration_signer.sign(pdf, at=AT))
    place = signed.index(b"/Title")
    signed[place + 8] ^= 1

    (signature,) = PdfFileReader(BytesIO(bytes(signed))).embedded_signatures

    assert not validate_pdf_signature(signature, ValidationContext(trust_roots=[])).intact


def test_signatures_of_all_lengths_and_threads_are_good(pdf: bytes, demonstration_signer: Signer) -> None:
    moments = [AT + timedelta(seconds=second) for second in range(24)]

    with ThreadPoolExecutor(4) as pool:
        signed = list(pool.map(lambda at: demonstration_signer.sign(pdf, at=at), moments))

    for one in signed:
        assert_good(one)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(65537, 2048),
    ],
    ids=["p256", "p384", "rsa"],
)
def test_keys_from_pem_and_pkcs12_sign(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, pdf: bytes, tmp_path: Path
) -> None:
    certificate = certificate_of(key)
    (tmp_path / "key.pem").write_bytes(pem(key, "mật khẩu"))
    (tmp_path / "chain.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (tmp_path / "both.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"x", key, certificate, None, BestAvailableEncryption("mật khẩu".encode())
        )
    )

    for signer in (
        from_files(tmp_path / "key.pem", tmp_path / "chain.pem", "mật khẩu"),
        from_files(tmp_path / "both.p12", None, "mật khẩu"),
    ):
        assert signer.certificate == certificate
        signed = signer.sign(pdf, at=AT)
        assert_good(signed)
        (signature,) = PdfFileReader(BytesIO(signed)).embedded_signatures
        assert "/Reason" not in signature.sig_object


def test_unusable_files_are_named(tmp_path: Path) -> None:
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    edwards = ed25519.Ed25519PrivateKey.generate()
    (tmp_path / "key.pem").write_bytes(pem(key))
    (tmp_path / "locked.pem").write_bytes(pem(key, "secret"))
    (tmp_path / "ed.pem").write_bytes(pem(edwards))
    (tmp_path / "other.crt").write_bytes(certificate_of(other).public_bytes(Encoding.PEM))
    (tmp_path / "ed.crt").write_bytes(certificate_of(edwards).public_bytes(Encoding.PEM))
    (tmp_path / "junk.p12").write_bytes(b"junk")
    (tmp_path / "bare.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(None, key, None, None, NoEncryption())
    )

    for name, certificate, passphrase, why in (
        ("missing.pem", "other.crt", None, "No such file"),
        ("key.pem", "missing.crt", None, "No such file"),
        ("key.pem", "other.crt", None, "not that of the key"),
        ("key.pem", "key.pem", None, "key.pem"),
        ("locked.pem", "other.crt", None, "assword"),
        ("locked.pem", "other.crt", "wrong", "locked.pem"),
        ("ed.pem", "ed.crt", None, "RSA or elliptic-curve"),
        ("junk.p12", "other.crt", None, "junk.p12"),
        ("bare.p12", "other.crt", None, "not that of the key"),
    ):
        with pytest.raises(UnusableKey, match=why) as refusal:
            from_files(tmp_path / name, tmp_path / certificate, passphrase)
        assert name in str(refusal.value)


def test_self_made_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    directory = tmp_path / "new" / "signing"

    first, second = self_made(directory), self_made(directory)

    assert first.certificate == second.certificate
    assert first.reason == SELF_MADE_REASON
    assert [path.name for path in directory.iterdir()] == [SELF_MADE_FILE]
    assert stat.S_IMODE((directory / SELF_MADE_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    directory, start, made = tmp_path / "signing", fork.Barrier(4), fork.Queue()

    def process() -> None:
        start.wait()
        made.put(self_made(directory).certificate.serial_number)

    processes = [fork.Process(target=process) for _ in range(4)]
    for one in processes:
        one.start()
    serials = {made.get(timeout=30) for _ in processes}
    for one in processes:
        one.join()

    assert serials == {self_made(directory).certificate.serial_number}
    assert [path.name for path in directory.iterdir()] == [SELF_MADE_FILE]
