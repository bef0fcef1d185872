# Unit tests of the floor `vm`.
