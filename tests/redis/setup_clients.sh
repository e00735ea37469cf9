#!/bin/sh
# Installs the missing packages of `make clients`: huey, rq and Celery in the Python environment
# that setup.sh has made, Node.js, and its packages ioredis and redis.
#
#     tests/redis/setup_clients.sh PYTHON_DIRECTORY NODE_DIRECTORY
set -eu
. "$(dirname "$0")/packages.sh"

python=${1:?usage: $0 PYTHON_DIRECTORY NODE_DIRECTORY}/bin/python
modules=${2:?usage: $0 PYTHON_DIRECTORY NODE_DIRECTORY}

if ! "$python" -c 'import celery, huey, rq' 2>/dev/null; then
    "$python" -m pip install --quiet --disable-pip-version-check celery huey rq
fi

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    must_be_able_to_install node npm
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q nodejs npm
fi

if [ ! -d "$modules/node_modules/ioredis" ] || [ ! -d "$modules/node_modules/redis" ]; then
    npm install --silent --no-audit --no-fund --prefix "$modules" ioredis redis
fi
