TESTS += \
	tests/layers/globals.sh \
	tests/layers/includes.sh \
	tests/layers/install.sh \
	tests/layers/link.sh \
	tests/layers/style.sh
