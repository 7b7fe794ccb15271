"""A search that is asked for: the fields of a NASSearch as arguments, and the two places where it can be run."""

from __future__ import annotations

import difflib
import inspect
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nas.attached import AttachedSearch, attach, open_folder

if TYPE_CHECKING:  # takes a third of a second, which only who describes a search waits for
    from nas_core.api.base import ApiModel

    Part = Mapping[str, Any] | ApiModel

Json = dict[str, Any]
ERROR_LIMIT = 10_000
"""Characters of an error that are told, its last ones."""
ENDS = (0, 1, 130)
"""Exit codes of a run that has ended as it should: succeeded, failed, stopped."""


class Search:
    """What a NASSearch asks for. Fields are dicts as in YAML (camelCase), or the models of `nas_core.api`.

    Fields that are left out are chosen from the data, as in a manifest (docs/defaults.md).
    """

    def __init__(
        self,
        name: str,
        *,
        task: Part,
        namespace: str | None = None,
        search_space: Part | None = None,
        hyperparameters: Sequence[Part] | None = None,
        objectives: Sequence[Part] | None = None,
        constraints: Sequence[Part] | None = None,
        targets: Sequence[Part] | None = None,
        strategy: Part | None = None,
        evaluation: Part | None = None,
        guidance: Part | None = None,
        warm_start: Part | None = None,
        retrain: Part | None = None,
        budget: Part | None = None,
        trial_template: Part | None = None,
        storage: Part | None = None,
        tracking: Part | None = None,
    ) -> None:
        """Check it.

        Raises:
            InvalidInput: if a field is wrong, in the words of the API.
        """
        from nas_core.api.base import api_name

        given = {
            "task": task,
            "search_space": search_space,
            "hyperparameters": hyperparameters,
            "objectives": objectives,
            "constraints": constraints,
            "targets": targets,
            "strategy": strategy,
            "evaluation": evaluation,
            "guidance": guidance,
            "warm_start": warm_start,
            "retrain": retrain,
            "budget": budget,
            "trial_template": trial_template,
            "storage": storage,
            "tracking": tracking,
        }
        self.name, self.namespace = name, namespace
        self.spec: Json = {api_name(field): _plain(value) for field, value in given.items() if value is not None}
        """As in a manifest: what was given, and no more."""
        _check(self.manifest())

    @classmethod
    def from_manifest(cls, path: str | Path) -> Search:
        """Read the one NASSearch of a file of YAML.

        Raises:
            InvalidInput: if there is none, or a field of it is wrong.
        """
        from nas_client.errors import InvalidInput
        from nas_client.manifest import read_manifest, the_only

        found = the_only(read_manifest(Path(path)), "NASSearch", Path(path))
        spec, metadata = found.get("spec") or {}, found.get("metadata") or {}
        known = {_api(field): field for field in _FIELDS}
        if wrong := sorted(spec.keys() - known.keys()):
            close = difflib.get_close_matches(wrong[0], known, 1)
            meant = f"did you mean {close[0]}?" if close else f"known are: {', '.join(known)}"
            raise InvalidInput(f"{path}: spec.{wrong[0]}: there is no such field; {meant}")
        if "task" not in spec or not isinstance(metadata.get("name"), str):
            raise InvalidInput(f"{path}: a search needs metadata.name and spec.task")
        fields = {known[field]: value for field, value in spec.items()}
        return cls(metadata["name"], namespace=metadata.get("namespace"), **fields)

    def manifest(self) -> Json:
        """Return it as `kubectl apply` takes it."""
        from nas_core.api import API_VERSION

        metadata = {"name": self.name} | ({"namespace": self.namespace} if self.namespace else {})
        return {"apiVersion": API_VERSION, "kind": "NASSearch", "metadata": metadata, "spec": self.spec}

    def to_yaml(self) -> str:
        """Return the manifest as YAML."""
        import yaml

        return yaml.safe_dump(self.manifest(), sort_keys=False, allow_unicode=True)

    def submit(self, *, context: str | None = None, kubeconfig: str | None = None) -> AttachedSearch:
        """Give it to the cluster; return it as it is there.

        Args:
            context: of the kubeconfig; None: the current one.
            kubeconfig: its path; None: KUBECONFIG, or ~/.kube/config.

        Raises:
            InvalidInput: if the API server does not take it, in its own words.
            ClientError: if it cannot be asked.
        """
        from nas_client.reader import Reader
        from nas_client.searches import Searches

        reader = Reader.connect(kubeconfig, context, self.namespace)
        Searches(reader).submit(self.manifest())
        return attach(self.name, reader.namespace, context=context, kubeconfig=kubeconfig)

    def run(
        self,
        folder: str | Path | None = None,
        *,
        parallel: int | None = None,
        gpus: int = 0,
        data: Mapping[str, str | Path] | None = None,
    ) -> AttachedSearch:
        """Run it on this machine until it has ended, as `nasctl run` does; return it with its results.

        A KeyboardInterrupt lets the trials write their checkpoints; the same call goes on from there.

        Args:
            folder: where it is kept; None: ~/nas/NAMESPACE/NAME.
            parallel: trials at the same time; None: two, or one on a machine with one core.
            gpus: GPUs to use.
            data: folders by the claims whose volumes they stand for.

        Raises:
            InvalidInput: if it cannot be run here; the message says what to do.
        """
        from nas_client.errors import InvalidInput

        home = Path(folder or Path.home() / "nas" / (self.namespace or "default") / self.name).expanduser().absolute()
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
            file.write(self.to_yaml())
            file.flush()
            options = ["--dir", str(home), "--gpus", str(gpus)]
            options += ["--parallel", str(parallel)] if parallel else []
            options += [f"--data={claim}={path}" for claim, path in (data or {}).items()]
            if (said := _run([file.name, *options])) is not None:
                raise InvalidInput(said.replace(file.name, f"search {self.name!r}"))
        return open_folder(home)


def _run(arguments: Sequence[str]) -> str | None:
    """Let `nasctl run` run and print what it says; return what it says on standard error if it could not begin.

    Raises:
        ClientError: if it has ended in another way than it should.
    """
    from nas_client.cli.commands import EXIT_USAGE
    from nas_client.errors import ClientError

    # A process of its own: notebooks have an event loop in this one, and only a process can be asked to stop.
    command = [sys.executable, "-m", "nas_client.cli", "run", *arguments]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,  # noqa: S603 no shell
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                print(line, end="")  # noqa: T201
        except KeyboardInterrupt:
            # On a terminal the process has had the signal, too; in a notebook only this one has.
            process.send_signal(signal.SIGINT)
            process.wait()
            raise
        code = process.wait()
        errors.seek(0)
        said = errors.read()[-ERROR_LIMIT:].strip().removeprefix("nasctl: ")
    if code == EXIT_USAGE:
        return said
    if code not in ENDS:
        raise ClientError(f"nasctl run ended with exit code {code}: {said or 'it said nothing'}")
    return None


def _plain(value: Any) -> Any:
    """Return a value as in YAML; of a model only what was set, so that the rest is still chosen from the data."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner) for inner in value]
    dump = getattr(value, "model_dump", None)
    return dump(mode="json", by_alias=True, exclude_unset=True) if dump else value


def _check(manifest: Json) -> None:
    from pydantic import ValidationError

    from nas_client.errors import InvalidInput
    from nas_core.api.search import NASSearchSpec
    from nas_core.crd.explain import explain

    try:
        NASSearchSpec.model_validate(manifest["spec"])
    except ValidationError as invalid:
        raise InvalidInput("; ".join(explain(fault) for fault in invalid.errors())) from None
    try:
        from nas_client.validation import findings
    except ModuleNotFoundError:
        return  # without the extra `validate` it is the API server that knows names and rules
    if found := findings([manifest]):
        raise InvalidInput("; ".join(f"{one.fault.field}: {one.fault.message}" for one in found))


def _api(field: str) -> str:
    from nas_core.api.base import api_name

    return api_name(field)


_FIELDS = [name for name in inspect.signature(Search).parameters if name not in ("name", "namespace")]
