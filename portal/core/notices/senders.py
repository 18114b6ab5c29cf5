"""How a message leaves the house: e-mail by SMTP, SMS by an HTTP gateway, or a file that says what would have been sent."""

import json
import os
import smtplib
import ssl
import urllib.error
import urllib.request
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from portal.config import Settings

TIMEOUT_SECONDS = 15.0
LONGEST_ANSWER = 10_000


class NotSent(Exception):
    """The other side did not take the message. `again` says whether a later try may do better."""

    def __init__(self, detail: str, *, again: bool) -> None:
        super().__init__(detail)
        self.detail = detail[:200]
        self.again = again


class Sender(Protocol):
    """Sends one SMS. `reference` is the same for every try of the same message, so that a gateway can know it again."""

    def send(self, number: str, text: str, reference: str) -> None:
        """Send, or raise `NotSent`. number: Vietnamese, ten digits from 0."""


class LogSender:
    """The default: writes what would have been sent into a file of the data directory, one JSON line each."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, number: str, text: str, reference: str) -> None:
        """Append a line."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"to": number, "text": text, "reference": reference}, ensure_ascii=False) + "\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(line.encode())


class HttpGateway:
    """A gateway that takes POST with JSON: {"to": "84912345678", "text": …, "from": …, "reference": …}.

    `Authorization: Bearer TOKEN` where a token is set. 2xx is taken; 408, 425, 429 and 5xx are tried again; any other
    answer is final. Redirects are not followed: a message goes where the settings say.
    """

    def __init__(self, url: str, token: str, sender: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self._url, self._token, self._sender, self._timeout = url, token, sender, timeout
        self._opener = urllib.request.build_opener(_NoRedirect)

    def send(self, number: str, text: str, reference: str) -> None:
        """Ask the gateway."""
        body = {
            "to": "84" + number.removeprefix("0"),
            "text": text,
            "from": self._sender,
            "reference": reference,
        }
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": reference}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(  # noqa: S310 - the settings allow http(s) only
            self._url, json.dumps(body, ensure_ascii=False).encode(), headers, method="POST"
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                answer.read(LONGEST_ANSWER)
        except urllib.error.HTTPError as error:
            with error:
                again = error.code in (408, 425, 429) or error.code >= 500
                raise NotSent(f"the gateway answered {error.code}", again=again) from None
        except OSError as error:
            raise NotSent(f"the gateway cannot be reached: {error.__class__.__name__}", again=True) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def sms_sender(settings: Settings) -> Sender:
    """Return the sender that the settings ask for."""
    if settings.sms_url:
        return HttpGateway(settings.sms_url, settings.sms_token, settings.sms_from)
    return LogSender(settings.data_dir / "sms.log")


class Mailer:
    """E-mail through the server of `PORTAL_SMTP_URL`: smtps:// (TLS from the start) or smtp:// (STARTTLS).

    `?starttls=no` leaves the connection plain: for a server on the same host only.
    """

    def __init__(self, url: str, sender: str, timeout: float = TIMEOUT_SECONDS) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "smtps"
        self._starttls = not self._tls and parse_qs(parts.query).get("starttls") != ["no"]
        self._host, self._port = parts.hostname or "", parts.port or (465 if self._tls else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender, self._timeout = sender, timeout

    def send(self, address: str, subject: str, text: str, reference: str) -> None:
        """Send one plain-text message, or raise `NotSent`."""
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = address
        message["Subject"] = " ".join(subject.split())[:200]
        message["Date"] = formatdate(localtime=False)
        message["Message-ID"] = make_msgid(reference, self._sender.rpartition("@")[2].rstrip(">") or None)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        try:
            with self._connected() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _text in error.recipients.values()]
            raise NotSent(
                f"the address was refused: {codes}", again=all(400 <= code < 500 for code in codes)
            ) from None
        except smtplib.SMTPResponseException as error:
            raise NotSent(
                f"the mail server answered {error.smtp_code}", again=error.smtp_code < 500
            ) from None
        except (smtplib.SMTPException, OSError) as error:
            raise NotSent(
                f"the mail server cannot be reached: {error.__class__.__name__}", again=True
            ) from None

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=self._timeout, context=context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        try:
            if self._starttls:
                server.starttls(context=context)
            if self._user:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server
