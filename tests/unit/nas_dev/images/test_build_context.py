"""An image's context is what its Dockerfile copies, and nothing else."""

import re
import subprocess
from pathlib import Path

import pytest

from nas_dev.images.build_context import copied_sources, files_of, ignore_patterns, is_ignored, stage
from nas_dev.paths import REPOSITORY

DOCKERFILE = """
ARG BASE_IMAGE=python:slim
# COPY comment /never
FROM ${BASE_IMAGE} AS one
COPY --chown=1:1 requirements/x.txt \\
     ./code/ /opt/
RUN --mount=type=bind,source=pyproject.toml,target=/p --mount=type=cache,target=/c true
FROM ${BASE_IMAGE}
COPY --from=one /opt /opt
ADD *.md /docs/
"""


def test_sources_are_those_of_copy_add_and_bind_mounts() -> None:
    assert copied_sources(DOCKERFILE) == ["requirements/x.txt", "code", "pyproject.toml", "*.md"]


def test_only_files_that_git_would_keep_are_staged_with_fixed_times(tmp_path: Path) -> None:
    context = tmp_path / "context"
    for name in ("code/a.py", "code/__pycache__/a.pyc", "code/deep/b.sh", "other/c.py", "README.md", "docs/D.md"):
        file = context / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    (context / "code/deep/b.sh").chmod(0o755)
    (context / ".gitignore").write_text("__pycache__/\n")
    subprocess.run(["git", "init", "--quiet", context], check=True)
    files = files_of(context, ["code", "*.md"])
    assert files == ["README.md", "code/a.py", "code/deep/b.sh"]
    target = tmp_path / "target"
    stage(context, files, target)
    assert sorted(str(p.relative_to(target)) for p in target.rglob("*") if p.is_file()) == files
    assert all(path.stat().st_mtime == 0 for path in target.rglob("*"))
    assert (target / "code/deep/b.sh").stat().st_mode & 0o777 == 0o755
    assert (target / "code/a.py").stat().st_mode & 0o777 == 0o644


def test_the_last_pattern_of_dockerignore_that_matches_decides() -> None:
    patterns = ignore_patterns("# all\n*\n!code\n\n**/testing\ncode/?.txt\n!code/b.txt\n")
    assert is_ignored("README.md", patterns)
    assert not is_ignored("code/a.py", patterns)
    assert is_ignored("code/deep/testing/a.py", patterns)
    assert is_ignored("code/a.txt", patterns)
    assert not is_ignored("code/b.txt", patterns)
    assert not is_ignored("code/ab.txt", patterns)


def test_the_images_hold_what_runs_in_them_and_no_more() -> None:
    operator, trial = image_files("Dockerfile"), image_files("trial_image/Dockerfile")
    assert packages(operator).isdisjoint({"nas_benchmark", "nas_client"})
    assert not [name for name in (*operator, *trial) if "/testing/" in name]
    assert "trial_image/nas_trial/lookup/tables/nas-bench-201-cifar10.csv.gz" in trial


@pytest.mark.parametrize("dockerfile", ["Dockerfile", "trial_image/Dockerfile"])
def test_an_image_holds_every_package_of_ours_that_it_imports(dockerfile: str) -> None:
    files = image_files(dockerfile)
    sources = [(REPOSITORY / name).read_text() for name in files if name.endswith(".py")]
    imported = {name for text in sources for name in re.findall(r"^\s*(?:from|import) (nas_\w+)", text, re.MULTILINE)}
    assert imported
    assert imported <= packages(files)


def image_files(dockerfile: str) -> list[str]:
    return files_of(REPOSITORY, copied_sources((REPOSITORY / dockerfile).read_text()))


def packages(files: list[str]) -> set[str]:
    return {name.split("/")[1] for name in files if name.count("/") > 1}
