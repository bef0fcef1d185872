# Completion for bash: ruff, ruffprof and ruffbench. The words come from the programs
# themselves (--x-words), so that new options need no change here.

_ruff_lab() {
    local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} commands command='' words=''
    commands=$("$program" --x-words 2>/dev/null | grep -v '^-')
    local i
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ $'\n'$commands$'\n' == *$'\n'"${COMP_WORDS[i]}"$'\n'* ]] && {
            command=${COMP_WORDS[i]}
            break
        }
    done
    COMPREPLY=()
    if [[ $current == -* ]]; then
        words=$("$program" ${command:+"$command"} --x-words 2>/dev/null)
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current" | grep '^-')
        [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
        return
    fi
    [[ -z $command && $COMP_CWORD == 1 ]] &&
        mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
    local file
    while IFS= read -r file; do
        if [[ -d $file ]]; then
            COMPREPLY+=("$file/")
            compopt -o nospace
        elif [[ $file == *.ruff || $file == *.rprof || $file == *.json ]]; then
            COMPREPLY+=("$file")
        fi
    done < <(compgen -f -- "$current")
}

# The file is installed under the name of the program it completes.
complete -F _ruff_lab "${BASH_SOURCE[0]##*/}"
