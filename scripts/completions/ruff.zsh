#compdef @PROGRAM@
# Completion for zsh. The words come from the program itself (--x-words).

local program=${words[1]} command="" word
local -a commands options
commands=(${${(f)"$($program --x-words 2>/dev/null)"}:#-*})
for word in ${words[2,CURRENT-1]}; do
    if (( ${commands[(Ie)$word]} )); then
        command=$word
        break
    fi
done
if [[ ${words[CURRENT]} == -* ]]; then
    options=(${(M)${(f)"$($program $command --x-words 2>/dev/null)"}:#-*})
    compadd -S '' -- ${(M)options:#*=}
    compadd -- ${options:#*=}
    return
fi
[[ -z $command && CURRENT -eq 2 ]] && compadd -- $commands
_files -g '*.(ruff|rprof|json)'
