"""Answers as the contract words them, for tests of what the client makes of them."""

from typing import Any

CORRECT: dict[str, Any] = {
    "verdict": "correct",
    "precision": "float32",
    "claims": {
        "bias_gradients": {"verdict": "correct", "checked": 5, "wrong": 0, "wrong_entries": []},
        "weight_gradients": {"verdict": "correct", "checked": 12, "wrong": 0, "wrong_entries": []},
    },
    "equations": [{"equation": "BP3", "layer": 1, "verdict": "untested"}],
    "diagnosis": [],
    "coverage": {"catalogued": 58, "visible": 55, "invisible": ["scaled"]},
}

WRONG_ENTRIES = [
    {
        "at": f"/claims/weight_gradients/0/{j}/{k}",
        "claimed": 0.25 + j,
        "correct": 0.125,
        "bound": 1e-9,
        "ratio": 1.25e8,
    }
    for j in range(3)
    for k in range(2)
]

EXPLANATION = (
    "∂C/∂W(1) is the sum over the examples where the cost is an average: every entry is 4 times "
    "too large, as at neuron 0, input 1. <script>alert(1)</script>"
)

WRONG: dict[str, Any] = {
    "verdict": "wrong",
    "precision": {"decimals": 4},
    "claims": {
        "bias_gradients": {"verdict": "correct", "checked": 5, "wrong": 0, "wrong_entries": []},
        "weight_gradients": {
            "verdict": "wrong",
            "checked": 12,
            "wrong": 6,
            "worst": WRONG_ENTRIES[0],
            "wrong_entries": WRONG_ENTRIES,
        },
    },
    "equations": [
        {"equation": "BP3", "layer": 1, "verdict": "holds"},
        {"equation": "BP4", "layer": 1, "verdict": "fails"},
        {"equation": "BP4", "layer": 2, "verdict": "holds"},
    ],
    "diagnosis": [
        {
            "mistake": "weight-gradient-summed",
            "equation": "BP4",
            "layers": [1],
            "explanation": EXPLANATION,
            "remedy": "Divide by N: ∂C/∂W(l) = 1/N Σ δ(l) a(l−1)ᵀ.",
        }
    ],
    "coverage": {"catalogued": 58, "visible": 55, "invisible": ["scaled"]},
}

UNDECIDED: dict[str, Any] = {
    **CORRECT,
    "verdict": "undecided",
    "coverage": {"catalogued": 58, "visible": 0, "invisible": ["scaled"]},
}

HIDDEN: dict[str, Any] = {
    **WRONG,
    "claims": {
        "weight_gradients": {
            "verdict": "wrong",
            "checked": 12,
            "wrong": 6,
            "worst": {"at": "/claims/weight_gradients/0/0/0", "claimed": 0.25},
            "wrong_entries": [{"at": "/claims/weight_gradients/0/0/0", "claimed": 0.25}],
        },
    },
}

NOT_A_NUMBER: dict[str, Any] = {
    **WRONG,
    "claims": {
        "cost": {
            "verdict": "wrong",
            "checked": 1,
            "wrong": 1,
            "worst": {"at": "/claims/cost", "claimed": "NaN", "correct": 0.5, "bound": 1e-9},
            "wrong_entries": [],
        },
    },
}

CHALLENGE: dict[str, Any] = {
    "weights": [[[0.12, -0.31], [0.44, 0.25]], [[0.81, -0.56]]],
    "biases": [[0.11, -0.22], [0.33]],
    "activation": "sigmoid",
    "cost": "mean_squared_error",
    "input": [0.61, 0.92],
    "target": [0.27],
    "coverage": {"catalogued": 58, "visible": 58, "invisible": []},
}
