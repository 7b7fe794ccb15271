"""An image's context is what its Dockerfile copies, and nothing else."""

import subprocess
from pathlib import Path

from nas_dev.images.build_context import copied_sources, files_of, stage

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
