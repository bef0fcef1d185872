# Unit tests of the floor `bench`.
