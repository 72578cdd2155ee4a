"""The benchmarks: a folder of real pull requests in, figures out."""
