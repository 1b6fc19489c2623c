"""My numbers and the exercises, in a real browser."""

from __future__ import annotations

import json
import re

from playwright.sync_api import expect

from service import create_app
from service.examples import EXAMPLES
from tests.browser.conftest import Opened

BY_HAND = next(one["request"] for one in EXAMPLES if one["name"] == "mazur-by-hand")
PASTE = """(input, text) => {
    const data = new DataTransfer();
    data.setData("text", text);
    const options = {clipboardData: data, bubbles: true, cancelable: true};
    input.dispatchEvent(new ClipboardEvent("paste", options));
}"""


def test_wrong_numbers_are_named_with_their_remedy(page: Opened) -> None:
    """δ without σ′: wrong cells, what follows from them, the equation, the mistake, the remedy."""
    page.open()
    panel = page.view("My numbers")
    panel.get_by_text("Paste many at once").click()
    panel.get_by_label("Numbers to paste").fill(json.dumps(BY_HAND["claims"]))
    panel.get_by_role("button", name="Put into the cells").click()
    expect(panel).to_contain_text("Something cannot be right")
    expect(panel.locator(".finding")).to_contain_text("derivative-missing")
    expect(panel.locator(".finding")).to_contain_text("Mend it:")
    expect(panel.locator(".equations .first")).to_contain_text("BP2, layer 1")
    expect(page.cell("/delta/0/1")).to_have_attribute("data-verdict", "wrong")
    expect(page.cell("/delta/0/1")).to_have_attribute("title", re.compile("^Cannot be right"))
    expect(page.cell("/bias_gradients/0/1")).to_have_attribute("data-verdict", "follows")
    expect(page.cell("/z/0/0")).to_have_attribute("data-verdict", "right")


def test_mistakes_made_together_are_all_told(page: Opened) -> None:
    """Two mistakes at once are one finding that names both, each with its place and remedy."""
    names = ("weights", "biases", "activation", "input", "target", "cost")
    request = {name: BY_HAND[name] for name in names if name in BY_HAND}
    client = create_app().test_client()
    right = client.post("/v1/gradients", json={**request, "finite_difference": False}).get_json()
    db, dW = right["bias_gradients"], right["weight_gradients"]
    claims = {
        "bias_gradients": [[4 * entry for entry in db[0]], db[1]],
        "weight_gradients": [dW[0], [[2 * entry for entry in row] for row in dW[1]]],
    }
    page.open("#example=mazur-by-hand")
    panel = page.view("My numbers")
    panel.get_by_role("button", name="Clear all").click()
    panel.get_by_label("Your numbers are rounded to").select_option("float64")
    panel.get_by_text("Paste many at once").click()
    panel.get_by_label("Numbers to paste").fill(json.dumps(claims))
    panel.get_by_role("button", name="Put into the cells").click()
    both = panel.locator(".finding").first
    expect(both).to_contain_text("together with it")
    expect(both.locator("h4")).to_have_count(2)
    expect(both.get_by_text("Mend it:")).to_have_count(2)


def test_a_block_from_a_spreadsheet_fills_the_cells(page: Opened) -> None:
    """Tabs and lines go to the right and down; mending a cell brings the verdict round."""
    page.open()
    panel = page.view("My numbers")
    page.cell("/z/0/0").evaluate(PASTE, "0,3775\t0,5933\n0,3925\t0,5968")
    expect(page.cell("/a/0/1")).to_have_value("0,5968")
    expect(page.cell("/a/0/1")).to_have_attribute("data-verdict", "wrong")
    expect(page.cell("/a/0/0")).to_have_attribute("data-verdict", "right")
    page.cell("/a/0/1").fill("0.5969")
    expect(panel).to_contain_text("All of this can be right")


def test_text_in_a_claim_is_told_at_its_cell(page: Opened) -> None:
    """What is no number is refused in words, and nothing else on the sheet is lost."""
    page.open()
    page.view("My numbers")
    page.cell("/z/0/0").fill("0.3775")
    page.cell("/z/0/1").fill("about 0.4")
    expect(page.cell("/z/0/1")).to_have_attribute("aria-invalid", "true")
    expect(page.tab.locator("#notice")).to_contain_text("z of neuron 1 of layer 1")
    expect(page.cell("/z/0/0")).to_have_value("0.3775")
    page.complaints.clear()  # the browser itself reports the 422


def test_an_exercise_hides_its_answers_and_gives_hints(page: Opened) -> None:
    """Blank cells, a check on demand, hints that grow plainer, never a right value."""
    answers: list[str] = []
    page.tab.on("response", lambda response: answers.append(response.url))
    page.open("#exercise=2-3-2,sigmoid,mean_squared_error,7,4")
    panel = page.tab.locator("#view-claims")
    expect(page.tab.locator("#title")).to_have_text("Exercise 7: 2-3-2")
    panel.get_by_role("button", name="Hint").click()
    expect(panel.locator(".hints li")).to_have_count(1)
    page.cell("/z/0/0").fill("0.5")
    page.cell("/z/0/1").fill("0.5")
    page.cell("/z/0/2").fill("0.5")
    expect(page.cell("/z/0/0")).to_have_attribute("data-verdict", "")
    panel.get_by_role("button", name="Check my numbers").click()
    expect(page.cell("/z/0/0")).to_have_attribute("data-verdict", "wrong")
    expect(panel.locator(".equations")).to_have_count(0)
    panel.get_by_role("button", name="Another hint").click()
    expect(panel.locator(".hints")).to_contain_text("forward")
    expect(panel.locator(".equations .first")).to_contain_text("forward, layer 1")
    expect(page.cell("/z/0/0")).to_have_attribute("title", re.compile("no way of rounding"))
    assert not [
        url for url in answers if url.endswith(("/v1/gradients", "/v1/steps", "/v1/origins"))
    ]


def test_an_exercise_has_a_link_and_an_end(page: Opened) -> None:
    """A teacher starts it, links to it, and leaving it shows the answers."""
    page.open()
    panel = page.view("Exercise")
    panel.get_by_label("Layer sizes").fill("3, 2, 1")
    panel.get_by_label("Seed").fill("11")
    panel.get_by_role("button", name="Start the exercise").click()
    expect(page.tab.locator("#title")).to_have_text("Exercise 11: 3-2-1")
    panel = page.view("Take away")
    box = panel.get_by_label("Text to take away")
    expect(box).to_have_value(re.compile("#exercise=3-2-1,sigmoid,mean_squared_error,11,4$"))
    page.view("My numbers")
    page.cell("/cost").fill("9.9")
    panel = page.view("Exercise")
    panel.get_by_role("button", name="Leave the exercise").click()
    expect(page.cell("/cost")).to_have_attribute("title", re.compile(r"it is 0\.\d+"))
    page.view("Numbers")
    expect(page.cell("/z/0/0")).to_have_text(re.compile(r"\d"))


def test_an_exercise_praises_nothing_that_was_not_tested(page: Opened) -> None:
    """With δ alone filled in, no hint says that the way forward is sound."""
    page.open("#exercise=2-3-2,sigmoid,mean_squared_error,7,4")
    panel = page.tab.locator("#view-claims")
    for at in ("/delta/0/0", "/delta/0/1", "/delta/0/2", "/delta/1/0", "/delta/1/1"):
        page.cell(at).fill("0.5")
    panel.get_by_role("button", name="Check my numbers").click()
    panel.get_by_role("button", name="Hint").click()
    expect(panel.locator(".hints")).to_contain_text("look at the way back")
    expect(panel.locator(".hints")).not_to_contain_text("sound")


def test_an_exercise_fixes_precision_and_stills_training(page: Opened) -> None:
    """Its decimals cannot be changed, and Training says that it stays hidden."""
    page.open("#exercise=2-3-2,sigmoid,mean_squared_error,7,4")
    expect(page.tab.get_by_label("Your numbers are rounded to")).to_be_disabled()
    panel = page.view("Training")
    expect(panel.get_by_role("status")).to_have_text("During an exercise this stays hidden.")
    expect(panel.get_by_role("button", name="One step")).to_be_disabled()
    expect(panel.get_by_role("button", name="Run")).to_be_disabled()
