#pragma once

#include <QWidget>

namespace hawser::desktop {

/// Lies over a conversation while files hover over it and says for whom they are.
class DropZone : public QWidget {
    Q_OBJECT

public:
    /// \param owner  what it covers
    explicit DropZone(QWidget *owner);

    void appear(const QString &text);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QString m_text;
};

} // namespace hawser::desktop
