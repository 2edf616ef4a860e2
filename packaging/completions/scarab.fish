# What fish offers for `scarab`.

# The words behind the program's name that are no options, with the one at the cursor left out.
function __scarab_words
    string match --invert -- '-*' (commandline -opc)[2..-1]
end

# Whether no verb was given yet.
function __scarab_needs_verb
    test (count (commandline -opc)) -eq 1
end

# Whether the verb is one of these and nothing stands behind it that could be its session's name.
function __scarab_needs_session
    set -l words (commandline -opc)
    contains -- "$words[2]" $argv; or return 1
    set -l takes_value --signal --key --lines --grep --text --timeout --shell
    for at in (seq 3 (count $words))
        string match -q -- '-*' $words[$at]; or contains -- $words[(math $at - 1)] $takes_value; or return 1
    end
end

# Whether the verb is this one, so many words in.
function __scarab_at
    set -l words (__scarab_words)
    test "$words[1]" = $argv[1]; and test (count $words) -eq $argv[2]
end

function __scarab_verb_is
    set -l words (commandline -opc)
    contains -- "$words[2]" $argv; and not contains -- -- $words
end

# Whether keys by name stand or begin here.
function __scarab_wants_key
    set -l options (string match -- '-*' (commandline -opc))
    __scarab_verb_is send; and test "$options[-1]" = --key
end

function __scarab_wants_command
    set -l words (commandline -opc)
    test "$words[2]" = new; and contains -- -- $words
end

# What stands behind -- as a command line of its own.
function __scarab_command
    set -l words (commandline -opc) (commandline -ct)
    set -l at (contains -i -- -- $words)
    complete -C (string join ' ' -- (string escape -- $words[(math $at + 1)..-2]) $words[-1])
end

complete -c scarab -f
complete -c scarab -s h -l help -d 'Say what there is'
complete -c scarab -n __scarab_needs_verb -s V -l version -d 'Say which version this is'

set -l verbs \
    new 'Make a session and attach to it' \
    attach 'Show a session in this terminal' \
    detach 'Send all viewers of a session away' \
    ls 'List the sessions' \
    rename 'Give a session another name' \
    resize 'Give a session a size' \
    kill 'End a session, or send its program a signal' \
    send 'Type text and keys into a session' \
    capture 'Print a session\'s screen or history as text' \
    wait 'Wait until a session ends, a text appears or a command finishes' \
    tail 'Print a session\'s output as it comes' \
    events 'Print what happens in all sessions' \
    env 'Print the last viewer\'s display, agent and connection' \
    status 'Say how the service is' \
    config 'Show or change the configuration' \
    reload 'Read the configuration again' \
    linger 'Say or choose whether sessions outlive your logout' \
    doctor 'Check this machine and say what to do'
for at in (seq 1 2 (count $verbs))
    complete -c scarab -n __scarab_needs_verb -a $verbs[$at] -d $verbs[(math $at + 1)]
    complete -c scarab -n '__scarab_at help 1' -a $verbs[$at] -d $verbs[(math $at + 1)]
end
complete -c scarab -n __scarab_needs_verb -a help -d 'Say more about a verb'

complete -c scarab -n '__scarab_needs_session attach detach rename resize kill send capture wait tail env' \
    -a '(scarab --complete sessions 2>/dev/null)'

complete -c scarab -n '__scarab_verb_is new' -s d -l detached -d 'Do not attach; print the name'
complete -c scarab -n '__scarab_verb_is new' -l cwd -x -a '(__fish_complete_directories)' -d 'Start there'
complete -c scarab -n '__scarab_verb_is new' -l env -x -a '(set -xn)=' -d 'Set a variable'
complete -c scarab -n '__scarab_verb_is new' -l size -x -d 'The first size, COLSxROWS'
complete -c scarab -n '__scarab_verb_is new' -l property -x -d 'A setting of the systemd scope' \
    -a 'MemoryMax= MemoryHigh= MemorySwapMax= TasksMax= CPUQuota= CPUWeight= IOWeight='
complete -c scarab -n '__scarab_verb_is new' -l allow-checksum -d 'Let programs read their screen back'
complete -c scarab -n '__scarab_verb_is new' -a -- -d 'A command follows'
complete -c scarab -n __scarab_wants_command -a '(__scarab_command)'

complete -c scarab -n '__scarab_verb_is attach' -s c -l create -d 'Make the session if there is none of that name'
complete -c scarab -n '__scarab_verb_is attach' -l read-only -d 'Only look'
complete -c scarab -n '__scarab_verb_is attach' -l detach-others -d 'Detach the other viewers'

complete -c scarab -n '__scarab_verb_is ls events status' -l json -d 'As JSON'

complete -c scarab -n '__scarab_verb_is kill' -l signal -x -a '(scarab --complete signals)' -d 'Only send a signal'
complete -c scarab -n '__scarab_verb_is kill' -l all -d 'End every session'

complete -c scarab -n '__scarab_verb_is send' -l key -d 'Keys by name'
complete -c scarab -n __scarab_wants_key -a 'Enter Tab Escape Space Backspace Delete Insert Up Down Left Right Home End
    PageUp PageDown F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 C-c C-d C-l C-z'
complete -c scarab -n '__scarab_verb_is send' -l enter -d 'Return at the end'

complete -c scarab -n '__scarab_verb_is capture' -l history -d 'Everything kept, and the screen'
complete -c scarab -n '__scarab_verb_is capture' -l lines -x -d 'Lines by number, A..B'
complete -c scarab -n '__scarab_verb_is capture' -l last-command -d 'The output of the last command'
complete -c scarab -n '__scarab_verb_is capture' -l grep -x -d 'Only lines that contain a text'
complete -c scarab -n '__scarab_verb_is capture' -l regex -d 'The text is a regular expression'
complete -c scarab -n '__scarab_verb_is capture' -l ansi -d 'With colours and links'
complete -c scarab -n '__scarab_verb_is capture' -l json -d 'As JSON'

complete -c scarab -n '__scarab_verb_is wait' -l text -x -d 'Until a text appears'
complete -c scarab -n '__scarab_verb_is wait' -l command -d 'Until a command ends'
complete -c scarab -n '__scarab_verb_is wait' -l timeout -x -d 'Give up after so many seconds'

complete -c scarab -n '__scarab_verb_is env' -l shell -x -a 'bash zsh fish' -d 'For which shell'

complete -c scarab -n '__scarab_at config 1' -a get -d 'Show the configuration, or a key\'s value'
complete -c scarab -n '__scarab_at config 1' -a set -d 'Change a key\'s value'
complete -c scarab -n '__scarab_at config 2' -a '(scarab --complete settings 2>/dev/null)'

complete -c scarab -n '__scarab_at linger 1' -a 'on off'
