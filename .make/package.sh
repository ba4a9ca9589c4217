#!/bin/sh
# package.sh NAME SENTENCE: install a Debian package, as root or with sudo; if neither is possible,
# say so in one sentence.
name=$1
if [ "$(id -u)" = 0 ]; then as_root=; else as_root="sudo -n"; fi
if ! command -v apt-get >/dev/null || ! $as_root true 2>/dev/null; then
    echo "$2: as root, apt-get install $name" >&2
    exit 1
fi
echo "Installing $name…"
$as_root apt-get update --quiet=2 &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 "$name" >/dev/null ||
    { echo "$2, but $name could not be installed" >&2; exit 1; }
