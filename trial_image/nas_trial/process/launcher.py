"""Several processes for one attempt, one for each GPU of the pod: started, asked to stop and ended together.

Their environment is torchrun's (RANK, LOCAL_RANK, WORLD_SIZE), so torchrun can start them as well. It is not used here
because it ends with exit code 1 whatever codes its processes end with, and the contract's 64 and 75 would be lost: one
stopped by SIGTERM would count as crashed.

They find one another by a file in a directory that only this user may read, not by torchrun's port (MASTER_PORT), on
which torch would listen on all of the pod's addresses; and they talk on the loopback interface. So nobody outside the
pod can join them. Those of several pods have to talk over the network; what they send is never unpickled
(`nas_trial.process.messages`). Each pod starts its own processes once all pods have met (`nas_trial.process.pods`), and
ends them when another pod is lost. Needs no PyTorch.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from nas_core.contract import EXIT_CANDIDATE, EXIT_CHECKPOINTED, EXIT_OK, RESULT_FILE_ENV, TrialResult
from nas_core.states import Outcome
from nas_trial.errors import EXIT_CRASHED, EXIT_PEER_LOST
from nas_trial.process.log import log
from nas_trial.process.pods import Peers, Place
from nas_trial.process.result_file import write_result
from nas_trial.process.stop import SIGNALS, StopFlag

COMMAND = (sys.executable, *sys.orig_argv[1:])
"""How this process was started itself."""
RENDEZVOUS_ENV = "NAS_RENDEZVOUS"
"""Where processes find one another, as PyTorch takes it: ``file://…``, of several pods ``tcp://…``."""
LOOPBACK = {"GLOO_SOCKET_IFNAME": "lo", "NCCL_SOCKET_IFNAME": "lo"}
"""The interface that gloo (between CPUs) and NCCL (between GPUs) talk on."""
POLL_S = 0.1
SETTLE_S = 5.0
"""How long processes may outlive one that failed: they may have met the same, and are about to end by themselves."""
NOTICE_S = 1.0
"""How long after all processes have ended the loss of a pod may show that was the cause."""


@dataclass(frozen=True)
class Together:
    """The pods over which an attempt is trained, after they have met."""

    place: Place
    peers: Peers
    stop: StopFlag
    """Which was looked at until they had met."""


def launch(count: int, command: Sequence[str] = COMMAND, pods: Together | None = None) -> int:
    """Run so many processes; write the result file and return the exit code that stand for all.

    ``pods``: there are as many in each of these.
    """
    with tempfile.TemporaryDirectory() as directory:
        result_files = [Path(directory, f"result-{rank}.json") for rank in range(count)]
        shared = _together(count, pods) if pods else _alone(count, directory)
        first = pods.place.node * count if pods else 0
        processes: list[subprocess.Popen[bytes]] = []
        # Held back until all are there; each lets them through once it can catch them.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        for rank, result_file in enumerate(result_files):
            own = shared | {"RANK": first + rank, "LOCAL_RANK": rank, RESULT_FILE_ENV: result_file}
            env = os.environ | {name: str(value) for name, value in own.items()}
            processes.append(subprocess.Popen(command, env=env))  # noqa: S603 - the trainer itself

        def pass_on(number: int, frame: FrameType | None) -> None:
            for process in processes:
                process.send_signal(number)

        for number in SIGNALS:
            signal.signal(number, pass_on)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        if pods and pods.stop.is_set():
            pass_on(signal.SIGTERM, None)
        ended = wait(processes, pods.peers if pods else None)
        results = {rank: file.read_text() for rank, file in enumerate(result_files) if file.exists()}
    if pods is None:
        return conclude(ended, results, count)
    lost = _lost(pods.peers, ended, count)
    code = conclude(ended, results, count, others=True, lost=lost)
    # Each process that is left out, or ended otherwise, leaves the other pods without it.
    agreed = len(ended) == count and all(each in (EXIT_OK, EXIT_CHECKPOINTED) for each in ended.values())
    pods.peers.leave(done=agreed)
    return code


def _alone(count: int, directory: str) -> dict[str, object]:
    return LOOPBACK | {"WORLD_SIZE": count, RENDEZVOUS_ENV: f"file://{directory}/rendezvous"}


def _together(count: int, pods: Together) -> dict[str, object]:
    address = pods.peers.first_address(pods.place)
    rendezvous = f"tcp://{address}:{pods.place.port}"
    return {"WORLD_SIZE": count * pods.place.nodes, "LOCAL_WORLD_SIZE": count, RENDEZVOUS_ENV: rendezvous}


def _lost(peers: Peers, ended: Mapping[int, int], count: int) -> bool:
    """Whether another pod is lost; where a process has failed of itself, that may show a moment later."""
    failed = len(ended) < count or any(code not in (EXIT_OK, EXIT_CHECKPOINTED) for code in ended.values())
    deadline = time.monotonic() + (NOTICE_S if failed else 0.0)
    while not (lost := peers.lost()) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return lost


def wait(processes: Sequence[subprocess.Popen[bytes]], peers: Peers | None = None) -> dict[int, int]:
    """Wait for all to end; return the exit codes by rank in the order of ending.

    Once one has failed, or another pod (``peers``) is lost, those that do not end soon are killed and left out: they
    would wait forever.
    """
    ended: dict[int, int] = {}
    failed_at: float | None = None
    while len(ended) < len(processes):
        if failed_at is None and peers and peers.lost():
            failed_at = time.monotonic()
        for rank, process in enumerate(processes):
            code = process.poll()
            if code is None or rank in ended:
                continue
            ended[rank] = code
            # After 0 and 75 the others, which agree on the end, may still have something to store.
            if code not in (EXIT_OK, EXIT_CHECKPOINTED) and failed_at is None:
                failed_at = time.monotonic()
        if failed_at is not None and time.monotonic() - failed_at > SETTLE_S:
            for process in processes:
                process.kill()
            break
        time.sleep(POLL_S)
    for process in processes:
        process.wait()
    return ended


def conclude(
    ended: Mapping[int, int], results: Mapping[int, str], count: int, *, others: bool = False, lost: bool = False
) -> int:
    """Write what the process said that decides, or what became of it; return the exit code for all.

    A failure is that of the first process that did not fail for the loss of another. Of several pods (``others``) it
    is not this one's if all failed for that, or if a pod is ``lost`` and none of this one has said why it failed: it
    was interrupted then, as by SIGTERM, and goes on from the last checkpoint.
    """
    failed = [rank for rank, code in ended.items() if code not in (EXIT_OK, EXIT_CHECKPOINTED)]
    result_file = Path(os.environ[RESULT_FILE_ENV])
    if others and _interrupted(ended, failed, results, lost):
        log("stopped", message="another pod of the trial is gone; all go on from the last checkpoint")
        return EXIT_CHECKPOINTED
    if failed:
        # Of equals min returns the first, and the codes are in the order of ending.
        cause = min(failed, key=lambda rank: ended[rank] == EXIT_PEER_LOST)
        code = ended[cause]
        if cause in results:
            result_file.write_text(results[cause])
        else:
            how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"  # Popen's way to say it
            message = f"process {cause} of {count} ended with {how} and took the others with it; see the log"
            log("failed", reason="Crashed", message=message)
            write_result(result_file, TrialResult(outcome=Outcome.FAILED, reason="Crashed", message=message))
        return EXIT_CANDIDATE if code == EXIT_CANDIDATE else EXIT_CRASHED
    if EXIT_CHECKPOINTED in ended.values():
        return EXIT_CHECKPOINTED
    if 0 in results:  # the first process of all writes one
        result_file.write_text(results[0])
    return EXIT_OK


def _interrupted(ended: Mapping[int, int], failed: Sequence[int], results: Mapping[int, str], lost: bool) -> bool:
    if lost and not failed:
        # Those that were killed are left out of what has ended.
        return EXIT_OK not in ended.values()
    return bool(failed) and all(ended[rank] == EXIT_PEER_LOST or (lost and rank not in results) for rank in failed)
