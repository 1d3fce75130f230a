"""Resolves the Kconfig files of boards/buildroot within a small menu of Buildroot's names.

Reads the file that is named first, sets the words NAME=VALUE that follow, and prints every symbol whose value is not n or empty.
"""
import sys

import kconfiglib

kconfig = kconfiglib.Kconfig(sys.argv[1], warn_to_stderr=True)
for word in sys.argv[2:]:
    name, value = word.split("=", 1)
    if name not in kconfig.syms or not kconfig.syms[name].nodes:
        sys.exit("no symbol " + name)
    kconfig.syms[name].set_value(value)
for symbol in kconfig.unique_defined_syms:
    if symbol.str_value not in ("n", ""):
        print(symbol.name + "=" + symbol.str_value)
if kconfig.warnings:
    sys.exit("\n".join(kconfig.warnings))
