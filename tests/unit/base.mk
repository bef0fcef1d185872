# Unit tests of the floor `base`.
