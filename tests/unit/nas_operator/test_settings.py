from __future__ import annotations

import pytest
from tests.support.job_kinds import job_kind, kinds

from nas_operator.settings import LeaseName, Settings
from nas_plan.tracking.default import read_default
from nas_storage.allowed_endpoints import AllowedEndpoints

DEFAULT = '{"mlflow": {"endpoint": "http://mlflow.mlops.svc:5000", "secretRef": {"name": "mlflow"}}}'


def test_nothing_set_means_the_defaults() -> None:
    assert Settings.from_environment({}) == Settings()
    assert Settings.from_environment({"NAS_OPERATOR_NAMESPACES": "", "NAS_OPERATOR_WORKERS": ""}) == Settings()


def test_everything_can_be_set() -> None:
    given = {
        "NAMESPACES": "team-a, team-b,",
        "TRIAL_IMAGE": "mine:1",
        "SECRET_NAMES": "one,two",
        "ALLOWED_ENDPOINTS": "s3.example.com,10.0.0.0/8:9000",
        "TRACKING_ENDPOINTS": "mlflow.mlops.svc:5000",
        "TRACKING_SECRET_NAMES": "mlflow",
        "TRACKING_DEFAULT": DEFAULT,
        "TRIAL_SECRET_NAMES": "hub",
        "TRIAL_CONFIG_MAP_NAMES": "proxies, mirrors",
        "PROMETHEUS_URL": "http://prometheus:9090/",
        "METRICS_INTERVAL": "2.5",
        "HEALTH_PORT": "1",
        "METRICS_PORT": "2",
        "METRICS_AUTHENTICATION": "False",
        "METRICS_PER_SEARCH": "true",
        "LOG_LEVEL": "debug",
        "LOG_FORMAT": "JSON",
        "WORKERS": "3",
        "LEASE": "nas-system/nas-operator",
        "IDENTITY": "pod_uid",
        "PRIORITY_BOOST_AFTER": "5m, 1h30m",
        "JOB_KINDS": kinds(),
    }
    assert Settings.from_environment({f"NAS_OPERATOR_{name}": value for name, value in given.items()}) == Settings(
        namespaces=("team-a", "team-b"),
        trial_image="mine:1",
        secret_names=("one", "two"),
        trial_secret_names=("hub",),
        trial_config_map_names=("proxies", "mirrors"),
        allowed_endpoints=AllowedEndpoints.of(["s3.example.com", "10.0.0.0/8:9000"]),
        tracking_endpoints=AllowedEndpoints.of(["mlflow.mlops.svc:5000"]),
        tracking_secret_names=("mlflow",),
        tracking_default=read_default(DEFAULT),
        prometheus_url="http://prometheus:9090",
        metrics_interval=2.5,
        health_port=1,
        metrics_port=2,
        metrics_authentication=False,
        metrics_per_search=True,
        log_level="DEBUG",
        log_format="json",
        workers=3,
        lease=LeaseName("nas-system", "nas-operator"),
        identity="pod_uid",
        priority_boost_after=(300.0, 5400.0),
        job_kinds={"group": job_kind()},
    )


@pytest.mark.parametrize("value", ["nas-operator", "/nas-operator", "a/", "a/b/c"])
def test_a_lease_is_named_with_its_namespace(value: str) -> None:
    with pytest.raises(ValueError, match=f"NAS_OPERATOR_LEASE: '{value}' is not of the form namespace/name"):
        Settings.from_environment({"NAS_OPERATOR_LEASE": value})


@pytest.mark.parametrize("given", ["1h,5m", "5m,5m", "0s", "300s,5m"])
def test_times_that_do_not_ascend_are_none(given: str) -> None:
    with pytest.raises(ValueError, match=r"NAS_OPERATOR_PRIORITY_BOOST_AFTER='.*': give durations that ascend"):
        Settings.from_environment({"NAS_OPERATOR_PRIORITY_BOOST_AFTER": given})


def test_yes_or_no_is_never_guessed() -> None:
    with pytest.raises(ValueError, match="NAS_OPERATOR_METRICS_AUTHENTICATION='off': give true or false"):
        Settings.from_environment({"NAS_OPERATOR_METRICS_AUTHENTICATION": "off"})


def test_a_number_that_is_none_names_its_variable() -> None:
    with pytest.raises(ValueError, match="NAS_OPERATOR_WORKERS='many' is not a number"):
        Settings.from_environment({"NAS_OPERATOR_WORKERS": "many"})


@pytest.mark.parametrize("workers", ["0", "-1", "2.5", "inf", "nan"])
def test_without_a_worker_nothing_would_ever_be_done(workers: str) -> None:
    with pytest.raises(ValueError, match=f"NAS_OPERATOR_WORKERS={workers}: give a whole number from 1"):
        Settings.from_environment({"NAS_OPERATOR_WORKERS": workers})


def test_an_empty_list_of_endpoints_allows_none() -> None:
    assert Settings.from_environment({"NAS_OPERATOR_ALLOWED_ENDPOINTS": ""}).allowed_endpoints.entries == ()


def test_an_endpoint_that_cannot_be_read_names_its_variable() -> None:
    with pytest.raises(ValueError, match="NAS_OPERATOR_ALLOWED_ENDPOINTS: 'https://s3' is no name"):
        Settings.from_environment({"NAS_OPERATOR_ALLOWED_ENDPOINTS": "s3,https://s3"})


def test_kinds_that_cannot_be_read_are_told_with_their_variable() -> None:
    with pytest.raises(ValueError, match=r"NAS_OPERATOR_JOB_KINDS: group\.more: Extra inputs"):
        Settings.from_environment({"NAS_OPERATOR_JOB_KINDS": kinds(more=1)})


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, r"mlflow\.endpoint: 'http://mlflow.mlops.svc:5000' is not one of tracking\.allowedEndpoints"),
        (
            {"TRACKING_ENDPOINTS": "mlflow.mlops.svc:5000"},
            r"mlflow\.secretRef\.name: 'mlflow' is not one of tracking\.secretNames",
        ),
    ],
)
def test_a_default_of_tracking_that_the_operator_may_not_use_is_refused(given: dict[str, str], why: str) -> None:
    given = {"TRACKING_DEFAULT": DEFAULT} | given
    with pytest.raises(ValueError, match=f"NAS_OPERATOR_TRACKING_DEFAULT: {why}"):
        Settings.from_environment({f"NAS_OPERATOR_{name}": value for name, value in given.items()})
