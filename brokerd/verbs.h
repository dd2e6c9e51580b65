#pragma once

#include "brokerd/options.h"
#include "core/client.h"

namespace hawser::broker {

/// Asks the running broker of a data folder through its control socket, prints the answer and says how to exit.
class Verb : public QObject {
    Q_OBJECT

public:
    /// \param folder  the data folder
    Verb(const VerbOptions &options, bool json, const QString &folder, QObject *parent = nullptr);

    void start();

signals:
    void finished(int exitCode);

private:
    void ask();
    void answered(const Result<Payload> &result);
    void fail(const Error &error);
    void fail(int exitCode, const Error &error);

    VerbOptions m_options;
    bool m_json;
    QString m_folder;
    Client m_client;
    Value::List m_pending;
    bool m_done = false;
};

} // namespace hawser::broker
