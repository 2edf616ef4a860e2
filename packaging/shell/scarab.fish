# Shell integration for fish: where prompts, commands and their output begin and end (OSC 133), the directory (OSC 7), and
# `scarab-env`, which takes over display and agent from whoever looks at the session now. Titles are fish's own business
# (fish_title), and from version 4 on so are the marks and the directory.
#
# Scarab loads it into the shells that it starts (shell.integration). For a shell within a session, put into config.fish:
#     source /usr/share/scarab/shell/scarab.fish
# Where SCARAB_SESSION is not set the terminal is another one, which may have an integration of its own: nothing is done.
# Behind ssh, where that variable does not go but the terminal is still Scarab's, say so: `source scarab.fish always`.
#
# No prompt and no command costs a fork. The end of the prompt (B) is not told: only what takes the place of fish_prompt
# could.

if status is-interactive; and not functions -q scarab-env; and test "$TERM" != dumb
    and begin
        set -q SCARAB_SESSION; or test "$argv[1]" = always
    end

    function scarab-env --description 'Display, agent and connection as whoever attached last has them'
        set -l script (command scarab env --shell fish $argv); or return
        string join \n -- $script | source
        return 0 # to erase what was not there is no failure
    end

    if string match -qr '^[0-3]\.' -- $version
        function __scarab_prompt --on-event fish_prompt
            builtin printf '\e]7;file://%s%s\a\e]133;A\a' $hostname (string escape --style=url -- $PWD)
        end

        function __scarab_begins --on-event fish_preexec
            set -g __scarab_ran
            # A program pasted into the prompt is told by its beginning.
            set -l text (string sub -l 2048 -- "$argv[1]" | string collect)
            builtin printf '\e]133;C;cmdline_url=%s\a' (string escape --style=url -- $text)
        end

        function __scarab_ended --on-event fish_postexec
            set -l code $status
            set -q __scarab_ran; or return
            set -e __scarab_ran
            builtin printf '\e]133;D;%s\a' $code
        end
    end
end
