# What bash offers for `scarab-gtk`.

_scarab_gtk() {
    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} at line
    COMPREPLY=()

    # What is no option is a command with arguments of its own. bash takes --option=value apart at the sign.
    for ((at = 1; at < COMP_CWORD; at++)); do
        case ${COMP_WORDS[at]} in
        --) at=$((at + 1)) ;;
        -w | --working-directory | -s | --session | -t | --title)
            [[ ${COMP_WORDS[at + 1]-} == = ]] && at=$((at + 1))
            at=$((at + 1))
            continue
            ;;
        -*) continue ;;
        esac
        break
    done
    if ((at < COMP_CWORD)); then
        if declare -F _command_offset >/dev/null; then
            _command_offset $at
        else
            compopt -o default
        fi
        return
    fi

    [[ $cur == = ]] && cur=
    [[ $previous == = ]] && previous=${COMP_WORDS[COMP_CWORD - 2]}
    case $previous in
    -w | --working-directory)
        compopt -o filenames
        COMPREPLY=($(compgen -d -- "$cur"))
        ;;
    -s | --session)
        while IFS= read -r line; do
            line=${line%%$'\t'*}
            [[ $line == "${cur//\\/}"* ]] && COMPREPLY+=("$(printf %q "$line")")
        done < <(scarab --complete sessions 2>/dev/null)
        ;;
    -t | --title) ;;
    *)
        if [[ $cur == -* && $previous != -- ]]; then
            COMPREPLY=($(compgen -W '-w --working-directory -s --session -t --title -n --new-window -h --help --help-all
                --help-gapplication --gapplication-service --' -- "$cur"))
        else
            COMPREPLY=($(compgen -c -- "$cur"))
        fi
        ;;
    esac
}

complete -F _scarab_gtk scarab-gtk
