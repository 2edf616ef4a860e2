# Shell integration for zsh: where prompts, commands and their output begin and end (OSC 133), the directory (OSC 7), a
# title (OSC 2), and `scarab-env`, which takes over display and agent from whoever looks at the session now.
#
# Scarab loads it into the shells that it starts (shell.integration). For a shell within a session, put into ~/.zshrc:
#     source /usr/share/scarab/shell/scarab.zsh
# Where SCARAB_SESSION is not set the terminal is another one, which may have an integration of its own: nothing is done.
# Behind ssh, where that variable does not go but the terminal is still Scarab's, say so: `source scarab.zsh always`.
#
# No prompt and no command costs a fork.

if [[ ! -o interactive || ${TERM:-dumb} == dumb ]] || (( ${+functions[_scarab_precmd]} )) ||
    [[ -z ${SCARAB_SESSION-} && ${1-} != always ]]; then
    return 0
fi

# Read without the person's aliases, and with the options that it is written for.
if [[ -o aliases ]]; then
    () { builtin emulate -LR zsh -o no_aliases; builtin source "$@" } "${(%):-%x}" "$@"
    return 0
fi

# A command has begun, and its end was not told.
typeset -gi _scarab_ran=0
# The directory that $_scarab_place tells.
typeset -g +x _scarab_directory='' _scarab_place=''
# What stands in the prompt. %{ and %} keep it out of the count of columns.
typeset -g +x _scarab_a=$'%{\e]133;A\a%}' _scarab_b=$'%{\e]133;B\a%}'

# To the terminal itself: the shell's own output may have been sent elsewhere (`exec >log`).
_scarab_tell() {
    { builtin print -rn -- "$1" >/dev/tty } 2>/dev/null || :
}

# Sets REPLY to $1 percent-encoded, byte by byte.
_scarab_encode() {
    builtin emulate -LR zsh -o extended_glob -o no_multibyte
    local LC_ALL=C MATCH
    local -i MBEGIN MEND
    REPLY=${1//(#m)[^A-Za-z0-9\/._~-]/%${(l:2::0:)$(( [##16] #MATCH & 255 ))}}
}

# A command begins. $1 is the line as it was typed.
_scarab_preexec() {
    { builtin emulate -LR zsh } 2>/dev/null # not in a trace of the person's (`set -x`)
    local REPLY= title=${1%%$'\n'*}
    # A program pasted into the prompt is told by its beginning.
    _scarab_encode "${1[1,2048]}"
    _scarab_ran=1
    title=${${title[1,200]}//[[:cntrl:]]/ }
    if [[ -n $title ]]; then title=$'\e]2;'$title$'\a'; fi
    _scarab_tell $'\e]133;C'${REPLY:+;cmdline_url=$REPLY}$'\a'$title
}

# Before a prompt, first of all: what others do there is no part of the command that ended, and their title is the last.
_scarab_precmd() {
    { local -i code=$?; builtin emulate -LR zsh } 2>/dev/null
    if (( _scarab_ran )); then
        _scarab_ran=0
        _scarab_tell $'\e]133;D;'$code$'\a'
    fi
    if [[ $PWD != "$_scarab_directory" ]]; then
        local REPLY= shown=$PWD
        case $PWD in
            ($HOME) shown='~' ;;
            (${HOME:-/}/*) shown='~'${PWD#$HOME} ;;
        esac
        _scarab_directory=$PWD
        _scarab_encode "$PWD"
        _scarab_place=$'\e]7;file://'$HOST$REPLY$'\a\e]2;'${shown//[[:cntrl:]]/ }$'\a'
    fi
    _scarab_tell "$_scarab_place"
}

# Before a prompt, last of all: themes set PS1 anew each time, others put something before or behind what is there.
_scarab_mark() {
    { local percent=$options[prompt_percent]; builtin emulate -LR zsh } 2>/dev/null
    # An exported prompt is read by other shells too, in which it would be noise.
    if [[ $percent == on && ${(t)PS1} != *(export|readonly)* && $PS1 != "$_scarab_a"*"$_scarab_b" ]]; then
        PS1=${${PS1//"$_scarab_a"}//"$_scarab_b"}
        PS1=$_scarab_a$PS1$_scarab_b
    fi
}

# The prompt stands there. One that could not be marked, or was set later still, is marked where it ends.
_scarab_line() {
    if [[ $PS1 != *"$_scarab_b"* ]]; then _scarab_tell $'\e]133;A\a\e]133;B\a'; fi
}

# Display, agent and connection as whoever attached last has them.
function scarab-env {
    local script
    script=$(command scarab env --shell zsh "$@") || return
    eval "$script"
}

typeset -ga precmd_functions preexec_functions
precmd_functions=(_scarab_precmd $precmd_functions _scarab_mark)
preexec_functions=(_scarab_preexec $preexec_functions)
{ builtin autoload -Uz add-zle-hook-widget && add-zle-hook-widget line-init _scarab_line } 2>/dev/null || :
