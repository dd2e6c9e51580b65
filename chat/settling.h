#pragma once

#include "chat/brokers.h"

#include <QTimer>

namespace hawser::chat {

/// Waits until the brokers of a program that has only just begun have told who and what is there, or cannot now.
/// Deletes itself after `settled`.
class Settling : public QObject {
    Q_OBJECT

public:
    /// \param since  when the program began. `settled` comes in a later turn at the earliest
    Settling(Brokers &brokers, Instant since, QObject *parent);

signals:
    void slow(const QString &sentence); ///< what it waits for, for people
    void settled();

private:
    bool isStillComing(const Broker &broker) const;
    void look();
    void say();
    void ask();
    void answered();

    Brokers &m_brokers;
    Instant m_since;
    QTimer m_again;
    int m_answersMissing = 0;
};

} // namespace hawser::chat
