"""What the demo prints at its end."""

from nas_client.search_state import SearchState
from nas_dev.demo.operator import NAMESPACE as SYSTEM_NAMESPACE
from nas_dev.demo.operator import RELEASE
from nas_dev.demo.search import NAMESPACE
from nas_dev.demo.target import CLUSTER, Target


def closing(last: SearchState, target: Target) -> str:
    """Say what was found and what to type next."""
    lines = found(last) + ["", "next:"] + [f"  {command}" for command in commands(last.search.meta.name, target)]
    return "\n".join(lines)


def found(last: SearchState) -> list[str]:
    """Say what came of the search."""
    if not last.status.best:
        return [f"no trial succeeded: {': '.join(last.reason)}"]
    best, metric = last.status.best[0], last.spec.objectives[0].metric
    return [
        f"best architecture  {best.architecture}",
        f"{metric:<17}  {best.metrics[metric]:.4f} (trial {best.trial})",
        f"checkpoint         {best.checkpoint or 'none'}",
    ]


def commands(search: str, target: Target) -> list[str]:
    """Return what to type next, with what each is for."""
    # The embedded cluster is found by KUBECONFIG, a user's cluster by its context.
    flag = f" --context {target.context}" if target.context else ""
    look = [
        (f"kubectl get nas,nastrial -n {NAMESPACE}{flag}", "the search and its trials"),
        (f"kubectl describe nas {search} -n {NAMESPACE}{flag}", "all that the operator reports, with events"),
        (f"nasctl best {search} -n {NAMESPACE}{flag} -o json", "the best architecture, for programs"),
        (f"kubectl logs -n {NAMESPACE} -l nas-operator.io/search={search}{flag}", "what the trials wrote"),
        (f"kubectl logs -n {SYSTEM_NAMESPACE} deployment/{RELEASE}{flag}", "what the operator wrote"),
    ]
    if target.context:
        end = [
            (f"kubectl delete namespace {NAMESPACE}{flag}", "remove the search"),
            (f"helm uninstall {RELEASE} -n {SYSTEM_NAMESPACE} --kube-context {target.context}", "remove the operator"),
        ]
        rows = [*look, *end]
    else:
        use = (f'eval "$(make -s env CLUSTER={CLUSTER})"', "let kubectl, helm and nasctl find this cluster")
        rows = [use, *look, ("make demo-down", "take it all down")]
    width = max(len(command) for command, _ in rows)
    return [f"{command:<{width}}  # {meaning}" for command, meaning in rows]
