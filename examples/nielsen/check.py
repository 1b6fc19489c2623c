"""Nielsen's columns need no adapter: assert the gradients of a network as it stands."""

import numpy as np
from network import Network

import backcheck

net = Network([4, 5, 3], seed=1)
x, y = np.array([[0.1], [0.9], [0.4], [0.6]]), np.array([[0.0], [1.0], [0.0]])
nabla_b, nabla_w = net.backprop(x, y)

print(
    backcheck.assert_gradients(
        weights=net.weights,
        biases=net.biases,
        activation="sigmoid",
        input=x,
        target=y,
        bias_gradients=nabla_b,
        weight_gradients=nabla_w,
    )
)
