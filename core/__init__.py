"""The chapter in code: networks, the forward pass, backpropagation, and what checks it.

Pure functions on float64 arrays: no JSON, no clock, no logging, no hidden randomness.

Symbols used throughout (chapter section 2; layers l = 1…L, examples in rows):

====== ======================= ==========================================
symbol shape                   meaning
====== ======================= ==========================================
W[l]   n_l × n_(l-1)           weights, entry [j, k] into neuron j from k
b[l]   n_l                     biases
z[l]   N × n_l                 weighted inputs
a[l]   N × n_l                 activations, a[0] is the input x
y      N × n_L                 target
delta  N × n_l                 errors ∂C₁/∂z, example by example (no 1/N)
====== ======================= ==========================================
"""
