# Each target does its own set-up; `make` alone lists them.

PORT ?= 6379
ROUNDS ?= 7
KILLS ?= 50
COMMANDS ?= 100000
SERVER = target/release/threadbare
PYTHON = target/python/bin/python
# The crate beside the server has dependencies, so its things lie apart; but for its reports.
MODELS = CARGO_TARGET_DIR=$(CURDIR)/target/models CRITERION_HOME=$(CURDIR)/target/criterion

.PHONY: help run test check bench models compare scaling clients conformance differential kills faults clean

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
	cd benches/models && cargo fmt --check
	cd benches/models && $(MODELS) cargo clippy --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps

bench: ## all benchmarks (criterion), QUICK=1 for a glance: target/criterion/report/index.html
	QUICK=$(QUICK) cargo bench --bench benches -- $(if $(QUICK),--warm-up-time 0.2 --measurement-time 0.5 --sample-size 10 --nresamples 10000 --noplot)
	@cargo build --release
	cd benches/models && QUICK=$(QUICK) $(MODELS) cargo bench --bench end_to_end

models: ## the session that every I/O model must hold: tests of benches/models
	cd benches/models && $(MODELS) cargo test --release

kills: ## kill -9 under load, KILLS times
	KILLS=$(KILLS) cargo test --release --test tests kill -- --nocapture

faults: ## crashes, power cuts, full disks, errors of the disk: ONLY='kills power', SEED, QUICK=1, PAIRS, SEEDS
	@tests/faults/setup.sh target/faults
	@cargo build --release
	python3 tests/faults/faults.py $(SERVER) target/faults/libdisk.so \
		$(if $(QUICK),--quick) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only '$(ONLY)') \
		$(if $(PAIRS),--pairs '$(PAIRS)') $(if $(SEEDS),--seeds $(SEEDS))

setup:
	@tests/redis/setup.sh target/python
	@cargo build --release

clients: setup ## real redis-cli, redis-benchmark and redis-py; the same answers as redis-server
	$(PYTHON) tests/redis/real_clients.py $(SERVER)
	$(PYTHON) tests/redis/same_answers.py $(SERVER)
	$(PYTHON) tests/redis/import_aof.py $(SERVER)

conformance: ## Redis's own test suite, as far as it is about strings, hashes and keys: UNITS='unit/dump'
	@tests/conformance/setup.sh target/conformance
	@cargo build --release
	python3 tests/conformance/run.py $(SERVER) target/conformance/redis-7.0.15 $(UNITS)

differential: setup ## random commands, also to redis-server: SEED, COMMANDS, ONLY, KEEP_GOING=1
	$(PYTHON) tests/redis/differential.py $(or $(OTHER),$(SERVER)) --commands $(COMMANDS) \
		$(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only '$(ONLY)') \
		$(if $(KEEP_GOING),--keep-going)

compare: setup ## threads, async models, redis, PEERS: target/compare/report.md; hours, QUICK=1 two minutes
	$(PYTHON) benches/compare/compare.py $(if $(QUICK),--quick,--rounds $(ROUNDS)) $(COMPARE)

scaling: ## what one lock would do on more processors, simulated
	python3 benches/compare/scaling.py

clean: ## remove all that was built
	cargo clean
