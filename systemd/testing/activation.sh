#!/bin/bash
# Under a real user manager (see with-user-manager): the socket starts the service, STATUS speaks, reload reloads,
# a bad configuration is told and changes nothing, stop stops.
. prelude.sh
is() { systemctl --user is-active "$1" 2>/dev/null || true; }

begin
[ "$(is scarab.socket)" = active ] || fail "the socket is not active"
[ "$(is scarab.service)" = inactive ] || fail "the service runs before anybody connected"
socket=$XDG_RUNTIME_DIR/scarab/control.sock
[ "$(stat -c %a "$socket")" = 600 ] || fail "the socket's mode is $(stat -c %a "$socket")"
[ "$(stat -c %a "$(dirname "$socket")")" = 700 ] || fail "the directory's mode is $(stat -c %a "$(dirname "$socket")")"

scarab new work -d -- sh || fail "new"
[ "$(is scarab.service)" = active ] || fail "the connection did not start the service"
until_true '[[ "$(property scarab.service StatusText)" == "1 session, 0 viewers"* ]]'
echo "STATUS: $(property scarab.service StatusText)"

scarab send work --enter 'echo alive-$((40 + 2)); env'
scarab wait work --text alive-42 --timeout 10 >/dev/null || fail "the session does not answer"
for leak in LISTEN_FDS LISTEN_PID NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID INVOCATION_ID; do
    if scarab capture work --history | grep -q "^$leak="; then fail "$leak reached the session"; fi
done

mkdir -p ~/.config/scarab
echo 'history.lines = 1234' > ~/.config/scarab/scarab.toml
systemctl --user reload scarab.service || fail "reload"
until_true '[ "$(scarab config get history.lines)" = 1234 ]'
printf 'history.lines = 5678\nhistory.colour = "red"\n' > ~/.config/scarab/scarab.toml
systemctl --user reload scarab.service || true
scarab reload 2>&1 | grep -q 'scarab.toml:2:.*colour' || fail "a bad configuration is not told by file, line and key: $(scarab reload 2>&1)"
[ "$(scarab config get history.lines)" = 1234 ] || fail "a bad configuration changed what was in force"
[ "$(is scarab.service)" = active ] || fail "a bad configuration ended the service"

pid=$(property scarab.service MainPID)
systemctl --user stop scarab.service
[ "$(is scarab.service)" = inactive ] || fail "stop did not stop"
[ "$(property scarab.service Result)" = success ] || fail "stop ended as $(property scarab.service Result)"
[ ! -e "/proc/$pid" ] || fail "the service outlived stop"

# A start without any connection (as D-Bus would) gets the same socket.
systemctl --user stop scarab.socket
systemctl --user start scarab.service
[ "$(is scarab.socket)" = active ] || fail "starting the service did not bring its socket"
scarab ls >/dev/null || fail "ls after a start of the service"
[ "$(scarab status --json | grep -o '"started_by": *"[a-z]*"' | grep -c systemd)" = 1 ] || fail "status does not say systemd"
echo "activation: all held"
