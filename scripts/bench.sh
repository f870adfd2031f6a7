#!/usr/bin/env bash
# Append and replay rates of the SQLite store beside a raw-SQLite baseline of the same run, as ratios. Arguments go to the
# benchmark.
source "$(dirname "$0")/common.sh"
scripts/setup.sh
source scripts/common.sh
say "Building the benchmark, optimised (the first time takes some minutes)"
exec cargo run --locked --release -p es-sqlite --example bench_store -- "$@"
