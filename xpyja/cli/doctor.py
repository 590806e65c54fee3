"""``xpyja doctor``."""

from __future__ import annotations

from typing import Annotated

import typer

from xpyja.cli import output


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check whether this machine has what builds need."""
    from xpyja.build.doctor import examine

    findings = examine()
    ok = all(finding.ok for finding in findings)
    if as_json:
        checks = [
            {
                "id": finding.check.id,
                "title": finding.check.title,
                "ok": finding.ok,
                "found": finding.found,
                "why": finding.check.why,
                "fix": finding.check.fix,
            }
            for finding in findings
        ]
        output.data_json({"ok": ok, "checks": checks})
    else:
        for finding in findings:
            output.data(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.check.title}: {finding.found}")
            if not finding.ok:
                output.data(f"      {finding.check.why}")
                output.data(f"      to do: {finding.check.fix}")
    raise typer.Exit(0 if ok else 1)
