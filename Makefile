# The commands of this project. `make run` and `make test` work on a fresh machine: they first say what they
# install, then install it. Nothing of yours is touched: no units, no settings, no running service.

CARGO ?= cargo
PREFIX ?= /usr/local
DESTDIR ?=
UNITDIR ?= $(PREFIX)/lib/systemd/user

.PHONY: help run build test bench lint unit loom install clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## build, then show Scarab at work on what this machine has: a terminal, or plain output
	@packaging/setup run
	@$(CARGO) build --release --locked
	@packaging/try

build: ## build the release binaries into target/release
	$(CARGO) build --release --locked

test: ## everything that must hold: format, lints, unit, property, process, model and real-systemd tests
	@packaging/setup test
	@$(MAKE) --no-print-directory lint unit loom

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

# The process tests run the binaries, so these are built first. Tests under a real user manager
# (service/tests/systemd.rs) and of real programs (client-cli/tests/programs) are among them and say loudly when
# they cannot run.
unit:
	$(CARGO) build --workspace --locked
	if $(CARGO) nextest --version >/dev/null 2>&1; then $(CARGO) nextest run --workspace --locked; \
	else $(CARGO) test --workspace --locked; fi

loom: ## the orderings of the shared grid, checked by a model checker
	RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom $(CARGO) test --locked -p scarab-protocol --test grid_loom --release

bench: ## one table: Scarab and its peers in the same run
	@packaging/setup bench
	$(CARGO) build --release --locked
	$(CARGO) bench --locked -p scarab-terminal --bench feed
	$(CARGO) bench --locked -p scarab-cli --bench peers

install: ## install under PREFIX (and DESTDIR)
	install -Dm755 target/release/scarabd $(DESTDIR)$(PREFIX)/bin/scarabd
	install -Dm755 target/release/scarab $(DESTDIR)$(PREFIX)/bin/scarab
	install -Dm644 systemd/scarab.socket $(DESTDIR)$(UNITDIR)/scarab.socket
	install -d $(DESTDIR)$(UNITDIR)
	sed 's|/usr/bin/|$(PREFIX)/bin/|' systemd/scarab.service > $(DESTDIR)$(UNITDIR)/scarab.service
	chmod 644 $(DESTDIR)$(UNITDIR)/scarab.service

clean:
	$(CARGO) clean
