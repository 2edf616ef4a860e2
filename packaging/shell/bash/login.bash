# What Scarab starts a login bash with. That one takes no --rcfile; but in POSIX mode an interactive bash reads the file
# that ENV names, and nothing else. So this leaves that mode, undoes what it did, and reads what a login shell reads.
# shellcheck shell=bash disable=SC1090,SC1091

unset POSIXLY_CORRECT # this leaves the mode
shopt -u inherit_errexit
if [ -n "${SCARAB_ENV+x}" ]; then export ENV="$SCARAB_ENV"; else unset ENV; fi
unset SCARAB_ENV
# Set by the mode, unless the environment had one.
if [[ ${HISTFILE@a} != *x* ]]; then HISTFILE=~/.bash_history; fi

# The first prompt sees the status that it would see without us.
_scarab_leave() {
    local status=$_scarab_status
    unset -v _scarab_status _scarab_trap
    unset -f _scarab_leave
    return "$status"
}

if [[ -r /etc/profile ]]; then . /etc/profile; fi
if [[ -r ~/.bash_profile ]]; then
    . ~/.bash_profile
elif [[ -r ~/.bash_login ]]; then
    . ~/.bash_login
elif [[ -r ~/.profile ]]; then
    . ~/.profile
fi
_scarab_status=$?
_scarab_trap=$(trap -p DEBUG) # seen from here alone, not from a file that is sourced
. "${BASH_SOURCE[0]%/*}/../scarab.bash"
_scarab_leave && : # nothing that `set -e` would end the shell for
