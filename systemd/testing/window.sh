#!/bin/bash
# Under a real user manager (see with-user-manager): a window with two tabs, one of them under flood, while the service is
# killed and restarted: the window stays, its views come back, and what is typed arrives.
. prelude.sh
begin
display
scarab-gtk -- sh -c 'while :; do date +%s%3N; done' 2>>"$log" &
window=$!
until_true '[ "$(scarab ls | grep -c running)" = 1 ]'
scarab config set shell.command /bin/sh
xdotool key ctrl+shift+t
until_true 'scarab status | grep -q "2 viewers"'
typed() { xdotool type --delay 20 "echo $1-\$((40 + 2))"; xdotool key Return; scarab wait 2 --text "$1-42" --timeout 10 >/dev/null || fail "after '$1' what is typed does not arrive: $(scarab capture 2)"; }
typed start
for how in 'kill -KILL $pid' 'systemctl --user restart scarab.service' 'kill -KILL $pid'; do
    pid=$(main_pid)
    eval "$how"
    served_anew "$pid"
    until_true 'scarab status | grep -q "2 viewers"'
    typed "${how%% *}"
    # The tab under flood goes on too: its picture is not the same a moment later.
    xdotool key ctrl+Page_Up
    sleep 0.3
    one=$(import -window root -depth 8 rgb:- | cksum)
    until_true '[ "$(import -window root -depth 8 rgb:- | cksum)" != "'"$one"'" ]'
    xdotool key ctrl+Page_Down
    sleep 0.3
done
# A client that is killed takes nothing along.
kill -KILL $window
until_true 'scarab status | grep -q "0 viewers"'
[ "$(scarab ls | grep -c running)" = 2 ] || fail "sessions ended with the window: $(scarab ls)"
kill $display
echo "window: all held"
