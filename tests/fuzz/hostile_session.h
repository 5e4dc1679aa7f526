// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <fuzzer/FuzzedDataProvider.h>

#include "core/io/hdf5.h"
#include "core/io/session_layout.h"

/// \file
/// Sessions as an attacker would write them: a sound HDF5 file whose contents are not what the layout says. Everything
/// is decided by the fuzzer's bytes.
namespace ecdysis::fuzzing {

/// Writes a small session and then breaks it in a few places.
class HostileSession
{
public:
    explicit HostileSession(FuzzedDataProvider &input) : m_input(input) {}

    io::hdf5::Group make()
    {
        io::hdf5::Group file = io::hdf5::createInMemory(512, "hostile");
        io::writeSessionLayout(file, plausible());
        for (int changes = m_input.ConsumeIntegralInRange(0, 6); changes > 0; --changes)
            change(file.handle.get());
        return file;
    }

private:
    struct Place
    {
        const char *group;
        const char *name;
        bool isAttribute;
    };

    Session plausible()
    {
        Session session{text(), text(), {}, {}, text()};
        for (int scans = m_input.ConsumeIntegralInRange(0, 2); scans > 0; --scans) {
            Scan scan;
            scan.calibration.text = text();
            scan.calibration.windows = m_input.ConsumeIntegralInRange(0, 3);
            scan.provenance.versions.resize(m_input.ConsumeIntegralInRange(0, 2), {text(), text()});
            const auto windows = m_input.ConsumeIntegralInRange<std::size_t>(0, 3);
            scan.denseLosses.resize(m_input.ConsumeBool() ? windows : 0, number());
            for (int cells = m_input.ConsumeIntegralInRange(0, 3); cells > 0; --cells)
                scan.cells.push_back({text(), text(), m_input.ConsumeIntegral<int>(), text(), number(),
                                      std::vector<double>(m_input.ConsumeBool() ? windows : 0, number())});
            session.scans.push_back(scan);
        }
        return session;
    }

    /// Without zeros: HDF5 keeps C strings.
    std::string text()
    {
        std::string bytes = m_input.ConsumeRandomLengthString(12);
        return bytes.substr(0, bytes.find('\0'));
    }

    double number() { return m_input.ConsumeFloatingPoint<double>(); }

    Place place()
    {
        static constexpr const char *scan = "/scans/0000", *calibration = "/scans/0000/calibration",
                                    *provenance = "/scans/0000/provenance", *cells = "/scans/0000/cells";
        static constexpr Place places[] = {
            {"/", "format", true},
            {"/", "format_version", true},
            {"/", "model_folder", true},
            {"/", "model_title", true},
            {"/", "notes", false},
            {"/", "scans", false},
            {"/scans", "0000", false},
            {"/scans", "0001", false},
            {"/scans", "0002", false},
            {scan, "seconds", true},
            {scan, "dense_losses", false},
            {scan, "calibration", false},
            {scan, "provenance", false},
            {scan, "cells", false},
            {calibration, "text", true},
            {calibration, "window", true},
            {calibration, "stride", true},
            {calibration, "max_windows", true},
            {calibration, "per_sequence", true},
            {calibration, "tokens", true},
            {calibration, "windows", true},
            {calibration, "fingerprint", true},
            {provenance, "model_fingerprint", true},
            {provenance, "dtype", true},
            {provenance, "device", true},
            {provenance, "threads", true},
            {provenance, "seed", true},
            {provenance, "created", true},
            {provenance, "versions", false},
            {cells, "unit", false},
            {cells, "kind", false},
            {cells, "layer", false},
            {cells, "method", false},
            {cells, "amount", false},
            {cells, "measured", false},
            {cells, "losses", false},
        };
        return places[m_input.ConsumeIntegralInRange<std::size_t>(0, std::size(places) - 1)];
    }

    void change(hid_t file)
    {
        const Place target = place();
        const io::hdf5::Handle group(H5Gopen2(file, target.group, H5P_DEFAULT), H5Gclose);
        if (!group.valid()) // an earlier change took it away
            return;
        if (target.isAttribute) {
            H5Adelete(group.get(), target.name);
            if (m_input.ConsumeBool())
                createAttribute(group.get(), target.name);
            return;
        }
        H5Ldelete(group.get(), target.name, H5P_DEFAULT);
        switch (m_input.ConsumeIntegralInRange(0, 6)) {
        case 0:
            break;
        case 1: // an empty group
            io::hdf5::Handle(H5Gcreate2(group.get(), target.name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
            break;
        case 2: // the same object under two names, perhaps one that holds this very place
            H5Lcreate_hard(file, place().group, group.get(), target.name, H5P_DEFAULT, H5P_DEFAULT);
            break;
        case 3:
            H5Lcreate_soft(place().group, group.get(), target.name, H5P_DEFAULT, H5P_DEFAULT);
            break;
        case 4:
            H5Lcreate_external("/dev/zero", "/", group.get(), target.name, H5P_DEFAULT, H5P_DEFAULT);
            break;
        default:
            createDataset(group.get(), target.name);
        }
    }

    /// One of the right types in six of ten cases.
    io::hdf5::Handle type()
    {
        const auto copyOf = [](hid_t id) { return io::hdf5::Handle(H5Tcopy(id), H5Tclose); };
        switch (m_input.ConsumeIntegralInRange(0, 15)) {
        case 0:
            return copyOf(H5T_IEEE_F64LE);
        case 1:
            return copyOf(H5T_STD_I32LE);
        case 2:
            return copyOf(H5T_STD_I64LE);
        case 3:
            return copyOf(H5T_STD_U64LE);
        case 4:
            return copyOf(H5T_STD_U8LE);
        case 5:
            return copyOf(H5T_IEEE_F32BE);
        case 6:
            return copyOf(H5T_STD_I16BE);
        case 7:
            return copyOf(H5T_STD_REF_OBJ);
        case 8:
            return io::hdf5::Handle(H5Tvlen_create(H5T_STD_I8LE), H5Tclose);
        case 9:
            return io::hdf5::Handle(H5Tenum_create(H5T_STD_U8LE), H5Tclose);
        case 10:
            return io::hdf5::Handle(H5Tcreate(H5T_OPAQUE, m_input.ConsumeIntegralInRange<std::size_t>(1, 64)),
                                    H5Tclose);
        case 11: { // a float of fewer bits than its size
            io::hdf5::Handle narrow = copyOf(H5T_IEEE_F64LE);
            H5Tset_fields(narrow.get(), 15, 8, 7, 0, 7);
            H5Tset_precision(narrow.get(), 16);
            return narrow;
        }
        case 12: { // text of a fixed size
            io::hdf5::Handle fixed = copyOf(H5T_C_S1);
            H5Tset_size(fixed.get(), m_input.ConsumeIntegralInRange<std::size_t>(1, 1 << 20));
            return fixed;
        }
        default: {
            io::hdf5::Handle variable = copyOf(H5T_C_S1);
            H5Tset_size(variable.get(), H5T_VARIABLE);
            H5Tset_cset(variable.get(), H5T_CSET_UTF8);
            return variable;
        }
        }
    }

    io::hdf5::Handle space()
    {
        if (m_input.ConsumeIntegralInRange(0, 7) == 0)
            return io::hdf5::Handle(H5Screate(H5S_NULL), H5Sclose);
        std::vector<hsize_t> shape(m_input.ConsumeIntegralInRange<std::size_t>(0, 3));
        for (hsize_t &size : shape)
            size = m_input.ConsumeBool() ? m_input.ConsumeIntegralInRange<hsize_t>(0, 4)
                                         : hsize_t{1} << m_input.ConsumeIntegralInRange(3, 40);
        return shape.empty() ? io::hdf5::Handle(H5Screate(H5S_SCALAR), H5Sclose)
                             : io::hdf5::Handle(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
                                                H5Sclose);
    }

    void createAttribute(hid_t group, const char *name)
    {
        const io::hdf5::Handle kind = type(), extent = space();
        const io::hdf5::Handle attribute(H5Acreate2(group, name, kind.get(), extent.get(), H5P_DEFAULT, H5P_DEFAULT),
                                         H5Aclose);
        write(attribute, kind.get(), extent.get(),
              [&](const void *data) { H5Awrite(attribute.get(), kind.get(), data); });
    }

    void createDataset(hid_t group, const char *name)
    {
        const io::hdf5::Handle kind = type(), extent = space();
        const io::hdf5::Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
        const int rank = H5Sget_simple_extent_ndims(extent.get());
        switch (m_input.ConsumeIntegralInRange(0, 4)) {
        case 0:
            H5Pset_layout(properties.get(), H5D_COMPACT);
            break;
        case 1: { // much data from few bytes
            const std::vector<hsize_t> chunk(static_cast<std::size_t>(std::max(rank, 1)),
                                             hsize_t{1} << m_input.ConsumeIntegralInRange(0, 20));
            H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data());
            H5Pset_deflate(properties.get(), 1);
            break;
        }
        case 2: // another file's bytes
            H5Pset_external(properties.get(), "/dev/zero", 0, H5F_UNLIMITED);
            break;
        default:
            break;
        }
        const io::hdf5::Handle dataset(
            H5Dcreate2(group, name, kind.get(), extent.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Dclose);
        write(dataset, kind.get(), extent.get(),
              [&](const void *data) { H5Dwrite(dataset.get(), kind.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, data); });
    }

    /// Small numbers and texts; what is large or of another kind stays unwritten.
    template <typename Write> void write(const io::hdf5::Handle &target, hid_t kind, hid_t extent, Write &&store)
    {
        const hssize_t elements = H5Sget_simple_extent_npoints(extent);
        if (!target.valid() || elements <= 0 || elements > 64 || m_input.ConsumeIntegralInRange(0, 3) == 0)
            return;
        if (H5Tis_variable_str(kind) > 0) {
            const std::vector<std::string> texts(static_cast<std::size_t>(elements), text());
            std::vector<const char *> pointers;
            for (const std::string &each : texts)
                pointers.push_back(each.c_str());
            store(pointers.data());
        } else if (const auto kindClass = H5Tget_class(kind); kindClass == H5T_INTEGER || kindClass == H5T_FLOAT) {
            std::vector<std::uint8_t> bytes(static_cast<std::size_t>(elements) * H5Tget_size(kind));
            m_input.ConsumeData(bytes.data(), bytes.size());
            store(bytes.data());
        }
    }

    FuzzedDataProvider &m_input;
};

} // namespace ecdysis::fuzzing
