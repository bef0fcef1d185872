# Unit tests of the floor `profiler`.
