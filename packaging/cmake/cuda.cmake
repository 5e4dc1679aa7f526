# SPDX-FileCopyrightText: 2026 The Ecdysis developers
# SPDX-License-Identifier: GPL-3.0-or-later

# Sets ECDYSIS_CUDA: whether `--device cuda` is built, which takes a LibTorch with CUDA and a CUDA compiler. Say which
# GPUs with -DECDYSIS_CUDA_ARCHITECTURES=90 (or "native") to compile faster.
option(ECDYSIS_REQUIRE_CUDA "Stop where CUDA is not found" OFF)
set(ECDYSIS_CUDA_ARCHITECTURES all-major CACHE STRING "GPUs to compile kernels for, as CUDA_ARCHITECTURES takes them")

set(ECDYSIS_CUDA OFF)
set(missing "LibTorch was built without it")
if(TARGET torch_cuda)
    include(CheckLanguage)
    check_language(CUDA)
    set(missing "no CUDA compiler was found")
    if(CMAKE_CUDA_COMPILER)
        enable_language(CUDA)
        find_package(CUDAToolkit REQUIRED)
        set(ECDYSIS_CUDA ON)
    endif()
endif()
if(ECDYSIS_REQUIRE_CUDA AND NOT ECDYSIS_CUDA)
    message(FATAL_ERROR "CUDA is asked for, but ${missing}. Set CMAKE_PREFIX_PATH to a LibTorch with CUDA and "
                        "CMAKE_CUDA_COMPILER or CUDACXX to its nvcc.")
endif()
add_feature_info(CUDA ECDYSIS_CUDA "--device cuda")
