#pragma once

#include "core/result.h"

#include <QByteArray>

namespace hawser {

/// The 8 bytes that name one data folder on one machine, kept in FOLDER/device. New ones are made when the machine-id is
/// another than the one they were made with: the folder was copied.
/// \param folder  exists
/// \retval FailedPrecondition  the file cannot be written
Result<QByteArray> loadDevice(const QString &folder, const QString &machineIdPath = QStringLiteral("/etc/machine-id"));

} // namespace hawser
