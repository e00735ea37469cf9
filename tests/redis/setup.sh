#!/bin/sh
# Installs the missing programs that the checks in this directory need: redis-server,
# redis-cli, redis-benchmark and redis-check-aof, Python, and a Python environment with the
# packages `redis` and `matplotlib` in DIRECTORY. Does nothing, and quickly, if all of it is there.
#
#     tests/redis/setup.sh DIRECTORY
#
# Debian's package would start a Redis of its own: that is prevented.
set -eu
. "$(dirname "$0")/packages.sh"

directory=${1:?usage: $0 DIRECTORY}

lacking() {
    for program in redis-server redis-cli redis-benchmark redis-check-aof python3; do
        command -v "$program" >/dev/null || echo "$program"
    done
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo "python3's venv"
}

missing=$(lacking)
if [ -n "$missing" ]; then
    must_be_able_to_install $missing
    install_without_services redis-server redis-tools python3 python3-venv
    missing=$(lacking)
    if [ -n "$missing" ]; then
        echo "Still missing: $(echo "$missing" | tr '\n' ' ')" >&2
        exit 1
    fi
fi

if ! "$directory/bin/python" -c 'import matplotlib, redis' 2>/dev/null; then
    python3 -m venv "$directory"
    "$directory/bin/python" -m pip install --quiet --disable-pip-version-check redis matplotlib
fi
