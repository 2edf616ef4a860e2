# Sourced by the scripts beside this one, which run under with-user-manager: it puts all of them in PATH.
# shellcheck shell=bash
set -eu
script=${0##*/}; script=${script%.sh}
work=$HOME/$script; mkdir -p "$work"
log=$work/log; : > "$log"

fail() { echo "$script: $*" >&2; tail -n "${SCARAB_TEST_LOG:-40}" "$log" >&2; exit 1; }
property() { systemctl --user show -P "$2" "$1"; }
until_true() { for _ in $(seq 400); do if eval "$1"; then return 0; fi; sleep 0.025; done; fail "never: $1"; }
main_pid() { property scarab.service MainPID; }
# Another process than this one serves, and has said that it does.
served_anew() { until_true "[ \"\$(main_pid)\" != $1 ] && [ \"\$(main_pid)\" != 0 ] && [ \"\$(property scarab.service ActiveState)\" = active ]"; }
# The shell in this session answers; the second word makes the answer one of its own.
goes_on() { scarab send "$1" --enter "echo $2-\$((40 + 2))"; scarab wait "$1" --text "$2-42" --timeout 5 >/dev/null || fail "$1 does not go on after $2"; }
# A display without a screen, and settings and input methods that are nobody's. `kill $display` ends it.
display() {
    Xvfb -displayfd 3 -screen 0 1280x900x24 -nolisten tcp -noreset 3> "$work/display" 2>/dev/null &
    display=$!
    until_true '[ -s "$work/display" ]'
    export DISPLAY=:$(cat "$work/display") GTK_IM_MODULE=gtk-im-context-simple GSETTINGS_BACKEND=memory
}
# What the unit has beside what is installed, a line each; its log goes to $log. Then its socket is started.
begin() {
    mkdir -p ~/.config/systemd/user/scarab.service.d
    printf '%s\n' '[Service]' "StandardError=append:$log" "$@" > ~/.config/systemd/user/scarab.service.d/test.conf
    systemctl --user daemon-reload
    systemctl --user enable --now scarab.socket 2>&1
}
