TESTS += tests/browser/flamegraph.py
EXTRA_DIST += tests/browser/flamegraph.py tests/browser/chromium.py
