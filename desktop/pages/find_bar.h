#pragma once

#include <QList>
#include <QTimer>
#include <QWidget>

class QLineEdit;
class QToolButton;

namespace hawser::chat {
class SafeLabel;
}

namespace hawser::desktop {

/// Looks for words in a conversation: says how many messages have them, and goes from one to the next.
class FindBar : public QWidget {
    Q_OBJECT

public:
    static constexpr int mostHits = 1000;

    explicit FindBar(QWidget *parent = nullptr);

    void open();
    void close();
    /// The answer to `wished`: ids, newest first; at most `mostHits`.
    void setHits(const QString &words, const QList<quint64> &hits);

signals:
    void wished(const QString &words); ///< empty: nothing is looked for any more
    void chosen(quint64 entry);
    void closed();

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    void wish();
    void step(int by);
    void choose(int hit);

    QLineEdit *m_words;
    chat::SafeLabel *m_count;
    QToolButton *m_older;
    QToolButton *m_newer;
    QTimer m_typing;
    QString m_wished;
    QList<quint64> m_hits;
    int m_hit = -1;
};

} // namespace hawser::desktop
