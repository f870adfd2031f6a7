#!/usr/bin/env bash
# Installs what is missing, builds, opens the window. Arguments go to the program: npm start -- --store FILE
source "$(dirname "$0")/common.sh"

scripts/setup.sh
source scripts/common.sh

scripts/build-ui.sh
# The development profile: a first build takes about half as long as an optimised one, and later ones a few seconds.
say "Building the program (the first time takes some minutes)"
cargo build --locked --bin ledgerscope
say "Starting Ledgerscope"
exec cargo run --quiet --locked --bin ledgerscope -- "$@"
