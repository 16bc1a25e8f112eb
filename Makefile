# The front door; meson and ninja build. `make help` lists what there is.

BUILD ?= build/plain
GUEST ?= build/guest

.PHONY: all help setup demo up down check check-slow check-deb check-host compat compare-schema \
	bench fuzz guest deb install clean

all: $(BUILD)/build.ninja ## build the programs
	ninja -C $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

$(BUILD)/build.ninja:
	@tools/setup build
	meson setup $(BUILD)

setup: ## install the Debian packages that are missing
	@tools/setup build guest check

guest: ## build the demo guest, where its inputs have changed
	@tools/setup build guest
	@test/vm/make-guest $(GUEST)

demo: ## build all, boot a guest, start a program in it, show each request
	@tools/setup build guest
	@$(MAKE) --no-print-directory all guest
	@tools/demo

up: ## the demo system, kept running; see build/demo.env
	@tools/setup build guest
	@$(MAKE) --no-print-directory all guest
	@tools/up

down: ## end what `make up` started
	@tools/down

check: ## set everything up and run all tests
	@tools/setup build guest check
	@tools/check

check-slow: ## run the tests that take minutes of waiting
	@tools/setup build guest check
	@$(MAKE) --no-print-directory all guest
	@python3 test/integration/run.py --build $(BUILD) --guest $(GUEST) slow_disks slow_retention slow_transfers

compat: ## run real clients against the demo guest, CLIENTS="NAME..."; WRITE=1 notes the results
	@tools/setup build guest
	@$(MAKE) --no-print-directory all
	@tools/compat $(if $(WRITE),--write) $(CLIENTS)

bench: ## measure everything beside its limits and peers, write bench/; or ROWS="NAME..." alone
	@tools/setup build guest bench
	@tools/bench $(ROWS)

fuzz: ## run every fuzzer for FUZZ_SECONDS (60)
	@tools/setup build check
	@tools/fuzz

compare-schema: all ## compare the tables of types with an OpenAPI document, SCHEMA=FILE
	@tools/compare-schema --build $(BUILD) $(SCHEMA)

deb: ## build Debian packages, and the agent for other distributions, into build/deb
	@tools/setup build deb
	@tools/make-deb

check-deb: deb ## install, upgrade and purge the packages in fresh systems; needs root
	@tools/check-deb

check-host: all deb ## test the packages in a Debian guest under libvirt, TESTS="NAME..."
	@tools/setup guest host
	@tools/check-host $(TESTS)

install: all ## install the programs, manual pages and sample configuration
	meson install -C $(BUILD) --no-rebuild

clean: ## remove everything that was built
	@tools/down 2>/dev/null || true
	rm -rf build
