#!/bin/sh
# Installs the missing packages of `make clients`: task queues and rate limiters in the Python
# environment that setup.sh has made, Node.js, and its clients of Redis and rate limiters.
#
#     tests/redis/setup_clients.sh PYTHON_DIRECTORY NODE_DIRECTORY
#
# Clients and queues have their newest versions. Limiters and rq-scheduler have fixed ones, since
# the checks know which keys they write.
set -eu
. "$(dirname "$0")/packages.sh"

python=${1:?usage: $0 PYTHON_DIRECTORY NODE_DIRECTORY}/bin/python
modules=${2:?usage: $0 PYTHON_DIRECTORY NODE_DIRECTORY}

if ! "$python" -c 'import celery, huey, rq' 2>/dev/null; then
    "$python" -m pip install --quiet --disable-pip-version-check celery huey rq
fi

limiters="asyncio_redis_rate_limit, limits, pylimit, rq_scheduler, throttled, walrus"
if ! "$python" -c "import $limiters" 2>/dev/null; then
    "$python" -m pip install --quiet --disable-pip-version-check \
        asyncio-redis-rate-limit==1.1.0 limits==5.8.0 pylimit==1.0.0 rq-scheduler==0.14.0 \
        throttled-py==3.5.0 walrus==0.9.8
fi

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    must_be_able_to_install node npm
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q nodejs npm
fi

missing=
for package in ioredis redis bottleneck@2.19.5 rate-limiter-flexible@11.4.0 ratelimiter@3.4.1 \
    redis-rank@2.2.3 redis-rate-limiter@1.2.0 rolling-rate-limiter@0.4.2; do
    if [ ! -d "$modules/node_modules/${package%@*}" ]; then
        missing="$missing $package"
    fi
done
if [ -n "$missing" ]; then
    npm install --silent --no-audit --no-fund --prefix "$modules" $missing
fi
