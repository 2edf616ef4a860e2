#!/bin/bash
# Under a real user manager (see with-user-manager): the version before, with twenty busy sessions and a viewer of its
# own, is replaced by this version, which is killed at the steps of moving sessions to its layout. Then the way back.
. prelude.sh
. flood.sh
bin=$(dirname "$(command -v scarabd)")
old() { "$bin/previous/scarab" "$@"; }
mkdir -p ~/bin
replace() { cp "$1" ~/bin/next; mv ~/bin/next ~/bin/scarabd; }
replace "$bin/previous/scarabd"
set_up() { begin ExecStart= "ExecStart=$HOME/bin/scarabd" "Environment=SCARAB_LOG=info SCARAB_KILL_AT=$work/step" "$@"; }
set_up

begin_flood plain plain plain plain plain styles styles styles styles styles unicode unicode unicode \
    alternate alternate alternate alternate queries queries queries
old new shell -d -- sh >/dev/null
# The viewer of the version before has a terminal of its own: a session of a second service.
window() { SCARAB_SOCKET=$work/window.sock scarab "$@"; }
scarabd --listen "$work/window.sock" 2>"$work/window.log" &
window=$!
until_true '[ -e "$work/window.sock" ]'
window new window -d --size 80x24 -- env -u SCARAB_SESSION -u SCARAB_SOCKET "$bin/previous/scarab" attach shell
typed() { window send window --enter "echo $1-\$((40 + 2))"; window wait window --text "$1-42" --timeout 20 >/dev/null || fail "the old viewer shows no $1: $(window capture window)"; }
typed before
[ "$(property scarab.service NFileDescriptorStore)" = 106 ] || fail "descriptors before: $(property scarab.service NFileDescriptorStore)"

replace "$bin/scarabd"
printf 'migration:%s\n' 1 2 3 4 5 8 13 > "$work/step"
pid=$(main_pid)
until_true '[ "$(scarab ls | grep -c running)" = 21 ]'
began=$(date +%s%N)
kill -KILL "$pid" # with full journals; the first processes of this version die too
until_true '[ ! -e "$work/step" ]'
until_true '[ "$(property scarab.service ActiveState)" = active ]'
until_true '[ "$(scarab ls | grep -c running)" = 21 ]'
took=$(( ($(date +%s%N) - began) / 1000000 ))
until_true '[ "$(property scarab.service NFileDescriptorStore)" = 106 ]'
moved=$(grep -c 'its memory was of an earlier version' "$log") || fail "nothing was moved"
typed after
shows() { scarab capture "$1" --history | grep -q "$2-42" || fail "$1 has lost what it showed: $(scarab capture "$1" --history)"; }
shows shell before # which is in a checkpoint of the version before
# The old client's other words, to the new service.
[ "$(old ls | grep -c running)" = 21 ] || fail "the old client lists $(old ls)"
old new late -d -- sh >/dev/null
old send late --enter 'echo late-$((40 + 2))'
old wait late --text late-42 --timeout 5 >/dev/null || fail "the old client's wait"
old capture late | grep -q late-42 || fail "the old client's capture"
old kill late >/dev/null
end_flood
typed still

# The way back: the version before leaves alone what it cannot read, and says so.
replace "$bin/previous/scarabd"
systemctl --user restart scarab.service
[ "$(scarab ls --json | tr -d ' \n')" = '[]' ] || fail "the version before lists $(scarab ls)"
grep -q 'session @21.*layout 3.*left in systemd' "$log" || fail "nothing says that a session was left"
[ "$(property scarab.service NFileDescriptorStore)" = 6 ] || fail "descriptors left: $(property scarab.service NFileDescriptorStore)"
replace "$bin/scarabd"
systemctl --user restart scarab.service
goes_on shell back
for what in before after still; do shows shell $what; done

# A store without room for a move: the memory takes on the new layout where it is, and the version before leaves that
# alone too.
scarab kill shell >/dev/null
until_true '[ "$(property scarab.service NFileDescriptorStore)" = 1 ]'
replace "$bin/previous/scarabd"
systemctl --user restart scarab.service
old new tight -d -- sh >/dev/null; goes_on tight old
replace "$bin/scarabd"
set_up FileDescriptorStoreMax=8 >/dev/null 2>&1
for round in 1 2; do
    pid=$(main_pid); kill -KILL "$pid"; served_anew "$pid"
    goes_on tight "full-$round"
done
[ "$(grep -c 'no room to move it' "$log")" = 1 ] || fail "the full store is not told once"
replace "$bin/previous/scarabd"
systemctl --user restart scarab.service
[ "$(scarab ls --json | tr -d ' \n')" = '[]' ] || fail "the version before lists $(scarab ls)"
[ "$(grep -c 'layout 3.*left in systemd' "$log")" = 2 ] || fail "nothing says that the session in a full store was left"
replace "$bin/scarabd"
set_up >/dev/null 2>&1
systemctl --user restart scarab.service
goes_on tight roomy
for what in old full-1 full-2; do shows tight $what; done
kill $window
compare_flood
echo "upgrade: 7 kills while sessions were moved, all 21 served again after $took ms ($moved moves), $compared"
