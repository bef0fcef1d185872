# TESTS += tests/language/NAME.sh
