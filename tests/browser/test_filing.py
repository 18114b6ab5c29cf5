"""A department head opens the board, follows a figure down to one certificate, files; later facts move nothing filed.

Everything is done by the pages, as a stranger would: the second head comes from the command line, like any new account.
"""

import re
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import docx
import pytest
from playwright.sync_api import Page, expect
from reportlab.pdfgen.canvas import Canvas

from portal.config import ROOT
from portal.demo.accounts import PASSWORD
from tests.browser.conftest import Server, Visit, Visitor
from tests.browser.sitting import Sitter, begin_quiz, read_all_lessons

pytestmark = pytest.mark.browser
HALF = "6 tháng đầu năm 2025"
SCHOOL = "Trường THCS Hoa Mai"
SECOND = "Phạm Gia Khánh"


def flask(server: Server, *words: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    """Run a command of the portal against the data of this server."""
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words],
        cwd=ROOT, env=server.environ, input=typed, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.fixture
def second_head(server: Server) -> str:
    """Let another person head education beside Mr Tuấn."""
    made = flask(
        server, "user", "add", "--name", SECOND, "--username", "phogiamdoc", "--role", "department_head",
        "--area", "34", "--sector", "education", "--password-stdin", typed=PASSWORD + "\n",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return "phogiamdoc"


def press(page: Page, name: str) -> None:
    """Press the one button of this name."""
    page.get_by_role("button", name=name, exact=True).click()


def rows_of(page: Page) -> list[list[str]]:
    """Return the body of the first table of the page as it is read."""
    return page.locator("main table").first.evaluate(
        "one => [...one.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )


def board_of_the_half_year(visitor: Visitor) -> Page:
    """Open the board of the first half of 2025 as a reader does."""
    page = visitor.go("/")
    page.get_by_role("navigation").get_by_role("link", name="Chỉ tiêu", exact=True).first.click()
    page.select_option("#period", label=HALF)
    press(page, "Xem")
    expect(page.locator("h1")).to_have_text("Tỉnh Thái Bình")
    expect(page.locator(".lead")).to_contain_text("24 giờ ngày 14/06/2025")
    return page


def to_the_report(visitor: Visitor, period: str) -> Page:
    """Open the page of reports for a period."""
    page = visitor.go("/reports/filings/")
    page.select_option("#period", label=period)
    press(page, "Lọc")
    return page


def test_a_figure_is_followed_down_filed_and_never_moves(
    visit: Visit, server: Server, second_head: str, tmp_path: Path
) -> None:
    tuan = visit(width=1280, login="sogddt")
    page = board_of_the_half_year(tuan)

    # one figure down to a certificate, and to a colleague who is not counted, and why
    figure = page.locator("#CT06")
    counts = figure.locator(".indicator__counts").inner_text()
    counted, whole = (int(one) for one in re.findall(r"\d+", counts)[:2])
    figure.get_by_role("heading").get_by_role("link").click()
    page.get_by_role("link", name="Xem phần được tính").click()
    schools = rows_of(page)
    assert len(schools) == counted
    page.locator("main table tbody th a").first.click()
    expect(page.locator("main table")).to_be_visible()
    people = rows_of(page)
    certified = next(row for row in people if row[3] == "Được tính")
    colleague = next(row for row in people if row[3] != "Được tính")
    assert "GD-02" in colleague[3]
    serial = page.locator("main table a[href*='/verify/']").first
    holder = serial.evaluate("one => one.closest('tr').cells[0].innerText.trim()")
    assert holder == certified[0]
    serial.click()
    expect(page.locator("main")).to_contain_text("Bảo vệ trẻ em trong cơ sở giáo dục")
    expect(page.locator("main")).to_contain_text("Giấy này là thật")

    # draft, checks, prepared by one, approved by another, filed
    page = to_the_report(tuan, HALF)
    page.get_by_role("button", name=re.compile("^Lập dự thảo")).click()
    expect(page.locator("h1")).to_have_text("Sở Giáo dục và Đào tạo")
    report = page.url
    expect(page.locator(".checks > li").first).to_be_visible()
    expect(page.locator(".paper")).to_contain_text("KẾT QUẢ THỰC HIỆN CÁC CHỈ TIÊU")
    row = next(one for one in rows_of(page) if one[0] == "CT06")
    assert row[3:5] == [str(counted), str(whole)]
    press(page, "Lập xong, trình duyệt")
    expect(page.locator("main")).to_contain_text(f"người duyệt phải là người khác: {SECOND}")
    expect(page.get_by_role("button", name="Duyệt", exact=True)).to_have_count(0)
    khanh = visit(width=1280, login=second_head)
    khanh.page.goto(report)
    press(khanh.page, "Duyệt")
    tuan.page.goto(report)
    press(page, "Nộp báo cáo")
    expect(page.locator("main")).to_contain_text("đã nộp")
    with page.expect_download() as coming:
        page.get_by_role("link", name=re.compile(r"\.docx$")).click()
    word = tmp_path / "bao-cao.docx"
    coming.value.save_as(word)
    laid_out(word, tmp_path)

    # a learner finishes a course today, and a class of May that stood on paper is entered late
    huong = visit(login="giaovien")
    read_all_lessons(huong.page, server.url, "GD-02")
    begin_quiz(huong.page, server.url, "GD-02")
    Sitter("gd-02-1.toml").answer_all(huong.page)
    huong.page.click("[data-submit]")
    huong.page.wait_for_selector(".mark-line")
    names = paper_class(tuan, tmp_path)

    # the filed report has not moved; the next draft says what came since
    verified = flask(server, "reports", "verify")
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout.strip() == "1 filed reports verified, 0 not as filed"
    page.goto(report)
    press(page, "Đối chiếu")
    expect(page.locator(".flashes")).to_contain_text("báo cáo còn nguyên như khi nộp")
    row = next(one for one in rows_of(page) if one[0] == "CT06")
    assert row[3:5] == [str(counted), str(whole)]
    board_of_the_half_year(tuan)
    assert f"{counted + 1} / {whole}" in page.locator("#CT06 .indicator__counts").inner_text()
    page = to_the_report(tuan, "năm 2025")
    page.get_by_role("button", name=re.compile("^Lập dự thảo")).click()
    changes = page.get_by_role("region", name="Bổ sung kỳ trước").locator("tbody tr")
    moved = changes.filter(has_text="CT06")
    expect(moved).to_contain_text(f"{counted} / {whole}")
    expect(moved).to_contain_text(f"{counted + 1} / {whole}")
    expect(moved).to_contain_text("+1 / 0")
    expect(page.locator(".paper")).to_contain_text("Bổ sung kỳ trước")
    expect(page.locator(".paper")).to_contain_text(f"+1 lớp, +{len(names)} người")


def paper_class(head: Visitor, folder: Path) -> list[str]:
    """Enter a class of May 2025 at a school that fell short, count its list, issue the certificates; return the names."""
    page = board_of_the_half_year(head)
    page.locator("#CT06").get_by_role("heading").get_by_role("link").click()
    page.get_by_role("link", name="Xem phần chưa được tính").click()
    page.fill("#q", SCHOOL)
    press(page, "Lọc")
    page.get_by_role("link", name=SCHOOL, exact=True).click()
    names = [row[0] for row in rows_of(page)]
    code = re.search(r"place=unit(?::|%3A)([\w-]+)", page.url)
    assert code is not None
    listed = folder / "danh-sach.csv"
    listed.write_text(
        "Họ và tên,Đơn vị\n" + "".join(f"{name},{SCHOOL}\n" for name in names), encoding="utf-8-sig"
    )
    scan = BytesIO()
    sheet = Canvas(scan)
    sheet.drawString(80, 700, "GD-02")
    sheet.save()
    (folder / "ky-ten.pdf").write_bytes(scan.getvalue())

    page = head.go("/manage/workshops/paper/new")
    page.fill("#title", "Bồi dưỡng đạo đức nghề nghiệp nhà giáo")
    page.select_option("#course", label=page.locator("#course option", has_text="GD-02").inner_text())
    page.check("#whole_course")
    page.select_option("#plan_item", "II.2.c")
    page.fill("#organiser", code[1])
    page.fill("#place", "Phòng họp của trường")
    page.fill("#days-0-day", "2025-05-20")
    page.set_input_files("#list", listed)
    page.set_input_files("#evidence", folder / "ky-ten.pdf")
    press(page, "Đọc danh sách")
    doubtful = page.locator("tr", has=page.locator(".status--late"))
    while doubtful.count():
        doubtful.first.locator("input[type=radio]").first.check()
        doubtful.first.get_by_role("button").click()
    press(page, "Ghi nhận danh sách")
    issued = page.locator("details", has_text="Cấp giấy chứng nhận")
    while issued.count():
        issued.first.locator("summary").click()
        issued.first.locator("textarea").fill("Danh sách ký tên và quyết định mở lớp đã được đối chiếu")
        issued.first.get_by_role("button").click()
    return names


def laid_out(word: Path, folder: Path) -> None:
    """Look at a filed report as Decree 30/2020 asks for it: its parts in the file, and its pages once laid out."""
    read = docx.Document(str(word))
    first = read.sections[0]
    assert (round(first.page_width.mm), round(first.page_height.mm)) == (210, 297)
    assert (round(first.left_margin.mm), round(first.right_margin.mm)) == (30, 15)
    assert read.styles["Normal"].font.name == "Times New Roman"
    office = shutil.which("soffice")
    if office is None or shutil.which("pdftotext") is None:
        return  # the pages can only be looked at where LibreOffice is
    subprocess.run(
        [office, f"-env:UserInstallation=file://{folder}/office", "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(word)],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    text = subprocess.run(
        ["pdftotext", "-layout", str(word.with_suffix(".pdf")), "-"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    pages = text.split("\f")
    begins = [" ".join(line.split()) for line in pages[0].splitlines() if line.strip()]
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in begins[0]
    assert any("Độc lập - Tự do - Hạnh phúc" in line for line in begins[:3])
    assert any(
        re.search(r"Số: +/BC-SGDĐT Thái Bình, ngày +tháng +năm", one) for one in pages[0].splitlines()
    ) or any(re.fullmatch(r"Số: /BC-SGDĐT Thái Bình, ngày tháng năm", one) for one in begins)
    assert "BÁO CÁO" in begins
    assert pages[1].split()[0] == "2"  # numbered from the second page on
    body = text.partition("Phụ lục I\n")[0]
    for part in ("Kính gửi: Ủy ban nhân dân tỉnh Thái Bình", "Nơi nhận:", "- Lưu: VT.", "GIÁM ĐỐC", "./."):
        assert part in body, part
    for numeral in ("I", "II", "III"):
        assert re.search(rf"^\s*Phụ lục {numeral}\s*$", text, re.MULTILINE), numeral
    assert not re.search(r"\b[a-z]+_[a-z_]+\b", text), "a code stands where words should"
