#!/bin/bash
# Under a real user manager (see with-user-manager): bash, zsh and fish load the integration and say over D-Bus where they
# are, what ended, how and after how long; the command's text is in the clients' events. What a person has set up stays.
. prelude.sh
root=/org/scarab/Sessions1 manager=org.scarab.Sessions1.Manager interface=org.scarab.Sessions1.Session
files=$SCARAB_TEST_UNITS/../packaging/shell
heard=$work/heard events=$work/events
get() { busctl --user -- get-property org.scarab.Sessions1 "$root/session/$1" $interface "$2"; }
# By bytes: there are some in here that are no text.
export LC_ALL=C.UTF-8
cd ~ || exit

# The files are what their shells read.
if command -v shellcheck >/dev/null; then
    shellcheck "$files"/*.bash "$files"/bash/*.bash || fail "shellcheck has something to say"
elif [ -n "${SCARAB_REQUIRE_ALL-}" ]; then
    fail "no shellcheck"
else
    echo "shells: shellcheck is missing: the files were NOT CHECKED by it" >&2
fi
bash -n "$files/scarab.bash"
zsh -n "$files/scarab.zsh"; zsh -n "$files/zsh/.zshenv"
fish -n "$files/scarab.fish"

begin Environment=SCARAB_LOG=debug
systemctl --user start scarab.service
busctl --user monitor --json=short --match "type='signal',path_namespace='$root'" > "$heard" 2>/dev/null &
monitor=$!
# It listens when it has heard something.
until_true 'busctl --user emit "$root" org.scarab.Testing Heard && grep -q Heard "$heard"'
scarab events --json > "$events" &
listener=$!

# In what follows $id is the session, $ended how many commands have ended in it, as D-Bus tells.
finished() { grep -a "\"path\":\"$root/session/$id\".*\"member\":\"CommandFinished\"" "$heard" || true; }
count() { finished | wc -l; }
status_and_duration() { finished | tail -n 1 | sed -E 's/.*"data":\[(-?[0-9]+),([0-9]+)\].*/\1 \2/'; }
commands() { grep -a '"event":"command-started"' "$events" | grep -a "\"session\":${id}[,}]" | sed -E 's/.*"command":"(([^"\\]|\\.)*)".*/\1/'; }
# A session with this command.
made=0
begun() {
    made=$((made + 1)) ended=0
    scarab new "s$made" -d "$@" >/dev/null
    id=$(scarab ls | awk -v name="s$made" '$1 == name { print substr($2, 2) }')
}
# The same, with its prompt there, which every shell's files make "ready> ".
session() { begun "$@"; prompt_is_there; }
prompt_is_there() { scarab wait "@$id" --text 'ready>' --timeout 10 >/dev/null || fail "no prompt: $(scarab capture "@$id")"; }
# The command that starts the inner shell has this prompt in it too: what is typed while that one starts would be lost.
inner_prompt_is_there() { until_true 'scarab capture "@$id" | grep . | tail -n 1 | grep -q "^inner>"'; }
send() { scarab send "@$id" "$@"; }
# Types a line; it must end with this status, once, and, if it is given, be told as this text (in JSON).
typed() {
    local line=$1 status=$2 text=${3-}
    send --enter "$line"
    ends "$line" "$status" "$text"
}
told_as_wanted() { [ "$(commands | tail -n 1)" = "$wanted" ]; }
ends() {
    ended=$((ended + 1))
    until_true "[ \"\$(count)\" -ge $ended ]"
    [ "$(count)" = $ended ] || fail "'$1' ended more than once: $(finished)"
    [ "$(status_and_duration | cut -d' ' -f1)" = "$2" ] || fail "'$1' ended with $(status_and_duration), not $2"
    wanted=$3
    [ -z "$wanted" ] || until_true told_as_wanted
}
shows() { scarab wait "@$id" --text "$1" --timeout 10 >/dev/null || fail "'$1' is not shown: $(scarab capture "@$id" --history)"; }
directory() {
    local read="busctl --user --json=short get-property org.scarab.Sessions1 $root/session/$id $interface WorkingDirectory"
    until_true "[ \"\$($read)\" = '{\"type\":\"s\",\"data\":\"$1\"}' ]"
}
title() { until_true "get $id Title | grep -qF '$1'"; }
gone() { scarab kill "@$id"; : > ~/order; }

# Each person's file says that it was read, and makes a prompt that shows the status, with what was there before.
files_of_a_person() {
    cat > ~/.bashrc <<'RC'
echo "bashrc $-" >> ~/order
PS1='[$?] \w\nready> '
before() { told=$?; }
PROMPT_COMMAND='before; echo "then $told"'
trap 'traced=$BASH_COMMAND' DEBUG
HISTCONTROL=ignoreboth
RC
    echo 'echo profile >> ~/order; . ~/.bashrc' > ~/.bash_profile
    echo 'echo logout >> ~/order' > ~/.bash_logout
    local zdotdir='${ZDOTDIR-none}'
    echo "echo \"zshenv $zdotdir\" >> ~/order" > ~/.zshenv
    echo 'echo zprofile >> ~/order' > ~/.zprofile
    echo 'echo zlogin >> ~/order' > ~/.zlogin
    cat > ~/.zshrc <<'RC'
echo zshrc >> ~/order
PS1=$'[%?] %~\nready> '
before() { echo "then $?" }
precmd_functions+=(before)
RC
    mkdir -p ~/.config/fish
    cat > ~/.config/fish/config.fish <<'RC'
echo config >> ~/order
status is-login; and echo login >> ~/order
function fish_greeting; end
function fish_prompt
    set -l was $status
    echo "then $was"
    echo "[$was] "(prompt_pwd)
    echo 'ready> '
end
RC
    : > ~/order
}
files_of_a_person

# What holds of every shell; $1 is its name.
holds() {
    local shell=$1
    directory "$HOME"
    typed true 0 true
    typed 'false' 1 false
    shows 'then 1'; shows '[1] ~'
    # What a command is and how long it takes.
    typed 'sleep 0.3' 0 'sleep 0.3'
    local took; took=$(status_and_duration | cut -d' ' -f2)
    # The service takes the time when it reads the marks, a moment after they are written.
    [ "$took" -ge 250000 ] && [ "$took" -lt 5000000 ] || fail "$shell: 0.3 s took $took µs"
    typed 'sh -c "exit 42"' 42 'sh -c \"exit 42\"'
    typed "echo 'a;b' \"c%d\" e\\;f é" 0 "echo 'a;b' \\\"c%d\\\" e\\\\;f é"
    typed 'sleep 0.01 &' 0 'sleep 0.01 &'
    # Nothing ran: nothing ends.
    send --enter ''
    send 'half a line'; shows 'half a line'
    # Again, because a shell that has just drawn its line may not be reading yet.
    until_true 'send --key C-c; sleep 0.1; ! scarab capture "@$id" | grep . | tail -n 1 | grep -q half'
    typed 'true # after nothing' 0 'true # after nothing'
    # A command that is interrupted.
    send --enter 'sleep 1000'
    title 'sleep 1000'
    until_true "get $id ForegroundProcess | grep -q sleep"
    send --key C-c
    ends 'sleep 1000' 130 'sleep 1000'
    # Directories, whatever they are called.
    typed "mkdir -p ~/'d;é %41 x' && cd ~/d*" 0
    directory "$HOME/d;é %41 x"
    typed 'cd /tmp' 0 'cd /tmp'
    directory /tmp
    title /tmp
    # What a command wrote is found by its marks.
    typed 'echo one; echo two' 0 'echo one; echo two'
    [ "$(scarab capture "@$id" --last-command | grep -c '^one$\|^two$')" = 2 ] || fail "$shell: the last command wrote: $(scarab capture "@$id" --last-command)"
    # Nothing of ours is left to what it starts.
    typed 'env > ~/environment' 0
    ! grep -a '^\(ENV\|POSIXLY_CORRECT\|ZDOTDIR\|XDG_DATA_DIRS\|PROMPT_COMMAND\|PS[01]\|SCARAB_ENV\|SCARAB_ZDOTDIR\|SCARAB_SHELL_DIR\|_scarab.*\)=' ~/environment || fail "$shell: left in the environment"
    # Without the file loaded in it, a shell in the shell does nothing of its own; the outer one tells when it ends.
    send --enter "$2"
    inner_prompt_is_there
    send --enter 'sh -c "exit 3"'
    send --enter 'echo out-$((40 + 2))'; shows out-42
    send --enter 'exit 7'
    ends "$2" 7 ''
}
inner_sh="PS1='inner> ' sh"
inner_bash="PS1='inner> ' bash --norc"

for shell in bash zsh fish; do
    session -- $shell
    case $shell in
        bash) [ "$(cat ~/order)" = 'bashrc himBH' ] ;;
        zsh) [ "$(cat ~/order)" = $'zshenv none\nzshrc' ] ;;
        fish) [ "$(cat ~/order)" = config ] ;;
    esac || fail "$shell read: $(cat ~/order)"
    holds $shell "$inner_sh"
    send --enter "$inner_bash"; inner_prompt_is_there; send --enter 'exit 7'; ends "$inner_bash" 7 ''
    gone
    echo "$shell: told what it does, and left alone what was there"

    # As a login shell, as D-Bus and windows from the menu make them.
    scarab config set shell.command /bin/$shell
    id=$(busctl --user call org.scarab.Sessions1 $root $manager CreateSession sass "" 0 "" | sed -E 's/.*session\/([0-9]+).*/\1/')
    ended=0
    prompt_is_there
    case $shell in
        bash) grep -q profile ~/order && grep -q '^bashrc himBH' ~/order ;;
        zsh) [ "$(cat ~/order)" = $'zshenv none\nzprofile\nzshrc\nzlogin' ] ;;
        fish) [ "$(cat ~/order)" = $'config\nlogin' ] ;;
    esac || fail "the login $shell read: $(cat ~/order)"
    holds "login $shell" "$inner_sh"
    if [ $shell = bash ]; then
        typed 'echo "$0 $HISTFILE $(shopt inherit_errexit) $(shopt -o posix)" | tr -s "[:space:]" " "' 0
        shows "-bash $HOME/.bash_history inherit_errexit off posix off"
        send --enter logout
        until_true 'grep -q logout ~/order'
    else
        gone
    fi
    : > ~/order
    scarab config set shell.command ""
    echo "login $shell: the same"
done

# bash, with less common set-ups.
bashrc() { printf '%s\n' "$@" > ~/.bashrc; }
bashrc "PROMPT_COMMAND=('echo one' 'echo two \$?')" "PS1='\$(echo first line)\nready> '" 'set -o vi' "bind 'set show-mode-in-prompt on'" \
    ". '$files/scarab.bash'"
session -- bash
typed 'for i in 1 2
do echo $i
done' 0 'for i in 1 2; do echo $i; done'
typed false 1 false; shows 'two 1'
send 'echo hello'; send --key Escape 0; send 'cwecho'; send --key Escape; send 'A there'; send --key Enter
ends 'edited in vi mode' 0 'echo hello there'
typed $'echo b\x80\xff; true' 0
typed 'echo end' 0 'echo end'
[ "$(commands | tail -n 2 | head -n 1)" = 'echo b��; true' ] || fail "what is no text was told as $(commands | tail -n 2)"
typed '. ~/.bashrc' 0 '. ~/.bashrc'
typed 'exec >/dev/null' 0
typed 'echo elsewhere' 0 'echo elsewhere'
gone
bashrc 'PS1="ready> "' 'HISTCONTROL=ignoreboth' 'set -eu' 'trap "echo error trapped" ERR'
session -- bash
typed 'false || true' 0 'false || true'
typed ' echo kept out of history' 0 ''
typed 'true; ! true' 1 'true; ! true'
typed 'echo alive' 0 'echo alive'
commands | grep -q 'kept out' && fail "a line kept out of history was told"
! scarab capture "@$id" --history | grep -q 'error trapped' || fail "a status was trapped as an error"
gone
# Who watches for the first command after the prompt's own finds that one.
bashrc 'PS1="ready> "' 'trap '\''[ -z "$watch" ] || { watch=; echo "began $BASH_COMMAND"; }'\'' DEBUG' "PROMPT_COMMAND='PS1=\"ready> \"; watch=1'"
session -- bash
typed 'sh -c "exit 3"' 3; shows 'began sh -c "exit 3"'
typed true 0 true; shows 'began true'
! scarab capture "@$id" --history | grep -q 'began.*_scarab' || fail "a DEBUG trap saw ours"
gone
bashrc 'export PS1="ready> " PROMPT_COMMAND="echo exported"'
session -- bash
typed true 0 true
send --enter 'PS1="inner> " bash --norc'; inner_prompt_is_there
send --enter 'true'; send --enter 'exit 7'; ends 'bash --norc' 7 ''
! scarab capture "@$id" --history | grep -q 'not found' || fail "half of it was left to another bash: $(scarab capture "@$id" --history)"
gone
echo "bash: arrays, vi mode, errors, DEBUG traps, exported prompts"

# zsh, likewise: the person's own ZDOTDIR, and the file sourced by the person too.
mkdir -p ~/z
printf '%s\n' "PS1='%# '" "PS1='ready> '" 'setopt prompt_subst err_return no_unset' 'bindkey -v' "source '$files/scarab.zsh'" > ~/z/.zshrc
printf '%s\n' 'echo "own $ZDOTDIR" >> ~/order' > ~/z/.zshenv
session --env "ZDOTDIR=$HOME/z" -- zsh
grep -qx "own $HOME/z" ~/order || fail "the person's ZDOTDIR: $(cat ~/order)"
typed 'for i in 1 2
do echo $i
done' 0 'for i in 1 2\ndo echo $i\ndone'
typed false 1 false
typed 'print -r -- $ZDOTDIR ${SCARAB_ZDOTDIR-nothing}' 0; shows "$HOME/z nothing"
gone
echo "zsh: its own ZDOTDIR, vi mode, options"

# What was asked for in another way is left alone.
files_of_a_person
nothing_is_told() {
    send --enter 'PS1="ready> "; true'; send --enter 'echo out-$((40 + 2))'; shows out-42
    [ -z "$(finished)$(commands)" ] || fail "$*: told $(finished)"
}
for command in 'bash --norc' 'bash --posix' 'sh' 'zsh -f'; do
    # shellcheck disable=SC2086
    begun -- $command
    nothing_is_told "$command"
    gone
done
begun -- bash -c 'exec cat'
send --enter out-42; shows out-42; [ -z "$(finished)" ] || fail "bash -c told something"
gone
scarab config set shell.integration false
session -- bash; nothing_is_told "turned off"; gone
scarab config set shell.integration true
echo "others: left alone"

# Whoever attaches brings a display; the shell has it when it is asked to take it.
for shell in bash zsh fish; do
    session -- $shell
    scarab new "viewer-$shell" -d -- env -u SCARAB_SESSION DISPLAY=:77 SSH_AUTH_SOCK="$work/agent-77" scarab attach "@$id" >/dev/null
    until_true "[ \"\$(get $id Viewers)\" = 'u 1' ]"
    typed scarab-env 0 scarab-env
    typed 'env | grep "^DISPLAY\|^SSH_AUTH" | sort | tr "\n" " "' 0
    shows "DISPLAY=:77 SSH_AUTH_SOCK=$XDG_RUNTIME_DIR/scarab/session-$id/ssh-agent"
    scarab kill "viewer-$shell"
    gone
done
echo "scarab-env: took over what the last viewer has"

# Without its files a shell is what it would be without us.
begin Environment=SCARAB_LOG=debug Environment=SCARAB_SHELL_DIR=/nowhere
systemctl --user restart scarab.service
session -- bash; nothing_is_told "without its files"; gone
grep -q 'no shell integration: /nowhere/bash/rc.bash is not there' "$log" || fail "the log does not say that the files are missing"
kill $monitor $listener
echo "shells: all held"
