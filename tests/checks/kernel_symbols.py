"""No function that is compiled for a special instruction set may be linked into the rest of the program.

    kernel_symbols.py LIBRARY

A weak symbol (an inline function of a header that was not inlined) of kernels_avx2.cc, kernels_avx512.cc or
kernels_amx.cc may be the one that the linker keeps for everybody, and would end the program on a processor without the
instructions.
"""

import re
import subprocess
import sys


def main():
    listing = subprocess.run(["nm", "--demangle", sys.argv[1]], check=True, capture_output=True, text=True).stdout
    member, members, faults = "", set(), []
    for line in listing.splitlines():
        if heading := re.match(r"(kernels_\w+)\.cc\.o:$", line):
            member = heading[1]
            members.add(member)
        elif line.endswith(".o:"):
            member = ""
        elif member and (symbol := re.match(r"[0-9a-f]* +([WVu]) (.*)", line)):
            # DW.ref.*: a reference to the exception handler, data without code.
            if symbol[1] != "V" or not symbol[2].startswith("DW.ref."):
                faults.append(f"{member}.cc: weak symbol {symbol[2]}")
    if len(members) < 3:
        sys.exit(f"{sys.argv[1]} holds the kernels of {len(members)} instruction sets, not of 3")
    print("\n".join(faults) or f"no weak symbol in {', '.join(sorted(members))}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
