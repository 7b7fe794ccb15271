"""``python -m nas_client.cli``: `nasctl` without an installed script."""

import sys

from nas_client.cli.main import main

sys.exit(main())
