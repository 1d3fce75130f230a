# Completion of sv(8) for fish: commands, then services.

function __fish_sv_services
    set -l directory /service
    set -q SVDIR; and test -n "$SVDIR"; and set directory $SVDIR
    for service in $directory/*/
        basename $service
    end
end

# Is no command on the line yet?
function __fish_sv_needs_command
    set -l words (commandline -opc)
    set -e words[1]
    set -l skip 0
    for word in $words
        if test $skip = 1
            set skip 0
        else if string match -qr -- '^-v*w$' $word
            set skip 1
        else if not string match -q -- '-*' $word
            return 1
        end
    end
    return 0
end

complete -c sv -f
complete -c sv -n __fish_sv_needs_command -s v -d 'Wait for the effect, and report'
complete -c sv -n __fish_sv_needs_command -s w -x -d 'Wait that many seconds, and report'
complete -c sv -n __fish_sv_needs_command -s V -d 'Print the version'
complete -c sv -n __fish_sv_needs_command -l json -d 'Report as JSON, one object a line'
complete -c sv -n __fish_sv_needs_command -a status -d 'Report the state'
complete -c sv -n __fish_sv_needs_command -a up -d 'Start, and start again whenever it ends'
complete -c sv -n __fish_sv_needs_command -a down -d Stop
complete -c sv -n __fish_sv_needs_command -a once -d 'Start, and do not start again'
complete -c sv -n __fish_sv_needs_command -a pause -d 'Send STOP'
complete -c sv -n __fish_sv_needs_command -a cont -d 'Send CONT'
complete -c sv -n __fish_sv_needs_command -a hup -d 'Send HUP'
complete -c sv -n __fish_sv_needs_command -a alarm -d 'Send ALRM'
complete -c sv -n __fish_sv_needs_command -a interrupt -d 'Send INT'
complete -c sv -n __fish_sv_needs_command -a quit -d 'Send QUIT'
complete -c sv -n __fish_sv_needs_command -a 1 -d 'Send USR1'
complete -c sv -n __fish_sv_needs_command -a 2 -d 'Send USR2'
complete -c sv -n __fish_sv_needs_command -a term -d 'Send TERM'
complete -c sv -n __fish_sv_needs_command -a kill -d 'Send KILL'
complete -c sv -n __fish_sv_needs_command -a exit -d 'Stop, and end the supervisor'
complete -c sv -n __fish_sv_needs_command -a start -d 'Up, and wait for it'
complete -c sv -n __fish_sv_needs_command -a stop -d 'Down, and wait for it'
complete -c sv -n __fish_sv_needs_command -a reload -d 'Hup, and report the state'
complete -c sv -n __fish_sv_needs_command -a restart -d 'Stop and start, and wait for it'
complete -c sv -n __fish_sv_needs_command -a shutdown -d 'Exit, and wait for it'
complete -c sv -n __fish_sv_needs_command -a force-stop -d 'Stop, and kill if it takes too long'
complete -c sv -n __fish_sv_needs_command -a force-reload -d 'Term, and kill if it takes too long'
complete -c sv -n __fish_sv_needs_command -a force-restart -d 'Restart, and kill if it takes too long'
complete -c sv -n __fish_sv_needs_command -a force-shutdown -d 'Shutdown, and kill if it takes too long'
complete -c sv -n __fish_sv_needs_command -a try-restart -d 'Restart it if it runs'
complete -c sv -n __fish_sv_needs_command -a check -d 'Wait for the state that is wanted'
complete -c sv -n 'not __fish_sv_needs_command' -a '(__fish_sv_services)'
