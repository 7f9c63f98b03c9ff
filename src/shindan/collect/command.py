"""`collect` with the standard library alone: `python3 -I -S` runs it on a host. Python 3.6 grammar."""

import argparse
import os
import sys
import tempfile
from typing import IO, List, Optional

from shindan.collect.collectors import known_kinds, run
from shindan.collect.root import Root
from shindan.facts.wire import dumps

NOTHING = 3
USAGE = 2


def main(argv: List[str]) -> int:
    """Runs the command; returns 0 when any fact other than a gap was printed, 2 for bad usage, 3 for none."""
    options = _parser().parse_args(argv)
    kinds = [kind.strip() for kind in options.kinds.split(",") if kind.strip()] if options.kinds else None
    unknown = [kind for kind in kinds or [] if kind not in known_kinds()]
    if unknown:
        return _refuse("unknown kind {}: choose of {}".format(", ".join(unknown), ", ".join(known_kinds())))
    if not os.path.isdir(options.root):
        return _refuse("--root {}: no such folder".format(options.root))
    if not options.out:
        return collect_to(options.root, kinds, sys.stdout.buffer)
    try:
        return _to_file(options.root, kinds, options.out)
    except OSError as error:
        return _refuse("cannot write {}: {}".format(options.out, error.strerror or error))


def collect_to(root: str, kinds: Optional[List[str]], stream: IO[bytes]) -> int:
    """Writes the facts below `root` as NDJSON to a binary stream; returns the exit code."""
    seen = False
    try:
        for fact in run(Root(root), kinds):
            seen = seen or fact.kind != "gap"
            stream.write(dumps(fact).encode("utf-8") + b"\n")
        stream.flush()
    except BrokenPipeError:
        # The reader has seen enough (`| head`); nothing is to be flushed to it at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if not seen:
        sys.stderr.write("shindan: nothing could be read below {}\n".format(root))
    return 0 if seen else NOTHING


def _to_file(root: str, kinds: Optional[List[str]], out: str) -> int:
    """The file appears whole or not at all."""
    descriptor, beside = tempfile.mkstemp(prefix=".shindan-", dir=os.path.dirname(os.path.abspath(out)))
    try:
        with os.fdopen(descriptor, "wb") as stream:
            code = collect_to(root, kinds, stream)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(beside, 0o666 & ~umask)
        os.replace(beside, out)
        return code
    except BaseException:
        os.unlink(beside)
        raise


def _refuse(message: str) -> int:
    sys.stderr.write("shindan: {}\n".format(message))
    return USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="collect", description="Prints this host's facts as NDJSON.")
    parser.add_argument("--root", default="/", metavar="DIR", help="read this folder instead of the live host")
    parser.add_argument("--kinds", metavar="A,B", help="only these kinds: {}".format(", ".join(known_kinds())))
    parser.add_argument("--out", metavar="FILE", help="write here instead of stdout")
    return parser
