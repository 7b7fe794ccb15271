"""``python3 -m nas_dev``: the tool's verbs."""

import sys

from nas_dev.cli import main

sys.exit(main())
