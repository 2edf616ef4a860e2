# Sourced after prelude.sh: sessions under flood, and whether they show in the end what an uninterrupted run shows.
# shellcheck shell=bash
kinds=

# A small ring, so that it is gone around often.
mkdir -p ~/.config/scarab
printf 'history.lines = 20000\nhistory.bytes = "1MiB"\n' > ~/.config/scarab/scarab.toml

# One session for each kind of output (see service/examples/feeder.rs): s1, s2, …
begin_flood() {
    kinds=$*
    local number=0
    for kind in $kinds; do
        number=$((number + 1))
        scarab new "s$number" -d --size 80x24 -- feeder "$kind" "until:$work/stop" "$work/done$number" >/dev/null
    done
}

# Once it was seen it may be gone; by its name alone another one, which begins so, would be meant.
drop() { ! scarab ls | grep -q "^$1 " || scarab kill "$1" >/dev/null 2>&1 || true; }

end_flood() {
    touch "$work/stop"
    local number=0
    # Files of images that a service was killed over, after a checkpoint had them and before they were gone.
    trap 'rm -f /tmp/tty-graphics-protocol-* /dev/shm/tty-graphics-protocol-*' EXIT
    for kind in $kinds; do
        number=$((number + 1))
        scarab wait "s$number" --timeout 120 >/dev/null || fail "s$number ($kind) did not end: $(scarab ls)"
        case $(cat "$work/done$number") in *[!0-9]*) fail "s$number ($kind): $(cat "$work/done$number")";; esac
        scarab capture "s$number" --history --ansi >"$work/out$number"
        seen_images "s$number" >>"$work/out$number"
        drop "s$number"
    done
}

# The reference is a service of its own, which nobody kills, and whose sessions are fed the same.
compare_flood() {
    export SCARAB_SOCKET=$work/reference.sock
    scarabd --listen "$SCARAB_SOCKET" --config ~/.config/scarab/scarab.toml 2>"$work/reference.log" &
    local reference=$! number=0 total=0 blocks
    for kind in $kinds; do
        number=$((number + 1))
        blocks=$(cat "$work/done$number")
        total=$((total + blocks))
        scarab new "s$number" -d --size 80x24 -- feeder "$kind" "$blocks" "$work/again" >/dev/null
        scarab wait "s$number" --timeout 600 >/dev/null
        scarab capture "s$number" --history --ansi >"$work/ref$number"
        seen_images "s$number" >>"$work/ref$number"
        drop "s$number"
        cmp "$work/out$number" "$work/ref$number" || {
            diff <(cat -v "$work/ref$number") <(cat -v "$work/out$number") | head -20
            fail "s$number ($kind, $blocks blocks) differs from the uninterrupted run"
        }
    done
    kill $reference
    unset SCARAB_SOCKET
    compared="$total blocks, $(cat "$work"/out* | wc -l) lines compared: no difference"
}
