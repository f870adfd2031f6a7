#!/usr/bin/env bash
# Renders src-tauri/icons/icon.svg to the sizes that bundles and windows need. Only needed after the drawing has changed.
# Needs rsvg-convert (Debian: librsvg2-bin) and python3.
set -euo pipefail
cd "$(dirname "$0")/../src-tauri/icons"
for size in 16 32 48 64 128 256 512; do
  rsvg-convert --width "$size" --height "$size" icon.svg --output "$size.png"
done
# An .ico is a directory of PNG files.
python3 - <<'PY'
import struct
sizes = [16, 32, 48, 64, 128, 256]
images = [open(f"{size}.png", "rb").read() for size in sizes]
offset = 6 + 16 * len(sizes)
head = struct.pack("<HHH", 0, 1, len(sizes))
for size, image in zip(sizes, images):
    head += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(image), offset)
    offset += len(image)
open("icon.ico", "wb").write(head + b"".join(images))
PY
mv 32.png 32x32.png
mv 128.png 128x128.png
mv 256.png 128x128@2x.png
mv 512.png icon.png
mv 64.png 64x64.png
rm -f 16.png 48.png
