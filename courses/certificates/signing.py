"""Signing certificates: a file that says who issued it and shows every later change (PAdES, certified, no changes).

A signature is made in the transaction of the completion, so what can be made once is: key and chain are read and
checked, and all of the signature that is the same for every file is composed, when the `Signer` is built.
"""

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Self

from asn1crypto import keys as asn1_keys  # type: ignore[import-untyped]
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

SELF_MADE_REASON = "Bản dùng thử: chữ ký bằng khóa tự tạo, không có giá trị pháp lý / Demonstration: self-made key, no legal value"
SELF_MADE_FILE = "self-made.pem"

_DIGEST = "sha256"
_FIELD = "Signature"
_NO_DIGEST = bytes(range(32))
_SET_OF = b"\x31"  # what is signed begins with the tag of a set; in the message another tag stands for it
_PKCS12_SUFFIXES = frozenset((".p12", ".pfx"))

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class UnusableKey(Exception):
    """A key or certificate file cannot be used for signing: says which and why. It ends the start of the portal."""


class Signer:
    """Signs PDF files with one key. Build it once in a process; threads may share it.

    reason: what is written into files as the reason unless another is given. certificate: that of the key.
    """

    def __init__(self, key: PrivateKey, chain: Sequence[x509.Certificate], reason: str = "") -> None:
        """Take a private key, and its certificate followed by those that vouch for it. Raises UnusableKey."""
        if not chain or chain[0].public_key() != key.public_key():
            raise UnusableKey("the certificate that signs is not that of the key")
        self.reason = reason
        self.certificate = chain[0]
        self._key = key
        self._pyhanko = _pyhanko_signer(key, chain)
        self._mould = _Mould.of(self._pyhanko, _usual_length(self._signature))

    def sign(self, pdf: bytes, *, reason: str = "", location: str = "", at: datetime) -> bytes:
        """Return `pdf` with a certifying signature dated `at`, after which no change to it is allowed.

        at: an aware moment. It stands in the signature's dictionary, where PAdES wants it; no time stamp of an
        outside authority is fetched. Raises ValueError for a moment without time zone.
        """
        if at.tzinfo is None:
            raise ValueError("a signature needs an aware moment")
        described = PdfSignatureMetadata(
            field_name=_FIELD,
            md_algorithm=_DIGEST,
            reason=reason or self.reason or None,
            location=location or None,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
            subfilter=SigSeedSubFilter.PADES,
        )
        writer = IncrementalPdfFileWriter(BytesIO(pdf))
        session = PdfSigner(described, self._pyhanko).init_signing_session(writer)
        session.system_time = at
        document = session.prepare_tbs_document(None, 2 * len(self._mould.message))  # written in hexadecimal
        prepared, output = document.digest_tbs_document()
        prepared.fill_with_cms(output, self._mould.filled(prepared.document_digest, self._signature))
        signed: bytes = output.getvalue()
        return signed

    def _signature(self, data: bytes) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, PKCS1v15(), hashes.SHA256())
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))


@dataclass(frozen=True, slots=True)
class _Mould:
    """A signature's message (CMS) in which only the digest of a document and the signature itself are exchanged.

    All else in it is the same for one key: algorithms, certificates, their digest. pyHanko, which composes one, takes
    16 ms for it; a transaction that other writers wait for has better uses for them.
    """

    message: bytes
    attributes: bytes
    signature: bytes

    @classmethod
    def of(cls, signer: SimpleSigner, length: int) -> Self:
        """Return the mould of a signer, with room for signatures of `length` bytes."""
        while True:
            message = _awaited(lambda: signer.async_sign(_NO_DIGEST, _DIGEST, use_pades=True))
            (about,) = message["content"]["signer_infos"]
            signature: bytes = about["signature"].native
            if len(signature) == length:
                break
        attributes = _SET_OF + about["signed_attrs"].dump()[1:]
        made = cls(message.dump(), attributes, signature)
        if (
            not made.message.count(attributes[1:])
            == made.message.count(signature)
            == attributes.count(_NO_DIGEST)
            == 1
        ):
            raise UnusableKey("the places of digest and signature were not found in a sample")
        return made

    def filled(self, digest: bytes, sign: Callable[[bytes], bytes]) -> bytes:
        """Return the message for a document of this digest.

        ECDSA signatures differ in length by a byte or two; another is made until it has that of the mould, so that
        no length around it changes. That is every second one.
        """
        attributes = self.attributes.replace(_NO_DIGEST, digest)
        signature = sign(attributes)
        while len(signature) != len(self.signature):
            signature = sign(attributes)
        return self.message.replace(self.attributes[1:], attributes[1:]).replace(self.signature, signature)


def _awaited(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run `work` to its end in a thread of its own: whoever asks for a signature may run an event loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(work())).result()


def _usual_length(sign: Callable[[bytes], bytes]) -> int:
    return Counter(len(sign(b"")) for _ in range(48)).most_common(1)[0][0]


def _pyhanko_signer(key: PrivateKey, chain: Sequence[x509.Certificate]) -> SimpleSigner:
    plain = [asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in chain]
    unencrypted = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    store = SimpleCertificateStore.from_certs(plain)  # type: ignore[no-untyped-call]
    return SimpleSigner(plain[0], asn1_keys.PrivateKeyInfo.load(unencrypted), store)


def from_files(key: Path, certificate: Path | None = None, passphrase: str | None = None) -> Signer:
    """Return the signer of a key file: PKCS#12 (`.p12`, `.pfx`), or PEM with the chain in `certificate`.

    Raises UnusableKey, naming the file, if one is missing, is no such file, needs another passphrase or does not fit.
    """
    secret = passphrase.encode() if passphrase else None
    try:
        if key.suffix.lower() in _PKCS12_SUFFIXES:
            private, leaf, others = pkcs12.load_key_and_certificates(key.read_bytes(), secret)
            chain = [leaf, *others] if leaf else []
        else:
            private = load_pem_private_key(key.read_bytes(), secret)
            chain = x509.load_pem_x509_certificates((certificate or key).read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise UnusableKey(f"{key}: {error}") from error
    if not isinstance(private, PrivateKey):
        raise UnusableKey(f"{key}: expected an RSA or elliptic-curve key")
    try:
        return Signer(private, chain)
    except UnusableKey as error:
        raise UnusableKey(f"{key}: {error}") from error


def self_made(directory: Path) -> Signer:
    """Return the demonstration's signer, whose key is made in `directory` by whoever comes first, once.

    Its signatures prove that a file was not changed, not who issued it, and `reason` says so. Processes that start
    together agree on one key: each writes its own to a file that only it knows, and the first that links it to the
    common name wins. The key of the certificate authority is never stored, so no second key can be vouched for.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / SELF_MADE_FILE
    if not path.exists():
        _write_first(path, _made())
    signer = from_files(path)
    signer.reason = SELF_MADE_REASON
    return signer


def _write_first(path: Path, content: bytes) -> None:
    descriptor, own = tempfile.mkstemp(dir=path.parent, prefix=".self-made-")  # 0600 from its first moment
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(own)
    except FileExistsError:
        pass
    finally:
        Path(own).unlink()


def _made() -> bytes:
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name = _name("Nơi cấp tự tạo / Self-made authority")
    name = _name("Khóa tự tạo / Self-made key")
    authority = (
        _begun(authority_name, authority_name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    leaf = (
        _begun(name, authority_name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + leaf.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM)


def _begun(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        # Round dates, because nothing here reads the clock and the demonstration also issues in its past.
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2050, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Cổng học tập Bảo vệ trẻ em (bản dùng thử)"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
