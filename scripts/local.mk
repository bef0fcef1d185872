# Scripts run from the source tree; dist-hook ships them.
