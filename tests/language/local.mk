TESTS += tests/language/scripts.py tests/language/size_limits.py tests/language/coverage.py
