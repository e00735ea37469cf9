#!/bin/sh
# Runs a server with the page for a class, and starts it again after each kill:
#
#     tests/demo/demo.sh SERVER PORT VIEW_PORT DIRECTORY [OPTION ...]
#
# Ctrl-C and SHUTDOWN end it. The data stays in DIRECTORY.
set -u

server=$1 port=$2 view_port=$3 directory=$4
shift 4

mkdir -p "$directory" || exit 1
ulimit -n "$(ulimit -Hn)" 2>/dev/null

stopping=
child=

# The server stops in order, and the loop below ends.
stop() {
    stopping=yes
    [ -z "$child" ] || kill -s TERM "$child" 2>/dev/null
}
trap stop INT TERM HUP

# Waits for the server. A signal to this shell ends `wait` early.
wait_for_server() {
    while :; do
        wait "$child"
        code=$?
        kill -0 "$child" 2>/dev/null || return "$code"
    done
}

cat <<END

    The page     http://localhost:$view_port
    A client     redis-cli -p $port        without redis-cli: nc localhost $port
    The data     $directory

    Ctrl-C stops the server. When it is killed, it starts again.

END

while [ -z "$stopping" ]; do
    # In the background, so that the signals come to this shell.
    "$server" --port "$port" --view-port "$view_port" --dir "$directory" \
        --classroom yes --enable-debug-command local --loglevel warning "$@" &
    child=$!
    wait_for_server
    code=$?
    [ -z "$stopping" ] || exit 0
    # A signal's number is added to 128. Everything else is the server's own decision.
    [ "$code" -ne 1 ] || echo "If a port is taken, try others: make demo PORT=7000 VIEW_PORT=8081"
    [ "$code" -gt 128 ] || exit "$code"
    echo "The server was killed by signal $((code - 128)). It starts again."
    # A server that dies at each start must not keep the machine busy.
    sleep 0.5
done
