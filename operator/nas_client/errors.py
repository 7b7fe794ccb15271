"""What can go wrong for people who look at searches from outside the cluster.

::

    ClientError
    ├── ApiUnreachable      the API server could not be asked; trying again may help
    ├── SearchUnreadable    the API server answered no: the user may not read this, or the CRDs are not there
    ├── SearchNotFound      there is no such NASSearch
    ├── KubeconfigInvalid   there is no such kubeconfig or context
    ├── InvalidInput        what was typed, or a file that it names, cannot be used
    └── ExtraMissing        the command needs packages that are not installed

Each message says what to do. Nothing outside this package sees an exception of `kubernetes` or `urllib3`.
"""


class ClientError(Exception):
    """Base of all errors of this package."""


class ApiUnreachable(ClientError):
    """The API server could not be asked, or was too busy to answer; trying again may help."""


class SearchUnreadable(ClientError):
    """The API server answered no; trying again does not help."""


class SearchNotFound(ClientError):
    """There is no such NASSearch."""


class KubeconfigInvalid(ClientError):
    """There is no such kubeconfig or context, so there is no API server to ask."""


class InvalidInput(ClientError):
    """What was typed, or a file that it names, cannot be used."""


class NotUploaded(ClientError):
    """A service on the network did not take what was sent; trying again may help."""


class ExtraMissing(ClientError):
    """The command needs packages that are not installed."""
