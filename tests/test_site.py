"""The built site as a browser shows it: `make check-docs` builds and runs this.

axe-core judges contrast, alternative texts, headings, landmarks, in light and in dark.
Nothing is fetched, neither by the site nor by this test.
"""

import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright comes with the extra `browser`"
)
axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe-core, with the same extra"
)
bs4 = pytest.importorskip("bs4", reason="comes with what builds the site")

ROOT = Path(__file__).parents[1]
SITE = ROOT / "docs" / "_build" / "html"
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if not path.relative_to(SITE).parts[0].startswith("_")
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1400, "height": 900}
# What runs over the edge of the window, and not within what scrolls by itself.
OVER = """() => [...document.querySelectorAll("article *")].filter(x => {
    if (x.getBoundingClientRect().right <= innerWidth + 1) return false;
    for (let y = x; y.tagName !== "ARTICLE"; y = y.parentElement)
        if (["auto", "scroll"].includes(getComputedStyle(y).overflowX)) return false;
    return true;
}).map(x => x.outerHTML.slice(0, 120))"""

pytestmark = pytest.mark.skipif(not PAGES, reason="no site: `make docs` builds it")
every_page = pytest.mark.parametrize("page", PAGES)


@pytest.fixture(scope="module")
def context():
    """Yield a browser's window that has no network."""
    with playwright.sync_playwright() as driver:
        found = next(filter(None, map(shutil.which, NAMES)), None)
        if not found and not Path(driver.chromium.executable_path).exists():
            pytest.skip("no browser: Chromium, of the system or `playwright install`")
        browser = driver.chromium.launch(executable_path=found)
        yield browser.new_context(offline=True, viewport=DESKTOP)
        browser.close()


@every_page
def test_a_page_is_accessible_and_fits_and_loads_what_is_here(context, page):
    window, asked, said = context.new_page(), [], []
    window.on("request", lambda request: asked.append(request.url))
    window.on("pageerror", lambda error: said.append(str(error)))
    window.goto((SITE / page).as_uri(), wait_until="load")
    for scheme in ("light", "dark"):
        window.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        window.locator(f"html[data-theme={scheme}]").wait_for(state="attached")
        result = axe.Axe().run(window)
        assert result.violations_count == 0, (scheme, result.generate_report())
    window.set_viewport_size(PHONE)
    assert window.evaluate(OVER) == []
    assert window.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    window.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert said == []


@pytest.fixture(scope="module")
def soups():
    """Return all pages, parsed."""
    return {
        page: bs4.BeautifulSoup((SITE / page).read_text(), "html.parser")
        for page in PAGES
    }


def test_links_within_lead_somewhere(soups):
    anchors = {
        page: {tag["id"] for tag in soup.find_all(id=True)}
        for page, soup in soups.items()
    }
    for page, soup in soups.items():
        for tag in soup.find_all(["a", "img"]):
            url = urlsplit(tag.get("href") or tag.get("src") or "")
            if url.scheme:
                continue
            target = (
                (SITE / page).parent / unquote(url.path) if url.path else SITE / page
            )
            assert target.exists(), (page, tag)
            name = target.resolve().relative_to(SITE.resolve()).as_posix()
            if url.fragment and name in anchors:
                assert unquote(url.fragment) in anchors[name], (page, tag)


def test_pictures_say_what_they_show(soups):
    """And not which file they are."""
    for page, soup in soups.items():
        for picture in soup.select("main img"):
            if picture.find_parent(class_="sphx-glr-thumbcontainer"):
                continue  # the name of its card stands below
            text = picture.get("alt", "")
            assert len(text) > 5, (page, picture)
            assert not text.startswith("sphx_glr"), (page, picture)
            assert not text.endswith((".png", ".svg")), (page, picture)


def test_lectures_can_be_taken_along_as_notebooks(soups):
    lectures = [page for page in PAGES if page.startswith("gallery/lectures/0")]
    lectures += [page for page in PAGES if page.startswith("gallery/lectures/1")]
    assert len(lectures) >= 12
    for page in lectures:
        links = [tag["href"] for tag in soups[page].select("a.download")]
        assert any(link.endswith(".ipynb") for link in links), page
