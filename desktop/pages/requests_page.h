#pragma once

#include <QWidget>

class QAbstractItemModel;
class QListView;
class QPlainTextEdit;
class QPushButton;

namespace hawser::chat {
class SafeLabel;
}

namespace hawser::desktop {

/// Who waits to be let in, and what was decided since the program started.
class RequestsPage : public QWidget {
    Q_OBJECT

public:
    explicit RequestsPage(QAbstractItemModel *requests, QWidget *parent = nullptr);

    /// \param sentence  text from others is in it
    void addDecision(const QString &sentence);

signals:
    void reviewWished(quint64 request);

private:
    void refresh();
    void review();

    QListView *m_list;
    QPushButton *m_review;
    chat::SafeLabel *m_empty;
    QPlainTextEdit *m_decisions;
};

} // namespace hawser::desktop
