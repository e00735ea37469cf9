#!/usr/bin/env bash
# Checks the first minute on a machine without a network: a copy of the sources is built,
# run and tested with an empty cache of crates, then without cargo.
#
#     tests/offline/check.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

rustc=$(rustc --print sysroot)/bin/rustc
place=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -- -"$server" 2>/dev/null; rm -rf "$place"' EXIT

git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents --target-directory "$place"
cd "$place"
mkdir programs crates
ln -s "$rustc" programs/rustc

# A proxy address without a listener is equivalent to no network.
without_network() {
    CARGO_HOME=$place/crates CARGO_HTTP_PROXY=http://127.0.0.1:1 "$@"
}

# Keeps the system directories, for make and cc.
without_cargo() {
    PATH=$place/programs:/usr/bin:/bin "$@"
}

# Waits until the server is built and answers a PING, for a quarter of an hour at most: answers PORT
answers() {
    local reply
    for _ in $(seq 1800); do
        if { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null; then
            printf 'PING\r\n' >&3
            read -r -t 10 reply <&3
            exec 3>&-
            [ "$reply" = $'+PONG\r' ] && return
        fi
        kill -0 "$server" 2>/dev/null || break
        sleep 0.5
    done
    echo "make run does not answer" >&2
    return 1
}

port=$((20000 + RANDOM % 10000))
set -m  # A group of its own for make and the server, so that both can be stopped.
without_network make run PORT=$port ARGS="--dir $place" &
server=$!
answers $port
kill -- -"$server"
wait "$server" || true
server=

if PATH=/usr/bin:/bin command -v cargo >/dev/null; then
    echo "cargo is among the system's programs: not tried without it" >&2
else
    without_cargo make test FILTER=strings
fi
echo "built, run and tested without a network"
