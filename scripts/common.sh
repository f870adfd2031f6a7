# Shared by the scripts: where we are, how they speak, where cargo is. Sourced, not run.
set -euo pipefail
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$ROOT"
# A freshly installed Rust is not on the PATH of a shell that was open before.
if ! command -v cargo >/dev/null 2>&1 && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
  PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
fi
say() { printf '\033[1m▶ %s\033[0m\n' "$*" | plain; }
note() { printf '  %s\n' "$*"; }
fail() { printf '\n✘ %s\n' "$1" >&2; shift; for line in "$@"; do printf '  %s\n' "$line" >&2; done; exit 1; }
# Colours only where somebody looks at them.
plain() { if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9;]*m//g'; fi; }
