#!/bin/bash
# Under a real user manager (see with-user-manager): a window as the desktop's menu opens it, over the bus. Its shells are
# login shells: they have the PATH that ~/.profile makes, and nothing of the bus's own environment.
. prelude.sh
mkdir ~/own
printf '#!/bin/sh\necho found-$((40 + 2))\n' > ~/own/only-here
chmod +x ~/own/only-here
printf 'PATH=$HOME/own:$PATH\n' > ~/.profile
begin
display
# As a desktop tells the bus of its display when it starts.
busctl --user call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus UpdateActivationEnvironment 'a{ss}' 3 \
    DISPLAY "$DISPLAY" GSETTINGS_BACKEND memory OF_THE_BUS yes
viewed() { until_true "[ \"\$(scarab ls | grep -c 'running  1 ')\" = $1 ]"; }
# What the shell of this session finds, and where.
has_the_path() {
    scarab send "$1" --enter 'only-here; echo "of the bus: ${OF_THE_BUS-nothing}"; echo "$0 has $PATH."'
    scarab wait "$1" --text found-42 --timeout 5 >/dev/null || fail "session $1 does not find what ~/.profile names: $(scarab capture "$1")"
    scarab wait "$1" --text "of the bus: nothing" --timeout 5 >/dev/null || fail "session $1 has the bus's environment: $(scarab capture "$1")"
    scarab wait "$1" --text "$2 has $HOME/own:" --timeout 5 >/dev/null || fail "session $1 is no login shell: $(scarab capture "$1")"
}
session=0
for shell in sh bash; do
    scarab config set shell.command /bin/$shell
    session=$((session + 1))
    busctl --user call org.scarab.Terminal /org/scarab/Terminal org.freedesktop.Application Activate 'a{sv}' 0
    viewed $session
    has_the_path $session -$shell
    # And so has a new tab in that window.
    session=$((session + 1))
    xdotool key ctrl+shift+t
    viewed $session
    has_the_path $session -$shell
done
kill $display
echo "menu: all held"
