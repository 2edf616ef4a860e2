#!/bin/bash
# Under a real user manager (see with-user-manager): what holds with a manager and a bus, with a manager alone, and with
# neither; and that a bus which went away is found again.
. prelude.sh
notes() { scarab status | sed -n 's/^note: //p'; }
on_bus() { busctl --user get-property org.scarab.Sessions1 /org/scarab/Sessions1 org.scarab.Sessions1.Manager RunningSessions 2>/dev/null | grep -qx "u $1"; }

begin
scarab new first -d -- sh >/dev/null
[ -z "$(notes)" ] || fail "with all there is: $(notes)"
on_bus 1 || fail "it is not on the bus"
# Not killed: where systemd 252 sees its connection end before it sees that the bus has died, it connects to the socket that it
# holds itself, and waits 90 s for an answer.
systemctl --user stop dbus.service
scarab new second -d -- sh >/dev/null || fail "no session while the bus is gone"
[ "$(property scarab-2.scope ActiveState)" = active ] || fail "no scope while the bus is gone"
until_true 'on_bus 2'
echo "manager and bus: on the bus, and again after the bus was gone"

begin "Environment=DBUS_SESSION_BUS_ADDRESS=unix:path=$HOME/nothing"
systemctl --user restart scarab.service
for kill in 1 2 3; do
    scarab new "alone$kill" -d --property TasksMax=99 -- sh >/dev/null || fail "no session without a bus"
    scope=scarab-$(scarab ls | awk '$1 == "alone'$kill'" { print substr($2, 2) }').scope
    [ "$(property "$scope" TasksMax)" = 99 ] || fail "no scope without a bus"
    pid=$(main_pid); kill -KILL "$pid"; served_anew "$pid"
    goes_on "alone$kill" killed; goes_on first "after-$kill"
done
[ "$(notes | grep -v "the user's bus cannot be reached")" = "" ] || fail "nothing is missing but the bus: $(notes)"
notes | grep -q "the user's bus cannot be reached" || fail "status does not say that there is no bus: $(notes)"
! on_bus 5 || fail "it is on a bus"
grep -q 'not on D-Bus' "$log" || fail "the log does not say that there is no bus"
echo "manager alone: scopes with limits, sessions survive"

export SCARAB_SOCKET=$work/neither.sock
env -u XDG_RUNTIME_DIR -u DBUS_SESSION_BUS_ADDRESS scarabd --listen "$SCARAB_SOCKET" 2> "$work/neither.log" &
neither=$!
until_true '[ -e "$SCARAB_SOCKET" ]'
scarab new plain -d -- sh >/dev/null
goes_on plain alone
notes | grep -q 'sessions end with this service' || fail "status does not say what is missing: $(notes)"
scarab new limited -d --property MemoryMax=1G -- sh 2> "$work/said" && fail "limits without systemd"
grep -q 'only systemd can make' "$work/said" || fail "what was said: $(cat "$work/said")"
kill $neither
echo "neither: served, and said what is missing"
echo "cases: all held"
