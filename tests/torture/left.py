"""`pgw audit verify` on each file that a kill left, in one process: `python -m tests.torture.left STEP…`.

A step is such a file, or a head that the running gateway had at this point, which later files must contain.
"""

import json
import sys

from click.testing import CliRunner

from pgw.cli import main as pgw


def main() -> None:
    """Print an object for each file: its exit code and what was said."""
    head: str | None = None
    for step in sys.argv[1:]:
        if not step.startswith("/"):
            head = step
            continue
        arguments = ["audit", "verify", "--json", "--database", step, *(("--head", head) if head else ())]
        ended = CliRunner().invoke(pgw, arguments)
        print(json.dumps({"file": step, "status": ended.exit_code, "said": ended.output}))  # noqa: T201
        if ended.exit_code == 0:
            found = json.loads(ended.stdout)["head"]
            head = f"{found['number']}:{found['hash']}"


if __name__ == "__main__":
    main()
