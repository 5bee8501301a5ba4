"""What is measured: each module has `main(argv)` and prints ratios within one run; `make bench` runs them all."""
