# Shell integration for bash: where prompts, commands and their output begin and end (OSC 133), the directory (OSC 7), a
# title (OSC 2), and `scarab-env`, which takes over display and agent from whoever looks at the session now.
#
# Scarab loads it into the shells that it starts (shell.integration). For a shell within a session, put into ~/.bashrc:
#     . /usr/share/scarab/shell/scarab.bash
# Where SCARAB_SESSION is not set the terminal is another one, which may have an integration of its own: nothing is done.
# Behind ssh, where that variable does not go but the terminal is still Scarab's, say so: `. scarab.bash always`.
#
# PS0 (bash 4.4) tells that a command begins: a DEBUG trap would take the place of the person's own. A prompt costs no
# fork, a command costs two, because bash tells its text only by `history`, and PS0 can only run what it forks.
# shellcheck shell=bash disable=SC2016

# Loaded already; but a ~/.bashrc that is read again may have set the prompt's commands anew.
if [[ -n ${_scarab_on-} ]]; then
    if [[ ${PROMPT_COMMAND[*]-} != *_scarab_prompt* ]]; then _scarab_install; fi
    return 0
fi
# Not in POSIX mode, which has no such function names, nor where the prompt's commands are fixed.
if [[ $- != *i* || ${TERM:-dumb} == dumb ]] ||
    [[ -z ${SCARAB_SESSION-} && ${1-} != always ]] ||
    ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)) || shopt -qo posix ||
    [[ ${PROMPT_COMMAND+${PROMPT_COMMAND@a}} == *r* ]]; then
    return 0
fi

# Read without the person's aliases.
if shopt -q expand_aliases; then
    shopt -u expand_aliases
    # shellcheck disable=SC1090
    . "${BASH_SOURCE[0]}" "$@"
    shopt -s expand_aliases
    return 0
fi

# Set in this shell alone: what a child inherits of ours in an exported variable does nothing without it.
declare -g +x _scarab_on=yes
# A command has begun, and its end was not told.
_scarab_ran=0
# Subscripts of it are computed, which is how PS0 sets a variable of this shell.
_scarab_none=()
# Who watches for the first command after the prompt's own (a DEBUG trap, bash-preexec) must not find one of ours there:
# then all is done before what others do, and a PS1 that is set anew each time gets no mark of its own.
_scarab_early=
if [[ ${_scarab_trap-} || ${__bp_imported-}${bash_preexec_imported-} ]]; then _scarab_early=yet; fi
# The directory that $_scarab_place tells, and the history's next number.
_scarab_directory='' _scarab_place='' _scarab_next=''
# What stands in the prompts. \[ and \] keep it out of readline's count of columns.
_scarab_ps0='${_scarab_on:+${_scarab_none[_scarab_ran=1]-}$(_scarab_begins)}'
_scarab_a='\[\e]133;A\a\]' _scarab_b='\[\e]133;B\a\]'

# To the terminal itself: the shell's own output may have been sent elsewhere (`exec >log`).
_scarab_tell() {
    { builtin printf %s "$1" >/dev/tty; } 2>/dev/null || :
}

# Sets the variable $1 to $2 percent-encoded, byte by byte.
_scarab_encode() {
    local LC_ALL=C rest=$2 plain code encoded=
    while :; do
        plain=${rest%%[!A-Za-z0-9/._~-]*}
        encoded+=$plain rest=${rest:${#plain}}
        [[ $rest ]] || break
        builtin printf -v code %d "'$rest"
        # Some C libraries give what is no ASCII a number far away, with the byte at its end.
        builtin printf -v code %%%02X $((code & 255))
        encoded+=$code rest=${rest:1}
    done
    builtin printf -v "$1" %s "$encoded"
}

# PS0, in a process of its own: a command begins.
_scarab_begins() {
    { set +eux; } 2>/dev/null
    local HISTTIMEFORMAT='' entry number text='' title=''
    if [[ $_scarab_next ]]; then
        entry=$(builtin history 1)
        entry=${entry#"${entry%%[! ]*}"} number=${entry%%[!0-9]*}
        entry=${entry#"$number"} # and a mark for one that was changed, and a blank
        # A line that history did not take is either one like the last or one to be kept out of it (a leading blank,
        # HISTIGNORE). Where it may be the latter nothing is said, rather than the wrong thing.
        if ((${number:-0} >= _scarab_next)) ||
            [[ -z ${HISTIGNORE-} && :${HISTCONTROL-}: != *:ignorespace:* && :${HISTCONTROL-}: != *:ignoreboth:* ]]; then
            text=${entry:2}
        fi
    fi
    if [[ $text ]]; then
        title=${text%%$'\n'*} title=${title:0:200}
        title=$'\e]2;'${title//[[:cntrl:]]/ }$'\a'
        # A program pasted into the prompt is told by its beginning.
        _scarab_encode text "${text:0:2048}"
    fi
    builtin printf '\e]133;C%s\a%s' "${text:+;cmdline_url=$text}" "$title"
}

# A prompt comes: a command may have ended, with this status or the last one.
_scarab_ended() {
    { local status=${1-$?} -; set +eux; } 2>/dev/null # not in a trace of the person's (`set -x`)
    if ((_scarab_ran)); then
        _scarab_ran=0
        _scarab_tell $'\e]133;D;'"$status"$'\a'
    fi
    return "$status"
}

# A prompt comes, and PS1 is what it will be.
_scarab_prompt() {
    { local status=$? -; set +eux; } 2>/dev/null
    _scarab_ended "$status"
    if [[ $PWD != "$_scarab_directory" ]]; then
        local path=$PWD
        case $PWD in
            "${HOME-}") path='~' ;;
            "${HOME:-/}"/*) path='~'${PWD#"$HOME"} ;;
        esac
        _scarab_directory=$PWD
        _scarab_encode _scarab_place "$PWD"
        _scarab_place=$'\e]7;file://'${HOSTNAME-}$_scarab_place$'\a\e]2;'${path//[[:cntrl:]]/ }$'\a'
    fi
    _scarab_tell "$_scarab_place"

    _scarab_next=''
    if [[ -o history ]]; then
        _scarab_next=$HISTCMD
    fi
    # Themes set the prompts anew each time, others put something before or behind what is there.
    if shopt -q promptvars && [[ ${PS0-} != *"$_scarab_ps0"* && ${PS0@a} != *r* ]]; then
        PS0=${PS0-}$_scarab_ps0
    fi
    if [[ ${PS1@a} == *[xr]* ]]; then
        # An exported prompt is read by other shells too, in which it would be noise.
        _scarab_tell $'\e]133;A\a'
    elif [[ ${PS1-} != "$_scarab_a"*"$_scarab_b" ]]; then
        # It was marked, and set anew after that: so it will be again.
        if [[ $_scarab_early && $_scarab_early != yet ]]; then _scarab_tell $'\e]133;A\a'; fi
        _scarab_early=${_scarab_early:+marked}
        PS1=${PS1-} PS1=${PS1//"$_scarab_a"/} PS1=${PS1//"$_scarab_b"/}
        PS1=$_scarab_a$PS1$_scarab_b
    fi
    return "$status"
}

# Display, agent and connection as whoever attached last has them.
function scarab-env {
    local script
    script=$(command scarab env --shell bash "$@") || return
    eval "$script"
}

# Without an index this is the first element of an array, and what was exported stays so: then it says nothing to children.
# `&& :` keeps a status that is passed on from being an error (ERR, `set -e`).
# shellcheck disable=SC2178,SC2128,SC2179
_scarab_install() {
    if [[ $_scarab_early ]]; then
        PROMPT_COMMAND='${_scarab_on:+_scarab_prompt} && :'${PROMPT_COMMAND:+$'\n'$PROMPT_COMMAND}
        return 0
    fi
    # What the person has there is no part of the command that ended.
    PROMPT_COMMAND='${_scarab_on:+_scarab_ended} && :'${PROMPT_COMMAND:+$'\n'$PROMPT_COMMAND}
    # An element of its own outlives that the first is set anew; but an array is not passed on to children.
    if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)) && [[ ${PROMPT_COMMAND@a} != *x* ]]; then
        PROMPT_COMMAND+=('_scarab_prompt && :')
    else
        PROMPT_COMMAND+=$'\n''${_scarab_on:+_scarab_prompt} && :'
    fi
}
_scarab_install
