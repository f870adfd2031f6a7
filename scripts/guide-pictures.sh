#!/usr/bin/env bash
# Puts the pictures that the investigations have made (`npm test -- e2e`) into docs/images/guide, with fewer colours. A picture
# that is missing is named, and nothing is copied.
source "$(dirname "$0")/common.sh"
target=docs/images/guide
pictures=(
  guide-01-balance-1-statement guide-01-balance-2-history
  guide-02-blame-2-blame
  guide-03-first-below-1-found
  guide-04-noon-1-trial-balance
  guide-05-in-flight-1-in-flight
  guide-06-unreadable-1-unreadable
  guide-07-versions-1-differences
  guide-08-text-1-found
  guide-09-lanes-1-side-by-side
  guide-10-export-2-export guide-10-import-2-imported
  guide-11-notebook-2-notebook guide-11-notebook-5-report guide-11-notebook-6-tampered-light
)
for picture in "${pictures[@]}"; do
  [ -f "test-output/$picture.png" ] || fail "test-output/$picture.png is not there." "Run npm test -- e2e first."
done
mkdir -p "$target"
for picture in "${pictures[@]}"; do
  node scripts/shrink-png.mjs "test-output/$picture.png" "$target/${picture#guide-}.png"
done
say "${#pictures[@]} pictures in $target"
