"""checkov: CloudFormation, Terraform, Kubernetes, Dockerfiles and workflows against its built-in checks."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workers.inspection.bounded_job import Job
from workers.inspection.findings import Finding, Severity
from workers.inspection.git import printable

from .kinds import Kind
from .scanner import Said, why

CHECKOV_KINDS: tuple[Kind, ...] = ("cloudformation", "terraform", "kubernetes", "dockerfile", "github_actions")

#: checkov rates its checks only for customers of its platform. These open a door to the world or to the host …
_HIGH = frozenset(
    (
        *("CKV_AWS_20", "CKV_AWS_24", "CKV_AWS_25", "CKV_AWS_57", "CKV_AWS_62", "CKV_AWS_63", "CKV_AWS_260"),
        *("CKV_AWS_17", "CKV_AWS_40", "CKV_AWS_41", "CKV_AWS_45", "CKV_AWS_46", "CKV_AWS_277"),
        *("CKV_K8S_16", "CKV_K8S_17", "CKV_K8S_18", "CKV_K8S_19", "CKV_K8S_27", "CKV_K8S_39", "CKV_K8S_49"),
        *("CKV_DOCKER_1", "CKV2_DOCKER_1", "CKV2_DOCKER_2", "CKV2_DOCKER_3", "CKV2_DOCKER_4", "CKV2_DOCKER_5"),
        *("CKV_GHA_1", "CKV_GHA_2", "CKV_GHA_3", "CKV2_GHA_1"),
    )
)
#: … and these are good housekeeping.
_LOW = frozenset(
    (
        *("CKV_K8S_8", "CKV_K8S_9", "CKV_K8S_10", "CKV_K8S_11", "CKV_K8S_12", "CKV_K8S_13", "CKV_K8S_14"),
        *("CKV_K8S_15", "CKV_K8S_21", "CKV_K8S_43", "CKV_DOCKER_2", "CKV_DOCKER_4", "CKV_DOCKER_7", "CKV_DOCKER_11"),
        *("CKV_AWS_18", "CKV_AWS_21", "CKV_AWS_23", "CKV_AWS_144", "CKV_AWS_145", "CKV_AWS_158", "CKV_AWS_66"),
    )
)


#: Nothing is fetched, asked for or hidden, whatever a default says.
_ENVIRONMENT = {"CKV_IGNORE_HIDDEN_DIRECTORIES": "false", "CKV_IGNORED_DIRECTORIES": "", "BC_SKIP_MAPPING": "TRUE"}


def run_checkov(job: Job, program: str, folder: Path, _files: Sequence[str], kinds: Sequence[str]) -> Said:
    """Run it over a folder of copies, in the sandbox, with an empty configuration; it fetches nothing.

    Raises:
        Beyond: it took too long or printed too much.
        Unusable: it gave no result.
    """
    settings = folder.parent / "settings.yaml"
    settings.write_text("{}\n")
    command = [program, "--config-file", str(settings), "--directory", ".", "--framework", *kinds]
    command += ["--output", "json", "--compact", "--skip-download"]
    done = job.confined(command, folder, environment=_ENVIRONMENT, reads=[settings])
    try:
        document = json.loads(done.stdout)
    except ValueError:
        raise why(done) from None
    said = Said()
    for report in document if isinstance(document, list) else [document]:
        results = report.get("results") if isinstance(report, dict) else None
        if not isinstance(results, dict):
            continue
        made = [*results.get("passed_checks", ()), *results.get("failed_checks", ())]
        said.checks += len(made)
        said.looked |= {_path(check["file_path"]) for check in made}
        said.findings.extend(map(_finding, results.get("failed_checks", ())))
        said.suppressed.extend(map(_finding, results.get("skipped_checks", ())))
        said.unread |= {_path(os.path.relpath(item, folder)) for item in results.get("parsing_errors", ())}
    return said


def _finding(check: dict[str, Any]) -> Finding:
    rule = printable(str(check["check_id"]), 60)
    name = printable(str(check["check_name"]), 200)
    lines = check.get("file_line_range") or [None]
    severity: Severity = "high" if rule in _HIGH else "low" if rule in _LOW else "medium"
    return Finding(
        rule=rule,
        title=name.removesuffix("."),
        severity=severity,
        file=_path(check["file_path"]),
        line=int(lines[0]) if lines[0] else None,
        detail=f"In {printable(str(check.get('resource', 'the file')), 120)}.",
    )


def _path(path: object) -> str:
    return printable(str(path).removeprefix("./").lstrip("/"))
