#!/bin/sh
# Installs a C compiler and Python if they are lacking, and builds DIRECTORY/libdisk.so of
# disk.c. Does nothing, and quickly, if all of it is there.
#
#     tests/faults/setup.sh DIRECTORY
set -eu
. "$(dirname "$0")/../redis/packages.sh"

directory=${1:?usage: $0 DIRECTORY}
source=$(dirname "$0")/disk.c
library=$directory/libdisk.so

lacking() {
    command -v cc >/dev/null || echo gcc
    command -v python3 >/dev/null || echo python3
    echo '#include <stdio.h>' | cc -E - >/dev/null 2>&1 || echo libc6-dev
}

missing=$(lacking)
if [ -n "$missing" ]; then
    must_be_able_to_install $missing
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q $missing
fi

mkdir -p "$directory"
if [ ! "$library" -nt "$source" ]; then
    cc -O2 -Wall -Wextra -shared -fPIC -o "$library" "$source" -ldl
fi
