#!/usr/bin/env bash
# Checks what is needed to build (and with --test, to test) Ledgerscope, and installs what is missing. Run it as often as
# you like: what is there is left alone.
source "$(dirname "$0")/common.sh"

with_tests=no
[ "${1:-}" = "--test" ] && with_tests=yes

NODE_LEAST=20.19
RUST_LEAST="$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml | head -1)"

# least WANTED FOUND: whether FOUND is WANTED or newer.
least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -1)" = "$1" ]; }

# ---- system packages -------------------------------------------------------------------------------------------------
build_packages=(build-essential pkg-config curl ca-certificates libwebkit2gtk-4.1-dev)
# procps: the tests end what they start with its `kill`.
# postgresql: the programs only; the tests make clusters of their own. gnome-keyring: a Secret Service on a bus of the tests' own.
test_packages=(webkit2gtk-driver xvfb xauth fonts-dejavu-core procps postgresql dbus gnome-keyring)

# Clients of EventStoreDB in Python are installed apart; where Python can do that, it need not be the system's own.
python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || test_packages+=(python3-venv)

installed() { dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'; }

install_system_packages() {
  local wanted=("${build_packages[@]}") missing=()
  [ "$with_tests" = yes ] && wanted+=("${test_packages[@]}")
  for package in "${wanted[@]}"; do installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
      as_root=(sudo -n env)
    else
      fail "These system packages are missing, and installing them needs a password. Type:" \
        "sudo apt-get update && sudo apt-get install --no-install-recommends -y ${missing[*]}" \
        "then start again."
    fi
  fi
  say "Installing system packages: ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update || note "The package lists could not be refreshed; going on with the present ones."
  "${apt[@]}" install --no-install-recommends "${missing[@]}" ||
    fail "The system packages could not be installed. Type:" \
      "sudo apt-get update && sudo apt-get install --no-install-recommends -y ${missing[*]}"
}

check_other_systems() {
  pkg-config --exists webkit2gtk-4.1 2>/dev/null || fail "WebKitGTK 4.1 with its headers is missing." \
    "Install it with your system's package tool (Fedora: webkit2gtk4.1-devel, Arch: webkit2gtk-4.1), then start again."
  if [ "$with_tests" = yes ]; then
    for program in WebKitWebDriver Xvfb; do
      command -v "$program" >/dev/null 2>&1 || fail "$program is missing; the end-to-end tests need it." \
        "Install it with your system's package tool, then start again."
    done
    python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || fail "Python 3 with its module venv is missing." \
      "Install it with your system's package tool, then start again."
  fi
}

# ---- Rust ------------------------------------------------------------------------------------------------------------
rust_version() { rustc --version 2>/dev/null | sed -n 's/^rustc \([0-9.]*\).*/\1/p'; }

install_rust() {
  local found; found="$(rust_version || true)"
  if [ -n "$found" ] && least "$RUST_LEAST" "$found"; then
    if [ "$with_tests" = yes ] && ! { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1; then
      say "Installing rustfmt and clippy"
      rustup component add rustfmt clippy || fail "rustfmt and clippy are missing." "Install them, then start again."
    fi
    return 0
  fi
  say "Installing Rust (found: ${found:-none}; needed: $RUST_LEAST or newer)"
  if command -v rustup >/dev/null 2>&1; then
    rustup toolchain install stable --profile minimal --component rustfmt --component clippy
    rustup default stable
  else
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
      sh -s -- -y --no-modify-path --profile minimal --component rustfmt --component clippy ||
      fail "Rust could not be installed." "See https://rustup.rs, then start again."
  fi
  PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
  found="$(rust_version || true)"
  [ -n "$found" ] && least "$RUST_LEAST" "$found" ||
    fail "Rust $RUST_LEAST or newer is needed; found: ${found:-none}." "See https://rustup.rs, then start again."
}

# ---- Node and its packages -------------------------------------------------------------------------------------------
check_node() {
  local found; found="$(node --version 2>/dev/null | tr -d v || true)"
  [ -n "$found" ] && least "$NODE_LEAST" "$found" ||
    fail "Node.js $NODE_LEAST or newer is needed; found: ${found:-none}." \
      "Install it, for example from https://nodejs.org, then start again."
}

install_npm_packages() {
  # What is in node_modules is compared with the lock file, not a time stamp: a changed lock file is noticed, an unchanged
  # one costs nothing.
  if node scripts/npm-current.mjs; then return 0; fi
  say "Installing npm packages from the lock file"
  npm ci --no-audit --no-fund
}

if command -v dpkg-query >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1; then
  install_system_packages
else
  check_other_systems
fi
check_node
install_rust
install_npm_packages
