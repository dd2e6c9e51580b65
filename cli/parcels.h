#pragma once

#include "cli/session.h"
#include "cli/terminal.h"
#include "core/contracts/control.h"

namespace hawser::cli {

/// Files in a terminal chat: what is offered gets a small number to accept or decline it by; ends are told.
class Parcels : public QObject {
    Q_OBJECT

public:
    Parcels(Session &session, Printer &printer, QObject *parent = nullptr);

    void start();
    /// \param path  relative ones are of the working folder
    void send(const QString &who, const QString &path);
    /// "accept 2 DIR", "decline 2"; without a number the only one.
    void decide(const QString &wish, const QString &rest);
    bool isSending() const { return m_sending > 0; }

signals:
    void sendingEnded();

private:
    void take(const contracts::TransferItem &item);
    int numberOf(const QByteArray &id);

    Session &m_session;
    Printer &m_printer;
    QList<QByteArray> m_ids; // the numbers given out are positions here, from 1
    QHash<QByteArray, QString> m_states;
    int m_sending = 0;
};

} // namespace hawser::cli
