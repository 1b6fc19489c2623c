// Every word that the page says.

/** @param {number} n @param {string} one @param {string} many */
const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;

const EQUATIONS = /** @type {Record<string, string>} */ ({
  forward: "forward pass",
  cost: "cost",
  BP1: "BP1, the error at the output",
  BP2: "BP2, the error passed back",
  BP3: "BP3, the gradient of the biases",
  BP4: "BP4, the gradient of the weights",
});

/** @type {any} a table of texts; nested as the page is */
export const words = {
  first: "Matt Mazur’s step-by-step example",

  views: {
    numbers: "Numbers",
    claims: "My numbers",
    exercise: "Exercise",
    chain: "Chain rule",
    units: "Activations",
    differences: "Finite differences",
    training: "Training",
    chapter: "The chapter",
    take: "Take away",
  },

  places: {
    weights: (p) =>
      `the weight into neuron ${p.neuron} of layer ${p.layer}, from neuron ${p.source} of layer ${p.layer - 1}`,
    biases: (p) => `the bias of neuron ${p.neuron} of layer ${p.layer}`,
    z: (p) => `the weighted input z of neuron ${p.neuron} of layer ${p.layer}`,
    a: (p) => `the activation a of neuron ${p.neuron} of layer ${p.layer}`,
    delta: (p) => `the error δ of neuron ${p.neuron} of layer ${p.layer}`,
    input: (p) => `input ${p.neuron}`,
    target: (p) => `target ${p.neuron}`,
    cost: () => "the cost",
    gradient: (of) => `the gradient of the cost for ${of}`,
    example: (of, i) => `${of}, in example ${i}`,
  },

  picture: {
    label: (ns) =>
      `The network, ${ns.join(" – ")} neurons. Every number in it stands in the tables below.`,
    region: "Picture of the network",
    rest: (n) => `⋮ ${n} more`,
  },

  timeline: {
    slider: "Step of the computation",
    region: "This step",
    first: "To the start",
    back: "One step back",
    play: "Play",
    pause: "Pause",
    on: "One step on",
    last: "To the end",
    count: (n, of) => (of ? `${n} / ${of}` : ""),
    start:
      "Nothing is computed yet: there are the input, the weights and the biases. Step on with →.",
    waiting: "Step through the computation with ← and →, or play it.",
    title: ({ name, layer }) =>
      ({
        weighted_input: `Weighted inputs of layer ${layer}`,
        activation: `Activations of layer ${layer}`,
        cost: "The cost",
        output_error: `Error at the output, layer ${layer}`,
        error: `Error passed back to layer ${layer}`,
        bias_gradient: `Gradient of the biases of layer ${layer}`,
        weight_gradient: `Gradient of the weights into layer ${layer}`,
      })[name] ?? name,
  },

  origin: {
    title: "Where does it come from?",
    empty: "Choose any number: its equation appears here, with the numbers in.",
    stale: "This network has no answer: mend what is marked first.",
    exercise: "During an exercise the answers stay hidden. Fill in your own numbers below.",
    terms: "Term by term",
    stored: "Stored value",
    given: "Given",
    gradient: "What the cost says to it",
    madeOf: "Made of",
    witness: (agrees, value, off) =>
      `Finite differences ${agrees ? "agree" : "disagree"}: ${value} ± ${off}`,
    walk: "The chain-rule walk",
    oneExample: (i) => `For example ${i} alone.`,
    product: "Product",
    shared: "part of a δ: computed once, used again",
    paths: (n, listed) =>
      `${n} paths to the cost${Number(n) > listed ? `, the ${listed} strongest` : ""}`,
    sum: "Sum over all paths",
  },

  tables: {
    neuron: "neuron",
    unknown: "·",
    layer: (l) => (l ? `Layer ${l}` : "Input"),
    titles: {
      weights: (l) => `weights W(${l}), from`,
      biases: (l) => `b(${l})`,
      z: (l) => `z(${l})`,
      a: (l) => `a(${l})`,
      delta: (l) => `δ(${l})`,
      bias_gradients: (l) => `∂C/∂b(${l})`,
      weight_gradients: (l) => `∂C/∂W(${l}), from`,
      input: () => "x",
      target: () => "y",
    },
    column: {
      biases: "bias",
      z: "sum",
      a: "σ(z)",
      delta: "error",
      bias_gradients: "BP3",
      input: "value",
      target: "value",
    },
    range: (name, from, to, n) => `${name}: neurons ${from}–${to} of ${n}`,
    earlier: (name) => `${name}: earlier neurons`,
    later: (name) => `${name}: later neurons`,
  },

  numbers: {
    input: "Input",
    target: "Target",
    cost: "Cost",
    activation: (l) => `Activation of layer ${l}`,
    layer: (l, L) => (l === L ? `Layer ${l}, the output` : `Layer ${l}`),
    oneExample: "one example",
    whichExample: "Which example is shown",
    example: (i, n) => `example ${i} of 0 to ${n - 1}`,
    add: (l) => (l ? "+ neuron" : "+ input"),
    remove: (l) => (l ? "− neuron" : "− input"),
    addTo: (l) => (l ? `Add a neuron to layer ${l}` : "Add an input"),
    removeFrom: (l) => (l ? `Remove the last neuron of layer ${l}` : "Remove the last input"),
    addLayer: "+ layer",
    removeLayer: "− layer",
    hint: "Change any weight, bias, input or target; choose any other number to see where it comes from.",
  },

  claims: {
    lead: "Work with your own numbers: type or paste what you computed, as much or as little as you have. Every cell is judged by what rounding can explain.",
    precision: "Your numbers are rounded to",
    precisions: (name) => (name === "auto" ? "what they look like" : name.replace("_", " ")),
    clear: "Clear all",
    many: "Paste many at once",
    paste: "Numbers to paste",
    placeholder: 'z1 = [0.3775, 0.3925]\na1 = [0.5933, 0.5969]\nor JSON: {"delta": [[…], […]]}',
    take: "Put into the cells",
    unreadable:
      "No z, a, delta, C, db or dW was found in this. Begin a line with its name, such as: delta2 = 0.1385 −0.0381",
    layer: (l) => `My numbers for layer ${l}`,
    cost: "My cost",
    mine: (of) => `My value for ${of}`,
    nothing:
      "Nothing is filled in yet. A block copied from a spreadsheet fills the cells from where you paste it.",
    waiting: "Not checked yet.",
    signs: {
      correct: "✓",
      right: "✓",
      wrong: "✗",
      follows: "↳",
      undecided: "?",
      "": "",
    },
    equationSigns: { holds: "✓", fails: "✗", untested: "·" },
    right: "Right, as far as rounding lets anyone tell.",
    undecided: "Undecided: at this precision none of the known mistakes would show here.",
    wrong: (value, bound) =>
      `Cannot be right: it is ${value}, and rounding explains at most ${bound}.`,
    wrongHidden: "Cannot be right: no way of rounding leads here.",
    follows: "But it follows from your own earlier numbers: the mistake was made before.",
    verdicts: {
      correct: "All of this can be right",
      wrong: "Something cannot be right",
      undecided: "Undecided",
    },
    summary: ({ claims, coverage }) => {
      const all = Object.values(claims);
      const checked = all.reduce((sum, one) => sum + one.checked, 0);
      const wrong = all.reduce((sum, one) => sum + one.wrong, 0);
      const seen = `${coverage.visible} known mistakes would have shown in them.`;
      return `${count(checked, "number", "numbers")} checked, ${wrong ? count(wrong, "is wrong", "are wrong") : "none is wrong"}. ${seen}`;
    },
    mistake: ({ equation, layers }) =>
      `${EQUATIONS[equation] ?? equation}${layers?.length ? `, ${layers.length === 1 ? "layer" : "layers"} ${layers.join(", ")}` : ""}`,
    remedy: "Mend it:",
    together: "and, together with it,",
    equations: "Each equation on your own numbers",
    equation: ({ equation, layer }) =>
      equation === "cost" ? "cost" : `${equation}, layer ${layer}`,
    firstFails: "the first that fails",
    equationVerdicts: { holds: "holds", fails: "fails", untested: "untested" },
  },

  exercise: {
    about:
      "An exercise is a network in short numbers on which every known mistake shows. The same seed gives the same exercise on every machine: share its link with a class.",
    lead: "Fill in what you compute, then check. Nothing on this page shows the answers until you leave the exercise.",
    title: ({ sizes, seed }) => `Exercise ${seed}: ${sizes.join("-")}`,
    sizes: "Layer sizes",
    activation: "Activation",
    cost: "Cost",
    seed: "Seed",
    decimals: "Decimals of the answers",
    start: "Start the exercise",
    finish: "Leave the exercise and see the answers",
    check: "Check my numbers",
    hint: "Hint",
    more: "Another hint",
    hidden: "During an exercise this stays hidden.",
    begin: "Begin with layer 1: its weighted inputs z come from the input alone.",
    order: [
      "Then a = σ(z), and the same for the next layer.",
      "At the output: δ = ∂C/∂a times σ′(z), neuron by neuron (BP1).",
      "Backward: each neuron collects the errors that it feeds, through the weights, times its own σ′(z) (BP2).",
      "Last: ∂C/∂b is δ itself (BP3), ∂C/∂w is the δ at its end times the activation at its start (BP4).",
    ],
    side: ({ equation }, sound) =>
      ["forward", "cost"].includes(equation)
        ? "The first thing that goes wrong is on the way forward."
        : `${sound ? "The way forward is sound" : "The way forward is not all filled in"}; look at the way back.`,
    where: ({ equation, layer }) =>
      `Look at the ${EQUATIONS[equation] ?? equation}${layer ? `, layer ${layer}` : ""}.`,
    equations: {
      forward: "z(l) = W(l) a(l−1) + b(l), and a(l) = σ(z(l)).",
      cost: "C is half the sum of the squares (y − a)² for mean squared error, averaged over the examples.",
      BP1: "δ(L) = ∂C/∂a(L) ⊙ σ′(z(L)).",
      BP2: "δ(l) = (W(l+1)ᵀ δ(l+1)) ⊙ σ′(z(l)).",
      BP3: "∂C/∂b(l) = δ(l), averaged over the examples.",
      BP4: "∂C/∂W(l) = δ(l) a(l−1)ᵀ, averaged over the examples.",
      convention: "Compare how the numbers are laid out and averaged, not how they are computed.",
    },
  },

  chain: {
    paths: "Sum over paths",
    from: "From",
    to: "to",
    pathsLead: (name, n, listed) =>
      `${name}: multiply along each path, then add the paths up. There ${n === "1" ? "is 1 path" : `are ${n} paths`}${Number(n) > listed ? `; these are the ${listed} strongest` : ""}.`,
    pathHeads: ["Path", "Product of its links", "Value"],
    sum: "Sum over all paths",
    jacobians: "Jacobians",
    rows: "Rows are outputs, columns are inputs. From the output back to the input the shapes are:",
    caption: (name, m, n, diagonal, norm) =>
      `${m} × ${n}${diagonal ? ", diagonal" : ""}; it lengthens a vector by at most ${norm}`,
    orders: ({ backward, forward }) =>
      `Multiplied from the cost back this takes ${backward} multiplications, from the input on ${forward}${backward < forward ? ": that is why the error travels backward" : "; with more inputs the way back is the cheaper one"}.`,
    outer: "BP4 as an outer product",
    outerCorner: "δ \\ a",
    small: (l, j) => `The small operations of layer ${l}, seen from neuron ${j}`,
    operations: "Naive or backprop",
    operationsLead: (n) =>
      `This network has ${n.toLocaleString("en")} weights and biases. Counted in arithmetic operations:`,
    ways: {
      forward: "one forward pass",
      backprop: "backprop after it",
      naive: "a chain-rule walk for each parameter",
      finite_difference: "two forward passes for each parameter",
    },
    chart: "Operations against the width of the layers: the naive way grows fastest",
    width: "neurons in each layer",
    count: "operations",
    legend:
      "From above: a walk for each parameter, backprop, one forward pass, for layers as wide as the axis says.",
  },

  units: {
    dots: "with a dot for each neuron",
    curve: (name) => `${name.replaceAll("_", " ")}, and where the neurons sit on it`,
    slope: (name, most) => `Its slope σ′, at most ${most}: what each error is multiplied by`,
    magnitudes: "What becomes of the error on its way back",
    heads: ["Layer", "‖δ‖", "by the weights ×", "by the slopes ×", "together ×"],
  },

  differences: {
    lead: "Backprop is checked without backprop: move one parameter a little both ways and see what the cost does.",
    parameter: "Parameter",
    unchecked: "A network of this size is not checked on every change.",
    agrees: ({ agrees, checked, parameters, disagreed }) =>
      agrees
        ? `${checked} of ${parameters} gradients checked; finite differences agree with every one.`
        : `${checked} of ${parameters} gradients checked; ${disagreed} disagree.`,
    worst: (name, ratio) =>
      `The largest difference, at ${name}, is ${ratio} of what truncation and rounding allow.`,
    kink: (name, left, right) =>
      `${name} sits at a kink: ${left} on its left, ${right} on its right.`,
    kinkHere: "kink",
    batch: "For the whole batch.",
    costLabel: (name, value, slope) =>
      `The cost along ${name}; now it is ${value}, where the slope is ${slope}`,
    costCaption: (name, slope) =>
      `The cost along ${name}. The straight line has the slope that backprop says: ${slope}.`,
    step: "step h",
    error: "error of the difference",
    errorLabel: (name, h, error) =>
      `Error of the finite difference for ${name} against its step; it is least at h = ${h}, where it is ${error}`,
    errorCaption:
      "On the right truncation falls with h², on the left rounding grows with 1/h. The best step lies between them.",
    best: (h) => `h = ${h}`,
    uncertainty: (value) => `the check’s own uncertainty: ${value}`,
  },

  training: {
    lead: "Step every weight and bias against its gradient, and see the cost fall. The network above moves with it.",
    rate: "Learning rate η",
    epochs: "Epochs at a time",
    step: "One step",
    run: "Run",
    stop: "Stop",
    none: "No step taken yet.",
    so: (n, from, to) => `${count(n, "epoch", "epochs")}: the cost went from ${from} to ${to}.`,
    epoch: "epoch",
    label: (n) => `The cost over ${n} epochs`,
  },

  chapter: {
    lead: "The chapter’s ten figures in its order. Each one opens as a view of this page, on a network that you can change.",
    figure: (number, title) => `Fig ${number} · ${title}`,
    titles: {
      2.1: "Weight indices",
      2.2: "The Jacobian",
      2.3: "Sum over paths",
      2.4: "Shapes in the chain rule",
      2.5: "The forward pass",
      2.6: "The sigmoid and its slope",
      2.7: "A chain-rule walk",
      2.8: "Naive or backprop",
      2.9: "The four equations",
      "2.10": "BP4 as an outer product",
    },
    says: {
      2.1: "Choose a connection: into which neuron it leads, and from which it comes.",
      2.2: "Rows are outputs, columns are inputs; an activation has a diagonal.",
      2.3: "Two routes from x to y: multiply along each, add them up.",
      2.4: "Inner dimensions match and cancel.",
      2.5: "Step through the layers from the inside out.",
      2.6: "At most a quarter, and nearly nothing in the tails.",
      2.7: "A weight’s gradient, factor by factor, and which of them are shared.",
      2.8: "How many operations each way takes.",
      2.9: "BP1 starts, BP2 passes back, BP3 and BP4 read off.",
      "2.10": "Every entry is one δ times one activation.",
    },
  },

  take: {
    lead: "Take this state with you: as a link that anyone can open, as a request to send, or for a text.",
    what: "As",
    text: "Text to take away",
    forms: {
      link: "a link to this page",
      json: "JSON",
      curl: "curl",
      python: "Python",
      latex: "LaTeX",
    },
    copy: "Copy",
    copied: "Copied.",
    selected: "Selected: copy it with Ctrl C.",
    svg: "Download the picture (SVG)",
    print: "Print",
  },

  opening: {
    title: "Open",
    close: "Close",
    examples: "An example",
    json: "A network of your own, as JSON",
    placeholder:
      '{"weights": [[[0.5]]], "biases": [[0.1]], "activation": "sigmoid", "input": [1], "target": [0]}',
    take: "Open this",
    file: "or a file:",
    sizes: "A new network, by its layer sizes",
    make: "Make it",
    fresh: (sizes) => `A ${sizes.join("-")} network`,
    yours: "Your network",
    notJson: (where) => `This is not JSON${where ? `: ${where}` : ""}.`,
    fillIn: "Put an example in the box",
    noNetwork:
      "This has no network in it: weights, biases, input and target are needed.",
    badSizes: "Write at least two sizes of 1 and more, such as 2-3-2.",
    tooLarge:
      "That is more than 200,000 weights and biases; the service takes them, but this page does not.",
  },

  notice: {
    lost: "The service cannot be reached. Your numbers are safe; the page tries again by itself.",
    busy: "The service is busy. Your numbers are safe; the page tries again by itself.",
    retry: "Try now",
    go: "Go there",
    more: (n) => `and ${n} more`,
  },
};
