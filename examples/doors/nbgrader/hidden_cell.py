"""The source of an nbgrader autograded-tests cell: `backprop(W, b, x, y)` is the student's."""

import backcheck

adapter = lambda net: backprop(net.weights, net.biases, net.input, net.target)  # noqa: E731, F821
backcheck.check(adapter, layer_sizes=[2, 3, 2], seed=1).assert_correct()

### BEGIN HIDDEN TESTS
backcheck.check(adapter, layer_sizes=[3, 4, 4, 2], activation="tanh", seed=2026).assert_correct()
### END HIDDEN TESTS
