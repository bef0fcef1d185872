# Unit tests of the floor `runtime`.
