#!/bin/bash
# Under a real user manager (see with-user-manager): every method, property and signal of the D-Bus interface, called,
# read and heard by busctl.
. prelude.sh
log=$HOME/heard
name=org.scarab.Sessions1 root=/org/scarab/Sessions1 manager=org.scarab.Sessions1.Manager interface=org.scarab.Sessions1.Session
call() { busctl --user --quiet -- call $name "$@" 2>&1; }
answer() { busctl --user -- call $name "$@" 2>&1; }
get() { busctl --user -- get-property $name "$1" "$2" "$3"; }
is() { local found; found=$(get "$1" "$2" "$3"); [ "$found" = "$4" ] || fail "$3 is $found, not $4"; }

: > "$HOME/heard"
busctl --user monitor --match "type='signal',path_namespace='$root'" > "$HOME/heard" 2> "$HOME/monitor" &
monitor=$!
until_true 'grep -q Monitoring "$HOME/monitor"'
heard() { until_true "tr -d '\n' < '$HOME/heard' | grep -q '$1'"; }

# The user of this test has no shell to log in with.
mkdir -p ~/.config/scarab; echo 'shell.command = "/bin/sh"' > ~/.config/scarab/scarab.toml
# Nobody runs: the call itself starts the service.
systemctl --user start scarab.socket
[ "$(systemctl --user is-active scarab.service || true)" = inactive ] || fail "the service runs already"
[ "$(answer $root $manager ListSessions)" = 'a(tsbo) 0' ] || fail "there are sessions: $(answer $root $manager ListSessions)"
[ "$(systemctl --user is-active scarab.service)" = active ] || fail "the call did not start the unit"

answer $root $manager CreateSession sass "" 1 true "" | grep -q 'dbus.control' || fail "a command was run without dbus.control"
[ "$(answer $root $manager CreateSession sass first 0 "")" = "o \"$root/session/1\"" ] || fail "no shell"
heard 'Member=SessionNew'
heard 'Member=InterfacesAdded'
one=$root/session/1
answer $root $manager CreateSession sass "" 0 /tmp | grep -q 'dbus.control' || fail "a directory was taken without dbus.control"
for method in "Send s x" "SendKeys as 1 Enter" "Capture b false" "Search s x" "SearchPattern sb x true" "Rename s x" "Resize qq 90 20" "Kill i 15" Terminate; do
    # shellcheck disable=SC2086
    answer $one $interface $method | grep -q 'dbus.control' || fail "$method was done without dbus.control"
done
is $root $manager ControlAllowed 'b false'
scarab config set dbus.control true
call $root $manager Reload
is $root $manager ControlAllowed 'b true'
[ "$(answer $root $manager GetSession s fir)" = "o \"$one\"" ] || fail "GetSession"
answer $root $manager GetSession s nothing | grep -q 'no session' || fail "GetSession of nothing"
[ "$(answer $root $manager CreateSession sass work 3 sh -c 'stty -echo; PS1=; exec sh -i' /)" = "o \"$root/session/2\"" ] || fail "no command"
two=$root/session/2
answer $root $manager ListSessions | grep -q '^a(tsbo) 2 1 "first" true' || fail "ListSessions: $(answer $root $manager ListSessions)"
is $root $manager RunningSessions 'u 2'
is $root $manager Viewers 'u 0'
get $root $manager Version | grep -q '^s "[0-9]' || fail Version
is $root $manager Lingering 's "unknown"'
get $root $manager Notes | grep -q '^as' || fail Notes
get $root $manager KeptDescriptors | grep -q '^(uu) 11 5120' || fail "KeptDescriptors: $(get $root $manager KeptDescriptors)"

is $two $interface Id 't 2'
is $two $interface Name 's "work"'
is $two $interface Command 'as 3 "sh" "-c" "stty -echo; PS1=; exec sh -i"'
is $two $interface Size '(qq) 80 24'
is $two $interface State 's "running"'
is $two $interface ExitStatus 'i 0'
is $two $interface Bell 'b false'
is $two $interface Viewers 'u 0'
is $two $interface Scope 's "scarab-2.scope"'
is $two $interface Progress '(si) "none" -1'
is $two $interface LastUsed 't 0'
is $two $interface HistoryLines 't 0'
get $two $interface Created | grep -q '^t [1-9]' || fail Created
get $two $interface LastActivity | grep -q '^t [1-9]' || fail LastActivity
leader=$(get $two $interface Leader); [ -e "/proc/${leader#u }" ] || fail "no leader ${leader}"
systemctl --user status scarab-2.scope | grep -q "work: sh -c" || fail "the scope's description"

call $two $interface Send s 'printf "\033]2;a title\007\033]7;file:///tmp\007\033]9;4;1;50\007\a"
'
until_true "get $two $interface Title | grep -q 'a title'"
is $two $interface WorkingDirectory 's "/tmp"'
is $two $interface Progress '(si) "normal" 50'
is $two $interface Bell 'b true'
heard 'Member=BellRang'
heard 'PropertiesChanged.*"Title".*"a title"'
call $two $interface Send s 'printf "\033]133;A\007\033]133;C\007\033]133;D;3\007"
'
heard 'Member=CommandFinished.*INT32 3'
call $two $interface Send s 'exec cat'
call $two $interface SendKeys as 1 Enter
call $two $interface Send s 'a needle
'
until_true "answer $two $interface Search s needle | grep -q 'a needle'"
answer $two $interface Search s NEEDLE | grep -q '^a(ts) 0' || fail "Search takes capitals for others"
answer $two $interface SearchPattern sb 'A? NEED' true | grep -q '^a(ts) 0' || fail "a capital typed"
answer $two $interface SearchPattern sb '\ba? need+le$' true | grep -q 'a needle"' || fail SearchPattern
answer $two $interface SearchPattern sb 'A NEEDLE' false | grep -q '^a(ts) 0' || fail "SearchPattern, literally"
answer $two $interface SearchPattern sb 'a? needl' false | grep -q '^a(ts) 0' || fail "SearchPattern, literally"
answer $two $interface SearchPattern sb 'a needl' false | grep -q 'a needle"' || fail "SearchPattern, literally"
answer $two $interface SearchPattern sb '(' true | grep -q 'unclosed group' || fail "SearchPattern of no expression"
heard '"ForegroundProcess".*"cat"'
is $two $interface ForegroundProcess 's "cat"'
answer $two $interface Capture b false | grep -q 'a needle' || fail Capture
answer $two $interface Capture b true | grep -q 'a needle' || fail "Capture of history"
call $two $interface Resize qq 100 30
heard 'PropertiesChanged[^‣]*"Size"[^‣]*UINT16 100;[^‣]*UINT16 30;'
is $two $interface Size '(qq) 100 30'
answer $two $interface Resize qq 0 0 | grep -q 'at least one' || fail "a size of nothing"
call $two $interface Rename s other
heard '"Name".*"other"'
is $two $interface Name 's "other"'
answer $two $interface Rename s first | grep -q 'already' || fail "a name was taken twice"
answer $two $interface Kill i 9999 | grep -q 'no signal' || fail "signal 9999"
call $two $interface Kill i 15
heard 'Member=Exited.*"killed"'
is $two $interface State 's "killed"'
is $two $interface ExitStatus 'i 15'
call $one $interface Terminate
heard 'Member=SessionRemoved'
heard 'Member=InterfacesRemoved'
answer $one $interface Terminate | grep -qi 'unknown object' || fail "an object of a session that is gone"

# What can be introspected is what is installed.
[ "$(busctl --user tree $name --list | grep -c session/)" = 1 ] || fail "tree"
for what in Manager:$root Session:$two; do
    busctl --user introspect --xml-interface $name "${what#*:}" 2>/dev/null \
        | sed -n "/<interface name=\"$name.${what%%:*}\">/,/<\/interface>/p" | grep -v '^ *-->$\|^ *<!--$' | tr -s ' ' > "$HOME/${what%%:*}.live"
    sed -n '/<interface/,/<\/interface>/p' "$SCARAB_TEST_UNITS/../packaging/dbus/$name.${what%%:*}.xml" | grep -v '^ *-->$\|^ *<!--$' | tr -s ' ' > "$HOME/${what%%:*}.installed"
    cmp -s "$HOME/${what%%:*}.live" "$HOME/${what%%:*}.installed" || fail "$name.${what%%:*}.xml is not what the service says: $(diff "$HOME/${what%%:*}.live" "$HOME/${what%%:*}.installed" | head)"
done
kill $monitor
echo "bus: all held"
