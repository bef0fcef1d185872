TESTS += tests/depth/depth.py tests/depth/unoptimised.sh
