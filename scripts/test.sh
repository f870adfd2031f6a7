#!/usr/bin/env bash
# Every test there is. `npm test` runs all steps; `npm test -- STEP…` only those named. Each step's whole output is kept in
# test-output/logs; a failing step's is printed. Ends with 0 only if everything passed.
source "$(dirname "$0")/common.sh"

STEPS=(ui-lint ui-types ui-tests ui-build rust-format rust-lint rust-tests doc-tests bindings clients e2e)
if [ $# -gt 0 ]; then
  for step in "$@"; do
    [[ " ${STEPS[*]} " == *" $step "* ]] || fail "There is no step $step." "Steps: ${STEPS[*]}"
  done
  STEPS=("$@")
fi

logs=test-output/logs
mkdir -p "$logs"
# Every case of a contract suite that has passed, on which backend, and how; written by the tests themselves.
tally=$PWD/$logs/contract-cases.tsv
say "Checking what the tests need"
scripts/setup.sh --test
source scripts/common.sh
# A disk that fills up in the middle fails in a hundred places, none of which says so.
free="$(df --output=avail -BG . | tail -1 | tr -dc 0-9)"
[ -d target/debug ] || [ "$free" -ge 20 ] || note "⚠ Only $free GB of disk are free; a whole run from the beginning takes up to 20."

nextest=no
cargo nextest --version >/dev/null 2>&1 && nextest=yes

ui_lint() { (cd ui && npx --no-install biome ci .); }
ui_types() { (cd ui && npx --no-install tsc --noEmit); }
ui_tests() { npm run --silent test --workspace ui; }
ui_build() { scripts/build-ui.sh; }
rust_format() { cargo fmt --all --check; }
rust_lint() { cargo clippy --locked --workspace --all-targets -- -D warnings; }
# One PostgreSQL for all tests of the run, each with a schema of its own: a process per test cannot share it otherwise. It ends when
# its input does, and with it, whatever becomes of this script.
start_cluster() {
  cargo build --quiet --locked -p es-testkit --features postgres --example postgres_cluster
  local program; program="$(cargo metadata --format-version 1 --no-deps --locked | node -p 'JSON.parse(require("fs").readFileSync(0)).target_directory')/debug/examples/postgres_cluster"
  coproc CLUSTER { exec "$program"; }
  IFS= read -r LEDGERSCOPE_TEST_CLUSTER <&"${CLUSTER[0]}" || fail "The tests' PostgreSQL did not start." "See above."
  export LEDGERSCOPE_TEST_CLUSTER
}
end_cluster() {
  local pid=$CLUSTER_PID
  eval "exec ${CLUSTER[1]}>&-"
  wait "$pid" || true
}
rust_tests() {
  rm -f "$tally"
  export LEDGERSCOPE_CONTRACT_TALLY="$tally"
  start_cluster
  local code=0
  run_rust_tests || code=$?
  end_cluster
  return $code
}
run_rust_tests() {
  if [ $nextest = yes ]; then
    cargo nextest run --locked --workspace --no-fail-fast -E 'not binary(e2e) and not test(bindings_are_current)'
  else
    # The end-to-end tests are one binary of the root package; they come last, in their own step.
    cargo test --locked --workspace --exclude ledgerscope --lib --bins --tests --no-fail-fast &&
      cargo test --locked -p ledgerscope --lib --bins --test cli --no-fail-fast -- --skip bindings_are_current
  fi
}
doc_tests() { cargo test --locked --workspace --doc --no-fail-fast; }
bindings() { cargo test --locked -p ledgerscope --lib bindings_are_current; }
clients() { tests/clients/run.sh; }
e2e() {
  scripts/build-ui.sh
  if [ $nextest = yes ]; then
    cargo nextest run --locked -p ledgerscope --test e2e --no-fail-fast
  else
    cargo test --locked -p ledgerscope --test e2e --no-fail-fast -- --test-threads=1
  fi
}

# counts LOG: "passed failed" as told by nextest, cargo test, vitest, unittest or node; nothing for steps that are no test runs.
counts() {
  sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
    /^ *Summary \[/ {
      if (match($0, /[0-9]+ passed/)) passed += substr($0, RSTART, RLENGTH)
      if (match($0, /[0-9]+ failed/)) failed += substr($0, RSTART, RLENGTH)
      if (match($0, /[0-9]+ timed out/)) failed += substr($0, RSTART, RLENGTH)
      seen = 1
    }
    /^test result:/ {
      if (match($0, /[0-9]+ passed/)) passed += substr($0, RSTART, RLENGTH)
      if (match($0, /[0-9]+ failed/)) failed += substr($0, RSTART, RLENGTH)
      seen = 1
    }
    /^ *Tests  / {
      if (match($0, /[0-9]+ passed/)) passed += substr($0, RSTART, RLENGTH)
      if (match($0, /[0-9]+ failed/)) failed += substr($0, RSTART, RLENGTH)
      seen = 1
    }
    /^Ran [0-9]+ tests? in / { passed += $2; seen = 1 }
    /^FAILED \(/ {
      for (field = 1; field <= NF; field++) if (match($field, /(failures|errors)=[0-9]+/)) {
        sub(/.*=/, "", $field)
        failed += $field + 0
        passed -= $field + 0
      }
    }
    /^ℹ (pass|fail) [0-9]+$/ { if ($2 == "pass") passed += $3; else failed += $3; seen = 1 }
    END { if (seen) print passed + 0, failed + 0 }'
}

# contract_cases: how many promises were shown on each backend, and how many of its cases only checked that what it does not
# offer is refused, with what that is.
contract_cases() {
  [ -f "$tally" ] || { note "No case of a contract suite has run."; return; }
  awk -F '\t' '
    !($1 in held) { held[$1] = refused[$1] = 0; order[++count] = $1; if (length($1) > width) width = length($1) }
    $3 == "held" { held[$1]++; next }
    { refused[$1]++; split($3, words, " "); if (!told[$1, words[3]]++) absent[$1] = absent[$1] "  " words[3] }
    END {
      printf "%-*s %8s %16s\n", width, "contract suite", "passed", "refusals checked"
      for (i = 1; i <= count; i++) {
        suite = order[i]
        printf "%-*s %8d %16d%s\n", width, suite, held[suite], refused[suite], absent[suite]
      }
    }' <(sort "$tally")
}

passed=0 failed=0 broken=()
for step in "${STEPS[@]}"; do
  log="$logs/$step.log"
  say "$step …"
  begun=$SECONDS
  # A step runs in its own shell: `set -e` is without effect inside a condition.
  set +e
  (set -e; "${step//-/_}") >"$log" 2>&1
  code=$?
  set -e
  read -r step_passed step_failed <<<"$(counts "$log") "
  if [ -z "${step_passed:-}" ]; then step_passed=$((code == 0 ? 1 : 0)); step_failed=$((code == 0 ? 0 : 1)); fi
  # A run that broke off before or after its tests has failed, whatever it counted.
  if [ $code -ne 0 ] && [ "${step_failed:-0}" -eq 0 ]; then step_failed=1; fi
  passed=$((passed + step_passed)) failed=$((failed + step_failed))
  took=$((SECONDS - begun))
  if [ $code -eq 0 ]; then
    note "✔ $step: $step_passed passed ($took s)"
  else
    broken+=("$step")
    tail -n 200 "$log"
    note "✘ $step: $step_passed passed, $step_failed failed ($took s); whole output: $log"
  fi
  [ "$step" != rust-tests ] || contract_cases
done

echo
[ ${#broken[@]} -eq 0 ] || echo "Failed steps: ${broken[*]}"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
