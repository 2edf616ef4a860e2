# In a whole booted system (see with-booted-system): the Debian packages as people meet them. Installed in front of an open
# login, upgraded under twenty busy sessions, removed and installed again, and purged.
set -eu
fail() { echo "package: $*" >&2; journalctl -n 40 --no-pager >&2 || true; exit 1; }
until_true() { for _ in $(seq "${2:-400}"); do if eval "$1"; then return 0; fi; sleep 0.05; done; fail "never: $1"; }
for user in anna ben cleo; do useradd -m -s /bin/bash "$user"; done
# A login of its own each time, as at a console.
as() { user=$1; shift; su -l "$user" -c "$*" </dev/null; }
manager() { systemctl is-active "user@$(id -u "$1").service" || true; }
stays_logged_in() {
    su -l "$1" -c 'exec sleep 10000' </dev/null >/dev/null 2>&1 &
    until_true "[ \"\$(manager $1)\" = active ]"
}

Xvfb -displayfd 3 -screen 0 1280x900x24 -nolisten tcp -noreset -ac 3> /tmp/display 2>/dev/null &
until_true '[ -s /tmp/display ]'
DISPLAY=:$(cat /tmp/display)
export DISPLAY
# The desktop's menu: it tells the bus of its display when it starts, and opens the entry over that bus.
menu() {
    as "$1" busctl --user call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus UpdateActivationEnvironment \
        "'a{ss}'" 3 DISPLAY "$DISPLAY" GSETTINGS_BACKEND memory GTK_IM_MODULE gtk-im-context-simple
    grep -qx 'DBusActivatable=true' /usr/share/applications/org.scarab.Terminal.desktop || fail "the menu would not use the bus"
    as "$1" gapplication launch org.scarab.Terminal || fail "the entry does not start for $1"
    until_true "[ \"\$(xdotool search --onlyvisible --class scarab 2>/dev/null | wc -l)\" = 1 ]"
    pgrep -u "$1" -f 'scarab-gtk --gapplication-service' >/dev/null || fail "the window of $1 was not started by the bus"
    until_true "as $1 scarab ls | grep -q 'running  1 '"
    kill "$(pgrep -u "$1" -x scarab-gtk)"
    until_true "[ -z \"\$(xdotool search --onlyvisible --class scarab 2>/dev/null)\" ]"
}
# What a person does first, in whatever order.
works() {
    as "$1" busctl --user tree org.scarab.Sessions1 > /tmp/tree || fail "$1: busctl does not find it"
    grep -q /org/scarab/Sessions1 /tmp/tree || fail "$1: busctl: $(cat /tmp/tree)"
    as "$1" scarab new -d x || fail "$1: scarab new"
    as "$1" scarab ls | grep -q '^x .*running' || fail "$1: x is not listed"
    menu "$1"
}

# Ben is logged in before there is any Scarab.
stays_logged_in ben
if as ben systemctl --user cat scarab.socket >/dev/null 2>&1; then fail "Scarab is here already"; fi
dpkg -i /packages/scarab_*.deb /packages/scarab-gtk_*.deb > /tmp/said 2>&1 || fail "dpkg -i: $(cat /tmp/said)"
until_true '[ "$(as ben systemctl --user is-active scarab.socket)" = active ]'
[ "$(as ben systemctl --user is-active scarab.service)" = inactive ] || fail "the service runs though nobody asked for it"
# Even with the socket off, what asks for it gets it.
as ben systemctl --user disable --now scarab.socket 2>/dev/null
works ben
echo "package: an open login has it"

# What programs that want a terminal on Debian do.
update-alternatives --set x-terminal-emulator /usr/lib/scarab/x-terminal-emulator >/dev/null || fail "it is no x-terminal-emulator"
as ben "DISPLAY=$DISPLAY GSETTINGS_BACKEND=memory GTK_IM_MODULE=gtk-im-context-simple x-terminal-emulator -T 'A title' -e sleep 4321" &
until_true 'xdotool search --onlyvisible --name "^A title" >/dev/null 2>&1'
until_true 'as ben scarab ls | grep -q "running.*sleep 4321"'
kill "$(pgrep -u ben -x scarab-gtk)"

# A new login.
stays_logged_in anna
as anna systemctl --user enable --now scarab.socket 2>&1 || fail "enable --now"
works anna
echo "package: a new login has it"

# The next version, under load.
stays_logged_in cleo
as cleo 'for i in $(seq 20); do scarab new busy-$i -d -- sh -c "i=0; while :; do echo line \$i; i=\$((i + 1)); sleep 0.02; done" || exit; done' >/dev/null
# In that login, and not in a new one for each of many questions.
uid=$(id -u cleo)
of_cleo() {
    setpriv --reuid="$uid" --regid="$uid" --init-groups env -i PATH=/usr/bin:/bin HOME=/home/cleo XDG_RUNTIME_DIR="/run/user/$uid" \
        DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$uid/bus" "$@"
}
shows() { of_cleo systemctl --user show -P "$2" "$1"; }
leaders() { for id in $(seq 20); do of_cleo busctl --user get-property org.scarab.Sessions1 /org/scarab/Sessions1/session/"$id" org.scarab.Sessions1.Session Leader; done; }
leaders > /tmp/leaders
socket=$(shows scarab.socket InvocationID)
goes_on() { # WHAT HAPPENED
    [ "$(of_cleo scarab ls | grep -c '^busy-.*running')" = 20 ] || fail "after $1: $(of_cleo scarab ls)"
    leaders | cmp -s - /tmp/leaders || fail "after $1 the programs are others"
    for id in $(seq 20); do
        of_cleo scarab capture "busy-$id" --history | grep '^line' > /tmp/lines || fail "after $1 busy-$id is empty"
        awk '$2 != NR - 1 { exit 1 }' /tmp/lines || fail "after $1 lines of busy-$id are missing"
    done
    before=$(wc -l < /tmp/lines)
    until_true "[ \"\$(of_cleo scarab capture busy-20 --history | grep -c '^line')\" -gt $((before + 20)) ]"
}
mkdir /tmp/next
for package in scarab scarab-gtk; do
    dpkg-deb --raw-extract /packages/${package}_*.deb /tmp/next/$package
    version=$(sed -n 's/^Version: //p' /tmp/next/$package/DEBIAN/control)
    sed -i -e "s/^Version: .*/Version: $version+1/" -e "s/scarab (= $version)/scarab (= $version+1)/" /tmp/next/$package/DEBIAN/control
    dpkg-deb -Zgzip -z1 --build /tmp/next/$package /tmp/next/$package.deb >/dev/null
done
pid=$(shows scarab.service MainPID)
began=$(date +%s%N)
dpkg -i /tmp/next/scarab.deb /tmp/next/scarab-gtk.deb > /tmp/said 2>&1 || fail "the upgrade: $(cat /tmp/said)"
took=$(( ($(date +%s%N) - began) / 1000000 ))
[ "$(shows scarab.service MainPID)" != "$pid" ] || fail "the service is still the old one"
[ "$(shows scarab.socket InvocationID)" = "$socket" ] || fail "the socket was stopped"
goes_on "the upgrade"
echo "package: upgraded in $took ms: 20 of 20 busy sessions, the same programs, no line missing"

# A removal says what goes on, and what is idle goes.
as ben scarab kill --all >/dev/null
dpkg -r scarab-gtk scarab > /tmp/said 2>&1 || fail "the removal: $(cat /tmp/said)"
grep -q 'cleo: 20 running' /tmp/said || fail "the removal does not say what runs: $(cat /tmp/said)"
if grep -q 'ben:' /tmp/said; then fail "the removal speaks of ben, who has no session"; fi
[ "$(as ben systemctl --user is-active scarab.service)" != active ] || fail "a service without sessions is left"
while read -r _ leader; do kill -0 "$leader" || fail "the removal ended $leader"; done < /tmp/leaders
sed -n -e '/not ended/p' -e '/^  [a-z]*: /p' /tmp/said
# Anna's manager reloads meanwhile: her unit is gone, and with it what its store held.
as anna systemctl --user daemon-reload
pid=$(as anna systemctl --user show -P MainPID scarab.service)
dpkg -i /packages/scarab_*.deb /packages/scarab-gtk_*.deb > /tmp/said 2>&1 || fail "the second installation: $(cat /tmp/said)"
grep -q 'anna has 2 sessions that would not outlive a restart' /tmp/said || fail "nothing is said of anna's sessions: $(cat /tmp/said)"
[ "$(as anna systemctl --user show -P MainPID scarab.service)" = "$pid" ] || fail "anna's service was restarted without a store"
as anna scarab ls | grep -q '^x .*running' || fail "anna's session is lost"
goes_on "a removal and a second installation"

# Nothing is left of it where nobody has sessions.
of_cleo scarab kill --all >/dev/null
as anna scarab kill --all >/dev/null
dpkg -P scarab-gtk scarab > /tmp/said 2>&1 || fail "purging: $(cat /tmp/said)"
if grep -q 'not ended' /tmp/said; then fail "purging: $(cat /tmp/said)"; fi
left=$(find /usr /etc /var -xdev \( -name '*scarab*' -o -name '*x-terminal-emulator*' -lname '*scarab*' \) -not -path '/var/lib/dpkg/*' -not -path '/var/log/*' 2>/dev/null)
[ -z "$left" ] || fail "left after purging: $left"
echo "package: all held"
