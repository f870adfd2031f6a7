#!/usr/bin/env bash
# Rates of the SQLite store (append and replay), then of the engine over it (commands, loads, rebuilds), then of both on
# PostgreSQL, each beside a hand-written baseline of the same run, as ratios. Arguments go to all: `--quick`, `--in FOLDER`,
# `--events N` (of the simulated bank), and `--only append|bulk|stream|commands|load|rebuild|follow`, which leaves out the
# benchmarks that have no such part. `fold` as the first argument measures the inspector's folds instead; `ui` the window on a
# store of ten million events (`--events N` for fewer), which is made once and kept (`--in FOLDER`); `causes-ui` the window on the
# causes of three stories of ten thousand events each.
source "$(dirname "$0")/common.sh"
scripts/setup.sh
source scripts/common.sh
case "${1:-}" in
  ui | causes-ui)
    scripts/setup.sh --test
    scripts/build-ui.sh
    exec cargo bench --locked -p ledgerscope --bench "${1//-/_}" -- "${@:2}"
    ;;
esac
only=""
previous=""
folder="${TMPDIR:-/tmp}"
for argument in "$@"; do
  if [ "$previous" = --only ]; then only="$argument"; fi
  if [ "$previous" = --in ]; then folder="$argument"; fi
  previous="$argument"
done
bench() {
  say "Building $2, optimised (the first time takes some minutes)"
  cargo run --locked --release -p "$1" --example "$2" -- "${@:3}"
}
if [ "${1:-}" = fold ]; then bench inspector bench_fold "${@:2}"; exit; fi
case "$only" in
  commands | load | rebuild | follow) ;;
  *) bench es-sqlite bench_store "$@" ;;
esac
case "$only" in
  append | bulk | stream | follow) ;;
  *) bench es-runtime bench_engine "$@" ;;
esac
case "$only" in
  load) ;;
  *) TMPDIR="$folder" bench es-runtime bench_postgres "$@" ;;
esac
