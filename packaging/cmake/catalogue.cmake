# SPDX-FileCopyrightText: 2026 The Ecdysis developers
# SPDX-License-Identifier: GPL-3.0-or-later

# Turns a folder of files that each define one constant into a table: <folder>/x.cpp defines
# `const Type x;` in the given namespace, and table() returns pointers to all of them, sorted by file name.
# The header's own source file is compiled but holds no entry. No registration, no static initialisers that a static library could drop; a file without its constant does not link.
function(add_catalogue target folder header namespace type)
    file(GLOB files CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${folder}/*.cpp)
    list(SORT files)
    set(declarations "")
    set(entries "")
    get_filename_component(contract ${header} NAME_WE)
    foreach(file IN LISTS files)
        get_filename_component(name ${file} NAME_WE)
        if(name STREQUAL contract)
            continue()
        endif()
        string(APPEND declarations "extern const ${type} ${name};\n")
        string(APPEND entries "        &${name},\n")
    endforeach()
    get_filename_component(folder_name ${folder} NAME)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${folder_name}_table.cpp)
    file(CONFIGURE OUTPUT ${output} CONTENT [[
#include "@header@"

namespace @namespace@ {
@declarations@
std::span<const @type@ *const> table()
{
    static constexpr const @type@ *entries[] = {
@entries@    };
    return entries;
}
} // namespace @namespace@
]] @ONLY)
    target_sources(${target} PRIVATE ${files} ${output})
endfunction()
