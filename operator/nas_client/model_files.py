"""Where the files of a model are, by whatever a person calls it: `nasctl predict`.

An address, a folder or a file is meant as it is. Anything else is a name in the cluster: of a search, whose best model
is taken, of a model, or of a trial. ``nasmodel/people`` says which of these, as with kubectl.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from nas_client.errors import InvalidInput, SearchNotFound
from nas_client.folder import folder_state, path_in
from nas_client.models import Models
from nas_client.reader import Reader
from nas_client.search_state import SearchState
from nas_core.api.model import Artifact
from nas_core.layout import BUNDLE_MANIFEST
from nas_core.records.conditions import find, is_true
from nas_core.states import ConditionType

SEARCH_FILE = "search.yaml"
"""What the folder of a run has, and no bundle."""


@dataclass(frozen=True)
class ModelFiles:
    """Where a model is."""

    address: str
    sha256: str | None = None
    """Of its bundle.json, where that is known; it has those of all other files."""


def find_model(given: str, connect: Callable[[], Reader]) -> ModelFiles:
    """Return where a model is.

    Args:
        given: what the person calls it.
        connect: returns the connection to the cluster; called only for a name.

    Raises:
        ClientError: if there is none; the message says what to do.
    """
    if "://" in given:
        return ModelFiles(given)
    path = Path(given).expanduser()
    if path.joinpath(SEARCH_FILE).exists():
        return ModelFiles(str(path_in(path, _best_of(given, folder_state(path)))))
    if path.suffix == ".yaml" and path.parent.name == "trials" and path.exists():
        folder = path.parent.parent
        return ModelFiles(str(path_in(folder, _of_trial(path.stem, folder_state(folder)))))
    if path.exists():
        return ModelFiles(str(path))
    return _in_cluster(given, connect())


def _in_cluster(given: str, reader: Reader) -> ModelFiles:
    kinds: Mapping[str, Callable[[str], ModelFiles | None]] = {
        "nassearch": lambda name: _search(name, reader),
        "nasmodel": lambda name: _model(name, reader),
        "nastrial": lambda name: _trial(name, reader),
    }
    kind, _, name = given.rpartition("/")
    if kind and kind not in kinds:
        raise InvalidInput(f"{given} is no file and no folder; a name in the cluster begins with {', '.join(kinds)}")
    for look in [kinds[kind]] if kind else kinds.values():
        if found := look(name):
            return found
    what = kind or "file or folder, and no search, model or trial,"
    raise InvalidInput(
        f"there is no {what} {name!r} in namespace {reader.namespace!r}; see: "
        "kubectl get nassearches,nasmodels,nastrials"
    )


def _search(name: str, reader: Reader) -> ModelFiles | None:
    try:
        return ModelFiles(_best_of(name, reader.read(name)))
    except SearchNotFound:
        return None


def _model(name: str, reader: Reader) -> ModelFiles | None:
    """Return a model by its own name, or the version in production of those that share a name, else the newest."""
    found = Models(reader).called(name)
    if not found:
        return None
    model = next((one for one in found if one.meta.name == name), None)
    model = model or next((one for one in found if one.in_production), found[-1])
    if not is_true(model.status.conditions, ConditionType.READY) or model.status.address is None:
        ready = find(model.status.conditions, ConditionType.READY)
        raise InvalidInput(f"the model {model.meta.name!r} has no files: {ready.message if ready else 'not made yet'}")
    return ModelFiles(model.status.address, _manifest_hash(model.status.artifacts))


def _trial(name: str, reader: Reader) -> ModelFiles | None:
    try:
        search = reader.search_of(name)
    except InvalidInput:
        return None
    return ModelFiles(_of_trial(name, reader.read(search)))


def _manifest_hash(artifacts: list[Artifact]) -> str | None:
    return next((file.sha256 for file in artifacts if file.path == BUNDLE_MANIFEST), None)


def _best_of(name: str, state: SearchState) -> str:
    """Return the address of the best model of a search."""
    status = state.status
    address = next((entry.bundle for entry in (*status.retrained, *status.best) if entry.bundle), None)
    if address is None:
        raise InvalidInput(f"the search {name!r} has no model yet; set spec.retrain and spec.storage, and wait for it")
    return address


def _of_trial(name: str, state: SearchState) -> str:
    bundle = next((one.status.bundle for one in state.trials if one.meta.name == name), None)
    if bundle is None:
        raise InvalidInput(
            f"the trial {name!r} has no model, as only training again makes one (spec.retrain); name another one, or "
            f"make a model of it: nasctl export {name}"
        )
    return bundle
