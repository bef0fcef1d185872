# The JIT is a loadable module, built when configure finds LLVM.
