# Completion of sv(8) for bash: commands, then services; an init script that is sv completes commands only.
# Sourced from bash-completion's completions directory under the name sv.

_sv_commands='status up down once pause cont hup alarm interrupt quit 1 2 term kill exit
    start stop reload restart shutdown force-stop force-reload force-restart force-shutdown try-restart check'

_sv() {
    local cur=${COMP_WORDS[COMP_CWORD]} word command='' i entry
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
        -w | -vw) ((i++)) ;;
        -*) ;;
        *)
            command=$word
            break
            ;;
        esac
    done
    if [[ ${COMP_WORDS[COMP_CWORD - 1]} == -w && -z $command ]]; then
        return # a number of seconds
    fi
    if [[ -z $command ]]; then
        if [[ $cur == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W '-v -w -V --json' -- "$cur")
        else
            mapfile -t COMPREPLY < <(compgen -W "$_sv_commands" -- "$cur")
        fi
        return
    fi
    if [[ $command == status && $cur == --* ]]; then
        COMPREPLY=(--json)
        return
    fi
    case $cur in
    . | .. | */*)
        # A path to a service directory.
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$cur")
        return
        ;;
    esac
    for entry in "${SVDIR:-/service}"/*/; do
        entry=${entry%/}
        entry=${entry##*/}
        # Quoted as it must be typed; `*` is left where nothing matched.
        [[ $entry != '*' && $entry == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$entry")")
    done
}

complete -F _sv sv
