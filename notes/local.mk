# Notes are read, not built; dist-hook ships them.
