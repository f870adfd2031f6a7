#!/usr/bin/env bash
# Puts the pictures that the end-to-end tests have made (`npm test -- e2e`) into docs/images/guide, with fewer colours. A picture
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
  guide-18-notebook-2-notebook guide-18-notebook-5-report guide-18-notebook-6-tampered-light
)
# Those of other stories: the picture, and its name in the guide.
declare -A others=(
  [transfer-3-executed]=10-transfer-3-executed
  [desk-refused-transfer-1-refused]=11-refused-transfer-1-refused
  [what-if-higher-limit-2-refused]=12-higher-limit-2-refused
  [what-if-higher-limit-3-let-through]=12-higher-limit-3-let-through
  [what-if-higher-limit-4-the-test]=12-higher-limit-4-the-test
  [operators-1-stuck]=13-stuck-1-stuck
  [operators-2-story]=13-stuck-2-story
  [operators-5-told]=13-stuck-5-told
  [desk-conflict-2-conflict]=14-conflict-2-conflict
  [stage-2-story]=15-stage-2-story
  [stage-3-big-type]=15-stage-3-big-type
  [stage-freeze-1-found]=16-freeze-1-found
  [stage-recorded-1-played-again]=17-recorded-1-played-again
)
for picture in "${pictures[@]}" "${!others[@]}"; do
  [ -f "test-output/$picture.png" ] || fail "test-output/$picture.png is not there." "Run npm test -- e2e first."
done
mkdir -p "$target"
for picture in "${pictures[@]}"; do
  node scripts/shrink-png.mjs "test-output/$picture.png" "$target/${picture#guide-}.png"
done
for picture in "${!others[@]}"; do
  node scripts/shrink-png.mjs "test-output/$picture.png" "$target/${others[$picture]}.png"
done
say "$((${#pictures[@]} + ${#others[@]})) pictures in $target"
