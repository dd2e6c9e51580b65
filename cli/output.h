#pragma once

#include <QObject>
#include <QSocketNotifier>
#include <deque>

namespace hawser::cli {

/// Standard output or standard error, written without ever blocking the event loop: what the reader has no room for
/// waits here. The descriptor's flags stay as they are, others share it.
class Output : public QObject {
    Q_OBJECT

public:
    explicit Output(int descriptor, QObject *parent = nullptr);

    bool isTerminal() const { return m_isTerminal; }
    /// Nothing is written any more after `broken`.
    void write(const QByteArray &bytes);
    qint64 waiting() const { return m_waiting; } ///< bytes not yet written

signals:
    void drained(); ///< after something waited
    void broken(); ///< once: nobody reads it any more

private:
    void flush();
    bool writeSome();

    int m_descriptor;
    bool m_isTerminal;
    bool m_broken = false;
    std::deque<QByteArray> m_pieces;
    qsizetype m_begin = 0; // of the first piece, not yet written
    qint64 m_waiting = 0;
    QSocketNotifier m_notifier;
};

} // namespace hawser::cli
