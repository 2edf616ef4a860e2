#!/bin/bash
# Under a real user manager (see with-user-manager): ten sessions under flood while the service is killed with SIGKILL
# at random instants, SCARAB_TEST_KILLS times; or, where SCARAB_TEST_STEPS names some, once at each of these steps (see
# service/src/steps.rs; a debug build knows them). Afterwards every screen and history is compared with that of an
# uninterrupted service that was fed the same, and every query must have been answered exactly once.
. prelude.sh
. flood.sh
kills=${SCARAB_TEST_KILLS:-50}
begin "Environment=SCARAB_LOG=info SCARAB_KILL_AT=$work/step"
begin_flood plain plain styles states unicode alternate states images images queries

began=$(date +%s%N)
killed=0
for step in ${SCARAB_TEST_STEPS-}; do
    kills=0
    echo "$step:$((RANDOM % 40 + 1))" > "$work/step"
    pid=0
    while [ "$pid" = 0 ]; do pid=$(main_pid); done
    kill -KILL "$pid"
    for _ in $(seq 400); do [ -e "$work/step" ] || break; sleep 0.05; done
    [ ! -e "$work/step" ] || fail "nobody died at the step $step"
    killed=$((killed + 1))
done
while [ "$killed" -lt "$kills" ]; do
    sleep "0.$(printf '%03d' $((RANDOM % 120)))"
    pid=$(main_pid)
    if [ "$pid" != 0 ] && kill -KILL "$pid" 2>/dev/null; then killed=$((killed + 1)); fi
done
end_flood
took=$(( ($(date +%s%N) - began) / 1000000 ))
compare_flood
inside=$(grep -c 'read and not counted' "$log" || true)
echo "torture: $killed kills${SCARAB_TEST_STEPS:+ at the steps $SCARAB_TEST_STEPS} in $took ms, $inside of sessions between read and head, $compared"
