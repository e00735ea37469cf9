#!/bin/sh
# Installs gdb and Python if they are lacking. Does nothing, and quickly, if they are there.
#
#     tests/debugger/setup.sh
set -eu
. "$(dirname "$0")/../redis/packages.sh"

lacking() {
    command -v gdb >/dev/null || echo gdb
    command -v python3 >/dev/null || echo python3
}

missing=$(lacking)
if [ -n "$missing" ]; then
    must_be_able_to_install $missing
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q $missing
fi
