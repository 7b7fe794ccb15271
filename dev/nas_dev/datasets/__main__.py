"""``python -m nas_dev.datasets``: makes a data set and puts it into a bucket."""

import argparse
import os
import sys

import boto3

from nas_dev.cluster.embedded import Cluster
from nas_dev.datasets import DATASETS, folder
from nas_dev.datasets.upload import FAULTS, upload
from nas_dev.steps import Steps


def main(arguments: list[str] | None = None) -> int:
    """Make a data set; with an address, put it there."""
    parser = argparse.ArgumentParser(prog="nas_dev dataset", description=__doc__)
    parser.add_argument("dataset", choices=sorted(DATASETS))
    parser.add_argument("--to", help="s3://bucket/prefix/; default: only say where the folder is")
    parser.add_argument("--name", default="dev", help="the embedded cluster whose bucket it is, unless AWS_* are set")
    options = parser.parse_args(arguments)
    steps = Steps()
    try:
        made = folder(options.dataset, steps)
        if not options.to:
            print(made)
            return 0
        if "AWS_ACCESS_KEY_ID" not in os.environ:
            os.environ.update(Cluster(options.name, steps).environment())
        with steps.step(f"{options.dataset} to {options.to}"):
            upload(boto3.client("s3"), made, options.to)
    except (RuntimeError, ValueError, *FAULTS) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
