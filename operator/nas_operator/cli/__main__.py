"""``python -m nas_operator.cli``: `nasctl` without an installed script."""

import sys

from nas_operator.cli.main import main

sys.exit(main())
