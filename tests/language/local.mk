TESTS += tests/language/scripts.py tests/language/coverage.py
