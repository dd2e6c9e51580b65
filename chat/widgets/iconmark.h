#pragma once

#include <QIcon>
#include <QWidget>

namespace hawser::chat {

/// An icon that stands beside text: sharp at every scale, and in the palette's colour when that changes.
class IconMark : public QWidget {
    Q_OBJECT

public:
    /// \param size  of its side, in lines of the widget's font
    explicit IconMark(const QIcon &icon, double size = 1.3, QWidget *parent = nullptr);

    void setIcon(const QIcon &icon);
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *) override;

private:
    QIcon m_icon;
    double m_size;
};

} // namespace hawser::chat
