"""A report that lynis 3.0.8 really left on a Debian 12, read."""

from pathlib import Path

from workers.security.servers.hardening.lynis_report import read_lynis_report

SAVED = (Path(__file__).parent / "saved" / "lynis_report.dat").read_text()


def test_what_lynis_suggests_becomes_findings() -> None:
    report = read_lynis_report(SAVED, "testhost")
    assert (report.finished, report.version, report.score) == (True, "3.0.8", 51)
    assert report.executed > 30
    assert len(report.skipped) == 16
    umask = next(finding for finding in report.findings if finding.rule == "AUTH-9328")
    assert (umask.severity, umask.file) == ("low", "testhost")
    assert "umask" in umask.title
    assert "LYNIS" not in {finding.rule for finding in report.findings}
    chmod = next(finding for finding in report.findings if finding.rule == "FILE-7524")
    assert "Use chmod to change file permissions" in chmod.detail


def test_a_warning_is_worse_and_half_a_report_is_not_finished() -> None:
    report = read_lynis_report("warning[]=SSH-7408|Root may log in|-|-|\nwarning[]=nonsense|\x1b[2J|\n", "h")
    assert [(finding.rule, finding.severity) for finding in report.findings] == [("SSH-7408", "high")]
    assert (report.finished, report.score, report.executed) == (False, None, 0)
