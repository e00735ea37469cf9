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
