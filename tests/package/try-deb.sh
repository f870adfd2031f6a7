#!/usr/bin/env bash
# Installs the .deb that `npm run package` made into a clean root of Debian, as apt does it for everybody, and starts the program
# there: on the command line, on a store file as a desktop hands it over, and its window on a virtual display. Needs root (for
# chroot), debootstrap, and Debian's package archive. A picture of the window: test-output/package/window.png.
#   tests/package/try-deb.sh [FILE.deb]
source "$(dirname "$0")/../../scripts/common.sh"

[ "$(id -u)" -eq 0 ] || fail "A clean root is entered with chroot, which only root may." "Run it with sudo, or in a container."
command -v debootstrap >/dev/null 2>&1 || fail "debootstrap is missing." "apt-get install debootstrap, then try again."
deb="${1:-$(find target/release/bundle/deb -maxdepth 1 -name '*.deb' 2>/dev/null | sort | tail -1)}"
[ -f "$deb" ] || fail "There is no .deb." "Make it: npm run package -- deb"

suite="$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-bookworm}")"
root="$(mktemp -d "${TMPDIR:-/tmp}/ledgerscope-root.XXXXXX")"
out=test-output/package
mkdir -p "$out"
mounted=()
leave() {
  for place in "${mounted[@]}"; do umount -R -l "$root$place" 2>/dev/null || true; done
  rm -rf --one-file-system "$root"
}
trap leave EXIT

inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
expect() { grep -qF -- "$2" "$3" || fail "$1: expected “$2”." "$(tail -5 "$3")"; note "✔ $1"; }

say "A clean root of Debian ($suite)"
debootstrap --variant=minbase "$suite" "$root" >"$out/debootstrap.log" 2>&1 || fail "debootstrap failed." "$(tail -3 "$out/debootstrap.log")"
cp /etc/resolv.conf "$root/etc/resolv.conf"
for file in /etc/apt/sources.list /etc/apt/apt.conf.d /etc/apt/sources.list.d; do
  [ ! -e "$file" ] || cp -rT "$file" "$root$file"
done
for place in /proc /dev; do mount --rbind "$place" "$root$place"; mounted+=("$place"); done

say "Installing $(basename "$deb")"
cp "$deb" "$root/tmp/ledgerscope.deb"
inside apt-get -q update >"$out/apt.log" 2>&1
inside apt-get -q -y --no-install-recommends install /tmp/ledgerscope.deb desktop-file-utils shared-mime-info >>"$out/apt.log" 2>&1 ||
  fail "The package cannot be installed." "$(tail -5 "$out/apt.log")"
note "✔ installed with what it depends on, and nothing else of ours"

say "On the command line"
inside ledgerscope --version >"$out/version.txt"
expect "tells its version" "ledgerscope " "$out/version.txt"
inside ledgerscope demo --seed 7 --events 2000 --into /root/bank.ledgerscope >"$out/demo.txt" 2>&1
inside ledgerscope /root/bank.ledgerscope streams --json >"$out/streams.json"
expect "reads a store file as it is handed over" '"streams"' "$out/streams.json"

say "On a desktop"
inside desktop-file-validate /usr/share/applications/Ledgerscope.desktop >"$out/desktop.txt" 2>&1 || fail "The desktop entry is wrong." "$(cat "$out/desktop.txt")"
note "✔ the desktop entry is valid"
inside grep -h ledgerscope /usr/share/mime/globs2 >"$out/mime.txt" || true
expect "*.ledgerscope is its file type" "application/vnd.ledgerscope.store:*.ledgerscope" "$out/mime.txt"
inside sh -c 'update-desktop-database; grep -h ledgerscope /usr/share/applications/mimeinfo.cache' >"$out/handlers.txt"
expect "links are its own" "x-scheme-handler/ledgerscope=Ledgerscope.desktop" "$out/handlers.txt"
expect "files are its own" "application/vnd.ledgerscope.store=Ledgerscope.desktop" "$out/handlers.txt"

say "The window, on a virtual display"
inside apt-get -q -y --no-install-recommends install xvfb xauth xdotool imagemagick dbus fonts-dejavu-core >>"$out/apt.log" 2>&1
inside dbus-run-session -- xvfb-run -a -s "-screen 0 1440x900x24" sh -c '
  ledgerscope /root/bank.ledgerscope >/root/window.txt 2>&1 &
  window=$!
  xdotool search --sync --onlyvisible --name "^Ledgerscope" >/root/found.txt
  sleep 8
  import -window root /root/window.png
  kill -0 $window && echo still running >>/root/found.txt
  kill $window
' >"$out/window.txt" 2>&1 || fail "The window did not come." "$(tail -5 "$out/window.txt")"
cp "$root/root/window.png" "$out/window.png"
cp "$root/root/found.txt" "$out/found.txt"
expect "is there and stays" "still running" "$out/found.txt"

say "Removing it"
inside apt-get -q -y remove ledgerscope >>"$out/apt.log" 2>&1
[ ! -e "$root/usr/bin/ledgerscope" ] || fail "The program is still there after its removal."
[ -e "$root/root/bank.ledgerscope" ] || fail "The removal took a store with it."
note "✔ the program is gone, the store is not"
