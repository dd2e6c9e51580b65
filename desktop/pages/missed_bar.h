#pragma once

#include "chat/widgets/panel.h"

namespace hawser::chat {
class SafeLabel;
}

namespace hawser::desktop {

/// What went before this computer fetched it: a line below the people, until somebody has seen it.
class MissedBar : public chat::Panel {
    Q_OBJECT

public:
    explicit MissedBar(QWidget *parent = nullptr);

    void clear();
    void add(const QString &sentence);

signals:
    void seen();

private:
    QStringList m_sentences;
    chat::SafeLabel *m_text;
};

} // namespace hawser::desktop
