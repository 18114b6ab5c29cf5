"""Notices: told once, read by their person alone, sent at most once on other channels, by real servers of this test."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.accounts.models import User
from portal.core.db import unit_of_work
from portal.core.jobs.models import Job, State
from portal.core.jobs.worker import Worker
from portal.core.notices import senders, services, wording
from portal.core.notices.models import Channel, Delivery, Notice, Sending
from portal.core.notices.senders import HttpGateway, LogSender, Mailer, NotSent
from tests.factories import NOW, World

SignIn = Callable[[int], FlaskClient]
TITLE = "Due on %(day)s"  # a message that has a translation


@pytest.fixture(autouse=True)
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one wording be known."""
    monkeypatch.setattr(wording, "WORDINGS", {})
    monkeypatch.setattr(services, "WORDINGS", wording.WORDINGS)
    monkeypatch.setattr("portal.core.notices.views.WORDINGS", wording.WORDINGS)
    wording.say("test.due", TITLE, "Hello %(name)s", "Open")


def tell(*people: int, **more: Any) -> int:
    with unit_of_work() as session:
        return services.tell(
            session,
            people,
            "test.due",
            {"day": "24/11/2026", "name": "Hoa", "to": {"endpoint": "accounts.account", "values": {}}},
            now=more.pop("now", NOW),
            **more,
        )


def test_a_notice_is_told_once_with_a_key(session: Session, world: World) -> None:
    assert tell(world.ana, world.bruno, world.ana, key="due:7") == 2
    assert tell(world.ana, world.carla, key="due:7") == 1
    assert tell(world.ana) == 1
    assert tell() == 0

    assert len(session.scalars(select(Notice).where(Notice.user_id == world.ana)).all()) == 2


def test_an_unknown_code_is_a_mistake_of_the_program(session: Session, world: World) -> None:
    with pytest.raises(KeyError), unit_of_work() as work:
        services.tell(work, [world.ana], "test.none", {}, now=NOW)
    with pytest.raises(ValueError, match=r"test\.due"):
        wording.say("test.due", "Other", "words")


def test_the_page_shows_one_s_own_and_marks_them_as_read(
    session: Session, world: World, sign_in: SignIn
) -> None:
    tell(world.ana)
    tell(world.bruno)
    ana, bruno = sign_in(world.ana), sign_in(world.bruno)
    first = session.scalars(select(Notice).where(Notice.user_id == world.ana)).one().id

    page = ana.get("/notices").text
    assert "Hạn hoàn thành 24/11/2026" in page
    assert page.count('class="notice notice--new"') == 1
    assert "1 thông báo mới" in ana.get("/").text
    assert "1 thông báo mới" in ana.get("/account").text
    assert bruno.post(f"/notices/{first}/read").status_code == 404
    opened = ana.post(f"/notices/{first}/read", data={"then": "open"})
    assert (opened.status_code, opened.location) == (303, "/account")
    assert 'class="notice notice--new"' not in ana.get("/notices").text
    assert "thông báo mới" not in ana.get("/").text
    assert ana.get("/notices?state=unread").text.count('<li class="notice') == 0
    bruno.post("/notices/read")
    assert "thông báo mới" not in bruno.get("/").text


def test_notices_are_searched(session: Session, world: World, sign_in: SignIn) -> None:
    tell(world.ana)
    ana = sign_in(world.ana)

    assert '<li class="notice' in ana.get("/notices?q=24/11").text
    assert '<li class="notice' in ana.get("/notices?q=chao").text, "words of the text, without accents"
    assert '<li class="notice' not in ana.get("/notices?q=100%25").text
    assert "Không tìm thấy" in ana.get("/notices?q=gi+do+khac").text


def test_a_fact_in_several_languages_is_read_in_one_s_own(
    session: Session, world: World, sign_in: SignIn
) -> None:
    facts = {"day": "24/11/2026", "name": {"vi": "Kỷ luật tích cực", "en": "Positive discipline"}}
    with unit_of_work() as work:
        services.tell(work, [world.ana], "test.due", facts, now=NOW)
    ana = sign_in(world.ana)

    vietnamese, english = ana.get("/notices?lang=vi").text, ana.get("/notices?lang=en").text

    assert "Chào Kỷ luật tích cực" in vietnamese
    assert "Hello Positive discipline" in english


def test_a_code_that_is_gone_and_a_page_that_is_gone_still_show(
    session: Session, world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(world.ana)
    with unit_of_work() as work:
        work.add(Notice(user_id=world.ana, code="test.old", facts={"to": {"endpoint": "no.such"}}, at=NOW))

    page = sign_in(world.ana).get("/notices")

    assert page.status_code == 200
    assert "phiên bản trước" in page.text


def test_pages_do_not_grow_and_lessons_ask_nothing_more(
    session: Session, world: World, sign_in: SignIn
) -> None:
    from tests.speed.test_query_counts import counted, queries

    ana = sign_in(world.ana)
    tell(world.ana)
    few = queries(ana, "/notices")
    for _ in range(20):
        tell(world.ana)
    assert queries(ana, "/notices") == few <= 3
    with counted() as sent:
        ana.get("/courses/CM-01/lessons/ba-do-tuoi/")
    assert [one for one in sent if "notice" in str(one)] == []


class Gateway(BaseHTTPRequestHandler):
    """An SMS gateway that answers as it is told and remembers what it was sent."""

    answers: list[int]
    got: list[tuple[dict[str, Any], dict[str, str]]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.got.append((body, dict(self.headers)))
        status = self.answers.pop(0) if self.answers else 200
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def gateway() -> Iterator[tuple[str, type[Gateway]]]:
    kind = type("Now", (Gateway,), {"answers": [], "got": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/sms", kind
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_gateway_is_asked_as_documented(gateway: tuple[str, type[Gateway]]) -> None:
    url, kind = gateway

    HttpGateway(url, "khóa-bí-mật".encode("ascii", "ignore").decode(), "CONGHOCTAP").send(
        "0912345678", "Hạn học 24/11", "notice-7"
    )

    body, headers = kind.got[0]
    assert body == {
        "to": "84912345678",
        "text": "Hạn học 24/11",
        "from": "CONGHOCTAP",
        "reference": "notice-7",
    }
    assert headers["Authorization"].startswith("Bearer ")
    assert headers["Idempotency-Key"] == "notice-7"
    assert headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("status", "again"), [(500, True), (503, True), (429, True), (400, False), (401, False), (302, False)]
)
def test_answers_of_the_gateway(gateway: tuple[str, type[Gateway]], status: int, again: bool) -> None:
    url, kind = gateway
    kind.answers.append(status)

    with pytest.raises(NotSent) as fault:
        HttpGateway(url, "", "X").send("0912345678", "x", "r")

    assert fault.value.again is again
    assert len(kind.got) == 1, "a redirect is not followed"
    assert "Authorization" not in kind.got[0][1]


def test_a_gateway_that_hangs_or_is_gone_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for url, timeout in (
            (f"http://127.0.0.1:{silent.getsockname()[1]}/", 0.3),
            ("http://127.0.0.1:1/", 1.0),
        ):
            with pytest.raises(NotSent) as fault:
                HttpGateway(url, "", "X", timeout=timeout).send("0912345678", "x", "r")
            assert fault.value.again


def test_the_default_writes_what_would_have_been_sent(tmp_path: Path) -> None:
    path = tmp_path / "new" / "sms.log"
    LogSender(path).send("0912345678", "Hạn học", "notice-1")
    LogSender(path).send("0912345679", "dòng\nhai", "notice-2")

    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        {"to": "0912345678", "text": "Hạn học", "reference": "notice-1"},
        {"to": "0912345679", "text": "dòng\nhai", "reference": "notice-2"},
    ]
    assert path.stat().st_mode & 0o077 == 0


class Post:
    """A mail server of one thread: says yes, but to `refused@…`; keeps what it was sent."""

    def __init__(self) -> None:
        self.mails: list[str] = []
        self.code = 250
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._socket.getsockname()[1]}?starttls=no"

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            with connection, connection.makefile("rwb") as talk:
                self._talk(talk)

    def _talk(self, talk: Any) -> None:
        def say(text: str) -> None:
            talk.write(text.encode() + b"\r\n")
            talk.flush()

        say("220 post")
        while line := talk.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                say("354 go on")
                lines = []
                while (one := talk.readline()) not in (b".\r\n", b""):
                    lines.append(one)
                self.mails.append(b"".join(lines).decode())
                say("250 kept")
            elif verb == b"RCPT":
                say("550 nobody of that name" if b"refused@" in line else f"{self.code} ok")
            elif verb == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._socket.close()


@pytest.fixture
def post() -> Iterator[Post]:
    server = Post()
    try:
        yield server
    finally:
        server.close()


def with_settings(app: Flask, monkeypatch: pytest.MonkeyPatch, **values: Any) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], **values))


def give_address(user_id: int, email: str | None = None, phone: str | None = None) -> None:
    with unit_of_work() as session:
        user = session.get_one(User, user_id)
        user.email, user.phone = email, phone


def read_mail(raw: str) -> tuple[str, str, str]:
    from email import message_from_string, policy

    message = message_from_string(raw, policy=policy.default)
    return message["To"], message["Subject"], message.get_content()  # type: ignore[attr-defined]


def test_e_mail_is_sent_by_a_job_to_those_who_have_an_address(
    app: Flask, session: Session, world: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_settings(app, monkeypatch, smtp_url=post.url, mail_from="Cổng học tập <hoc@example.vn>")
    give_address(world.ana, "ana@example.vn")
    tell(world.ana, world.bruno)
    assert post.mails == [], "nothing is sent inside the request"

    Worker().drain()
    Worker().drain()

    assert len(post.mails) == 1
    to, subject, text = read_mail(post.mails[0])
    assert to == "ana@example.vn"
    assert "24/11/2026" in subject
    assert "Trần Thị Ánh" in text
    assert "http://127.0.0.1:8000/account" in text
    assert session.scalars(select(Delivery.state)).all() == [Sending.SENT]


def test_without_smtp_nothing_is_asked_for(session: Session, world: World) -> None:
    give_address(world.ana, "ana@example.vn")
    tell(world.ana)

    assert session.scalars(select(Job).where(Job.kind == services.SEND)).all() == []


def test_a_refused_address_is_final_and_a_refusing_server_is_tried_again(
    app: Flask, session: Session, world: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_settings(app, monkeypatch, smtp_url=post.url, mail_from="hoc@example.vn")
    give_address(world.ana, "refused@example.vn")
    tell(world.ana)
    Worker().drain()
    session.expire_all()
    assert [(one.state, one.detail) for one in session.scalars(select(Delivery))] == [
        (Sending.FAILED, "the address was refused: [550]")
    ]

    give_address(world.bruno, "bruno@example.vn")
    post.code = 451
    tell(world.bruno)
    Worker().drain()
    assert len(session.scalars(select(Delivery)).all()) == 1, "given back, to be sent later"
    post.code = 250
    with clock.frozen(NOW + timedelta(seconds=11)):
        Worker().drain()
    assert len(post.mails) == 1
    session.expire_all()
    assert (
        session.scalars(select(Job.state).where(Job.kind == services.SEND).order_by(Job.id)).all()
        == [State.DONE] * 2
    )


def test_what_a_crashed_try_began_is_not_sent_again(
    app: Flask, session: Session, world: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_settings(app, monkeypatch, smtp_url=post.url, mail_from="hoc@example.vn")
    give_address(world.ana, "ana@example.vn")
    tell(world.ana)
    with unit_of_work() as work:
        notice = work.scalars(select(Notice)).one()
        work.add(Delivery(notice_id=notice.id, channel=Channel.MAIL, state=Sending.SENDING, at=NOW))

    Worker().drain()

    assert post.mails == []


def test_sms_goes_out_only_when_asked_for(
    app: Flask,
    session: Session,
    world: World,
    gateway: tuple[str, type[Gateway]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, kind = gateway
    with_settings(app, monkeypatch, sms_url=url, sms_token="t", sms_from="HOC")
    give_address(world.ana, phone="0912345678")
    tell(world.ana)
    Worker().drain()
    assert kind.got == []

    kind.answers = [503]
    tell(world.ana, world.carla, sms=True)
    Worker().drain()
    with clock.frozen(NOW + timedelta(seconds=11)):
        Worker().drain()

    assert [body["to"] for body, _ in kind.got] == ["84912345678"] * 2, "the second is the first one again"
    assert len({body["reference"] for body, _ in kind.got}) == 1
    assert "24/11/2026" in kind.got[0][0]["text"]


def test_the_default_sender_is_the_log(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert isinstance(senders.sms_sender(app.config["SETTINGS"]), LogSender)
    assert isinstance(
        senders.sms_sender(replace(app.config["SETTINGS"], sms_url="http://127.0.0.1/")), HttpGateway
    )


def test_line_breaks_never_become_headers(post: Post) -> None:
    Mailer(post.url, "hoc@example.vn").send("ana@example.vn", "Hạn\r\nBcc: x@example.vn", "x", "notice-1")

    to, subject, _text = read_mail(post.mails[0])
    assert (to, subject) == ("ana@example.vn", "Hạn Bcc: x@example.vn")
    assert "\nBcc:" not in post.mails[0]


def test_a_mail_server_that_is_gone_is_tried_again() -> None:
    with pytest.raises(NotSent) as fault:
        Mailer("smtp://127.0.0.1:1", "hoc@example.vn", timeout=1).send("ana@example.vn", "x", "x", "r")

    assert fault.value.again
