"""Runs folders of models in three hosts and prints how far each is from what was expected: models.py FOLDER...

The layout of a folder is that of modelfolder.py. A cell is max|difference| / max|reference| over all outputs.
"""
import argparse
import pathlib
import sys
import time

import hosts
import modelfolder


def cell(host, case, plain):
    """(what the table shows, whether it passes, why not)"""
    try:
        outputs, milliseconds = host.run(case, plain)
    except (hosts.HostError, OSError) as error:
        return "error", False, str(error)
    gap = modelfolder.difference(case.outputs, outputs)
    passes = gap <= case.tolerance
    shown = f"{gap:.1e}" + (f" {milliseconds:6.0f} ms" if milliseconds is not None else "")
    return shown, passes, "" if passes else f"{gap:.1e} is more than {case.tolerance:.0e}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    hosts.add_arguments(parser)
    parser.add_argument("--hosts", default="native,wasmtime,node", help="only these, with commas between")
    parser.add_argument("--plain", action="store_true", help="without the optimiser")
    parser.add_argument("--only", default="", help="models whose name contains this")
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    given = parser.parse_args()
    places = [host for host in hosts.from_arguments(given) if host.name in given.hosts.split(",")]
    cases = [case for folder in given.folders for case in modelfolder.cases(folder) if given.only in case.name]
    if not cases:
        sys.exit(f"no NAME.onnx beside a NAME.io/ in {', '.join(map(str, given.folders))}")
    width = max(len(case.name) for case in cases)
    print(f"{'model':{width}}  " + "  ".join(f"{host.name:>18}" for host in places)
          + f"  {'allowed':>8}" + ("  (plain)" if given.plain else ""))
    failures, begun = [], time.monotonic()
    for case in cases:
        print(f"{case.name:{width}}", end="", flush=True)
        for host in places:
            shown, passes, why = cell(host, case, given.plain)
            print(f"  {shown + ('' if passes else ' !'):>18}", end="", flush=True)
            if not passes:
                failures.append(f"{case.name} ({host.name}): {why}")
        print(f"  {case.tolerance:8.0e}", flush=True)
    runs = len(cases) * len(places)
    print(f"{runs - len(failures)} of {runs} pass in {time.monotonic() - begun:.0f} s")
    if failures:
        sys.exit("\n".join(["", *failures]))


if __name__ == "__main__":
    main()
