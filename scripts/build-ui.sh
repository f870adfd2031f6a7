#!/usr/bin/env bash
# Builds ui/dist unless nothing has changed since. The program compiles ui/dist in.
source "$(dirname "$0")/common.sh"
built=ui/dist/.built
if [ -f "$built" ] && [ -z "$(find ui package-lock.json \( -path ui/dist -o -path '*/node_modules' \) -prune -o -type f -newer "$built" -print -quit)" ]; then
  exit 0
fi
say "Building the UI"
npm run --silent build --workspace ui
touch "$built"
