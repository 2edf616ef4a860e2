# What bash offers for `scarab`. Of bash-completion it uses only what completes another command, where that is there.

# Offers the words that go on from the one at the cursor.
_scarab_words() {
    COMPREPLY+=($(compgen -W "$1" -- "$cur"))
}

# Offers what the program knows: the lines' words, which may hold blanks.
_scarab_known() {
    local line
    while IFS= read -r line; do
        line=${line%%$'\t'*}
        [[ $line == "${cur//\\/}"* ]] && COMPREPLY+=("$(printf %q "$line")")
    done < <("${COMP_WORDS[0]}" --complete "$1" 2>/dev/null)
}

_scarab() {
    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]-}
    local options= named= key= at
    local verbs='new attach detach ls rename resize kill send capture wait tail events env status config reload linger
        doctor'
    COMPREPLY=()

    if ((COMP_CWORD == 1)); then
        _scarab_words "$verbs help --help --version"
        return
    fi

    for ((at = 2; at < COMP_CWORD; at++)); do
        case ${COMP_WORDS[at]} in
        --)
            [[ $verb == new ]] || return
            # Behind it stands a command with arguments of its own.
            if declare -F _command_offset >/dev/null; then
                _command_offset $((at + 1))
            elif ((COMP_CWORD == at + 1)); then
                COMPREPLY=($(compgen -c -- "$cur"))
            else
                compopt -o default
            fi
            return
            ;;
        --key) key=yes ;;
        -*) key= ;;
        *)
            case ${COMP_WORDS[at - 1]} in
            --cwd | --env | --size | --property | --signal | --key | --lines | --grep | --text | --timeout | --shell) ;;
            *) named=yes ;;
            esac
            ;;
        esac
    done

    case $verb$previous in
    new--cwd)
        compopt -o filenames
        COMPREPLY=($(compgen -d -- "$cur"))
        return
        ;;
    new--env)
        compopt -o nospace
        _scarab_words "$(compgen -e -S =)"
        return
        ;;
    new--property)
        compopt -o nospace
        _scarab_words 'MemoryMax= MemoryHigh= MemorySwapMax= TasksMax= CPUQuota= CPUWeight= IOWeight='
        return
        ;;
    kill--signal)
        _scarab_known signals
        return
        ;;
    env--shell)
        _scarab_words 'bash zsh fish'
        return
        ;;
    new--size | capture--lines | capture--grep | wait--text | wait--timeout) return ;;
    esac

    if [[ $cur == -* ]]; then
        case $verb in
        new) options='-d --detached --cwd --env --size --property --allow-checksum --' ;;
        attach) options='-c --create --read-only --detach-others' ;;
        ls | events | status) options='--json' ;;
        kill) options='--signal --all' ;;
        send) options='--key --enter' ;;
        capture) options='--history --lines --last-command --grep --regex --ansi --json' ;;
        wait) options='--text --command --timeout' ;;
        env) options='--shell' ;;
        esac
        _scarab_words "$options --help"
        return
    fi

    case $verb in
    send)
        if [[ $key ]]; then
            _scarab_words 'Enter Tab Escape Space Backspace Delete Insert Up Down Left Right Home End PageUp PageDown
                F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 C-c C-d C-l C-z'
        elif [[ ! $named ]]; then
            _scarab_known sessions
        fi
        ;;
    attach | detach | rename | resize | kill | capture | wait | tail | env)
        [[ $named ]] || _scarab_known sessions
        ;;
    config)
        case $COMP_CWORD in
        2) _scarab_words 'get set' ;;
        3) _scarab_known settings ;;
        esac
        ;;
    linger) [[ $named ]] || _scarab_words 'on off' ;;
    help) [[ $named ]] || _scarab_words "$verbs" ;;
    esac
}

complete -F _scarab scarab
