# What Scarab starts zsh with (ZDOTDIR): gives the variable back, has the integration load before the first prompt, and goes
# on with the person's own files as if this one had not been there.

if (( ${+SCARAB_ZDOTDIR} )); then
    export ZDOTDIR=$SCARAB_ZDOTDIR
    unset SCARAB_ZDOTDIR
else
    unset ZDOTDIR
fi

if [[ -o interactive ]]; then
    typeset -g _scarab_file=${${(%):-%x}:h:h}/scarab.zsh
    # After all of the person's files, which may be login files too.
    _scarab_load() {
        builtin emulate -LR zsh
        precmd_functions=(${precmd_functions:#_scarab_load})
        unfunction _scarab_load
        builtin source "$_scarab_file"
        unset _scarab_file
        # This prompt's round of hooks has begun without those.
        if (( ${+functions[_scarab_precmd]} )); then
            _scarab_precmd
            (( $#precmd_functions > 2 )) || _scarab_mark
        fi
    }
    typeset -ga precmd_functions
    precmd_functions+=(_scarab_load)
fi

# Last, because a mistake in it ends this file too.
if [[ -r ${ZDOTDIR-$HOME}/.zshenv ]]; then builtin source "${ZDOTDIR-$HOME}/.zshenv"; fi
