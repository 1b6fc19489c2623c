#!/bin/sh
# Question variables for Moodle's STACK, which calls no services itself: draw a network, have its
# right gradients worked out, and print both as Maxima, one block for each seed.
#
#     ./stack.sh 1 2 3 > variants.mac
set -eu
url="${BACKCHECK_URL:-http://127.0.0.1:8000}"
post() {
    curl --silent --show-error --fail-with-body --max-time 60 \
        --header 'Content-Type: application/json' --data-binary @- "$url$1"
}
for seed in "$@"; do
    drawn=$(printf '{"layer_sizes": [2, 2, 1], "decimals": 1, "seed": %d}' "$seed" \
        | post /v1/challenges)
    network=$(printf '%s' "$drawn" \
        | jq '{weights, biases, activation, input, target, cost, finite_difference: false}')
    printf '/* seed %d */\n' "$seed"
    printf '%s' "$network" | jq --raw-output '
        (.weights | to_entries[] | "W\(.key + 1): apply(matrix, \(.value));"),
        (.biases | to_entries[] | "b\(.key + 1): \(.value);"),
        "x: \(.input);", "y: \(.target);"'
    printf '%s' "$network" | post /v1/gradients | jq --raw-output '
        (.weight_gradients | to_entries[] | "dW\(.key + 1): apply(matrix, \(.value));"),
        (.bias_gradients | to_entries[] | "db\(.key + 1): \(.value);")'
done
