# In a whole booted system (see with-booted-system): sessions over the last logout, with lingering and without; what is said
# before; and how long a logout and a poweroff take with twenty idle shells.
set -eu
fail() { echo "logins: $*" >&2; journalctl -n 30 --no-pager >&2 || true; exit 1; }
until_true() { for _ in $(seq "${2:-400}"); do if eval "$1"; then return 0; fi; sleep 0.05; done; fail "never: $1"; }
for user in anna ben cleo; do useradd -m -s /bin/bash "$user"; done
# A login of its own each time, as at a console: logind, a user manager, and both end with it.
as() { user=$1; shift; su -l "$user" -c "$*" </dev/null; }
# From systemd 256 on a user manager has a session too, of class "manager".
logged_out() { until_true "! loginctl list-sessions --no-legend | grep -v ' manager ' | grep -qw $1"; }
manager() { systemctl is-active "user@$(id -u "$1").service" || true; }

# With lingering it counts on.
as anna scarab linger on
[ "$(as anna scarab linger | cut -d: -f1)" = on ] || fail "linger on: $(as anna scarab linger)"
as anna "scarab new count -d -- sh -c 'i=0; while :; do echo \$i > ~/count; echo line \$i; i=\$((i + 1)); sleep 0.05; done'" >/dev/null
logged_out anna
at_logout=$(cat ~anna/count)
sleep 12 # past UserStopDelaySec=, 10 s
[ "$(manager anna)" = active ] || fail "the manager did not linger"
later=$(cat ~anna/count)
[ "$later" -gt $((at_logout + 100)) ] || fail "it did not count on: $at_logout, then $later"
as anna scarab ls | grep -q '^count .*running' || fail "not found after the next login: $(as anna scarab ls)"
as anna "scarab capture count --history | grep '^line' | awk '{ if (\$2 != NR - 1) exit 1 }'" || fail "lines are missing"
as anna scarab status > /tmp/status || fail status
if grep -q 'log out' /tmp/status; then fail "lingering is not known"; fi
echo "lingering: counted from $at_logout to $later while nobody was logged in"

# Without, the person is told before, once, and then it ends.
as ben "script -qec 'scarab new first -d -- sleep 1000' /dev/null" > /tmp/said
grep -q 'These sessions end when you log out.*scarab linger on' /tmp/said || fail "ben was not told: $(cat /tmp/said)"
as ben "script -qec 'scarab new second -d -- sleep 1000' /dev/null" > /tmp/said || fail "no second session"
if grep -q 'log out' /tmp/said; then fail "ben was told twice"; fi
as ben scarab status | grep -q 'sessions end when you log out' || fail "status does not say so"
as ben scarab doctor | grep -q 'lingering.*off' || fail "doctor does not say so"
logged_out ben
until_true 'case $(manager ben) in inactive|failed) true;; *) false;; esac' 600
if pgrep -u ben sleep >/dev/null; then fail "ben's programs outlived the manager"; fi
echo "no lingering: told before, ended $((SECONDS)) s after the start of the test"

# Twenty idle shells: how long the way out takes.
as cleo 'for i in $(seq 20); do scarab new -d -- bash -i >/dev/null; done; scarab ls | grep -c running' | grep -qx 20 || fail "no twenty shells"
began=$(date +%s%N)
timeout 60 systemctl stop "user@$(id -u cleo).service" || fail "the manager of twenty idle shells does not stop"
took=$(( ($(date +%s%N) - began) / 1000000 ))
echo "logout with twenty idle shells: $took ms"
as anna 'for i in $(seq 20); do scarab new -d -- bash -i >/dev/null; done; scarab ls | grep -c running' | grep -qx 21 || fail "no twenty shells"
echo "logins: all held"
