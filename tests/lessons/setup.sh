#!/bin/sh
# Installs the programs that the lessons use if they are lacking. Does nothing, and quickly, if they
# are there.
#
#     tests/lessons/setup.sh
set -eu
. "$(dirname "$0")/../redis/packages.sh"

lacking() {
    command -v nc >/dev/null || echo netcat-openbsd
    command -v strace >/dev/null || echo strace
    command -v gdb >/dev/null || echo gdb
    command -v top >/dev/null || echo procps
    command -v redis-cli >/dev/null || echo redis-tools
    command -v curl >/dev/null || echo curl
    command -v patch >/dev/null || echo patch
    command -v python3 >/dev/null || echo python3
}

missing=$(lacking)
if [ -n "$missing" ]; then
    must_be_able_to_install $missing
    install_without_services $missing
fi
