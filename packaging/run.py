"""Opens checkpoints in a window; on the first run, makes everything ready for it.

    python3 packaging/run.py [FILE...]

Without FILE it opens the bundled sample. Needs nothing but Python 3.11 or newer.
"""

# An older Python must be able to read this file as far as the sentence that refuses it.
import sys

if sys.version_info < (3, 11):
    sys.exit(
        "Python 3.11 or newer is needed, this is {}.{}: install one and run me with it.".format(
            *sys.version_info
        )
    )

import os
import subprocess

import environment

SAMPLE = environment.ROOT / "resources" / "samples" / "shapes-cnn-epoch12.pt"


def main() -> None:
    """Set up what is missing, then become the program."""
    # -P: the folder it is started from must not provide modules, it may hold downloaded files.
    program = [str(environment.PYTHON), "-P", "-m", "inspector"]
    command = program + (sys.argv[1:] or [str(SAMPLE)])
    with environment.one_line_errors():
        environment.prepare(tests=False, window=environment.has_display())
        if sys.platform == "win32":  # there execv returns to the prompt at once
            sys.exit(subprocess.call(command))
        os.execv(command[0], command)


if __name__ == "__main__":
    main()
