"""The pictures of the page in docs/images, taken anew: `make screenshots`."""

import os
import shutil
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.page import ARGUMENTS, served

IMAGES = Path(__file__).parent / "images"
WIDE, MIDDLE, NARROW = 1440, 768, 360
COLOURS = 256  # a third of the bytes, and no difference to the eye
WAIT_MS = 2500  # for answers and fonts; nothing else moves


def main() -> None:
    """Serve the page, look at it, write the pictures."""
    browser_path = os.environ.get("BACKCHECK_CHROMIUM") or shutil.which("chromium")
    IMAGES.mkdir(exist_ok=True)
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
        for width in (WIDE, MIDDLE, NARROW):
            take(browser, address, f"look-{width}", width, "")
            take(browser, address, f"my-numbers-{width}", width, "#example=mazur-by-hand")
        take(browser, address, "look-dark", WIDE, "#example=softmax", dark=True)
        take(browser, address, "steps", WIDE, "#figure=2.9")
        take(browser, address, "chain-rule", WIDE, "#figure=2.3")
        take(browser, address, "activations", WIDE, "#example=vanishing", view="units")
        take(browser, address, "differences", WIDE, "#example=v-curve")
        take(browser, address, "training", WIDE, "#example=xor-training", press="Run")
        take(browser, address, "exercise", WIDE, "#example=exercise", press="Hint")
        take(browser, address, "chapter", WIDE, "", view="chapter")
        take(browser, address, "folded", WIDE, "", sizes="784-30-10")
        browser.close()


def take(
    browser: Browser,
    address: str,
    name: str,
    width: int,
    fragment: str,
    *,
    dark: bool = False,
    view: str = "",
    press: str = "",
    sizes: str = "",
) -> None:
    """One picture of the whole page in a fresh tab."""
    tab = browser.new_page(viewport={"width": width, "height": 900})
    tab.emulate_media(color_scheme="dark" if dark else "light")
    tab.goto(f"{address}/{fragment}")
    tab.wait_for_timeout(WAIT_MS)
    if view:
        tab.click(f"#tab-{view}")
    if press:
        tab.get_by_role("button", name=press, exact=True).click()
    if sizes:
        make(tab, sizes)
    tab.wait_for_timeout(WAIT_MS)
    picture = Image.open(BytesIO(tab.screenshot(full_page=True)))
    picture.quantize(COLOURS).save(IMAGES / f"{name}.png", optimize=True)
    tab.close()


def make(tab: Page, sizes: str) -> None:
    """A new network from the dialogue."""
    tab.click("#open")
    tab.fill("#sizes", sizes)
    tab.get_by_role("button", name="Make it").click()


if __name__ == "__main__":
    main()
