"""Checks everything: format, lint, types, import contracts and all tests, without a screen.

    python3 packaging/test.py [pytest arguments]

Needs nothing but Python 3.11 or newer; the first run installs the rest.
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
import time

import environment

CONTRACTS = "from importlinter.cli import lint_imports_command as run; run()"
CHECKS = {
    "format": ["-m", "ruff", "format", "--check"],
    "lint": ["-m", "ruff", "check", "--quiet"],
    "types": ["-m", "mypy", "--no-error-summary"],
    "import contracts": ["-c", CONTRACTS],
}


def main() -> int:
    """Run all checks, then all tests, and return non-zero if any of them failed."""
    with environment.one_line_errors():
        environment.prepare(tests=True, window=True)
        import system_packages

        system_packages.ensure_programs()
    failed = [name for name, arguments in CHECKS.items() if not _passes(name, arguments)]
    print("tests ...", flush=True)
    # The platform is set here, not only in conftest.py: nothing may open a window on the way.
    tests = _python(["-m", "pytest", *sys.argv[1:]], {"QT_QPA_PLATFORM": "offscreen"})
    if tests.returncode != 0:
        failed.append("tests")
    if failed:
        print(f"FAILED: {', '.join(failed)}")
    return 1 if failed else 0


def _passes(name: str, arguments: list[str]) -> bool:
    """Announce a check, run it, and show what it printed if it failed."""
    print(f"{name} ... ", end="", flush=True)
    started = time.monotonic()
    done = _python(arguments, {}, captured=True)
    print(f"{'FAILED' if done.returncode else 'ok'} ({time.monotonic() - started:.1f} s)")
    if done.returncode:
        print(done.stdout, flush=True)
    return done.returncode == 0


def _python(
    arguments: list[str], changes: dict[str, str], captured: bool = False
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(environment.PYTHON), *arguments],
        cwd=environment.ROOT,
        env={**os.environ, **changes},
        stdout=subprocess.PIPE if captured else None,
        stderr=subprocess.STDOUT if captured else None,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped.")
