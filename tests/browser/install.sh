#!/bin/sh
# Chromium for the browser tests, from Debian's packages.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
echo "Installing Chromium…"
if [ "$(id -u)" = 0 ]; then as_root=; else as_root=sudo; fi
if ! command -v apt-get >/dev/null || { [ -n "$as_root" ] && ! command -v sudo >/dev/null; }; then
    echo "The browser tests need Chromium: as root, apt-get install chromium" >&2
    exit 1
fi
$as_root apt-get update --quiet=2 && $as_root apt-get install --yes --quiet=2 chromium
