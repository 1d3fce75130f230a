# The line `number` of the boot `boot`: it can be told from any other, and from what is left of it.
function text(boot, number) {
    return sprintf("%d %d %s %d", boot, number, substr(filling, 1, (number * 37 + boot * 11) % 180), \
        (number * 7919 + boot * 104729) % 999983)
}
BEGIN { filling = sprintf("%180s", ""); gsub(" ", "x", filling) }
