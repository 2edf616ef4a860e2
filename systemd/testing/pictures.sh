#!/bin/bash
# Under a real user manager (see with-user-manager): a window that shows images, while the service that keeps them is killed
# and restarted, in the middle of one too; and what becomes of their memory and of files that they were in.
. prelude.sh
begin
display
touch "$work/begun"
scarab-gtk -- sh 2>>"$log" &
window=$!
until_true '[ "$(scarab ls | grep -c running)" = 1 ]'
# Bounds and number of the pixels of a colour.
seen() { import -window root miff:- | convert miff:- -fill black +opaque "#$1" -fill white -opaque "#$1" -format '%@ %[fx:round(mean*w*h)]' info: 2>/dev/null; }
green=33cc66 purple=c801d2 blue=3366cc # such as sixel can say, in percent
shown() { until_true "case \"\$(seen $1)\" in $2) true;; *) false;; esac"; }

scarab send 1 --enter "clear; send_image --via sixel --size 120x60 --colour $green; echo"
shown $green '120x60+*\ 7200'
scarab send 1 --enter "send_image --size 40x40 --cells 12x3 --id 3 --via temporary --colour $purple; echo"
until_true '[ -n "$(seen_images 1 | grep "id: 3")" ]'
shown $purple '*+*+*\ [1-9]*'
left() { find /tmp -maxdepth 1 -name 'tty-graphics-protocol-*' -newer "$work/begun"; }
[ -z "$(left)" ] || fail "a temporary file is still there: $(left)"
[ "$(property scarab.service NFileDescriptorStore)" = 7 ] || fail "descriptors: $(property scarab.service NFileDescriptorStore)"
pictures() { echo "$(seen $green), $(seen $purple)"; }
before=$(pictures) told=$(seen_images 1)

for how in 'kill -KILL $pid' 'systemctl --user restart scarab.service' 'kill -KILL $pid'; do
    pid=$(main_pid)
    eval "$how"
    served_anew "$pid"
    until_true 'scarab status | grep -q "1 viewer"'
    [ "$(seen_images 1)" = "$told" ] || fail "$how: other images: $(seen_images 1)"
    until_true '[ "$(pictures)" = "$before" ]'
done
# They are drawn anew, not only left.
xdotool windowsize "$(xdotool search --onlyvisible --class scarab | tail -1)" 640 420
sleep 0.5
until_true '[ "$(pictures)" = "$before" ]'

# In the middle of an image, at each of its media that can be cut.
for via in direct sixel; do
    scarab send 1 --enter "clear; send_image --via $via --size 90x90 --colour $blue --pause $work/$via; echo"
    until_true '[ "$(seen $green)" != "${before%%,*}" ]'
    sleep 0.3
    pid=$(main_pid); kill -KILL "$pid"; served_anew "$pid"
    touch "$work/$via"
    shown $blue '90x90+*\ 8100'
done

# In history they are seen again, and gone with it.
scarab send 1 --enter 'seq 100'
until_true 'scarab capture 1 | grep -q "^100$"'
until_true '[ "$(seen $blue)" = "$(seen 123456)" ]' # neither is there
pid=$(main_pid); kill -KILL "$pid"; served_anew "$pid"
until_true 'scarab status | grep -q "1 viewer"'
seen_images 1 | grep -q 'row -' || fail "history has lost its images: $(seen_images 1)"
xdotool mousemove 200 200 windowfocus "$(xdotool search --onlyvisible --class scarab | tail -1)" key --repeat 6 shift+Prior
shown $blue '90x*\ [1-9]*'
xdotool key shift+End
scarab send 1 --enter 'printf "\033[3J\033_Ga=d,d=A\033\\"'
until_true '[ "$(seen_images 1)" = "no images" ]'
kill $window
kill $display
echo "pictures: all held"
