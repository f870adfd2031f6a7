#!/usr/bin/env bash
# Runs official clients in other languages (Python, Node) against the test server of EventStoreDB's protocol: what they agree on
# with it is not an invention of ours. The clients are installed below target/, in the versions that are written down here.
source "$(dirname "$0")/../../scripts/common.sh"

installed="$ROOT/target/clients"
mkdir -p "$installed"

# current STAMP FILE…: whether what was installed is what the files ask for.
current() { [ -f "$1" ] && [ "$(cat "$1")" = "$(cat "${@:2}" | sha256sum)" ]; }
stamp() { cat "${@:2}" | sha256sum >"$1"; }

wanted=tests/clients/python/requirements.txt
if ! current "$installed/python.stamp" "$wanted"; then
  say "Installing the Python client"
  rm -rf "$installed/python"
  python3 -m venv "$installed/python"
  "$installed/python/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$wanted"
  stamp "$installed/python.stamp" "$wanted"
fi

wanted=(tests/clients/node/package.json tests/clients/node/package-lock.json)
if ! current "$installed/node.stamp" "${wanted[@]}"; then
  say "Installing the Node client"
  rm -rf "$installed/node"
  mkdir -p "$installed/node"
  cp "${wanted[@]}" "$installed/node/"
  (cd "$installed/node" && npm ci --no-audit --no-fund --ignore-scripts)
  stamp "$installed/node.stamp" "${wanted[@]}"
fi

say "Starting the test server"
cargo build --quiet --locked -p es-testkit --features eventstoredb --example eventstoredb_server
authority="$installed/authority.pem"
coproc SERVER { exec "${CARGO_TARGET_DIR:-target}/debug/examples/eventstoredb_server" "$authority"; }
server=$SERVER_PID input=${SERVER[1]}
read -r -t 30 OPEN_SERVER <&"${SERVER[0]}" || fail "The test server did not start."
read -r -t 30 SECURE_SERVER <&"${SERVER[0]}" || fail "The test server did not start."
export OPEN_SERVER SECURE_SERVER AUTHORITY_FILE="$authority"

broken=()
say "Python client"
"$installed/python/bin/python" -B -m unittest -v tests/clients/python/test_client.py || broken+=(Python)
say "Node client"
# Modules are looked for beside the file that asks for them.
cp tests/clients/node/client.test.mjs "$installed/node/"
node --test --test-reporter=spec "$installed/node/client.test.mjs" || broken+=(Node)

exec {input}>&-
wait "$server" || fail "The test server did not end well."
[ ${#broken[@]} -eq 0 ] || fail "The test server and these clients disagree: ${broken[*]}"
