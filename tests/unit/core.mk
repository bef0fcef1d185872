# Unit tests of the floor `core`.
