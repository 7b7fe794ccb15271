"""Steps report what they do, what it cost, and why it failed."""

from pathlib import Path

import pytest

from nas_dev.steps import StepFailed, Steps, Timing, last_lines


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def steps(lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Steps:
    monkeypatch.setenv("NAS_DEV_CACHE", str(tmp_path))
    return Steps(lines.append)


def test_table_lines_up_and_marks_failures(steps: Steps) -> None:
    steps.timings = [Timing("short", 1.04), Timing("much longer", 61.0, failed=True)]
    assert steps.table().splitlines() == ["  short             1.0 s", "  much longer      61.0 s  FAILED"]


def test_a_failing_step_is_recorded(steps: Steps, lines: list[str]) -> None:
    with pytest.raises(ValueError, match="no"), steps.step("it"):
        raise ValueError("no")
    assert steps.timings[0].failed
    assert lines[-1].startswith("  ✗ it")


def test_quick_steps_may_stay_silent(steps: Steps, lines: list[str]) -> None:
    with steps.step("it", quiet_below=10):
        pass
    assert lines == []
    assert steps.timings == []


def test_a_failed_command_shows_the_end_of_its_log_and_where_it_is(steps: Steps) -> None:
    with pytest.raises(StepFailed) as failure:
        steps.command("try it", ["sh", "-c", "seq 100; exit 3"])
    text = str(failure.value)
    assert "exit 3" in text
    assert "\n81\n" in text
    assert "\n80\n" not in text
    assert text.endswith("try-it.log")


def test_parallel_tasks_all_end_before_a_failure_is_raised(steps: Steps) -> None:
    done: list[int] = []

    def fail() -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        steps.parallel(fail, lambda: done.append(1))
    assert done == [1]


def test_last_lines_counts_carriage_returns_and_skips_empty_ones(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"a\rb\n\n  \nc\n")
    assert last_lines(log, 2) == "b\nc"
    assert last_lines(tmp_path / "none", 2) == ""
