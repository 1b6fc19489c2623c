"""The page for everyone: axe-core finds nothing, narrow screens need no panning."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from tests.browser.conftest import Opened

VIEWS = {
    "Numbers": ".cell",
    "My numbers": ".claim",
    "Exercise": "form",
    "Chain rule": "#operations .plot",
    "Activations": ".plot",
    "Finite differences": ".plot",
    "Training": ".bar",
    "The chapter": ".figures",
    "Take away": "textarea",
}
"""Each view, and what is there once it is drawn."""

EVERYTHING = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = ["color-contrast"]
NARROWEST = 320  # also 1280 pixels at 400 %


def problems(page: Opened, part: str = "body", rules: list[str] = EVERYTHING) -> list[str]:
    """What axe-core finds in a part of the page, in its words."""
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = Axe().run(page.tab, context=part, options=options).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html']} {v['nodes'][0]['failureSummary']}" for v in found]


@pytest.mark.parametrize(("scheme", "rules"), [("light", EVERYTHING), ("dark", CONTRAST)])
def test_no_view_has_a_violation(
    page: Opened, scheme: Literal["light", "dark"], rules: list[str]
) -> None:
    """axe-core with the rules of WCAG 2.2 AA and best practice; in the dark, where only the
    colours differ, their contrast."""
    page.tab.emulate_media(color_scheme=scheme)
    page.open("#example=mazur-by-hand")
    expect(page.tab.locator(".finding")).to_be_visible()
    assert problems(page, rules=rules) == []
    for name, mark in VIEWS.items():
        expect(page.view(name).locator(mark).first).to_be_visible()
        assert problems(page, "#panels", rules) == [], name


def test_dialogue_errors_and_exercise_have_none_either(page: Opened) -> None:
    """axe-core on the states that come and go."""
    page.open()
    page.tab.get_by_role("button", name="Open…").click()
    expect(page.tab.locator("dialog .examples li").first).to_be_visible()
    assert problems(page, "dialog") == []
    page.tab.get_by_role("button", name="Close").click()
    page.cell("/weights/0/0/0").fill("abc")
    expect(page.tab.locator(".problem")).to_be_visible()
    assert problems(page) == []
    page.complaints.clear()  # the browser itself reports the 422
    page.open("#exercise=2-3-2,sigmoid,mean_squared_error,7,4")
    expect(page.tab.locator("#view-claims .hints")).to_be_visible()
    assert problems(page) == []


def test_a_narrow_screen_needs_no_panning(page: Opened) -> None:
    """At 320 pixels, which is also 400 % zoom, every view fits; only tables scroll."""
    page.tab.set_viewport_size({"width": NARROWEST, "height": 800})
    page.open()
    for name, mark in VIEWS.items():
        expect(page.view(name).locator(mark).first).to_be_visible()
        assert page.tab.evaluate("document.documentElement.scrollWidth") <= NARROWEST, name


def place(page: Opened, at: str) -> list[float]:
    """Where a cell stands on the page, however far that is scrolled."""
    script = (
        "cell => { const r = cell.getBoundingClientRect(); return [r.x + scrollX, r.y + scrollY]; }"
    )
    found: list[float] = page.cell(at).evaluate(script)
    return found


def test_pointing_moves_nothing(page: Opened) -> None:
    """Neither hovering over numbers nor choosing one nor an error shifts the layout."""
    page.open()
    expect(page.tab.locator("#origin math").first).to_be_visible()
    expect(page.tab.locator("#timeline math").first).to_be_visible()
    before = place(page, "/z/1/1")
    for at in ("/z/0/0", "/delta/0/1", "/weight_gradients/1/0/0"):
        page.cell(at).hover()
        page.cell(at).click()
        expect(page.tab.locator(f'#origin math [data-at="{at}"]').first).to_be_visible()
        assert place(page, "/z/1/1") == before
    page.cell("/weights/0/0/0").fill("abc")
    expect(page.tab.locator(".problem")).to_be_visible()
    assert place(page, "/z/1/1") == before
    page.complaints.clear()  # the browser itself reports the 422


def test_motion_is_reduced_where_that_is_wished(page: Opened) -> None:
    """Nothing moves by itself: no transitions are left."""
    page.tab.emulate_media(reduced_motion="reduce")
    page.open()
    duration = page.cell("/z/0/0").evaluate("cell => getComputedStyle(cell).transitionDuration")
    assert duration == "0s"
