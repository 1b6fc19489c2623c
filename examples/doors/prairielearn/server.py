"""A PrairieLearn question: a network for each student, graded to the digit with partial credit."""

import backcheck

SIZES = [2, 2, 1]
DECIMALS = 4
PRECISION = {"decimals": DECIMALS}


def generate(data):
    """Draw a network from the variant's seed; every known mistake shows on it."""
    net = client().challenge(SIZES, seed=int(data["variant_seed"]), precision=PRECISION).network
    lists = {name: plain(value) for name, value in dict(net).items()}
    data["params"] |= {
        "network": lists,
        "decimals": DECIMALS,
        "shown": "\n".join(f"{name}: {value}" for name, value in lists.items()),
        "entries": [
            {"neuron": j, "input": k, "name": f"w_{j}_{k}"}
            for j in range(SIZES[1])
            for k in range(SIZES[0])
        ],
    }


def parse(data):
    """Refuse what is no number before it costs an attempt."""
    for entry in data["params"]["entries"]:
        try:
            number = float(data["submitted_answers"].get(entry["name"], ""))
        except ValueError:
            data["format_errors"]["backcheck"] = f"{entry['name']} has to be a number"
        else:
            data["submitted_answers"][entry["name"]] = number


def grade(data):
    """Score by the share of right entries; the feedback names the mistake, never a right value."""
    entries = data["params"]["entries"]
    numbers = [data["submitted_answers"][entry["name"]] for entry in entries]
    rows = [numbers[j * SIZES[0] : (j + 1) * SIZES[0]] for j in range(SIZES[1])]
    found = client().verify(
        data["params"]["network"],
        claims={"weight_gradients": [rows, None]},
        precision=PRECISION,
        reveal=False,
    )
    data["score"] = 1 - found.wrong / found.checked
    data["feedback"]["backcheck"] = (
        f"{found.diagnosis[0].explanation} {found.diagnosis[0].remedy}"
        if found.diagnosis
        else "All entries are right."
    )


def client():
    """The service of the course: BACKCHECK_URL in the environment of the workers."""
    return backcheck.Client(timeout=20)


def plain(value):
    """Arrays as lists, which PrairieLearn can keep."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value
