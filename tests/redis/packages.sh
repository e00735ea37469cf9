# Functions that the set-up scripts share. Read with `.`, not run.

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# Ends the script with a message if packages cannot be installed here.
must_be_able_to_install() {
    if ! command -v apt-get >/dev/null ||
        { [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; }; then
        echo "Missing: $*" >&2
        echo "Installing takes apt-get and root (or sudo); please install them yourself." >&2
        exit 1
    fi
}

# Installs packages of Debian without starting the services that they bring: a policy of 101
# forbids it.
install_without_services() {
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'as_root rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$@"
    if [ -d /run/systemd/system ]; then
        for service in redis-server nutcracker prometheus-redis-exporter; do
            as_root systemctl disable --now "$service" 2>/dev/null || true
        done
    fi
}
