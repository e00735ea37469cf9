#!/bin/sh
# Fetches the source of Redis 7.0.15, of which only the test suite is used, to
# DIRECTORY/redis-7.0.15, and installs what that suite and the fetching need. Does nothing, and
# quickly, if all of it is there.
#
#     tests/conformance/setup.sh DIRECTORY
#
# It is Debian 12's source package. apt is told of it in DIRECTORY/apt, and keeps its lists there:
# the machine's own sources stay as they are.
set -eu
. "$(dirname "$0")/../redis/packages.sh"

directory=${1:?usage: $0 DIRECTORY}
version=7.0.15

lacking() {
    for program in tclsh dpkg-source python3 ps; do
        command -v "$program" >/dev/null || echo "$program"
    done
}

apt_with_sources() {
    apt-get -q -o "Dir::Etc::sourcelist=$directory/apt/redis.list" -o Dir::Etc::sourceparts=- \
        -o "Dir::State::lists=$directory/apt/lists" -o "Dir::Cache=$directory/apt/cache" \
        -o APT::Sandbox::User= "$@"
}

list_sources() {
    mkdir -p "$directory/apt/lists/partial" "$directory/apt/cache/archives/partial"
    key=/usr/share/keyrings/debian-archive-keyring.gpg
    cat >"$directory/apt/redis.list" <<SOURCES
deb-src [signed-by=$key] http://deb.debian.org/debian bookworm main
deb-src [signed-by=$key] http://deb.debian.org/debian-security bookworm-security main
SOURCES
}

fetch_source() {
    list_sources
    apt_with_sources update && (cd "$directory" && apt_with_sources source redis)
}

fetched() {
    [ -e "$directory/redis-$version/runtest" ]
}

missing=$(lacking)
if [ -n "$missing" ]; then
    must_be_able_to_install $missing
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q tcl dpkg-dev python3 procps debian-archive-keyring
fi

mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
if ! fetched && ! { fetch_source >"$directory/log" 2>&1 && fetched; }; then
    cat "$directory/log" >&2
    echo "The source of Redis $version could not be fetched. Please unpack it yourself, so that" >&2
    echo "there is $directory/redis-$version/runtest." >&2
    exit 1
fi
