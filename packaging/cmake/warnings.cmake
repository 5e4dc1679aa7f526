# SPDX-FileCopyrightText: 2026 The Ecdysis developers
# SPDX-License-Identifier: GPL-3.0-or-later

# Flags every target of the project is compiled with: link ecdysis_flags PRIVATE.
add_library(ecdysis_flags INTERFACE)
target_compile_options(ecdysis_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
    -Wno-missing-field-initializers)
if(ECDYSIS_WARNINGS_AS_ERRORS)
    target_compile_options(ecdysis_flags INTERFACE -Werror)
endif()
if(ECDYSIS_SANITIZE)
    target_compile_options(ecdysis_flags INTERFACE -fsanitize=${ECDYSIS_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(ecdysis_flags INTERFACE -fsanitize=${ECDYSIS_SANITIZE})
endif()
