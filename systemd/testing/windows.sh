#!/bin/bash
# Under a real user manager (see with-user-manager): two windows, five tabs, one of them split, a program that never stops
# writing. The client is killed, then the service, then that is restarted: every window, tab and pane comes back in its
# order, with all that was written.
. prelude.sh
begin
display
scarab config set shell.command /bin/sh
viewers() { until_true "scarab status | grep -q '$1 viewers'"; }
windows() { xdotool search --onlyvisible --class scarab | wc -l; }
# The layouts without what a window without a manager may have as its size, in the service's order.
layouts() { sed -n 's/^layout = .\(.*\),"width".*/\1/p' "$XDG_RUNTIME_DIR/scarab/control.windows.toml"; }
key() { xdotool key "$1"; viewers "$2"; }
scarab-gtk -- sh -c 'i=0; while :; do i=$((i + 1)); echo "line $i"; done' 2>>"$log" &
window=$!
until_true '[ "$(scarab ls | grep -c running)" = 1 ]'
key ctrl+shift+t 2
key ctrl+shift+t 3
xdotool key ctrl+shift+n
until_true '[ "$(windows)" = 2 ]'
viewers 4
key ctrl+shift+t 5
key ctrl+shift+o 6
until_true '[ "$(layouts | grep -o session | wc -l)" = 6 ]'
layouts > "$work/before"
[ "$(wc -l < "$work/before")" = 2 ] || fail "two windows are kept: $(cat "$work/before")"
scarab send 6 --enter 'echo last-$((40 + 2))'
scarab wait 6 --text last-42 --timeout 5 >/dev/null

kill -KILL $window
viewers 0
until_true '! pgrep -x scarab-gtk >/dev/null || [ -z "$(xdotool search --onlyvisible --class scarab)" ]'
scarab-gtk 2>>"$log" &
window=$!
# What was lost, and the shell that was asked for.
viewers 7
until_true '[ "$(windows)" = 3 ]'
until_true 'layouts | head -2 | cmp -s - "$work/before"'
for how in 'kill -KILL $pid' 'systemctl --user restart scarab.service'; do
    pid=$(main_pid)
    eval "$how"
    served_anew "$pid"
    viewers 7
    [ "$(windows)" = 3 ] || fail "after '$how' there are $(windows) windows"
    layouts | head -2 | cmp -s - "$work/before" || fail "after '$how' the windows are kept otherwise: $(layouts)"
    goes_on 2 "${how%% *}"
    goes_on 6 "${how%% *}"
done
scarab capture 6 --history | grep -q '^last-42' || fail "what was on the split's screen is gone: $(scarab capture 6)"
# Nothing that was written in between is missing: the numbers follow each other as far back as history goes.
scarab capture 1 --history | sed -n 's/^line //p' > "$work/lines"
[ "$(wc -l < "$work/lines")" -gt 1000 ] || fail "the program that writes has written nothing"
awk 'NR > 1 && $1 != last + 1 { print last " is followed by " $1; wrong = 1; exit } { last = $1 } END { exit wrong }' \
    "$work/lines" || fail "lines are missing"
kill $window $display
echo "windows: all held"
