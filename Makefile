# The commands of this project. `make run` and `make test` work on a fresh machine: they first say what they
# install, then install it. Nothing of yours is touched: no units, no settings, no running service.

CARGO ?= cargo
PREFIX ?= /usr/local
DESTDIR ?=
UNITDIR ?= $(PREFIX)/lib/systemd/user

# The finished programs, and where cargo leaves them.
BIN = target/bin
BUILT = $(or $(CARGO_TARGET_DIR),target)/release
# What is installed: both parts, or the one without a desktop where the window was not built.
PARTS ?= scarab $(if $(wildcard $(BIN)/scarab-gtk),scarab-gtk)
INSTALL_AS = BIN="$(BIN)" PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" UNITDIR="$(UNITDIR)"
# `scarab` is started for every attach and every line of a script, and finding and relocating shared libraries would be
# a third of that time: it is linked statically where the C library can be (glibc-static on Fedora; Debian has it).
# Without position independence the kernel has nothing left to relocate either.
STATIC = $(if $(filter /%,$(shell $(or $(CC),cc) -print-file-name=libc.a)),-- -C target-feature=+crt-static -C relocation-model=static)

# Where GTK has an interface for it, assistive technologies read the terminal itself.
GTK = $(shell pkg-config --exists 'gtk4 >= 4.14' 2>/dev/null && echo --features scarab-gtk/v4_14)

.PHONY: help run build window test torture fuzz bench screenshots lint unit loom install uninstall dist package clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## build, then show Scarab at work on what this machine has: a display, a terminal, or plain output
	@if [ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ]; then \
	    packaging/setup window && $(MAKE) --no-print-directory build window; \
	else packaging/setup run && $(MAKE) --no-print-directory build; fi
	@packaging/try

build: ## build the release binaries into target/bin
	$(CARGO) build --release --locked -p scarab-service
	$(CARGO) rustc --release --locked -p scarab-cli --bin scarab $(STATIC)
	@mkdir -p $(BIN)
	@install $(BUILT)/scarabd $(BUILT)/scarab $(BIN)

window: ## build the release binary of the desktop terminal into target/bin
	$(CARGO) build --release --locked -p scarab-gtk $(GTK)
	@mkdir -p $(BIN)
	@install $(BUILT)/scarab-gtk $(BIN)
	@packaging/translations compile

test: ## everything that must hold: format, lints, unit, property, process, model and real-systemd tests
	@packaging/setup test
	@$(MAKE) --no-print-directory lint unit loom

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked $(GTK) -- -D warnings

# The process tests run the binaries, so these are built first; so are the packages of what is committed, unless this is an
# unpacked archive. Tests under a real user manager (service/tests/systemd.rs) and of real programs
# (client-cli/tests/programs) are among them and say loudly when they cannot run. Some measure the memory of their own
# process: each test has one of its own, or they take turns. Always with the examples: with them crates are built as tests
# need them, and so only once.
unit:
	CARGO="$(CARGO)" packaging/build-previous
	$(CARGO) build --workspace --bins --examples --locked $(GTK)
	$(if $(wildcard .git),CARGO="$(CARGO)" packaging/package deb)
	$(if $(wildcard .git),export SCARAB_TEST_PACKAGES="$(CURDIR)/target/deb";) \
	if $(CARGO) nextest --version >/dev/null 2>&1; then $(CARGO) nextest run --workspace --locked $(GTK); \
	else $(CARGO) test --workspace --locked $(GTK) -- --test-threads=1; fi

loom: ## the orderings of the shared grid, checked by a model checker
	RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom $(CARGO) test --locked -p scarab-protocol --test grid_loom --release

torture: ## a thousand kills of the service at random instants, with what came of them (SCARAB_TEST_KILLS=N: other than 1000)
	@packaging/setup test
	$(CARGO) build --workspace --bins --examples --locked $(GTK)
	SCARAB_TEST_KILLS=$${SCARAB_TEST_KILLS:-1000} $(CARGO) test --locked -p scarab-service --test systemd -- --nocapture kills_at_random

fuzz: ## any bytes to the emulator, images and messages, a minute each (SCARAB_FUZZ_SECONDS=N: other than 60); needs cargo-fuzz
	for target in emulator images messages; do \
	    mkdir -p target/fuzz/$$target && \
	    $(CARGO) +nightly fuzz run --fuzz-dir fuzz $$target target/fuzz/$$target -- -max_len=4096 -timeout=20 \
	        -max_total_time=$${SCARAB_FUZZ_SECONDS:-60} || exit 1; \
	done

bench: ## one table: Scarab and its peers in the same run
	@packaging/setup bench
	@$(MAKE) --no-print-directory build window
	$(CARGO) bench --locked -p scarab-terminal --bench feed
	$(CARGO) bench --locked -p scarab-protocol --bench search
	SCARAB_BENCH_BIN=$(CURDIR)/$(BIN) $(CARGO) bench --locked -p scarab-cli --bench peers
	SCARAB_BENCH_BIN=$(CURDIR)/$(BIN) $(CARGO) bench --locked -p scarab-gtk $(GTK) --bench window

screenshots: ## make the pictures in docs/pictures anew
	@packaging/setup screenshots
	@$(MAKE) --no-print-directory build window
	packaging/screenshots

install: ## install under PREFIX (and DESTDIR)
	@$(INSTALL_AS) packaging/install put $(PARTS)

uninstall: ## take away what `make install` put there
	@$(INSTALL_AS) packaging/install remove scarab scarab-gtk

dist: ## the source archive of what is committed, in target/dist
	@packaging/dist

package: ## the Debian packages of what is committed, in target/deb
	@packaging/setup package
	@CARGO="$(CARGO)" packaging/package deb

clean:
	$(CARGO) clean
