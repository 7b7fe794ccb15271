"""``python -m nas_trial``: the container's entry point."""

import sys

from nas_trial.main import main

sys.exit(main())
