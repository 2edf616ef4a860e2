#!/bin/bash
# Under a real user manager (see with-user-manager): what becomes of sessions when the service hangs, when their memory
# is damaged, when a descriptor is missing, when the store is full, and when the service stumbles over what a program
# wrote. In each case the programs live on, and one line says what it cost.
. prelude.sh
begin Environment=SCARAB_PANIC_AT=0x02 WatchdogSec=1s FileDescriptorStoreMax=29 NotifyAccess=all ExecReload= \
    "ExecReload=/bin/sh -c 'systemd-notify FDSTOREREMOVE=1 FDNAME=\$(cat $work/remove)'"
memfds() {
    for fd in /proc/"$(main_pid)"/fd/*; do
        case $(readlink "$fd") in /memfd:"$1"*) echo "$(stat -L -c %i "$fd") $fd";; esac
    done
}
# The memfd of a session that was not there before: written to from outside, as a stray program of the same user could.
spoil() {
    new=$(memfds "$1" | grep -v -w -F "$(echo "$2" | cut -d' ' -f1)" | head -1)
    dd if=/dev/urandom of="${new#* }" bs=4096 count=1 conv=notrunc 2>/dev/null
}

scarab new witness -d -- sh >/dev/null; goes_on witness start

pid=$(main_pid)
kill -STOP "$pid"
served_anew "$pid"
goes_on witness hang
echo "hang: the watchdog ended the service, sessions go on"

for memory in scarab-state scarab-view scarab-replies; do
    known=$(memfds $memory)
    scarab new spoilt -d -- sh >/dev/null; goes_on spoilt before
    spoil $memory "$known"
    pid=$(main_pid); kill -KILL "$pid"; served_anew "$pid"
    goes_on witness $memory
    name=$(scarab ls | awk '$2 != "@1" && $2 ~ /^@/ { print $1 }')
    goes_on "$name" $memory
    echo "$memory spoilt: $(scarab capture "$name" | grep '^scarab:' | head -1)"
    [ $memory = scarab-replies ] || scarab capture "$name" | grep -q '^scarab: .*lost' || fail "$memory: nothing says what is lost: $(scarab capture "$name")"
    scarab kill "$name" >/dev/null
done

scarab new spoilt -d -- sh >/dev/null; goes_on spoilt before
scarab send spoilt --enter 'send_image --via sixel'
until_true 'seen_images spoilt | grep -q "^row"'
spoil scarab-images none
pid=$(main_pid); kill -KILL "$pid"; served_anew "$pid"
goes_on witness images; goes_on spoilt images
grep -q 'its images are lost' "$log" || fail "nothing says that images are lost"
scarab send spoilt --enter 'send_image --via sixel'
until_true 'seen_images spoilt | grep -q "100x100"'
echo "images spoilt: the session goes on, and shows the next one"
scarab kill spoilt >/dev/null

for kind in leader pty view-3 replies-3 state-3; do
    scarab new poor -d -- sh >/dev/null; goes_on poor before
    id=$(scarab ls | awk '$1 == "poor" { print substr($2, 2) }')
    echo "session-$id-$kind" > "$work/remove"
    count=$(property scarab.service NFileDescriptorStore)
    systemctl --user reload scarab.service || true
    until_true '[ "$(property scarab.service NFileDescriptorStore)" = '$((count - 1))' ]'
    pid=$(main_pid); kill -KILL "$pid"; served_anew "$pid"
    goes_on witness "no-$kind"
    name=$(scarab ls | awk '$2 != "@1" && $2 ~ /^@/ { print $1 }')
    if [ $kind = pty ]; then
        until_true 'scarab ls | grep -q "^poor .*exited"'
        echo "pty missing: $(scarab ls | grep '^poor')"
    else
        goes_on "$name" "no-$kind"
        echo "$kind missing: $(scarab ls | grep "^$name")"
    fi
    scarab kill "$name" >/dev/null 2>&1 || true
done
until_true '[ "$(property scarab.service NFileDescriptorStore)" = 6 ]'

for number in 2 3 4 5; do scarab new "full$number" -d -- sh >/dev/null; done
if scarab new over -d -- sh > "$work/over" 2>&1; then fail "the store took more than it holds"; fi
grep -q 'FileDescriptorStoreMax=' "$work/over" || fail "a full store is not told: $(cat "$work/over")"
echo "full store: $(cat "$work/over")"
goes_on witness full
for number in 2 3 4 5; do scarab kill "full$number" >/dev/null; done

scarab new stumbles -d -- sh >/dev/null; goes_on stumbles before
sleep 2.2 # its checkpoint holds what is there now
pid=$(main_pid)
scarab send stumbles --enter 'printf "lost \002 line\n"' || true
served_anew "$pid"
goes_on witness stumbled
scarab capture stumbles | grep -q 'before-42' || fail "the checkpoint is not where it goes on: $(scarab capture stumbles)"
scarab capture stumbles | grep -q '^scarab: .*left out' || fail "nothing says what is left out: $(scarab capture stumbles)"
goes_on stumbles after
echo "one bad byte: $(scarab capture stumbles | grep '^scarab:')"
echo "damage: all held"
