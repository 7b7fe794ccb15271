import json
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from nas_core.api import GROUP
from nas_core.contract import METRICS_PORT
from nas_core.crd.resources import RESOURCES
from nas_core.records.names import MANAGED_BY, NODES_LABEL, TRIAL_LABEL
from nas_operator.manifests.session import SESSION_TYPE
from nas_operator.settings import Settings
from nas_storage.allowed_endpoints import AllowedEndpoints

from .conftest import CHART, Objects, Render, RunHelm

NAME = "nas-operator"
DEFAULT = "tracking.allowedEndpoints={mlflow:5000},tracking.default.mlflow.endpoint=http://mlflow:5000"
EVERYTHING = Path(__file__).parent / "snapshots" / "everything.values.yaml"


def environment(objects: Objects) -> dict[str, str]:
    container = objects["Deployment", NAME]["spec"]["template"]["spec"]["containers"][0]
    return {variable["name"]: variable.get("value", "") for variable in container["env"]}


def test_lint_finds_nothing(run_helm: RunHelm) -> None:
    done = run_helm("lint", "--strict", str(CHART))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_operator_understands_the_defaults(render: Render) -> None:
    defaults = Settings.from_environment(environment(render()))
    assert defaults.namespaces == ()
    assert defaults.trial_image == "nas-trial:0.1.0"
    assert defaults.secret_names == ("nas-storage",)
    assert defaults.allowed_endpoints == Settings().allowed_endpoints
    assert (defaults.tracking_endpoints.entries, defaults.tracking_secret_names) == ((), ("nas-tracking",))
    assert defaults.prometheus_url is None
    assert defaults.workers == Settings().workers
    assert (defaults.metrics_authentication, defaults.metrics_per_search) == (True, False)
    assert defaults.lease == ("nas-system", NAME) and defaults.identity == "$(POD_NAME)_$(POD_UID)"
    assert (defaults.metrics_interval, defaults.log_level, defaults.log_format) == (5.0, "INFO", "json")


def test_the_operator_understands_what_is_set(render: Render) -> None:
    values = "--set=storage.allowedEndpoints={minio.storage.svc:9000,[fd00::/8]:*},watchNamespaces={a,b},storage.secretNames={x,y},tracking.allowedEndpoints={mlflow.svc:5000},prometheus.url=http://p:9090,metrics.interval=2,workers=3"
    given = Settings.from_environment(environment(render(values)))
    assert given.namespaces == ("a", "b")
    assert given.secret_names == ("x", "y")
    assert given.allowed_endpoints == AllowedEndpoints.of(["minio.storage.svc:9000", "[fd00::/8]:*"])
    assert given.tracking_endpoints == AllowedEndpoints.of(["mlflow.svc:5000"])
    assert given.prometheus_url == "http://p:9090"
    assert given.metrics_interval == 2.0
    assert given.workers == 3


def test_the_default_of_tracking_is_understood(render: Render) -> None:
    assert list(Settings.from_environment(environment(render())).tracking_default.servers()) == []
    default = Settings.from_environment(environment(render(f"--values={EVERYTHING}"))).tracking_default
    assert default.to_dict() == {
        "mlflow": {
            "endpoint": "http://mlflow.mlops.svc:5000",
            "experiment": "nas/{namespace}",
            "secretRef": {"name": "mlflow"},
        }
    }


def test_kinds_of_trials_are_understood_and_may_be_made(render: Render) -> None:
    objects = render(f"--values={EVERYTHING}")
    [kind] = Settings.from_environment(environment(objects)).job_kinds.values()
    assert (kind.name, kind.resource) == ("jobset", ("/apis/jobset.x-k8s.io/v1alpha2", "jobsets"))
    rules = objects["ClusterRole", NAME]["rules"]
    [rule] = [rule for rule in rules if rule["apiGroups"] == ["jobset.x-k8s.io"]]
    assert rule["resources"] == ["jobsets"] and rule["verbs"] == ["get", "list", "watch", "create", "delete"]


def test_workloads_are_patched_only_for_boosts(render: Render) -> None:
    def rights(*values: str) -> list[object]:
        objects = render(*values)
        assert objects["ClusterRole", NAME]["rules"]
        return [rule["verbs"] for rule in objects["ClusterRole", NAME]["rules"] if rule["resources"] == ["workloads"]]

    assert rights() == []
    values = "--set=kueue.priorityBoostAfter={5m,1h}"
    assert rights(values) == [["list", "patch"]]
    assert Settings.from_environment(environment(render(values))).priority_boost_after == (300.0, 3600.0)


def test_served_namespaces_are_the_only_ones_with_rights(render: Render) -> None:
    objects = render("--set=watchNamespaces={a,b}")
    assert {name for kind, name in objects if kind == "RoleBinding"} == {"a", "b", "nas-system"}
    # Only what belongs to no namespace (CRDs, policies, namespaces), and Leases are read cluster-wide.
    assert [name for kind, name in objects if kind == "ClusterRoleBinding"] == [f"{NAME}-cluster-reader"]


def test_only_the_operator_of_a_namespace_writes_its_trials(render: Render) -> None:
    objects = render("--set=watchNamespaces={a,b}", "--set=serviceAccount.name=planner")
    policy = objects["ValidatingAdmissionPolicy", f"{NAME}-trial-writers"]["spec"]
    assert "'system:serviceaccount:nas-system:planner'" in policy["validations"][0]["expression"]
    [selector] = objects["ValidatingAdmissionPolicyBinding", f"{NAME}-trial-writers"]["spec"]["matchResources"][
        "namespaceSelector"
    ]["matchExpressions"]
    assert selector["values"] == ["a", "b"]
    assert "matchResources" not in render()["ValidatingAdmissionPolicyBinding", f"{NAME}-trial-writers"]["spec"]
    assert not [kind for kind, _ in render("--set=trialWriters.restricted=false") if "Admission" in kind]


def test_every_kind_of_ours_can_be_worked_with_and_looked_at(render: Render) -> None:
    objects = render()
    crds, policies, status, *_ = objects["ClusterRole", f"{NAME}-cluster-reader"]["rules"]
    assert set(crds["resourceNames"]) == {f"{resource.plural}.{GROUP}" for resource in RESOURCES}
    assert policies["resources"] == ["naspolicies"] and set(policies["verbs"]) == {"get", "list", "watch"}
    assert status["resources"] == ["naspolicies/status"] and status["verbs"] == ["patch"]
    plurals = {resource.plural for resource in RESOURCES if resource.scope == "Namespaced"}
    for role in (NAME, f"{NAME}-view"):
        rules = objects["ClusterRole", role]["rules"]
        assert plurals <= {r for rule in rules if "watch" in rule["verbs"] for r in rule["resources"]}, role
    rules = objects["ClusterRole", NAME]["rules"]
    patched = {r for rule in rules if "patch" in rule["verbs"] for r in rule["resources"]}
    assert {f"{plural}/status" for plural in plurals} <= patched


def test_no_role_of_users_says_anything_of_policies(render: Render) -> None:
    roles = {name: role for (kind, name), role in render().items() if kind == "ClusterRole"}
    for user in ("edit", "view"):
        named = {resource for rule in roles[f"{NAME}-{user}"]["rules"] for resource in rule["resources"]}
        assert not {resource for resource in named if resource.startswith("naspolicies")}


def test_the_lease_is_the_only_one_that_is_written(render: Render) -> None:
    objects = render()
    makes, writes = objects["Role", f"{NAME}-leader"]["rules"]
    assert makes["verbs"] == ["create"] and makes["resources"] == ["leases"]
    assert writes["resourceNames"] == [NAME] and set(writes["verbs"]) == {"get", "patch"}
    assert Settings.from_environment(environment(objects)).lease == ("nas-system", NAME)


def test_several_replicas_are_spread_and_do_not_all_go_at_once(render: Render) -> None:
    one, three = render(), render("--set=replicas=3")
    assert ("PodDisruptionBudget", NAME) not in one
    assert one["Deployment", NAME]["spec"]["strategy"] == {"type": "Recreate"}
    assert "topologySpreadConstraints" not in one["Deployment", NAME]["spec"]["template"]["spec"]
    assert three["PodDisruptionBudget", NAME]["spec"]["maxUnavailable"] == 1
    spec = three["Deployment", NAME]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (3, {"type": "RollingUpdate"})
    [spread] = spec["template"]["spec"]["topologySpreadConstraints"]
    assert spread["labelSelector"] == spec["selector"] == three["PodDisruptionBudget", NAME]["spec"]["selector"]


def test_no_wildcards_and_secrets_only_by_name(render: Render) -> None:
    objects = render("--set=storage.secretNames={one}")
    rules = [rule for (kind, _), role in objects.items() if kind == "ClusterRole" for rule in role["rules"]]
    lists = ("verbs", "resources", "apiGroups", "nonResourceURLs")
    assert not [rule for rule in rules for each in lists if "*" in rule.get(each, ())]
    secrets = [rule for rule in rules if "secrets" in rule.get("resources", ())]
    assert secrets == [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["one"], "verbs": ["get"]}]
    assert not [rule for rule in rules if "configmaps" in rule.get("resources", ())]


def test_what_trials_may_use_is_named_in_the_role_and_to_the_operator(render: Render) -> None:
    objects = render("--set=storage.secretNames={one},trials.secretNames={one,two},trials.configMapNames={proxies}")
    given = Settings.from_environment(environment(objects))
    assert (given.trial_secret_names, given.trial_config_map_names) == (("one", "two"), ("proxies",))
    rules = objects["ClusterRole", NAME]["rules"]
    named = {rule["resources"][0]: (rule["resourceNames"], rule["verbs"]) for rule in rules if "resourceNames" in rule}
    assert named == {"secrets": (["one", "two"], ["get"]), "configmaps": (["proxies"], ["get"])}


def test_secrets_of_tracking_are_read_only_where_there_is_a_server(render: Render) -> None:
    def names(*values: str) -> list[str]:
        rules = render(*values)["ClusterRole", NAME]["rules"]
        return [name for rule in rules if rule["resources"] == ["secrets"] for name in rule["resourceNames"]]

    assert names() == ["nas-storage"]
    assert names("--set=tracking.allowedEndpoints={mlflow.svc:5000}") == ["nas-storage", "nas-tracking"]


def test_secrets_are_written_only_where_storage_may_be_scoped_and_only_of_one_type(render: Render) -> None:
    assert not Settings.from_environment(environment(render())).scoped_storage
    objects = render("--set=storage.scoped=true,storage.secretNames={one}")
    assert Settings.from_environment(environment(objects)).scoped_storage
    rules = [rule for rule in objects["ClusterRole", NAME]["rules"] if rule["resources"] == ["secrets"]]
    assert [(rule["verbs"], rule.get("resourceNames")) for rule in rules] == [
        (["get"], ["one"]),
        (["create", "update"], None),
    ]
    policy = objects["ValidatingAdmissionPolicy", f"{NAME}-session-secrets"]["spec"]
    assert [each["expression"] for each in policy["validations"]] == [f"object.type == '{SESSION_TYPE}'"]
    assert f"system:serviceaccount:nas-system:{NAME}'" in policy["matchConditions"][0]["expression"]
    assert objects["ValidatingAdmissionPolicyBinding", f"{NAME}-session-secrets"]["spec"]["validationActions"] == [
        "Deny"
    ]


def test_no_endpoints_mean_no_server(render: Render) -> None:
    given = Settings.from_environment(environment(render("--set-json=storage.allowedEndpoints=[]")))
    assert given.allowed_endpoints == AllowedEndpoints.of([])


def test_no_secret_names_mean_no_right_to_secrets(render: Render) -> None:
    rules = render("--set-json=storage.secretNames=[]")["ClusterRole", NAME]["rules"]
    assert not [rule for rule in rules if "secrets" in rule["resources"]]


def test_the_pod_meets_the_restricted_standard(render: Render) -> None:
    pod = render()["Deployment", NAME]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize(
    ("arguments", "made"),
    [
        ((), False),
        (("--api-versions=monitoring.coreos.com/v1/PodMonitor",), True),
        (("--api-versions=monitoring.coreos.com/v1/PodMonitor", "--set=podMonitor.enabled=false"), False),
        (("--set=podMonitor.enabled=true",), True),
    ],
)
def test_pod_monitors_come_when_the_cluster_knows_them(render: Render, arguments: tuple[str, ...], made: bool) -> None:
    names = {name for kind, name in render(*arguments) if kind == "PodMonitor"}
    assert names == ({NAME, f"{NAME}-trials"} if made else set())


def test_the_page_is_shown_to_those_with_the_role(render: Render) -> None:
    closed = render("--set=podMonitor.enabled=true")
    reader = f"{NAME}-metrics-reader"
    assert closed["ClusterRole", reader]["rules"] == [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]
    [endpoint] = closed["PodMonitor", NAME]["spec"]["podMetricsEndpoints"]
    assert endpoint["authorization"] == {"credentials": {"name": reader, "key": "token"}}
    secret = closed["Secret", reader]
    assert secret["type"] == "kubernetes.io/service-account-token"
    assert secret["metadata"]["annotations"] == {"kubernetes.io/service-account.name": reader}
    binding = closed["ClusterRoleBinding", reader]
    assert (binding["roleRef"]["name"], binding["subjects"][0]["name"]) == (reader, reader)
    asks = {r for rule in closed["ClusterRole", f"{NAME}-cluster-reader"]["rules"] for r in rule["resources"]}
    assert {"tokenreviews", "subjectaccessreviews"} <= asks
    [trials] = closed["PodMonitor", f"{NAME}-trials"]["spec"]["podMetricsEndpoints"]
    assert "authorization" not in trials, "a team's pod would see the token"
    annotations = closed["Deployment", NAME]["spec"]["template"]["metadata"]["annotations"]
    assert not [name for name in annotations if name.startswith("prometheus.io/")]


def test_a_token_of_ones_own_needs_no_account(render: Render) -> None:
    objects = render("--set=podMonitor.enabled=true,podMonitor.tokenSecret=mine")
    [endpoint] = objects["PodMonitor", NAME]["spec"]["podMetricsEndpoints"]
    assert endpoint["authorization"]["credentials"]["name"] == "mine"
    assert [kind for kind, name in objects if name.endswith("-metrics-reader")] == ["ClusterRole"]


def test_without_a_pod_monitor_nobody_gets_a_token(render: Render) -> None:
    assert [kind for kind, name in render() if name.endswith("-metrics-reader")] == ["ClusterRole"]


def test_an_open_page_asks_nobody(render: Render) -> None:
    objects = render("--set=podMonitor.enabled=true,metrics.authentication=false,metrics.perSearch=true")
    assert not [name for _, name in objects if name.endswith("-metrics-reader")]
    [endpoint] = objects["PodMonitor", NAME]["spec"]["podMetricsEndpoints"]
    assert "authorization" not in endpoint
    asks = {r for rule in objects["ClusterRole", f"{NAME}-cluster-reader"]["rules"] for r in rule["resources"]}
    assert asks.isdisjoint({"tokenreviews", "subjectaccessreviews"})
    given = Settings.from_environment(environment(objects))
    assert (given.metrics_authentication, given.metrics_per_search) == (False, True)
    annotations = objects["Deployment", NAME]["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/scrape"] == "true"


def test_network_policies_come_when_asked_for(render: Render) -> None:
    assert not [kind for kind, _ in render("--set=watchNamespaces={a,b}") if kind == "NetworkPolicy"]
    objects = render("--set=networkPolicy.enabled=true")
    [name] = [name for kind, name in objects if kind == "NetworkPolicy"]
    spec = objects["NetworkPolicy", name]["spec"]
    assert spec["podSelector"] == objects["Deployment", NAME]["spec"]["selector"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    container = objects["Deployment", NAME]["spec"]["template"]["spec"]["containers"][0]
    ports = [port["port"] for rule in spec["ingress"] for port in rule["ports"]]
    assert ports == [port["name"] for port in container["ports"]]
    dns, trials, rest = spec["egress"]
    assert {port["port"] for port in dns["ports"]} == {53}
    [peer] = trials["to"]
    assert peer["namespaceSelector"] == {} and peer["podSelector"]["matchExpressions"][0]["key"] == TRIAL_LABEL
    assert [port["port"] for port in trials["ports"]] == [METRICS_PORT]
    assert "to" not in rest and {port["port"] for port in rest["ports"]} == {443, 6443}


def test_who_reads_metrics_may_be_narrowed(render: Render) -> None:
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    arguments = ("--set=networkPolicy.enabled=true,networkPolicy.trials.enabled=true,watchNamespaces={a,b}",)
    objects = render(*arguments, f"--set-json=networkPolicy.metricsFrom={json.dumps([peer])}")
    probes, metrics = objects["NetworkPolicy", NAME]["spec"]["ingress"]
    assert "from" not in probes and metrics["from"] == [peer]
    [selector] = objects["NetworkPolicy", NAME]["spec"]["egress"][1]["to"][0]["namespaceSelector"]["matchExpressions"]
    assert selector["values"] == ["a", "b"]
    for namespace in ("a", "b"):
        spec = objects["NetworkPolicy", namespace]["spec"]
        assert spec["podSelector"]["matchLabels"] == MANAGED_BY
        [into] = spec["ingress"]
        operator, prometheus = into["from"]
        assert operator["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "nas-system"}
        assert operator["podSelector"] == objects["Deployment", NAME]["spec"]["selector"]
        assert prometheus == peer
        blocks = [to["ipBlock"] for rule in spec["egress"] for to in rule.get("to", ())]
        assert IPv4Address("169.254.169.254") in IPv4Network(blocks[0]["except"][0])


def test_policies_of_trials_need_the_namespaces(run_helm: RunHelm) -> None:
    done = run_helm("template", NAME, str(CHART), "--set=networkPolicy.trials.enabled=true")
    assert done.returncode != 0
    assert "needs watchNamespaces" in done.stderr


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("log.level=LOUD", "/log/level"),
        ("podMonitor.enabled=perhaps", "/podMonitor/enabled"),
        ("prometheus.url=prometheus:9090", "/prometheus/url"),
        ("tracking.default.mlflow.experiment=x", "/tracking/default/mlflow"),
        ("tracking.default.mlflow.endpoint=mlflow:5000", "/tracking/default/mlflow/endpoint"),
        ("tracking.default.mlflow.endpoint=http://mlflow:5000", "/tracking/allowedEndpoints"),
        (f"{DEFAULT},tracking.default.mlflow.experiment={{x}}", "/tracking/default/mlflow/experiment"),
        (f"{DEFAULT},tracking.default.mlflow.secretRef.name=x", 'mlflow.secretRef.name "x" is not one of tracking.'),
        ("storage.allowedEndpoints={https://s3}", "/storage/allowedEndpoints/0"),
        ("metrics.interval=0", "/metrics/interval"),
        ("metrics.authentication=off", "/metrics/authentication"),
        ("replicas=0", "/replicas"),
        ("image.digest=abc", "/image/digest"),
    ],
)
def test_a_wrong_value_is_refused_by_name(run_helm: RunHelm, value: str, complaint: str) -> None:
    done = run_helm("template", NAME, str(CHART), f"--set={value}")
    assert done.returncode != 0
    assert complaint in done.stderr


def test_the_notes_say_what_to_type_next(run_helm: RunHelm) -> None:
    done = run_helm("install", NAME, str(CHART), "--dry-run=client", "--namespace=nas-system")
    assert "kubectl rollout status deployment/nas-operator -n nas-system" in done.stdout
    assert "kubectl label secret nas-storage nas-operator.io/use=trial" in done.stdout


def test_pods_of_one_trial_may_talk_to_one_another_and_to_nobody_else(render: Render) -> None:
    objects = render("--set=networkPolicy.trials.enabled=true,watchNamespaces={a}")
    spec = objects["NetworkPolicy", "a/nodes"]["spec"]
    pods = {"matchExpressions": [{"key": NODES_LABEL, "operator": "Exists"}]}
    assert spec["podSelector"] == pods and spec["policyTypes"] == ["Ingress", "Egress"]
    assert spec["ingress"] == [{"from": [{"podSelector": pods}]}]
    assert spec["egress"] == [{"to": [{"podSelector": pods}]}]


def test_the_operator_may_make_services_and_change_none(render: Render) -> None:
    rules = render()["ClusterRole", NAME]["rules"]
    [verbs] = [rule["verbs"] for rule in rules if "services" in rule["resources"]]
    assert sorted(verbs) == ["create", "get"]
