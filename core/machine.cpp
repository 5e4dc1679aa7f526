// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: Apache-2.0

#include "core/machine.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <dlfcn.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

namespace ecdysis {

std::string blasLibrary()
{
    // BLAS may be any of several libraries behind one name: ask where the symbol in use lies.
    void *symbol = dlsym(RTLD_DEFAULT, "sgemm_");
    Dl_info info{};
    if (symbol == nullptr || dladdr(symbol, &info) == 0 || info.dli_fname == nullptr)
        return {};
    std::error_code error;
    const auto resolved = std::filesystem::canonical(info.dli_fname, error);
    return error ? info.dli_fname : resolved.string();
}

std::string processorTitle()
{
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("model name"))
            return line.substr(std::min(line.size(), line.find(':') + 2));
    return "unknown processor";
}

std::int64_t physicalMemory()
{
    return static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
}

std::int64_t peakResidentMemory()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

std::vector<std::string> warningsAboutMachine()
{
    const std::string library = blasLibrary();
    if (library.empty())
        return {};
    // Libraries that answer to the tuned interfaces are not the reference one, whatever their name. Others may be there
    // beside the one in use: LAPACK brings its own.
    void *inUse = dlopen(library.c_str(), RTLD_LAZY | RTLD_NOLOAD);
    for (const char *tuned : {"openblas_get_config", "mkl_get_version_string", "bli_info_get_version_str"})
        if (dlsym(inUse != nullptr ? inUse : RTLD_DEFAULT, tuned) != nullptr)
            return {};
    if (std::filesystem::path(library).filename().string().starts_with("libblas.so"))
        return {fmt::format("Matrix products come from the reference BLAS ({}), which is some fifty times slower than "
                            "OpenBLAS: install libopenblas0-openmp.",
                            library)};
    return {};
}

} // namespace ecdysis
