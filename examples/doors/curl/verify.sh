#!/bin/sh
# Verify claims from any language, quiz or Makefile that can run curl and jq.
#
#     ./verify.sh request.json        (a network with `claims`; - reads standard input)
#
# Prints the verdict and the explanations. Exit status: 0 right, 1 wrong, 2 undecided, 3 trouble.
set -u
url="${BACKCHECK_URL:-http://127.0.0.1:8000}"
answer=$(curl --silent --show-error --fail-with-body --max-time 60 --retry 3 \
    --header 'Content-Type: application/json' --data-binary "@${1:?a file, or -}" \
    "$url/v1/verifications") || { printf '%s\n' "$answer" >&2; exit 3; }
printf '%s' "$answer" | jq --raw-output '.verdict, (.diagnosis[] | "\(.mistake): \(.explanation)")'
case $(printf '%s' "$answer" | jq --raw-output .verdict) in
    correct) exit 0 ;;
    wrong) exit 1 ;;
    undecided) exit 2 ;;
    *) exit 3 ;;
esac
