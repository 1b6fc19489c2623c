"""The finite-difference witness: it evaluates the forward pass and the cost, never a derivative."""
