"""What other books and libraries call things: told in errors, never taken for the name itself."""

ACTIVATION_ALIASES = {
    "logistic": "sigmoid",
    "linear": "identity",
    "none": "identity",
    "swish": "silu",
    "lrelu": "leaky_relu",
    "rectifier": "relu",
}
COST_ALIASES = {
    "mse": "mean_squared_error",
    "quadratic": "mean_squared_error",
    "squared_error": "mean_squared_error",
    "l2": "mean_squared_error",
    "bce": "binary_cross_entropy",
    "log_loss": "binary_cross_entropy",
    "categorical_cross_entropy": "cross_entropy",
    "negative_log_likelihood": "cross_entropy",
    "nll": "cross_entropy",
}
FIELD_ALIASES = {
    "activation_function": "activation",
    "sigma": "activation",
    "w": "weights",
    "b": "biases",
    "bias": "biases",
    "x": "input",
    "y": "target",
    "label": "target",
    "output": "target",
    "expected": "target",
    "loss": "cost",
    "error": "cost",
    "check": "finite_difference",
    "numerical": "finite_difference",
}
