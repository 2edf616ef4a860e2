# The commands of this project. `make run` and `make test` work on a fresh machine: they first say what they
# install, then install it. Nothing of yours is touched: no units, no settings, no running service.

CARGO ?= cargo
PREFIX ?= /usr/local
DESTDIR ?=
UNITDIR ?= $(PREFIX)/lib/systemd/user

# The finished programs.
BIN = target/bin
# `scarab` is started for every attach and every line of a script, and finding and relocating shared libraries would be
# a third of that time: it is linked statically where the C library can be (glibc-static on Fedora; Debian has it).
# Without position independence the kernel has nothing left to relocate either.
STATIC = $(if $(filter /%,$(shell $(or $(CC),cc) -print-file-name=libc.a)),-- -C target-feature=+crt-static -C relocation-model=static)

.PHONY: help run build window test torture bench screenshots lint unit loom install clean

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
	@install target/release/scarabd target/release/scarab $(BIN)

window: ## build the release binary of the desktop terminal into target/bin
	$(CARGO) build --release --locked -p scarab-gtk
	@mkdir -p $(BIN)
	@install target/release/scarab-gtk $(BIN)
	@packaging/translations compile

test: ## everything that must hold: format, lints, unit, property, process, model and real-systemd tests
	@packaging/setup test
	@$(MAKE) --no-print-directory lint unit loom

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

# The process tests run the binaries, so these are built first. Tests under a real user manager
# (service/tests/systemd.rs) and of real programs (client-cli/tests/programs) are among them and say loudly when
# they cannot run. Some measure the memory of their own process: each test has one of its own, or they take turns.
unit:
	CARGO="$(CARGO)" packaging/build-previous
	$(CARGO) build --workspace --locked
	$(CARGO) build --workspace --examples --locked
	if $(CARGO) nextest --version >/dev/null 2>&1; then $(CARGO) nextest run --workspace --locked; \
	else $(CARGO) test --workspace --locked -- --test-threads=1; fi

loom: ## the orderings of the shared grid, checked by a model checker
	RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom $(CARGO) test --locked -p scarab-protocol --test grid_loom --release

torture: ## a thousand kills of the service at random instants, with what came of them (SCARAB_TEST_KILLS=N: other than 1000)
	@packaging/setup test
	$(CARGO) build --workspace --examples --locked
	$(CARGO) build --workspace --locked
	SCARAB_TEST_KILLS=$${SCARAB_TEST_KILLS:-1000} $(CARGO) test --locked -p scarab-service --test systemd -- --nocapture kills_at_random

bench: ## one table: Scarab and its peers in the same run
	@packaging/setup bench
	@$(MAKE) --no-print-directory build window
	$(CARGO) bench --locked -p scarab-terminal --bench feed
	SCARAB_BENCH_BIN=$(CURDIR)/$(BIN) $(CARGO) bench --locked -p scarab-cli --bench peers
	SCARAB_BENCH_BIN=$(CURDIR)/$(BIN) $(CARGO) bench --locked -p scarab-gtk --bench window

screenshots: ## make the pictures in docs/pictures anew
	@packaging/setup screenshots
	@$(MAKE) --no-print-directory build window
	packaging/screenshots

install: ## install under PREFIX (and DESTDIR)
	install -Dm755 $(BIN)/scarabd $(DESTDIR)$(PREFIX)/bin/scarabd
	install -Dm755 $(BIN)/scarab $(DESTDIR)$(PREFIX)/bin/scarab
	install -Dm644 systemd/scarab.socket $(DESTDIR)$(UNITDIR)/scarab.socket
	if [ -e $(BIN)/scarab-gtk ]; then install -Dm755 $(BIN)/scarab-gtk $(DESTDIR)$(PREFIX)/bin/scarab-gtk; \
	install -Dm644 packaging/desktop/org.scarab.Terminal.desktop $(DESTDIR)$(PREFIX)/share/applications/org.scarab.Terminal.desktop; \
	for language in $$(cat client-gtk/po/LINGUAS); do file=share/locale/$$language/LC_MESSAGES/scarab.mo; \
	install -Dm644 target/$$file $(DESTDIR)$(PREFIX)/$$file; done; \
	install -d $(DESTDIR)$(PREFIX)/share/dbus-1/services; \
	sed 's|/usr/bin/|$(PREFIX)/bin/|' packaging/dbus/org.scarab.Terminal.service > $(DESTDIR)$(PREFIX)/share/dbus-1/services/org.scarab.Terminal.service; fi
	install -d $(DESTDIR)$(UNITDIR)
	sed 's|/usr/bin/|$(PREFIX)/bin/|' systemd/scarab.service > $(DESTDIR)$(UNITDIR)/scarab.service
	chmod 644 $(DESTDIR)$(UNITDIR)/scarab.service
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/dbus-1/services packaging/dbus/org.scarab.Sessions1.service
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/dbus-1/interfaces packaging/dbus/*.xml

clean:
	$(CARGO) clean
