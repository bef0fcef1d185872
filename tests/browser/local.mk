# TESTS += tests/browser/NAME.sh
