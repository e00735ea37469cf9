#!/bin/sh
# Installs the missing programs and packages of `make interop`: of Debian tmux, Node.js, Chromium,
# twemproxy (nutcracker) and an exporter for Prometheus; of PyPI and npm the rest. The Python
# environment is there: ../redis/setup.sh makes it. Does nothing, and quickly, if all is there.
#
#     tests/interop/setup.sh TARGET_DIRECTORY
#
# Debian's packages would start services of their own: that is prevented.
#
# Clients, caches and queues have their newest versions. Limiters, rq-scheduler and Redis
# Commander have fixed ones, since the checks know which keys or pages they write.
set -eu
. "$(dirname "$0")/../redis/packages.sh"

target=${1:?usage: $0 TARGET_DIRECTORY}
python=$target/python/bin/python

# Prints Debian's packages of the programs that are missing.
lacking() {
    for pair in tmux:tmux node:nodejs npm:npm chromium:chromium nutcracker:nutcracker \
        prometheus-redis-exporter:prometheus-redis-exporter; do
        command -v "${pair%:*}" >/dev/null || [ -x "/usr/sbin/${pair%:*}" ] || echo "${pair#*:}"
    done
}

missing=$(lacking)
if [ -n "$missing" ]; then
    must_be_able_to_install $missing
    install_without_services $missing
fi

# Installs packages for Python if one of the modules is missing.
for_python() {
    "$python" -c "import $1" 2>/dev/null && return
    shift
    "$python" -m pip install --quiet --disable-pip-version-check "$@"
}

for_python "celery, huey, rq, valkey" celery huey rq valkey
for_python "aiocache, cachelib, django_redis, flask_caching, flask_session" \
    aiocache cachelib django-redis Flask-Caching Flask-Session
for_python "asyncio_redis_rate_limit, limits, pylimit, rq_scheduler, throttled, walrus" \
    asyncio-redis-rate-limit==1.1.0 limits==5.8.0 pylimit==1.0.0 rq-scheduler==0.14.0 \
    throttled-py==3.5.0 walrus==0.9.8

# Beside the environment, since the package redis uses it wherever it is found.
if [ ! -d "$target/hiredis/hiredis" ]; then
    "$python" -m pip install --quiet --disable-pip-version-check \
        --target "$target/hiredis" --no-deps hiredis
fi

# Installs packages of npm that are missing in a directory.
for_node() {
    directory=$1
    shift
    missing=
    for package; do
        # The name ends at the first @ that does not begin it.
        name=$(echo "$package" | cut -c2- | cut -d@ -f1)
        name=$(echo "$package" | cut -c1)$name
        [ -d "$directory/node_modules/$name" ] || missing="$missing $package"
    done
    [ -z "$missing" ] || npm install --silent --no-audit --no-fund --prefix "$directory" $missing
}

for_node "$target/node" ioredis redis redis5@npm:redis@5 express express-session connect-redis \
    @keyv/redis keyv bottleneck@2.19.5 rate-limiter-flexible@11.4.0 ratelimiter@3.4.1 \
    redis-rank@2.2.3 redis-rate-limiter@1.2.0 rolling-rate-limiter@0.4.2
for_node "$target/commander" redis-commander@0.9.0 puppeteer-core
