#!/bin/sh
# Builds, tests or documents threadbare with cargo. Without cargo, or without a way to the registry
# from which cargo wants the benchmarks' criterion, rustc builds the library and the program.
#
#     tests/offline/build.sh build PROFILE     PROFILE of Cargo.toml: release, classroom, debugging
#     tests/offline/build.sh test [FILTER]
#     tests/offline/build.sh doc
#
# With cargo or without, the program is target/PROFILE/threadbare. Edition, version and profiles
# have one owner, Cargo.toml: this script reads them there.
set -eu
cd "$(dirname "$0")/../.."

log=target/offline/cargo.log

# Prints the value of a key in a section of Cargo.toml: fact package version
fact() {
    section "$1" | sed -n "s/^$2=//p"
}

# Prints the lines of a section of Cargo.toml as key=value.
section() {
    sed -n "/^\[$1\]/,/^\[/s/^\([a-z-]*\) *= *\"\{0,1\}\([^\"#]*\).*/\1=\2/p" Cargo.toml
}

# Succeeds if cargo has its dependencies, or can download them: has_dependencies KINDS
# The first question needs no network. The second ends after ten seconds without an answer.
has_dependencies() {
    command -v cargo >"$log" || return 1
    if cargo tree --quiet --offline --edges "$1" >"$log" 2>&1; then
        return 0
    fi
    echo "cargo asks the registry for the benchmarks' criterion" >&2
    CARGO_NET_RETRY=0 CARGO_HTTP_TIMEOUT=10 cargo tree --edges "$1" >"$log" 2>&1
}

say_why() {
    why="there is no cargo"
    ! command -v cargo >/dev/null || why="the registry cannot be reached (see $log)"
    if ! command -v rustc >/dev/null; then
        echo "$why, and no rustc either: install them from https://rustup.rs" >&2
        exit 1
    fi
    echo "$why: rustc builds without it" >&2
    check_version
}

check_version() {
    wanted=$(fact package rust-version)
    found=$(rustc --version | cut -d ' ' -f 2)
    if [ "$(printf '%s\n' "$wanted" "$found" | sort -V | head -n 1)" != "$wanted" ]; then
        echo "rustc is $found, but threadbare needs $wanted or newer: https://rustup.rs" >&2
        exit 1
    fi
}

# Prints rustc's flags for a profile, after those of the profile that it inherits from.
flags() {
    case $1 in
        dev) echo "-C debuginfo=full -C debug-assertions=on" ;;
        release) echo "-C opt-level=3" ;;
        *) flags "$(fact "profile.$1" inherits)" ;;
    esac
    section "profile.$1" | sed '/^inherits=/d; s/^debug=/debuginfo=/; s/^/-C /'
}

# Runs a compiler on one crate: on_crate rustc|rustdoc FLAGS...
# Cargo gives the sources the package's name and version in the same variables.
on_crate() {
    compiler=$1
    shift
    CARGO_PKG_NAME=$(fact package name) CARGO_PKG_VERSION=$(fact package version) \
        "$compiler" --edition "$(fact package edition)" "$@"
}

# Builds the library and the program of a profile, if the sources are newer than both.
rustc_build() {
    profile=$1
    to=target/$profile
    library=target/offline/$profile
    [ "$profile" != dev ] || to=target/debug
    if [ -x "$to/threadbare" ] && [ -d "$library" ] &&
        [ -z "$(find src Cargo.toml -newer "$to/threadbare")" ]; then
        return
    fi
    mkdir -p "$to" "$library"
    # Only a program can be optimised as a whole.
    on_crate rustc $(flags "$profile" | grep -v ' lto=') --crate-name threadbare --crate-type lib \
        src/lib.rs --out-dir "$library"
    on_crate rustc $(flags "$profile") --crate-name threadbare --crate-type bin \
        src/main.rs --extern threadbare="$library/libthreadbare.rlib" -o "$to/threadbare"
}

# Runs unit tests and integration tests.
rustc_test() {
    rustc_build dev
    on_crate rustc $(flags dev) --test --crate-name threadbare src/lib.rs -o target/offline/unit
    CARGO_MANIFEST_DIR=$PWD CARGO_BIN_EXE_threadbare=$PWD/target/debug/threadbare \
        on_crate rustc $(flags dev) --test --crate-name tests tests/tests.rs \
        --extern threadbare=target/offline/dev/libthreadbare.rlib -o target/offline/tests
    target/offline/unit "$@"
    target/offline/tests "$@"
}

mkdir -p target/offline
action=$1
shift
case $action in
    build)
        if has_dependencies normal; then
            exec cargo build --profile "$1"
        fi
        say_why
        rustc_build "$1"
        ;;
    test)
        if has_dependencies normal,dev; then
            exec cargo test "$@"
        fi
        say_why
        rustc_test "$@"
        ;;
    doc)
        if has_dependencies normal; then
            exec cargo doc --quiet --no-deps
        fi
        say_why
        on_crate rustdoc src/lib.rs --crate-name threadbare --out-dir target/doc
        ;;
esac
