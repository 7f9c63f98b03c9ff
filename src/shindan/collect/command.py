"""`collect` with the standard library alone: `python3 -I -S` runs it on a host. Python 3.6 grammar."""

import argparse
import os
import stat
import sys
import tempfile
from typing import IO, Collection, List, Optional, Tuple

from shindan.collect.allowed import asked
from shindan.collect.collectors import default_kinds, known_kinds, run
from shindan.collect.plan_files import MAY_BE_ASKED
from shindan.collect.root import Root
from shindan.facts.configured import CONFIGURED
from shindan.facts.sampled import SAMPLED
from shindan.facts.wire import dumps

NOTHING = 3
"""Exit code where not one fact other than a gap could be printed."""

USAGE = 2
"""Exit code of a bad command line, and of a file that cannot be written."""


def main(argv: List[str]) -> int:
    """Runs the command; returns 0 when any fact other than a gap was printed, 2 for bad usage, 3 for none.

    Raises SystemExit as argparse does: 2 for an unknown option, 0 for `--help`.
    """
    options = _parser().parse_args(argv)
    kinds = None if options.kinds is None else [kind.strip() for kind in options.kinds.split(",") if kind.strip()]
    if kinds == ["all"]:
        kinds = known_kinds()
    unknown = [kind for kind in kinds or [] if kind not in known_kinds()]
    if unknown or kinds == []:
        wrong = "unknown kind {}".format(", ".join(unknown)) if unknown else "--kinds names none"
        return _refuse("{}: choose of {}".format(wrong, ", ".join(known_kinds())))
    if not os.path.isdir(options.root):
        return _refuse("--root {} is no folder: give a mounted disk or an unpacked image".format(options.root))
    paths = tuple(path.strip() for path in options.paths.split(",") if path.strip())
    if not all(path.startswith("/") for path in paths):
        return _refuse("--paths takes absolute paths, as they are on the host: /data/apps,/mnt/tools")
    also = tuple(path.strip() for path in options.also.split(",") if path.strip())
    refused = asked(also)[2]
    if refused:
        below = ", ".join(MAY_BE_ASKED)
        return _refuse(
            "--also takes paths and patterns (`*`, `/**`) below {}; not {}".format(below, ", ".join(refused))
        )
    try:
        root = Root(options.root, paths, also)
        if options.out is None:
            return _written(root, kinds, sys.stdout.buffer)
        return _to_file(root, kinds, options.out)
    except BrokenPipeError:
        # The reader has seen enough (`| head`); nothing is to be flushed to it at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _refuse("cannot write {}: {}".format(options.out or "the output", error.strerror or error))


def collect_to(root: str, kinds: Optional[Collection[str]], stream: IO[bytes], paths: Tuple[str, ...] = ()) -> int:
    """Writes the facts below `root` as NDJSON to a binary stream, each as soon as it is known.

    `paths` are folders of the host that are looked through for language packages besides the usual ones.

    Returns 0 when any fact other than a gap was written, 3 if none; how it is set up alone makes no host. Raises
    OSError where the stream does.
    """
    return _written(Root(root, paths), kinds, stream)


def _written(root: Root, kinds: Optional[Collection[str]], stream: IO[bytes]) -> int:
    # That a file is not there can be told of any folder: where more was asked for, it is no host for that.
    empty = {"gap"} if kinds is not None and CONFIGURED.issuperset(kinds) else CONFIGURED | {"gap"}
    seen = False
    for fact in run(root, kinds):
        seen = seen or fact.kind not in empty
        stream.write(dumps(fact).encode("utf-8") + b"\n")
    stream.flush()
    # That nothing listens or is connected at a moment is an answer.
    seen = seen or (kinds is not None and set(kinds) <= SAMPLED and root.live)
    if not seen:
        sys.stderr.write("shindan: nothing could be read below {}: is it a Linux system's root?\n".format(root.path))
    return 0 if seen else NOTHING


def _to_file(root: Root, kinds: Optional[Collection[str]], out: str) -> int:
    """The file appears whole or not at all; a pipe or a device is written to as it is."""
    out = os.path.realpath(out)
    if os.path.exists(out) and not stat.S_ISREG(os.stat(out).st_mode):
        with open(out, "wb") as stream:
            return _written(root, kinds, stream)
    descriptor, beside = tempfile.mkstemp(prefix=".shindan-", dir=os.path.dirname(out))
    try:
        with os.fdopen(descriptor, "wb") as stream:
            code = _written(root, kinds, stream)
        os.chmod(beside, _mode(out))
        os.replace(beside, out)
        return code
    except BaseException:
        os.unlink(beside)
        raise


def _mode(out: str) -> int:
    """The rights of the file that is replaced, else what any new file gets."""
    if os.path.exists(out):
        return stat.S_IMODE(os.stat(out).st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _refuse(message: str) -> int:
    sys.stderr.write("shindan: {}\n".format(message))
    return USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="collect", description="Prints this host's facts as NDJSON.")
    parser.add_argument("--root", default="/", metavar="DIR", help="read this folder instead of the live host")
    others = [kind for kind in known_kinds() if kind not in default_kinds()]
    parser.add_argument(
        "--kinds",
        metavar="A,B",
        help="only these kinds: {}; `all` adds {}, which otherwise must be named".format(
            ", ".join(known_kinds()), ", ".join(others)
        ),
    )
    parser.add_argument(
        "--paths", metavar="DIR,DIR", default="", help="look for language packages below these folders too"
    )
    parser.add_argument(
        "--also",
        metavar="PATH,PATH",
        default="",
        help="look at these paths and patterns too, and read those that may be",
    )
    parser.add_argument("--out", metavar="FILE", help="write here instead of stdout")
    return parser
