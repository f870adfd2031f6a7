#!/usr/bin/env bash
# Pictures of every view of the real window, light and dark, in test-output; each view is checked for accessibility on the way.
# Arguments are names of end-to-end tests; without any, those that walk through views.
source "$(dirname "$0")/common.sh"
scripts/setup.sh --test
source scripts/common.sh
scripts/build-ui.sh
walks=("$@")
[ $# -gt 0 ] || walks=(views:: upkeep:: connections:: servers:: links::)
cargo test --locked -p ledgerscope --test e2e -- --test-threads=1 "${walks[@]}"
say "$(find test-output -name '*.png' -not -name '*-failed.png' | wc -l) pictures in test-output"
