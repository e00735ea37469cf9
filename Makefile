# Each target does its own set-up; `make` alone lists them.

PORT ?= 6379
ROUNDS ?= 5
KILLS ?= 50
SERVER = target/release/threadbare
PYTHON = target/python/bin/python

.PHONY: help run test check bench compare clients kills clean

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' Makefile | column -t -s '|'

run: ## run the server: make run PORT=7000 ARGS='--requirepass x'
	@cargo build --release
	@ulimit -n "$$(ulimit -Hn)" 2>/dev/null; exec ./$(SERVER) --port $(PORT) $(ARGS)

test: ## all tests that need nothing but cargo
	cargo test

check: ## formatting, lints and documentation
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps

bench: ## micro benchmarks (criterion): target/criterion/report/index.html
	cargo bench

kills: ## kill -9 under load, KILLS times
	KILLS=$(KILLS) cargo test --release --test tests kill -- --nocapture

setup:
	@tests/redis/setup.sh target/python
	@cargo build --release

clients: setup ## real redis-cli, redis-benchmark and redis-py; the same answers as redis-server
	$(PYTHON) tests/redis/real_clients.py $(SERVER)
	$(PYTHON) tests/redis/same_answers.py $(SERVER)

compare: setup ## requests/s and memory beside redis-server
	$(PYTHON) tests/redis/versus.py $(SERVER) --rounds $(ROUNDS) --memory

clean: ## remove all that was built
	cargo clean
