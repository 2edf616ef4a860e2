#!/bin/bash
# Under a real user manager (see with-user-manager): the service is killed while it makes a session, and while it takes
# lines back from history.
. prelude.sh
begin "Environment=SCARAB_KILL_AT=$work/step"
scarab new witness -d -- sh >/dev/null
# The next process dies at this step.
die_at() {
    until_true '[ "$(main_pid)" != 0 ]'
    pid=$(main_pid)
    echo "$1" > "$work/step"
    kill -KILL "$pid"
    served_anew "$pid"
}

for step in fdstore:1 fdstore:2 fdstore:3 fdstore:4 fdstore:5 spawn:1 card:1; do
    die_at "$step"
    # The client is told that the connection is lost, or makes its session after all when it asks again.
    scarab new "made" -d -- sh -c 'echo ran >> '"$work/ran"'; exec cat' >/dev/null 2>&1 || true
    until_true '[ ! -e "$work/step" ]'
    scarab ls > "$work/ls" || fail "$step: ls"
    grep -q '^witness .*running' "$work/ls" || fail "$step: the other session is gone: $(cat "$work/ls")"
    scarab kill made >/dev/null 2>&1 || true
    until_true '[ "$(property scarab.service NFileDescriptorStore)" = 6 ]' # the witness's five, and the ids
    until_true '[ "$(systemctl --user list-units --plain --no-legend "scarab-*.scope" | wc -l)" = 1 ]'
    [ ! -e "$work/ran" ] || fail "$step: the program ran without a session"
    scarab send witness --enter "echo after-$step"
    scarab wait witness --text "after-$step" --timeout 5 >/dev/null || fail "$step: the other session does not go on"
done

fill() { scarab new "$1" -d --size 80x24 -- sh -c 'for i in $(seq 300); do echo "$i $(seq -s " " $((i % 60)))"; done; printf "\033[5;5H"; exec cat' >/dev/null; scarab wait "$1" --text '^300 ' --timeout 5 >/dev/null || true; sleep 0.3; }
for step in taken-back:1 kept-apart:1; do
    fill killed; fill whole
    die_at "$step"
    scarab resize killed 60x40 >/dev/null 2>&1 || true
    until_true '[ ! -e "$work/step" ]'
    scarab resize killed 60x40; scarab resize whole 60x40
    for size in 30x10 100x50; do scarab resize killed $size; scarab resize whole $size; done
    scarab capture killed --history --ansi > "$work/killed"; scarab capture whole --history --ansi > "$work/whole"
    cmp "$work/killed" "$work/whole" || fail "$step: history differs: $(diff "$work/killed" "$work/whole" | head -5)"
    scarab kill killed; scarab kill whole
done
echo "steps: all held"
