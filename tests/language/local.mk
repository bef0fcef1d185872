TESTS += tests/language/scripts.py
