#!/bin/sh
# Installs the missing programs of `make view-test`: Node.js and Chromium of Debian, and
# puppeteer-core of npm, which drives Chromium. Does nothing, and quickly, if all is there.
#
#     tests/browser/setup.sh DIRECTORY
set -eu
. "$(dirname "$0")/../redis/packages.sh"

directory=${1:?usage: $0 DIRECTORY}
version=24.43.1

missing=
for pair in node:nodejs npm:npm chromium:chromium; do
    command -v "${pair%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
if [ -n "$missing" ]; then
    must_be_able_to_install $missing
    install_without_services $missing
fi

if ! grep -q "\"version\": \"$version\"" "$directory/node_modules/puppeteer-core/package.json" 2>/dev/null; then
    npm install --silent --no-audit --no-fund --prefix "$directory" "puppeteer-core@$version"
fi
