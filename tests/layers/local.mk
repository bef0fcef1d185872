# Layer tests: see README.md.
