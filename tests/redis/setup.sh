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

# A policy of 101 tells Debian's packages to start no service.
install_packages() {
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'as_root rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q redis-server redis-tools python3 python3-venv
    if [ -d /run/systemd/system ]; then
        as_root systemctl disable --now redis-server
    fi
}

missing=$(lacking)
if [ -n "$missing" ]; then
    must_be_able_to_install $missing
    install_packages
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
