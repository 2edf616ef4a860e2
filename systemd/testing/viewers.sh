#!/bin/bash
# Under a real user manager (see with-user-manager): a viewer that is attached stays while the service is killed, restarted
# and hangs, shows again what comes, and types. Printed: the oldest picture that it showed meanwhile.
. prelude.sh
begin WatchdogSec=500ms
scarab new clock -d -- sh -c 'while :; do date +%s%3N; sleep 0.005; done' >/dev/null
scarab new shell -d -- sh >/dev/null
# The viewers' terminals are sessions of a second service.
window() { SCARAB_SOCKET=$work/window.sock scarab "$@"; }
scarabd --listen "$work/window.sock" 2>"$work/window.log" &
window=$!
until_true '[ -e "$work/window.sock" ]'
for session in clock shell; do
    window new "$session" -d --size 80x24 -- env -u SCARAB_SESSION -u SCARAB_SOCKET scarab attach "$session" >/dev/null
done
shown() { window capture clock | grep '^[0-9]\{13\}' | tail -1; }
until_true '[ -n "$(shown)" ]'
typed() { window send shell --enter "echo $1-\$((40 + 2))"; window wait shell --text "$1-42" --timeout 10 >/dev/null || fail "after '$1' the viewer shows: $(window capture shell)"; }
typed start
# What the picture is old at most until the time is up, in ms.
oldest() {
    local until=$(($(date +%s%3N) + $1)) oldest=0 now picture
    while now=$(date +%s%3N); [ "$now" -lt "$until" ]; do
        picture=$(shown)
        now=$(date +%s%3N)
        [ $((now - picture)) -le $oldest ] || oldest=$((now - picture))
    done
    echo $oldest
}
echo "viewers: undisturbed, the picture is at most $(oldest 1000) ms old"
for how in 'kill -KILL $pid' 'systemctl --user restart scarab.service' 'kill -STOP $pid'; do
    pid=$(main_pid)
    eval "$how"
    gap=$(oldest 2000)
    served_anew "$pid"
    before=$(shown)
    until_true '[ "$(shown)" -gt '"$before"' ]'
    typed "${how%% *}"
    echo "viewers: $how: at most $gap ms old"
done
[ "$(scarab status | grep -c '2 viewers')" = 1 ] || fail "viewers: $(scarab status)"
kill $window
echo "viewers: all held"
