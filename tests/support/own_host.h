#pragma once

#include <QCoreApplication>

namespace hawser::test {

/// A host of this machine where nobody but this test listens: a port that is let go there stays free for it. At 127.0.0.1
/// another test's connection may have it by then.
inline QString ownHost()
{
    const qint64 pid = QCoreApplication::applicationPid();
    return QStringLiteral("127.77.%1.%2").arg(QString::number(pid / 256 % 256), QString::number(pid % 256));
}

} // namespace hawser::test
