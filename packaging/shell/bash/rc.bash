# What Scarab starts an interactive bash with (--rcfile): the person's own file as bash would read it, then the integration.
# bash itself has read the system's file before, where it was built to.
# shellcheck shell=bash disable=SC1090,SC1091

# The first prompt sees the status that it would see without us.
_scarab_leave() {
    local status=$_scarab_status
    unset -v _scarab_status _scarab_trap
    unset -f _scarab_leave
    return "$status"
}

if [[ -r ~/.bashrc ]]; then . ~/.bashrc; fi
_scarab_status=$?
_scarab_trap=$(trap -p DEBUG) # seen from here alone, not from a file that is sourced
. "${BASH_SOURCE[0]%/*}/../scarab.bash"
_scarab_leave && : # nothing that `set -e` would end the shell for
