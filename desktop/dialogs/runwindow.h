#pragma once

#include "desktop/dialogs/outputview.h"

class QPushButton;

namespace hawser::chat {
class SafeLabel;
class SafeText;
} // namespace hawser::chat

namespace hawser::desktop {

/// One run of a command: its state, its output, and Stop. Closing it does not stop the run.
class RunWindow : public QWidget {
    Q_OBJECT

public:
    /// \param command, machine  text from others
    RunWindow(const QString &command, const QString &machine, QWidget *parent = nullptr);

    void take(contracts::RunStream stream, QByteArrayView bytes) { m_view->take(stream, bytes); }
    /// \param state  one of the closed set, as a sentence; \param details  "started 09:21:07 · pid 4121"
    void setState(const chat::SafeText &state, const chat::SafeText &details);
    /// It cannot be stopped from here.
    void leaveRunning();
    /// Nothing more comes.
    void finish();

signals:
    void stopWished();
    void held(bool full); ///< true: let the machine wait

private:
    void showCounts();

    chat::SafeLabel *m_state;
    chat::SafeLabel *m_details;
    chat::SafeLabel *m_counts;
    OutputView *m_view;
    QPushButton *m_stop;
};

} // namespace hawser::desktop
