// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

namespace ecdysis {

class Appearance;
class Document;
class Language;
class Operations;
class Selection;
class Thumbnails;
struct Settings;

/// What views and commands work on; made once in Application, passed by reference.
struct Context
{
    Document &document;
    Selection &selection;
    Operations &operations;
    Appearance &appearance;
    Language &language;
    Settings &settings;
    const Thumbnails &thumbnails;
};

} // namespace ecdysis
