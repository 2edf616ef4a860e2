#!/bin/bash
# Under a real user manager (see with-user-manager): eight sessions under flood while the service is killed with SIGKILL
# at random instants, SCARAB_TEST_KILLS times; or, where SCARAB_TEST_STEPS names some, once at each of these steps (see
# service/src/steps.rs; a debug build knows them). Afterwards every screen and history is compared with that of an
# uninterrupted service that was fed the same, and every query must have been answered exactly once.
set -eu
fail() { echo "torture: $*" >&2; tail -${SCARAB_TEST_LOG:-50} "$log" >&2; exit 1; }
property() { systemctl --user show -P "$2" "$1"; }
kills=${SCARAB_TEST_KILLS:-50}
work=$HOME/torture; mkdir -p "$work"
log=$work/log; : >"$log"
mkdir -p ~/.config/systemd/user/scarab.service.d ~/.config/scarab
printf '[Service]\nStandardError=append:%s\nEnvironment=SCARAB_LOG=info SCARAB_KILL_AT=%s\n' "$log" "$work/step" > ~/.config/systemd/user/scarab.service.d/log.conf
# A small ring, so that it is gone around often.
printf 'history.lines = 20000\nhistory.bytes = "1MiB"\n' > ~/.config/scarab/scarab.toml
systemctl --user daemon-reload
systemctl --user enable --now scarab.socket 2>&1

kinds='plain plain styles styles unicode alternate alternate queries'
number=0
for kind in $kinds; do
    number=$((number + 1))
    scarab new "s$number" -d --size 80x24 -- feeder "$kind" "until:$work/stop" "$work/done$number" >/dev/null
done

began=$(date +%s%N)
killed=0
for step in ${SCARAB_TEST_STEPS-}; do
    kills=0
    echo "$step:$((RANDOM % 40 + 1))" > "$work/step"
    pid=0
    while [ "$pid" = 0 ]; do pid=$(property scarab.service MainPID); done
    kill -KILL "$pid"
    for _ in $(seq 400); do [ -e "$work/step" ] || break; sleep 0.05; done
    [ ! -e "$work/step" ] || fail "nobody died at the step $step"
    killed=$((killed + 1))
done
while [ "$killed" -lt "$kills" ]; do
    sleep "0.$(printf '%03d' $((RANDOM % 120)))"
    pid=$(property scarab.service MainPID)
    if [ "$pid" != 0 ] && kill -KILL "$pid" 2>/dev/null; then killed=$((killed + 1)); fi
done
touch "$work/stop"
took=$(( ($(date +%s%N) - began) / 1000000 ))

number=0
for kind in $kinds; do
    number=$((number + 1))
    scarab wait "s$number" --timeout 120 >/dev/null || fail "s$number ($kind) did not end: $(scarab ls)"
    blocks=$(cat "$work/done$number")
    case $blocks in *[!0-9]*) fail "s$number ($kind): $blocks";; esac
    scarab capture "s$number" --history --ansi >"$work/out$number"
    scarab kill "s$number" >/dev/null 2>&1 || true
done

# The reference: a service of its own, which nobody kills.
export SCARAB_SOCKET=$work/reference.sock
scarabd --listen "$SCARAB_SOCKET" --config ~/.config/scarab/scarab.toml 2>"$work/reference.log" &
reference=$!
total=0
number=0
for kind in $kinds; do
    number=$((number + 1))
    blocks=$(cat "$work/done$number")
    total=$((total + blocks))
    scarab new "s$number" -d --size 80x24 -- feeder "$kind" "$blocks" "$work/again" >/dev/null
    scarab wait "s$number" --timeout 600 >/dev/null
    scarab capture "s$number" --history --ansi >"$work/ref$number"
    scarab kill "s$number" >/dev/null 2>&1 || true
    cmp "$work/out$number" "$work/ref$number" || {
        diff <(cat -v "$work/ref$number") <(cat -v "$work/out$number") | head -20
        fail "s$number ($kind, $blocks blocks) differs from the uninterrupted run"
    }
done
kill $reference
inside=$(grep -c 'read and not counted' "$log" || true)
echo "torture: $killed kills${SCARAB_TEST_STEPS:+ at the steps $SCARAB_TEST_STEPS} in $took ms, $inside of sessions between read and head, $total blocks, $(cat "$work"/out* | wc -l) lines compared: no difference"
