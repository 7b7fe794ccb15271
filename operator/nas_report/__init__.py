"""The report of a search: one HTML file that needs no network. Pure, but for `javascript`.

Flow: `results`, `curves`, `parallel`, `facts` and `drawing` say what there is to show, `charts` how the
plots look (Vega-Lite), `page` puts all into the file. Its readers are `nasctl report`, and the backends, which write it
beside the objects of a search that has ended.
"""

from __future__ import annotations

from nas_report.page import report_page

__all__ = ["report_page"]
