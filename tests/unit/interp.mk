# Unit tests of the floor `interp`.
