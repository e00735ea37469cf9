# Each target does its own set-up; `make` alone lists them.

PORT ?= 6379
VIEW_PORT ?= 8080
DEMO ?= target/demo
KILLS ?= 50
COMMANDS ?= 100000
STEPS ?= 20000
SERVER = target/release/threadbare
BUILD = tests/offline/build.sh
PYTHON = target/python/bin/python
DOC = $(CURDIR)/target/doc/threadbare/index.html
# Overrides the environment, so that every script finds the programs here.
export CARGO_TARGET_DIR = $(CURDIR)/target
# The crate beside the server has dependencies, so it has a build directory of its own.
# Its reports lie in target/criterion.
MODELS = CARGO_TARGET_DIR=$(CURDIR)/target/models CRITERION_HOME=$(CURDIR)/target/criterion

.PHONY: help run demo test check offline doc debug backtrace lessons exercise bench models compare compare-check \
	viewers scaling answers interop view-test conformance differential kills faults clean always

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

# One rule builds the programs, each time, since cargo knows which are up to date.
$(SERVER): always
	@$(BUILD) build release

run: $(SERVER) ## run the server: make run PORT=7000 ARGS='--requirepass x'
	@ulimit -n "$$(ulimit -Hn)" 2>/dev/null; exec ./$(SERVER) --port $(PORT) $(ARGS)

demo: ## for a class: a server with a page at VIEW_PORT (8080), started again when it is killed; PORT, DEMO for the data, ARGS
	@$(BUILD) build classroom
	@tests/demo/demo.sh target/classroom/threadbare $(PORT) $(VIEW_PORT) $(DEMO) $(ARGS)

test: ## all tests that need nothing but cargo, or rustc: FILTER=strings
	@$(BUILD) test $(FILTER)

check: ## formatting, lints and documentation
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cd benches/models && cargo fmt --check
	cd benches/models && $(MODELS) cargo clippy --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps

doc: ## the documentation with the guide, opened where there is a screen
	@$(BUILD) doc
	@echo "$(DOC)"
	@[ -z "$$DISPLAY$$WAYLAND_DISPLAY" ] || ! command -v xdg-open >/dev/null || xdg-open "$(DOC)"

offline: ## the first minute without a network or cargo: built, run and tested by rustc
	tests/offline/check.sh

debug: ## a server for debuggers: gdb --args target/debugging/threadbare --port 7000
	@$(BUILD) build debugging

backtrace: debug ## the guide's backtrace of a SET is the one that gdb shows; WRITE=1 renews it
	@tests/debugger/setup.sh
	python3 tests/debugger/backtrace.py target/debugging/threadbare $(if $(WRITE),--write)

lessons: ## the course: every command, what the page shows, every exercise: LESSON='1 3', PART=exercises
	@tests/lessons/setup.sh
	python3 tests/lessons/check.py $(if $(LESSON),--lessons '$(LESSON)') $(if $(PART),--part $(PART))

exercise: ## the test of a lesson's exercise, put into the sources and run: LESSON=1, SOLUTION=1
	@names=$$(python3 tests/lessons/exercise.py $(LESSON) $(if $(SOLUTION),--solution)) && \
		for name in $$names; do $(BUILD) test $$name || exit 1; done

bench: $(SERVER) ## all benchmarks (criterion), FILTER=store/get, QUICK=1 for a glance: target/criterion/report/index.html
	cargo bench --bench benches -- $(if $(FILTER),'$(FILTER)') \
		$(if $(QUICK),--warm-up-time 0.2 --measurement-time 0.5 --sample-size 10 --nresamples 10000)
	cd benches/models && QUICK=$(QUICK) $(MODELS) cargo bench --bench end_to_end -- $(if $(FILTER),'$(FILTER)')

models: ## the session that every I/O model must hold: tests of benches/models
	cd benches/models && $(MODELS) cargo test --release

kills: ## kill -9 under load, KILLS times
	KILLS=$(KILLS) cargo test --release --test tests kill -- --nocapture

faults: $(SERVER) ## crashes, power cuts, full disks, errors of the disk, hostile browsers: ONLY='kills power', SEED, QUICK=1, PAIRS, SEEDS
	@tests/faults/setup.sh target/faults
	python3 tests/faults/faults.py $(SERVER) target/faults/libdisk.so \
		$(if $(QUICK),--quick) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only '$(ONLY)') \
		$(if $(PAIRS),--pairs '$(PAIRS)') $(if $(SEEDS),--seeds $(SEEDS))

setup: $(SERVER)
	@tests/redis/setup.sh target/python

answers: setup ## the same answers as redis-server, request by request; its append-only files
	$(PYTHON) tests/redis/same_answers.py $(SERVER)
	$(PYTHON) tests/redis/import_aof.py $(SERVER)

interop: setup ## programs and packages written for Redis: ONLY='redis_cli caches', OTHER=/usr/bin/redis-server
	@tests/interop/setup.sh target
	$(PYTHON) tests/interop/run.py $(or $(OTHER),$(SERVER)) $(ONLY)

view-test: $(SERVER) ## the page in a browser: ONLY='lock figures'; screenshots in target/view
	@tests/browser/setup.sh target/view
	node tests/browser/run.js $(SERVER) $(ONLY)

conformance: $(SERVER) ## Redis's own test suite, without what needs missing parts: UNITS='unit/dump'
	@tests/conformance/setup.sh target/conformance
	python3 tests/conformance/run.py $(SERVER) target/conformance/redis-7.0.15 $(UNITS)

differential: setup ## random commands, also to redis-server: SEED, COMMANDS, STEPS, ONLY, KEEP_GOING=1
	$(PYTHON) tests/redis/differential.py $(or $(OTHER),$(SERVER)) --commands $(COMMANDS) \
		$(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only '$(ONLY)') \
		$(if $(KEEP_GOING),--keep-going)
	$(if $(ONLY),,$(PYTHON) tests/redis/waiting.py $(or $(OTHER),$(SERVER)) --steps $(STEPS) \
		$(if $(SEED),--seed $(SEED)))

compare: setup ## threads, async models, redis, PEERS: target/compare/report.md (hours, ROUNDS); QUICK=1: quick/report.md (two minutes)
	$(PYTHON) benches/compare/compare.py $(if $(QUICK),--quick) $(if $(ROUNDS),--rounds $(ROUNDS)) $(COMPARE)

compare-check: setup ## what compare does with PEERS, and where its report goes
	$(PYTHON) tests/compare/check.py

viewers: setup ## what the page costs while nobody, one or ten browsers watch: ROUNDS=9, BEFORE=program
	$(PYTHON) benches/compare/viewers.py $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(BEFORE),--before $(BEFORE))

scaling: ## what one lock would do on more processors, simulated
	python3 benches/compare/scaling.py

clean: ## remove all that was built
	cargo clean
