# SPDX-FileCopyrightText: 2026 The Ecdysis developers
# SPDX-License-Identifier: GPL-3.0-or-later

# Every package the project uses, once, each with what it is for.
include(FeatureSummary)
find_package(PkgConfig REQUIRED)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # A precompiled header is named by its time stamp unless ccache is told to look at what it was made from.
    set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
    set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()
add_feature_info(ccache CCACHE "rebuilds cost seconds")

find_package(Torch REQUIRED)
set_package_properties(Torch PROPERTIES PURPOSE "tensors, GEMM, autograd")
include(cuda)
find_package(OpenMP REQUIRED)
set_package_properties(OpenMP PROPERTIES PURPOSE "threads of the kernels, the same pool as LibTorch's")
find_package(HDF5 REQUIRED COMPONENTS C)
set_package_properties(HDF5 PROPERTIES PURPOSE "session files")
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
set_package_properties(OpenSSL PROPERTIES PURPOSE "SHA-256 fingerprints of models and texts")
find_package(BZip2 REQUIRED)
set_package_properties(BZip2 PROPERTIES PURPOSE "compressed task files")
find_package(nlohmann_json 3.11 REQUIRED)
set_package_properties(nlohmann_json PROPERTIES PURPOSE "config.json, safetensors headers, plans")
find_package(CLI11 REQUIRED)
set_package_properties(CLI11 PROPERTIES PURPOSE "command line")
find_package(fmt REQUIRED)
set_package_properties(fmt PROPERTIES PURPOSE "text formatting")
find_package(tl-expected REQUIRED)
set_package_properties(tl-expected PROPERTIES PURPOSE "Result<T>")
# libzip's own CMake package names tools that Debian does not ship beside it.
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(SENTENCEPIECE REQUIRED IMPORTED_TARGET sentencepiece)

if(ECDYSIS_GUI OR ECDYSIS_TESTS)
    find_package(Qt6 6.4 REQUIRED COMPONENTS Core Test)
endif()
if(ECDYSIS_GUI)
    find_package(Qt6 6.4 REQUIRED COMPONENTS Widgets Concurrent Svg PrintSupport LinguistTools)
    set_package_properties(Qt6 PROPERTIES PURPOSE "the window and the tests")
    find_package(QCustomPlotQt6 REQUIRED)
    set_package_properties(QCustomPlotQt6 PROPERTIES PURPOSE "plots")
endif()
if(ECDYSIS_BENCHMARKS)
    find_package(benchmark REQUIRED)
    set_package_properties(benchmark PROPERTIES PURPOSE "the programs of tests/bench")
endif()

# OpenBLAS is there in two builds. The one on OpenMP takes the threads that the kernels take; the other one, which Debian
# prefers where both are installed, has its own, and each pool waits by spinning on the processors that the other needs.
# An old-style path, for the libraries of LibTorch obey it, too; only LD_PRELOAD chooses another.
find_library(OPENBLAS_OPENMP NAMES libopenblas.so.0 PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp
             NO_DEFAULT_PATH)
add_feature_info("OpenBLAS on OpenMP" OPENBLAS_OPENMP
                 "one pool of threads: without it, layers take up to twice as long (libopenblas0-openmp)")
if(OPENBLAS_OPENMP)
    cmake_path(GET OPENBLAS_OPENMP PARENT_PATH blas_folder)
    list(APPEND CMAKE_BUILD_RPATH ${blas_folder})
    list(APPEND CMAKE_INSTALL_RPATH ${blas_folder})
    add_link_options(LINKER:--disable-new-dtags)
else()
    # Debian's reference BLAS is some fifty times slower: say so where it is what the linker will use.
    execute_process(COMMAND readlink -f /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/libblas.so.3 OUTPUT_VARIABLE blas_library
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    string(FIND "${blas_library}" "openblas" blas_is_openblas)
    if(blas_library AND blas_is_openblas EQUAL -1)
        message(WARNING "BLAS is ${blas_library}, not OpenBLAS: matrix products will be very slow. "
                        "Install libopenblas0-openmp.")
    endif()
endif()
