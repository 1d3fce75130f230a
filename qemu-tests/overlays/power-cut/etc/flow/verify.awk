# Are these files of one log, oldest first, whole lines, each followed by the next one or by the first one of a later boot?
{
    good = ($0 == text($1, $2)) && (NR == 1 || ($1 == boot && $2 == number + 1) || ($1 > boot && $2 == 0))
    if (!good) {
        printf "verify: BAD: %s, line %d: %s\n", FILENAME, FNR, substr($0, 1, 300)
        exit 1
    }
    boot = $1; number = $2
}
END { printf "verify: %d lines\n", NR }
