#pragma once

#include "nodeagent/child.h"

namespace hawser::node {

/// The end of a pipe that we read. Says when there is something only while it is wanted.
class Output : public QObject {
    Q_OBJECT

public:
    Output(Descriptor descriptor, QObject *parent);
    ~Output() override;

    void setWanted(bool wanted);
    bool isAtEnd() const { return m_atEnd; }
    /// What is there, at most `most` bytes; 0 when there is nothing now or nothing comes any more.
    qint64 read(char *to, qint64 most);

signals:
    void readable();

private:
    Descriptor m_descriptor;
    bool m_atEnd = false;
    std::unique_ptr<QSocketNotifier> m_notifier; // goes first
};

} // namespace hawser::node
