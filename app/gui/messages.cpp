// SPDX-FileCopyrightText: 2026 The Ecdysis developers
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/gui/messages.h"

#include <QCoreApplication>

namespace ecdysis {

namespace {

struct Sentence
{
    ErrorCode code;
    const char *here;  ///< with the place as %1
    const char *plain; ///< when no place is known
};

// clang-format off
const Sentence sentences[] = {
    {ErrorCode::Cancelled,
     QT_TRANSLATE_NOOP("Messages", "Cancelled at %1. What was finished is kept."),
     QT_TRANSLATE_NOOP("Messages", "Cancelled. What was finished is kept.")},
    {ErrorCode::NotFound,
     QT_TRANSLATE_NOOP("Messages", "%1 is not there. Check the path, or choose another file or folder."),
     QT_TRANSLATE_NOOP("Messages", "A file is missing. Check the path, or choose another file or folder.")},
    {ErrorCode::ReadFailed,
     QT_TRANSLATE_NOOP("Messages", "%1 cannot be read. Check its permissions and the disk it is on."),
     QT_TRANSLATE_NOOP("Messages", "A file cannot be read. Check its permissions and the disk it is on.")},
    {ErrorCode::WriteFailed,
     QT_TRANSLATE_NOOP("Messages", "%1 cannot be written. Check permissions and room on the disk, or choose another place."),
     QT_TRANSLATE_NOOP("Messages", "A file cannot be written. Check permissions and room on the disk, or choose another place.")},
    {ErrorCode::BadFormat,
     QT_TRANSLATE_NOOP("Messages", "%1 is damaged or not of the expected format. Fetch or write it again."),
     QT_TRANSLATE_NOOP("Messages", "A file is damaged or not of the expected format. Fetch or write it again.")},
    {ErrorCode::Mismatch,
     QT_TRANSLATE_NOOP("Messages", "%1 does not fit the rest of the model. Make sure that all files are from the same one."),
     QT_TRANSLATE_NOOP("Messages", "Two parts do not fit together. Make sure that all files are from the same model.")},
    {ErrorCode::Unsupported,
     QT_TRANSLATE_NOOP("Messages", "%1 asks for something this version cannot do. The details say what."),
     QT_TRANSLATE_NOOP("Messages", "This version cannot do that. The details say what.")},
    {ErrorCode::InvalidArgument,
     QT_TRANSLATE_NOOP("Messages", "The request does not make sense for %1. Change its values and try again."),
     QT_TRANSLATE_NOOP("Messages", "The request does not make sense. Change its values and try again.")},
    {ErrorCode::OutOfMemory,
     QT_TRANSLATE_NOOP("Messages", "Memory ran out at %1. Use shorter windows or bfloat16, or close other programs."),
     QT_TRANSLATE_NOOP("Messages", "Memory ran out. Use shorter windows or bfloat16, or close other programs.")},
    {ErrorCode::DeviceUnavailable,
     QT_TRANSLATE_NOOP("Messages", "The device %1 cannot be used here. Choose the processor instead."),
     QT_TRANSLATE_NOOP("Messages", "The device cannot be used here. Choose the processor instead.")},
    {ErrorCode::Internal,
     QT_TRANSLATE_NOOP("Messages", "A fault of the program itself at %1. Please report it with the details."),
     QT_TRANSLATE_NOOP("Messages", "A fault of the program itself. Please report it with the details.")},
};
// clang-format on

} // namespace

Message message(const Error &error)
{
    const QString place = QString::fromStdString(error.where);
    // The sentence names the file, not the road to it.
    const QString shortPlace = place.section(QLatin1Char('/'), -1, -1, QString::SectionSkipEmpty);
    Message result{.severity = Severity::Error, .where = place, .details = QString::fromStdString(error.message)};
    for (const Sentence &sentence : sentences)
        if (sentence.code == error.code)
            result.text = shortPlace.isEmpty() ? QCoreApplication::translate("Messages", sentence.plain)
                                               : QCoreApplication::translate("Messages", sentence.here).arg(shortPlace);
    return result;
}

} // namespace ecdysis
