"""The page in a real browser: look, edit, step, follow a number, link."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from core.backprop import backpropagate
from schemas.network import Exercise, NetworkSchema
from tests.browser.conftest import Opened

MAZUR = {
    "weights": [[[0.15, 0.2], [0.25, 0.3]], [[0.4, 0.45], [0.5, 0.55]]],
    "biases": [[0.35, 0.35], [0.6, 0.6]],
    "activation": "sigmoid",
    "input": [0.05, 0.1],
    "target": [0.01, 0.99],
}


def cost_of(network: dict[str, Any]) -> float:
    """What the core says, past the wire and the page."""
    asked: Exercise = NetworkSchema().load(network)
    return float(backpropagate(asked.network, asked.batch).cost)


def test_it_opens_with_a_living_example(page: Opened) -> None:
    """The first view shows Mazur's network worked out: C = 0.2984, as in his article."""
    page.open()
    expect(page.cell("/cost")).to_have_text("0.2984")
    expect(page.cell("/z/0/0")).to_have_text("0.3775")
    expect(page.tab.locator("#picture circle")).to_have_count(4)
    expect(page.tab.locator("#picture .edge line.line")).to_have_count(8)
    expect(page.tab.locator("#origin")).to_contain_text("0.000438567734474347")


def test_the_answer_comes_with_its_headers(page: Opened) -> None:
    """The page may load from its own origin only, and the browser is told so."""
    response = page.tab.goto(page.address)
    assert response is not None
    assert response.headers["content-security-policy"].startswith("default-src 'self'")


def test_the_first_views_modules_are_announced(page: Opened) -> None:
    """What index.html announces is what the first view loads, so that it all comes in one round."""
    page.open()
    expect(page.cell("/cost")).to_have_text("0.2984")
    links = page.tab.locator("link[rel=modulepreload]")
    announced = links.evaluate_all("links => links.map(link => link.href)")
    assert sorted(announced) == sorted({url for url in page.requests if url.endswith(".js")})


def test_an_edit_is_answered_by_the_service(page: Opened) -> None:
    """Another weight, another cost: the one that the core computes."""
    page.open()
    page.cell("/weights/0/0/1").fill("-1,5")
    edited = json.loads(json.dumps(MAZUR))
    edited["weights"][0][0][1] = -1.5
    expect(page.cell("/cost")).to_have_text(f"{cost_of(edited):.4f}")
    expect(page.tab.locator("#picture .edge.minus line.line")).to_have_count(1)


def test_activations_costs_layers_and_neurons_change(page: Opened) -> None:
    """Everything of the network can be changed, and an answer comes each time."""
    page.open()
    panel = page.view("Numbers")
    panel.get_by_label("Activation of layer 1").select_option("relu")
    expect(page.cell("/a/0/0")).to_have_text("0.3775")
    panel.get_by_role("button", name="Add a neuron to layer 1").click()
    expect(page.tab.locator("#picture circle")).to_have_count(5)
    expect(page.cell("/z/0/2")).to_have_text(re.compile(r"^−?\d"))
    panel.get_by_role("button", name="+ layer").click()
    expect(page.cell("/z/2/0")).to_have_text(re.compile(r"^−?\d"))
    page.cell("/delta/0/2").click()
    expect(page.tab.locator("#origin h2")).to_have_text("δ(1)₂")
    panel.get_by_role("button", name="Remove the last neuron of layer 1").click()
    expect(page.tab.locator("#origin")).to_contain_text("Choose any number")
    panel.get_by_label("Cost", exact=True).select_option("binary_cross_entropy")
    expect(page.tab.locator("#notice")).to_be_empty()


def test_the_timeline_uncovers_the_numbers_in_order(page: Opened) -> None:
    """At the start nothing is known; each step to the right brings its own numbers."""
    page.open("#figure=2.5")
    expect(page.cell("/z/0/0")).to_have_text("·")
    page.tab.locator("h1").click()
    page.tab.keyboard.press("ArrowRight")
    expect(page.cell("/z/0/0")).not_to_have_text("·")
    expect(page.cell("/a/0/0")).to_have_text("·")
    expect(page.tab.locator("#timeline")).to_contain_text("Weighted inputs of layer 1")
    page.tab.keyboard.press("ArrowRight")
    expect(page.cell("/a/0/0")).not_to_have_text("·")
    page.tab.keyboard.press("ArrowLeft")
    expect(page.cell("/a/0/0")).to_have_text("·")
    page.tab.get_by_role("button", name="Play").click()
    expect(page.cell("/a/0/0")).not_to_have_text("·")
    page.tab.get_by_role("button", name="Pause").click()


def test_every_number_leads_to_those_it_came_from(page: Opened) -> None:
    """From a gradient to its δ, from there to the δ behind it, by clicks alone."""
    page.open()
    origin = page.tab.locator("#origin")
    page.cell("/weight_gradients/0/1/0").click()
    expect(origin.locator("h2")).to_have_text("∂C/∂w(1)₁₀")
    expect(origin.locator("math").first).to_be_visible()
    expect(origin).to_contain_text("Finite differences agree")
    expect(origin).to_contain_text("2 paths to the cost")
    origin.locator('.chip[data-at="/delta/0/1"]').click()
    expect(origin.locator("h2")).to_have_text("δ(1)₁")
    expect(origin).to_contain_text("Term by term")
    origin.locator('.chip[data-at="/delta/1/0"]').click()
    expect(origin.locator("h2")).to_have_text("δ(2)₀")
    origin.locator('.chip[data-at="/target/0"]').click()
    expect(origin).to_contain_text("Given 0.01")


def test_one_number_lights_up_everywhere(page: Opened) -> None:
    """Pointing at z lights up its edges, its row and its incoming column, in all views."""
    page.open()
    page.cell("/z/0/1").hover()
    for at in ("/weights/0/1/0", "/weights/0/1/1", "/input/0", "/input/1", "/biases/0/1"):
        expect(page.cell(at)).to_have_class(re.compile(r"\blit\b"))
    expect(page.cell("/weights/0/0/0")).not_to_have_class(re.compile(r"\blit\b"))
    expect(page.tab.locator("#picture .edge.lit line.line")).to_have_count(2)


def test_an_error_stands_at_its_cell(page: Opened) -> None:
    """What is no number is told in words, at the cell and above; mending it clears both."""
    page.open()
    page.cell("/weights/1/0/1").fill("abc")
    expect(page.tab.locator("#notice")).to_contain_text("the weight into neuron 0 of layer 2")
    expect(page.cell("/weights/1/0/1")).to_have_attribute("aria-invalid", "true")
    expect(page.cell("/z/1/0")).to_have_text("·")  # the old answer is none for this network
    page.cell("/weights/1/0/1").fill("0.45")
    expect(page.tab.locator("#notice")).to_be_empty()
    expect(page.cell("/weights/1/0/1")).not_to_have_attribute("aria-invalid", "true")
    page.complaints.clear()  # the browser itself reports the 422


def test_a_lost_connection_is_told_and_mended(page: Opened) -> None:
    """Without the service the page keeps what is typed, says so, and goes on when it is back."""
    page.open()
    expect(page.cell("/cost")).to_have_text("0.2984")
    page.tab.route("**/v1/**", lambda route: route.abort())
    page.cell("/input/0").fill("2")
    expect(page.tab.locator("#notice")).to_contain_text("cannot be reached")
    page.tab.unroute("**/v1/**")
    page.tab.get_by_role("button", name="Try now").click()
    expect(page.tab.locator("#notice")).to_be_empty()
    expect(page.cell("/cost")).to_have_text(f"{cost_of({**MAZUR, 'input': [2, 0.1]}):.4f}")
    page.complaints.clear()  # the browser itself reports the failed requests


def test_another_cost_keeps_what_was_typed(page: Opened) -> None:
    """The cost is chosen for the network as it is now, not as it was drawn."""
    page.open()
    page.cell("/input/0").fill("0.7")
    page.tab.locator("select.choice").last.select_option("binary_cross_entropy")
    cost = cost_of({**MAZUR, "input": [0.7, 0.1], "cost": "binary_cross_entropy"})
    expect(page.cell("/cost")).to_have_text(f"{cost:.4f}")


def test_nothing_typed_is_lost_on_reload(page: Opened) -> None:
    """Edits and one's own numbers are there again."""
    page.open()
    page.cell("/input/0").fill("0.7")
    expect(page.cell("/cost")).to_have_text(f"{cost_of({**MAZUR, 'input': [0.7, 0.1]}):.4f}")
    page.view("My numbers")
    page.cell("/delta/1/0").fill("0.123")
    page.tab.reload()
    expect(page.cell("/delta/1/0")).to_have_value("0.123")
    page.view("Numbers")
    expect(page.cell("/input/0")).to_have_value("0.7")


def test_a_permalink_brings_the_whole_state_back(page: Opened) -> None:
    """Network, claims, view and selection travel in the fragment, which no server sees."""
    page.open()
    page.cell("/biases/1/0").fill("-0.25")
    page.view("My numbers")
    page.cell("/z/0/0").fill("0.3775")
    panel = page.view("Take away")
    box = panel.get_by_label("Text to take away")
    expect(box).to_have_value(re.compile("#state="))
    link = box.input_value()
    page.tab.evaluate("sessionStorage.clear()")
    page.open(link.removeprefix(f"{page.address}/"))
    expect(page.tab.locator("#origin h2")).to_have_text("z(1)₀")
    page.view("Numbers")
    expect(page.cell("/biases/1/0")).to_have_value("−0.25")
    page.view("My numbers")
    expect(page.cell("/z/0/0")).to_have_value("0.3775")
    assert not [url for url in page.requests if "state=" in url.split("#")[0]]


def test_what_is_taken_away_can_be_sent(page: Opened) -> None:
    """The JSON is a request of the API, curl and Python hold it, LaTeX has the equations."""
    page.open()
    panel = page.view("Take away")
    box = panel.get_by_label("Text to take away")
    form = panel.get_by_label("As", exact=True)
    form.select_option("json")
    expect(box).to_have_value(re.compile(r'^\{\s*"weights"'))
    assert cost_of(json.loads(box.input_value())) == cost_of(MAZUR)
    form.select_option("curl")
    expect(box).to_have_value(re.compile(r"^curl -s http.*/v1/gradients"))
    form.select_option("python")
    expect(box).to_have_value(re.compile(r"^import requests"))
    compile(box.input_value(), "page", "exec")
    form.select_option("latex")
    expect(box).to_have_value(re.compile(r"\\boldsymbol\{\\delta\}"))
    with page.tab.expect_download() as download:
        panel.get_by_role("button", name="Download the picture (SVG)").click()
    assert download.value.path().read_text().startswith("<svg")


def test_pasted_json_opens(page: Opened) -> None:
    """A request from elsewhere becomes the network on the page; other text is refused in words."""
    page.open()
    page.tab.get_by_role("button", name="Open…").click()
    dialog = page.tab.locator("dialog")
    dialog.get_by_label("A network of your own, as JSON").fill('{"weights": 1}')
    dialog.get_by_role("button", name="Open this").click()
    expect(dialog.get_by_role("status")).to_contain_text("no network in it")
    text = json.dumps({**MAZUR, "input": [[0, 0], [1, 1]], "target": [[0, 1], [1, 0]]})
    dialog.get_by_label("A network of your own, as JSON").fill(text)
    dialog.get_by_role("button", name="Open this").click()
    expect(page.cell("/z/0/0/0")).to_have_text("0.3500")
    page.tab.get_by_label("Which example is shown").select_option("1")
    expect(page.cell("/z/0/1/0")).to_have_text("0.7000")


@pytest.mark.parametrize("number", [f"2.{n}" for n in range(1, 11)])
def test_each_figure_of_the_chapter_is_a_view(page: Opened, number: str) -> None:
    """A link leads to each figure, drawn with an answer of the service."""
    page.open(f"#figure={number}")
    expect(page.tab.locator("#title")).to_contain_text(f"Fig {number} ")
    expect(page.tab.locator("#timeline .step")).not_to_be_empty()
    part = {"2.2": "#jacobians", "2.3": "#paths", "2.6": ".plot", "2.8": "#operations"}
    expect(page.tab.locator(part.get(number, "#picture svg")).first).to_be_visible()


def test_two_routes_add_up_as_in_the_chapter(page: Opened) -> None:
    """Fig 2.3: 2 · 3 and −1 · 4 make 2."""
    page.open("#figure=2.3")
    paths = page.tab.locator("#paths")
    expect(paths.locator("tbody tr")).to_have_count(2)
    expect(paths.locator("tfoot")).to_contain_text("2.0000")


def test_the_v_of_truncation_and_rounding_is_drawn(page: Opened) -> None:
    """The cost along a parameter, and the error against the step with its best one."""
    page.open()
    panel = page.view("Finite differences")
    expect(panel.locator(".plot")).to_have_count(2)
    expect(panel).to_contain_text("finite differences agree with every one")
    panel.get_by_label("Parameter").select_option("/biases/1/1")
    expect(panel.locator("figcaption").first).to_contain_text("b(2)₁")


def test_a_kink_is_marked(page: Opened) -> None:
    """A ReLU at zero: its derivative differs on either side, and the page says so."""
    network = {
        **MAZUR,
        "activation": ["relu", "identity"],
        "input": [0, 0],
        "biases": [[0, 1], [0, 0]],
    }
    page.open()
    page.tab.get_by_role("button", name="Open…").click()
    page.tab.get_by_label("A network of your own, as JSON").fill(json.dumps(network))
    page.tab.get_by_role("button", name="Open this").click()
    panel = page.view("Finite differences")
    expect(panel).to_contain_text("sits at a kink")


def test_training_lowers_the_cost_until_it_is_stopped(page: Opened) -> None:
    """One step, then a run; the network on the page moves along."""
    page.open()
    panel = page.view("Training")
    panel.get_by_role("button", name="One step").click()
    expect(panel).to_contain_text("1 epoch:")
    panel.get_by_role("button", name="Run").click()
    expect(panel).to_contain_text(re.compile(r"\d\d epochs:"))
    panel.get_by_role("button", name="Stop").click()
    text = panel.get_by_role("status").inner_text()
    before, after = map(float, re.findall(r"0\.\d+", text))
    assert after < before == cost_of(MAZUR)
    page.view("Numbers")
    expect(page.cell("/cost")).not_to_have_text("0.2984")


def test_the_keyboard_alone_is_enough(page: Opened) -> None:
    """Tabs by arrows, cells by arrows, a number chosen by Enter."""
    page.open()
    expect(page.cell("/cost")).to_have_text("0.2984")
    page.tab.get_by_role("tab", name="Numbers", exact=True).focus()
    page.tab.keyboard.press("ArrowRight")
    expect(page.tab.get_by_role("tab", name="My numbers")).to_be_focused()
    page.tab.keyboard.press("ArrowLeft")
    page.cell("/z/0/0").focus()
    page.tab.keyboard.press("ArrowDown")
    expect(page.cell("/z/0/1")).to_be_focused()
    page.tab.keyboard.press("ArrowRight")
    expect(page.cell("/a/0/1")).to_be_focused()
    page.tab.keyboard.press("Enter")
    expect(page.tab.locator("#origin h2")).to_have_text("a(1)₁")


def test_a_large_network_opens_folded(page: Opened) -> None:
    """784-30-10: eight neurons of a layer are shown, and one can page through the others."""
    page.open()
    page.tab.get_by_role("button", name="Open…").click()
    page.tab.get_by_label("A new network, by its layer sizes").fill("784-30-10")
    page.tab.get_by_role("button", name="Make it").click()
    expect(page.tab.locator("#picture .neuron")).to_have_count(26)
    expect(page.cell("/cost")).to_have_text(re.compile(r"\d"))
    page.tab.get_by_role("button", name="Layer 1: later neurons").first.click()
    expect(page.cell("/z/0/8")).to_have_text(re.compile(r"\d"))
    page.cell("/delta/1/0").click()
    expect(page.tab.locator("#origin h2")).to_have_text("δ(2)₀")


def test_the_chain_rule_follows_the_chosen_number(page: Opened) -> None:
    """The walk and the paths are those of the chosen weight, every factor has its name, and both
    ends can be chosen."""
    page.open()
    page.cell("/weight_gradients/0/1/0").click()
    paths = page.view("Chain rule").locator("#paths")
    expect(paths.get_by_label("From", exact=True)).to_have_value("/weights/0/1/0")
    expect(paths).to_contain_text("∂C/∂w(1)₁₀")
    expect(paths.locator(".walk li").first).to_be_visible()
    links = paths.locator("tbody tr").first.locator(".link i")
    expect(links).to_have_text(["x₀", "σ′(z(1)₁)", "w(2)₀₁", "σ′(z(2)₀)", "∂C/∂a(2)₀"])
    paths.get_by_label("to", exact=True).select_option("/a/1/1")
    expect(paths).to_contain_text("∂a(2)₁/∂w(1)₁₀")
    paths.get_by_label("From", exact=True).select_option("/biases/1/1")
    expect(page.tab.locator("#origin h2")).to_have_text("b(2)₁")
    expect(links).to_have_text(["∂z(2)₁/∂b(2)₁", "σ′(z(2)₁)"])


def test_a_long_equation_shows_its_result(page: Opened) -> None:
    """It breaks into lines before its terms, so that nothing of it hangs over the panel's edge."""
    page.tab.set_viewport_size({"width": 1440, "height": 900})
    page.open()
    page.cell("/delta/0/1").click()
    pieces = page.tab.locator("#origin math.entry")
    expect(pieces).to_have_count(4)  # δ, its first term, its second, the result
    origin = page.tab.locator("#origin")
    assert origin.evaluate("part => part.scrollWidth <= part.clientWidth")
    box, last = origin.bounding_box(), pieces.last.bounding_box()
    assert box is not None
    assert last is not None
    assert last["x"] + last["width"] <= box["x"] + box["width"]


def test_the_timeline_tells_the_chosen_number(page: Opened) -> None:
    """Its step is told as soon as a number is chosen; stepping goes on from there, » to the end."""
    page.open()
    told = page.tab.locator("#timeline .step h2")
    expect(told).to_contain_text("weights into layer 1")
    page.cell("/delta/0/1").click()
    expect(told).to_contain_text("Error passed back to layer 1")
    expect(page.cell("/weight_gradients/1/0/0")).not_to_have_text("·")
    page.tab.get_by_role("button", name="To the end").click()
    expect(told).to_contain_text("weights into layer 2")
    page.cell("/a/0/0").click()
    expect(told).to_contain_text("Activations of layer 1")
    page.tab.get_by_role("button", name="One step on").click()
    expect(told).to_contain_text("Weighted inputs of layer 2")
    expect(page.cell("/a/1/0")).to_have_text("·")
    page.cell("/z/0/0").click()
    expect(told).to_contain_text("Weighted inputs of layer 1")
    expect(page.cell("/a/0/0")).to_have_text("·")


def test_text_that_is_no_json_is_told_by_line_and_column(page: Opened) -> None:
    """And one can start from an example."""
    page.open()
    page.tab.get_by_role("button", name="Open…").click()
    dialog = page.tab.locator("dialog")
    box = dialog.get_by_label("A network of your own, as JSON")
    box.fill('{"weights": [[[0.5]]],\n "biases": [[0.1]')
    dialog.get_by_role("button", name="Open this").click()
    expect(dialog.get_by_role("status")).to_contain_text(re.compile(r"line 2, column \d+"))
    dialog.get_by_role("button", name="Put an example in the box").click()
    dialog.get_by_role("button", name="Open this").click()
    expect(dialog).not_to_be_visible()
    expect(page.cell("/z/0/0")).to_have_text("0.6000")
    page.complaints.clear()  # the browser itself reports the 400


def test_an_unknown_activation_is_told_at_its_choice(page: Opened) -> None:
    """It is not one to choose; what the service says of it stands there, until one is chosen."""
    page.open()
    page.tab.get_by_role("button", name="Open…").click()
    text = json.dumps({**MAZUR, "activation": ["tanh/", "sigmoid"]})
    page.tab.get_by_label("A network of your own, as JSON").fill(text)
    page.tab.get_by_role("button", name="Open this").click()
    choice = page.view("Numbers").get_by_label("Activation of layer 1")
    expect(choice).to_have_attribute("aria-invalid", "true")
    expect(choice.locator("..")).to_have_attribute("data-error", re.compile("did you mean"))
    expect(choice.locator("option", has_text="tanh/")).to_have_count(0)
    choice.select_option("tanh")
    expect(page.cell("/cost")).to_have_text(re.compile(r"\d"))
    expect(choice).not_to_have_attribute("aria-invalid", "true")
    page.complaints.clear()  # the browser itself reports the 422


def test_the_factors_of_a_softmax_have_a_name_each(page: Opened) -> None:
    """The paths take the output's own link together with that of the cost: one factor, one name."""
    page.open()
    page.tab.get_by_role("button", name="Open…").click()
    text = {**MAZUR, "activation": ["sigmoid", "softmax"], "cost": "cross_entropy"}
    box = page.tab.get_by_label("A network of your own, as JSON")
    box.fill(json.dumps({**text, "target": [0, 1]}))
    page.tab.get_by_role("button", name="Open this").click()
    path = page.view("Chain rule").locator("#paths tbody tr").first
    expect(path.locator(".link")).to_have_count(4)
    expect(path.locator(".link i").last).to_have_text(re.compile(r"^∂a\(2\).+ · ∂C/∂a\(2\).$"))
