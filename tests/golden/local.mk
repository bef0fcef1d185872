# TESTS += tests/golden/NAME.sh
