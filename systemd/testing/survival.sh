#!/bin/bash
# Under a real user manager (see with-user-manager): sessions, their programs and all that they wrote survive the
# death of the service, its restart and its replacement.
. prelude.sh
begin
scarab new count -d -- sh -c 'i=0; while :; do echo "line $i"; i=$((i+1)); sleep 0.01; done'
scarab new shell -d -- sh
scarab send shell --enter 'printf "\033]2;a title\007\033[1;31mred\033[m"; export KEPT=yes'
scarab wait count --text 'line 20' --timeout 10 >/dev/null
leader=$(scarab ls --json | grep -o '"leader": *[0-9]*' | head -1 | grep -o '[0-9]*')

for how in 'kill -KILL $pid' 'systemctl --user restart scarab.service' 'kill -ABRT $pid'; do
    pid=$(main_pid)
    eval "$how"
    served_anew "$pid"
    [ -e "/proc/$leader" ] || fail "$how: the program is gone"
    scarab ls
    seen=$(scarab capture count --history | grep -c '^line')
    [ "$(scarab capture count --history | grep '^line' | awk '{ if ($2 != NR - 1) print }' | head -3)" = "" ] || fail "$how: lines are missing or doubled"
    until_true "[ \$(scarab capture count --history | grep -c '^line') -gt $seen ]"
    scarab ls --json | grep -q '"title": *"a title"' || fail "$how: the title is lost: $(scarab ls --json)"
    scarab capture shell | grep -q 'red' || fail "$how: the screen is lost"
    scarab send shell --enter "echo kept-\$KEPT"
    scarab wait shell --text kept-yes --timeout 5 >/dev/null || fail "$how: the shell does not go on"
    echo "$how: $seen lines"
done
scarab kill count
until_true '[ "$(property scarab.service NFileDescriptorStore)" = 6 ]'
scarab new another -d -- sh
scarab ls | grep -q '^another *@3 ' || fail "its id is not the next one: $(scarab ls)"

# A program that cannot be executed is told, and leaves nothing behind.
sed 's|/ld-linux|/ld-xinux|' /bin/true > ~/broken; chmod +x ~/broken # its loader does not exist
scarab new broken -d -- ~/broken > ~/said 2>&1 && fail "a program that cannot be executed was started"
grep -q 'cannot be executed' ~/said || fail "what was said: $(cat ~/said)"
scarab ls | grep -q '^broken' && fail "it is listed"
# Limits of a scope, set and read back; and those that are none.
scarab new limited -d --property MemoryMax=2G --property TasksMax=77 -- sh >/dev/null
scope=scarab-$(scarab ls | awk '$1 == "limited" { print substr($2, 2) }').scope
[ "$(property "$scope" MemoryMax)/$(property "$scope" TasksMax)" = 2147483648/77 ] || fail "limits: $(property "$scope" MemoryMax)/$(property "$scope" TasksMax)"
[ "$(property "$scope" Description)" = "limited: sh" ] || fail "description: $(property "$scope" Description)"
[ "$(property "$scope" Slice)" = app-scarab.slice ] || fail "slice: $(property "$scope" Slice)"
scarab config set scope.properties '["TasksMax=55", "MemoryMax=3G"]'
scarab new both -d --property MemoryMax=1G -- sh >/dev/null
scope=scarab-$(scarab ls | awk '$1 == "both" { print substr($2, 2) }').scope
[ "$(property "$scope" MemoryMax)/$(property "$scope" TasksMax)" = 1073741824/55 ] || fail "limits of both: $(property "$scope" MemoryMax)/$(property "$scope" TasksMax)"
scarab config set scope.properties '["Slice=x.slice"]' > ~/said 2>&1 && fail "any property was configured"
scarab new wrong -d --property Slice=x.slice -- sh > ~/said 2>&1 && fail "any property was taken"
grep -q 'no property "Slice"' ~/said || fail "what was said: $(cat ~/said)"
systemd-cgls --user-unit app-scarab.slice --no-pager 2>/dev/null | head -20 || true

# What stop does depends on systemd: from 254 on the store outlives it.
scopes() { systemctl --user list-units --plain --no-legend 'scarab-*.scope' | wc -l; }
systemctl --user stop scarab.service
if [ "$(systemctl --version | awk 'NR == 1 { print int($2) }')" -lt 254 ]; then
    until_true '[ "$(scopes)" = 0 ]'
    [ "$(scarab ls --json | tr -d ' \n')" = '[]' ] || fail "after a stop: $(scarab ls)"
else
    scarab ls | grep -q '^limited .*running' || fail "after a stop: $(scarab ls)"
fi
echo "survival: all held"
