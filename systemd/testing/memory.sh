#!/bin/bash
# Under a real user manager (see with-user-manager): a leader killed because memory was used up is reported as that, and
# a person hears of any other program that was. Where no memory controller reaches a user manager, what the kernel would
# count stands in files in its place.
. prelude.sh
root=$work/groups; mkdir "$root"
begin "Environment=SCARAB_CGROUPS=$root"
scarab new first -d -- sleep 1000 >/dev/null
leader() { busctl --user get-property org.scarab.Sessions1 "$(busctl --user call org.scarab.Sessions1 /org/scarab/Sessions1 org.scarab.Sessions1.Manager GetSession s "$1" | cut -d\" -f2)" org.scarab.Sessions1.Session Leader | cut -d" " -f2; }
group=$(sed -n 's/^0:://p' /proc/"$(leader first)"/cgroup)
case $group in */scarab-1.scope) ;; *) fail "the leader is in $group";; esac
counted() { mkdir -p "$root${group%1.scope}$1.scope"; printf 'low 0\nhigh 0\nmax 9\noom 1\noom_kill %s\noom_group_kill 0\n' "$2" > "$root${group%1.scope}$1.scope/memory.events"; }

counted 2 0; counted 3 5; counted 4 0
scarab new starved -d -- sleep 1000 >/dev/null
scarab new murdered -d -- sleep 1000 >/dev/null
scarab new watched -d -- sleep 1000 >/dev/null
# Somebody looks at the last one: in a terminal of a second service.
scarabd --listen "$work/window.sock" 2>"$work/window.log" &
window=$!
until_true '[ -e "$work/window.sock" ]'
SCARAB_SOCKET=$work/window.sock scarab new window -d --size 80x24 -- env -u SCARAB_SESSION -u SCARAB_SOCKET scarab attach watched >/dev/null
until_true 'scarab status | grep -q "1 viewer"'

counted 2 1; kill -KILL "$(leader starved)"
kill -KILL "$(leader murdered)"
counted 4 1; kill -KILL "$(leader watched)"
until_true '[ "$(scarab ls | grep -c exited)" = 2 ]'
says() { scarab ls | grep -q "^$1 .*$2" || fail "of $1: $(scarab ls)"; }
check() {
    says starved 'exited (out of memory)'
    says murdered 'exited (SIGKILL)'
    says first running
    status=0; scarab wait starved || status=$?
    [ $status = 137 ] || fail "wait says $status"
    scarab ls --json | tr -d ' \n' | grep -q '"exited":{"out_of_memory":true}' || fail "JSON: $(scarab ls --json)"
    [ "$(busctl --user get-property org.scarab.Sessions1 /org/scarab/Sessions1/session/2 org.scarab.Sessions1.Session State)" = 's "out-of-memory"' ] || fail "D-Bus"
}
check
SCARAB_SOCKET=$work/window.sock scarab capture window --history | grep 'watched ended: killed because its memory was used up' || fail "the viewer says: $(SCARAB_SOCKET=$work/window.sock scarab capture window)"
kill $window
pid=$(main_pid); kill -KILL "$pid"; served_anew "$pid"
check

if [ -e "/sys/fs/cgroup$group/memory.events" ]; then
    begin
    systemctl --user restart scarab.service
    scarab new hog -d --property MemoryMax=20M --property MemorySwapMax=0 -- sh -c 'x=$(head -c 200000000 /dev/zero | tr "\0" x); sleep 1000' >/dev/null
    status=0; scarab wait hog --timeout 60 || status=$?
    says hog 'out of memory'
    scarab events > "$work/events" & events=$!
    scarab new outlives -d --property MemoryMax=20M --property MemorySwapMax=0 -- sh -c 'sleep 1; sh -c "x=\$(head -c 200000000 /dev/zero | tr \"\\0\" x)"; sleep 1000' >/dev/null
    until_true 'grep -q "Out of memory" "$work/events"'
    says outlives running
    kill $events
    echo "memory: a real limit was enforced and reported"
else
    echo "memory: NO MEMORY CONTROLLER reaches a user manager here: no real limit was enforced, and that the kernel wakes the session for a program that is not its leader was not tried"
fi
echo "memory: all held"
