# What fish offers for `scarab-gtk`.

complete -c scarab-gtk -f
complete -c scarab-gtk -s w -l working-directory -x -a '(__fish_complete_directories)' -d 'Start there'
complete -c scarab-gtk -s s -l session -x -a '(scarab --complete sessions 2>/dev/null)' -d 'Show this session'
complete -c scarab-gtk -s t -l title -x -d 'Title of the window'
complete -c scarab-gtk -s n -l new-window -d 'Open a window of its own'
complete -c scarab-gtk -s h -l help -d 'Say what there is'
complete -c scarab-gtk -l help-all -d 'Say everything there is'
complete -c scarab-gtk -l help-gapplication -d 'Say what every GTK application takes'
complete -c scarab-gtk -l gapplication-service -d 'Wait for calls over D-Bus'
# What is left over is a command.
complete -c scarab-gtk -a '(__fish_complete_subcommand -w --working-directory -s --session -t --title)'
