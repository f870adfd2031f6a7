#!/usr/bin/env bash
# Makes what can be installed, into target/release/bundle: a .deb and an AppImage. Arguments choose (`npm run package -- deb`).
# The AppImage needs tools that its bundler fetches from github.com; where that is out of reach only the .deb is made, and it is
# said. Ends with 0 if everything that was asked for by name was made.
source "$(dirname "$0")/common.sh"

scripts/setup.sh
source scripts/common.sh

asked=("$@")
[ $# -gt 0 ] || set -- deb appimage
for kind in "$@"; do
  case "$kind" in deb | appimage) ;; *) fail "There is no package of the kind $kind." "Kinds: deb appimage" ;; esac
done
say "Building the program, optimised (the first time takes some minutes)"
scripts/build-ui.sh
cargo build --locked --release --bin ledgerscope

bundles=target/release/bundle
logs=test-output/logs
mkdir -p "$logs"
code=0
for kind in "$@"; do
  rm -rf "${bundles:?}/$kind"
  say "Packing: $kind"
  if npm run --silent tauri -- bundle --ci --bundles "$kind" >"$logs/package-$kind.log" 2>&1; then
    find "$bundles/$kind" -maxdepth 1 -type f \( -iname "*.$kind" \) -printf '  ✔ %p (%k KiB)\n'
  else
    note "✘ no $kind: $(sed 's/\x1b\[[0-9;]*m//g' "$logs/package-$kind.log" | grep -iE 'failed|error' | tail -1)"
    note "  The bundler's whole output: $logs/package-$kind.log"
    if [ "$kind" = appimage ]; then
      note "  An AppImage is put together with tools (AppRun, linuxdeploy) that the bundler fetches from github.com."
      note "  Run this where github.com can be reached, or install the .deb."
    fi
    [[ " ${asked[*]:-deb} " != *" $kind "* ]] || code=1
  fi
done
exit $code
