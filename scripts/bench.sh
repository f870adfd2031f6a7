#!/usr/bin/env bash
# Rates of the SQLite store (append and replay), then of the engine over it (commands, loads, rebuilds), each beside a raw-SQLite
# baseline of the same run, as ratios. Arguments go to both: `--quick`, `--in FOLDER`, `--events N` (of the simulated bank), and
# `--only append|bulk|stream|commands|load|rebuild`, which leaves out the benchmark that has no such part.
source "$(dirname "$0")/common.sh"
scripts/setup.sh
source scripts/common.sh
only=""
previous=""
for argument in "$@"; do
  if [ "$previous" = --only ]; then only="$argument"; fi
  previous="$argument"
done
bench() {
  say "Building $2, optimised (the first time takes some minutes)"
  cargo run --locked --release -p "$1" --example "$2" -- "${@:3}"
}
case "$only" in
  commands | load | rebuild) ;;
  *) bench es-sqlite bench_store "$@" ;;
esac
case "$only" in
  append | bulk | stream) ;;
  *) bench es-runtime bench_engine "$@" ;;
esac
