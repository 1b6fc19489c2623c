"""An otter-grader test (exception-based format): the student's `backprop(W, b, x, y)` is right."""

from otter.test_files import test_case

import backcheck

OK_FORMAT = False

name = "q1"
points = 3


@test_case(points=1, hidden=False)
def test_one_layer(backprop):
    """Visible: one layer, so BP1, BP3 and BP4 without the step back."""
    backcheck.check(
        lambda net: backprop(net.weights, net.biases, net.input, net.target),
        layer_sizes=[2, 2],
        challenges=1,
    ).assert_correct()


@test_case(points=2, hidden=True)
def test_three_layers(backprop):
    """Hidden: the step back through two hidden layers, on networks the student has not seen."""
    backcheck.check(
        lambda net: backprop(net.weights, net.biases, net.input, net.target),
        layer_sizes=[2, 3, 3, 2],
        seed=2026,
    ).assert_correct()
