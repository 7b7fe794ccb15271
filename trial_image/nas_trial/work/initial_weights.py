"""Where a candidate's first weights come from, if not from its seed: the file that `evaluation.initFrom` names.

`nas_trial.work.train` calls it once a network is built; `nas_trial.training.init_from` loads the file.
"""

from __future__ import annotations

from functools import lru_cache

from torch import nn

from nas_core.api.evaluation import InitFrom
from nas_core.contract import WARNING_LENGTH, StorageLocation
from nas_trial.data.files import Files
from nas_trial.data.source import single_file
from nas_trial.process.log import log
from nas_trial.process.stop import StopFlag
from nas_trial.training import init_from
from nas_trial.work.attempt import Attempt


def load(network: nn.Module, given: InitFrom, attempt: Attempt) -> str:
    """Load published weights into a network, freeze them if asked to, and return what was loaded, for people.

    Each process of a group reads the file itself: all have to know which weights are frozen.

    Raises:
        CandidateRejected: if there is no such file, or nothing in it fits.
        Stopped: if asked to stop while it is downloaded.
        StorageUnavailable: if the bucket's server did not answer for minutes.
    """
    address = given.uri or given.path or ""
    files = _files(address, attempt.trial.storage, attempt.stop)
    report = init_from.load(network, files.local(files.names[0]), repr(address))
    if given.freeze:
        init_from.freeze(network, report)
    log("init-from", loaded=len(report.loaded), others=list(report.others), parameters=report.parameters)
    return str(report)[:WARNING_LENGTH]


# Of several candidates in a trial all have the same file: it is downloaded once.
@lru_cache(maxsize=1)
def _files(address: str, storage: StorageLocation | None, stop: StopFlag) -> Files:
    return single_file("evaluation.initFrom", address, storage, stop)
