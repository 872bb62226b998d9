"""A finished campaign as one page that opens offline: :func:`sekkei.report.html.write_report`."""
